"""How like two Chinese records are: BLEU-1 and a cosine, both of characters."""

import re
from collections import Counter
from itertools import pairwise
from math import exp, sqrt

_LETTER = re.compile(r"\w")


def _characters(text: str) -> list[str]:
    return _LETTER.findall(text)


def bleu1(made: str, reference: str) -> float:
    """BLEU with unigrams that are characters (Papineni et al., 2002): clipped precision times brevity penalty.

    Punctuation and spaces do not count.

    >>> bleu1("舌红苔黄", "舌红，苔薄黄"), bleu1("红红", "舌红"), bleu1("", "舌红")
    (0.7788, 0.5, 0.0)
    """
    ours, theirs = _characters(made), _characters(reference)
    if not ours or not theirs:
        return 0.0
    shared = sum((Counter(ours) & Counter(theirs)).values())
    penalty = 1.0 if len(ours) >= len(theirs) else exp(1 - len(theirs) / len(ours))
    return round(penalty * shared / len(ours), 4)


def cosine(one: str, other: str) -> float:
    """Cosine of the counts of characters and of pairs of neighbours, punctuation aside.

    >>> cosine("舌红", "舌红。"), cosine("舌红", "脉细"), cosine("舌红", "舌淡")
    (1.0, 0.0, 0.3333)
    """
    ours, theirs = _pieces(one), _pieces(other)
    length = sqrt(sum(n * n for n in ours.values())) * sqrt(sum(n * n for n in theirs.values()))
    return round(sum(n * theirs[piece] for piece, n in ours.items()) / length, 4) if length else 0.0


def _pieces(text: str) -> Counter[str]:
    characters = _characters(text)
    return Counter(characters) + Counter(map("".join, pairwise(characters)))
