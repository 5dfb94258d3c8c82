"""Which department a text belongs to, by the routing keywords of the specialties table."""

from collections import Counter
from functools import cache
from typing import NamedTuple

from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon


class Department(NamedTuple):
    """A specialty and the share of the text's routing keywords that speak for it (0 to 1)."""

    id: str
    name: str
    score: float


@cache
def _keywords() -> tuple[Lexicon[tuple[str, ...]], dict[str, str]]:
    """Keyword to the specialties it routes to, and the specialties' Chinese names."""
    terms: dict[str, tuple[str, ...]] = {}
    names: dict[str, str] = {}
    for row in table("specialties")["specialties"]:
        names[row["id"]] = row["name_zh"]
        for keyword in row["routing_keywords"]:
            terms[keyword] = (*terms.get(keyword, ()), row["id"])
    return Lexicon(terms), names


def department(text: str) -> Department | None:
    """The specialty with most keywords in the text, or None when it has none.

    A keyword counts once however often it stands there, and is shared among the specialties that list it.
    The table's order settles a tie.
    """
    lexicon, names = _keywords()
    votes: Counter[str] = Counter()
    for specialties in {text[match.start : match.end]: match.value for match in lexicon.find(text)}.values():
        for specialty in specialties:
            votes[specialty] += 1 / len(specialties)  # type: ignore[assignment]
    if not votes:
        return None
    best = max(names, key=lambda specialty: votes[specialty])
    return Department(best, names[best], round(votes[best] / votes.total(), 3))
