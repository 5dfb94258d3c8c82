"""How good a question is (JingFang, each round): comprehensiveness plus pertinence.

Comprehensiveness is the highest similarity to any item of the Ten Questions Song; pertinence the highest similarity to
the key issues of the specialist and to the patient's record. Both are cosines of embeddings, by the embedding at hand:
a model's vectors (`vectors`), or without one the LSA of `tcm retrieve`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from math import sqrt
from typing import NamedTuple

from tcmkit.consult.chart import dimensions
from tcmkit.tables import table

Similarity = Callable[[str, str], float]
"""From 0 to 1 for two texts."""


class Score(NamedTuple):
    """Both parts, each from 0 to 1."""

    comprehensiveness: float
    pertinence: float

    @property
    def total(self) -> float:
        """The sum."""
        return round(self.comprehensiveness + self.pertinence, 4)

    def as_record(self) -> dict[str, float]:
        """Both and their sum, by name."""
        return {**self._asdict(), "total": self.total}


def score(question: str, issues: Sequence[str], told: str, similar: Similarity) -> Score:
    """The score of a question for a specialist with these key issues, and a patient who told this."""
    song = max(similar(question, item) for item in items_of_the_song())
    record = [part for part in told.splitlines() if part]
    pertinence = max((similar(question, text) for text in (*issues, *record)), default=0.0)
    return Score(round(song, 4), round(pertinence, 4))


def items_of_the_song() -> Iterator[str]:
    """What the Ten Questions Song asks, one by one."""
    return (item for row in dimensions().values() for item in row["questions"])


@lru_cache(maxsize=8192)
def _counts(text: str) -> tuple[Counter[str], float]:
    counts = Counter(text) + Counter(text[i : i + 2] for i in range(len(text) - 1))
    return counts, sqrt(sum(count * count for count in counts.values()))


def by_characters(one: str, other: str) -> float:
    """Cosine of the counts of characters and their pairs: whether two questions are the same in other words.

    >>> by_characters("出汗多吗", "出汗多吗") > 0.999 > by_characters("出汗多吗", "睡得好吗") > 0
    True
    """
    (ours, our_length), (theirs, their_length) = _counts(one), _counts(other)
    if not our_length or not their_length:
        return 0.0
    shared = sum(count * theirs[piece] for piece, count in ours.items() if piece in theirs)
    return shared / (our_length * their_length)


def by_lsa(one: str, other: str) -> float:
    """Cosine of the vectors of the built-in LSA, 0 where it is negative or knows no character of a text.

    >>> by_lsa("夜里睡觉出汗吗", "盗汗") > by_lsa("夜里睡觉出汗吗", "大便干")
    True
    """
    from tcmkit.consult.vectors import lsa

    return lsa()(one, other)


@cache
def key_issues(specialty: str) -> list[str]:
    """The key issues of a specialty, in words."""
    rows = {row["id"]: row for row in table("specialties")["specialties"]}
    return [issue["issue_zh"] for issue in rows[specialty]["key_issues"]]
