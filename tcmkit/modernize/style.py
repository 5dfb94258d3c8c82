"""Classical or modern Chinese, told by particles, function words and set phrases (table `written_style`)."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Literal

from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon
from tcmkit.text.script import simplified_in_place
from tcmkit.text.split import split

Style = Literal["classical", "modern", "mixed"]

_PASSAGE = 120
"""Characters that are judged together: a quotation in a modern text is about as long."""
_DECISIVE = 1.0
"""Evidence below this is a chance word: a list of symptoms has a 甚 or a 则 and is of no style."""
_MIXED = 0.2
"""From this share of characters in the other style on a text is mixed."""


@cache
def _words() -> Lexicon[float]:
    return Lexicon({word: float(weight) for word, weight in table("written_style")["words"].items()})


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], float], ...]:
    return tuple((re.compile(pattern, re.MULTILINE), weight) for pattern, weight in table("written_style")["patterns"])


def evidence(text: str) -> float:
    """How much speaks for classical (positive) or for modern Chinese (negative).

    >>> evidence("太阳之为病，脉浮，头项强痛而恶寒。") > 0 > evidence("患者头痛三天，伴有恶寒，没有出汗。")
    True
    """
    plain = simplified_in_place(text)
    score = sum(weight for _start, _end, weight in _words().spans(plain))
    return score + sum(weight * sum(1 for _ in pattern.finditer(plain)) for pattern, weight in _patterns())


def style_of(text: str) -> Style:
    """The style of a text. What shows no sign of either counts as modern: it is left as it is."""
    scores = [(len(passage), evidence(passage)) for passage in split(text, _PASSAGE)]
    classical = sum(size for size, score in scores if score >= _DECISIVE)
    modern = sum(size for size, score in scores if score < 0)
    if classical + modern == 0:
        return "modern"
    share = classical / (classical + modern)
    if _MIXED < share < 1 - _MIXED:
        return "mixed"
    return "classical" if share >= 1 - _MIXED else "modern"


def passages(text: str, max_chars: int) -> Iterator[tuple[str, bool]]:
    """Pieces of at most `max_chars` characters that are of one style, and whether it is modern; together the text.

    A piece is made of neighbours that look alike: paragraphs, or parts of a long one cut at sentence ends.
    """
    pieces = (piece for line in text.splitlines(keepends=True) for piece in split(line, min(_PASSAGE, max_chars)))
    whole, modern = "", False
    for piece in pieces:
        is_modern = evidence(piece) < 0
        if whole and (is_modern != modern or len(whole) + len(piece) > max_chars):
            yield whole, modern
            whole = ""
        modern = is_modern
        whole += piece
    if whole:
        yield whole, modern
