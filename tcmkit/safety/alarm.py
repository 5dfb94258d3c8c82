"""How much words sound like an emergency, where no rule knows the emergency by name.

A logistic regression over which characters and pairs of characters stand in the words (tools/train_red_flags.py), as
for short texts in Wang and Manning, "Baselines and Bigrams" (ACL 2012), section 2.3. It only ever adds a warning.
"""

import math
import re
from collections.abc import Iterator
from functools import cache

from tcmkit.tables import table

_STOPS = re.compile(r"[，,。！!？?；;、\s~～…]+")
_LONGEST = 80
"""Characters judged at once: as much as the utterances of training hold."""


def normal(text: str) -> str:
    """Clauses parted by one comma each, with one at either end.

    >>> normal("胸口闷! 出汗")
    '，胸口闷，出汗，'
    """
    return f"，{_STOPS.sub('，', text).strip('，')}，"


def grams(text: str) -> set[str]:
    """The characters and pairs of characters of normal text.

    >>> sorted(grams("，痛，"))
    ['痛', '痛，', '，', '，痛']
    """
    return set(text) | {text[at : at + 2] for at in range(len(text) - 1)}


def score(text: str) -> float:
    """The log odds, above 0 for more likely an emergency than not: weights of the known grams over their length.

    The length is Euclid's, of a vector with one for each known gram.
    """
    weights: dict[str, float] = table("red_flag_weights")["weights"]
    known = [weights[gram] for gram in grams(normal(text)) if gram in weights]
    bias: float = table("red_flag_weights")["bias"]
    return bias + sum(known) / math.sqrt(max(1, len(known)))


def _pieces(text: str) -> Iterator[str]:
    """Whole clauses, as many as fit."""
    piece = ""
    for clause in _STOPS.split(text):
        if piece and len(piece) + len(clause) > _LONGEST:
            yield piece
            piece = ""
        piece += f"，{clause[:_LONGEST]}"
    yield piece


def sounds_urgent(text: str) -> bool:
    """Whether a piece of the words is above the threshold."""
    return any(score(piece) > _threshold() for piece in _pieces(text))


@cache
def _threshold() -> float:
    return float(table("red_flag_weights")["threshold"])
