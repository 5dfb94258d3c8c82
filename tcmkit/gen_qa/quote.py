"""Quotations with clean edges: where an answer begins and ends, and whether it is fit to be one."""

import re
from collections.abc import Iterator
from functools import cache

from tcmkit.tables import table
from tcmkit.text.edges import HAN, Span, trim

LIMIT = 300
"""Longest answer, in characters."""

_SENTENCE = re.compile(r"[^。！？!?\n]+(?:[。！？!?]+[”’」』）)]*|(?=\n)|$)")
# A blank between two characters of running text is a character that the digital edition lost.
_GAP = re.compile(f"[{HAN}，、：（“][ \t]+[{HAN}，。、；：）（”]|[：，、。（][，。、；：）]")
_ANY_HAN = re.compile(f"[{HAN}]")
_UNIT = re.compile(r"(?<=[0-9])\s?(?:[mk]?g|m[lL]|[cm]?m|%)(?![A-Za-z])")
"""A measure of our time is no debris of a conversion."""
_LATIN = re.compile(r"[A-Za-z\\@%_<>]")
# A vocabulary conversion wrote 浓 for 厚; it is right before what one does to a drink.
_CONVERTED = re.compile("根据|浓(?![煎煮茶汁墨磨研调熬姜米盐醋酒浆者])")
_PAIRS = {
    "）": "（",
    ")": "(",
    "】": "【",
    "〕": "〔",
    "》": "《",
    "”": "“",
    "’": "‘",
    "」": "「",
    "』": "『",
    "]": "[",
}
_OPENING = frozenset(_PAIRS.values())


@cache
def words(name: str) -> tuple[str, ...]:
    """A word list of the table gen_qa.json."""
    return tuple(table("gen_qa")["words"][name])


@cache
def any_of(name: str) -> re.Pattern[str]:
    """A pattern that finds any word of a word list."""
    return re.compile("|".join(map(re.escape, sorted(words(name), key=len, reverse=True))))


def sentences(text: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
    """Spans of sentences, trimmed: they end with 。！？ or at a line end; semicolons do not end one."""
    for match in _SENTENCE.finditer(text, start, len(text) if end is None else end):
        first, last = trim(text, *match.span())
        if last > first:
            yield first, last


_STOP = re.compile("[。！？!?\n]")


def sentence_around(text: str, position: int) -> Span:
    """The span of the sentence that a position lies in, trimmed."""
    start = max(text.rfind(stop, 0, position) for stop in "。！？!?\n") + 1
    stop = _STOP.search(text, position)
    return trim(text, start, len(text) if stop is None else stop.end())


def ended(quotation: str) -> bool:
    """Whether it stops where a sentence does."""
    return quotation.rstrip("”’」』）)")[-1:] in ("。", "！", "？", "!", "?")


def capped(text: str, start: int, end: int, limit: int = LIMIT) -> Span | None:
    """The span, cut at the last sentence end within the limit; None when it has none there."""
    start, end = trim(text, start, end)
    if end - start <= limit:
        return (start, end) if end > start else None
    cut = max(text.rfind(stop, start, start + limit) for stop in "。！？")
    return trim(text, start, cut + 1) if cut > start else None


def balanced(quotation: str) -> bool:
    """Whether brackets and quotation marks are closed in order."""
    stack: list[str] = []
    for character in quotation:
        if character in _OPENING:
            stack.append(character)
        elif character in _PAIRS and (not stack or stack.pop() != _PAIRS[character]):
            return False
    return not stack


def sound(quotation: str, *, book: bool) -> bool:
    """Whether a quotation may be shown as an answer.

    Not when a character is missing in it, a bracket is open, it sends the reader elsewhere (同上, 方见…), or it
    holds what scanning and conversion left behind. `book`: an old book, where Latin letters are debris.
    """
    if not (_ANY_HAN.search(quotation) or _UNIT.search(quotation)) or "\ufffd" in quotation or "□" in quotation:
        return False
    if _GAP.search(quotation) or any_of("damage").search(quotation) or any_of("elsewhere").search(quotation):
        return False
    if book and (_LATIN.search(_UNIT.sub("", quotation)) or _CONVERTED.search(quotation)):
        return False
    return balanced(quotation)


def stands_alone(question: str) -> bool:
    """Whether a question points at nothing outside itself."""
    return not any_of("deictic").search(question)
