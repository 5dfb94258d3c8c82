"""METEOR with exact matches alone (Lavie & Agarwal, 2007): its stems and its synonyms are English.

The numbers are those of nltk, against which a test holds it; nltk itself takes seconds of processor time to import.
"""

from collections.abc import Sequence
from itertools import pairwise

_ALPHA, _BETA, _GAMMA = 0.9, 3.0, 0.5
"""How much precision counts beside recall, and how hard disorder is punished: nltk's, of the paper."""


def meteor(made: Sequence[str], reference: Sequence[str]) -> float:
    """The score of tokens beside those of a reference.

    >>> round(meteor("舌红苔黄", "舌红苔黄"), 4), round(meteor("苔黄舌红", "舌红苔黄"), 4), meteor("脉", "舌红")
    (0.9922, 0.9375, 0.0)
    """
    pairs = _aligned(made, reference)
    if not pairs:
        return 0.0
    precision, recall = len(pairs) / len(made), len(pairs) / len(reference)
    mean = precision * recall / (_ALPHA * precision + (1 - _ALPHA) * recall)
    chunks = 1 + sum(two != (one[0] + 1, one[1] + 1) for one, two in pairwise(pairs))
    return float((1 - _GAMMA * (chunks / len(pairs)) ** _BETA) * mean)


def _aligned(made: Sequence[str], reference: Sequence[str]) -> list[tuple[int, int]]:
    """Places of equal tokens, in the order of `made`: from the end on, each takes the last that is free."""
    free: dict[str, list[int]] = {}
    for place, token in enumerate(reference):
        free.setdefault(token, []).append(place)
    found = [(place, free[made[place]].pop()) for place in reversed(range(len(made))) if free.get(made[place])]
    return found[::-1]
