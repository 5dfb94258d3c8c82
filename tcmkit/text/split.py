"""Long sections cut at sentence ends."""

from collections.abc import Iterator

_SENTENCE_MARKS = "。！？!?；;\n"
_CLAUSE_MARKS = "，、,：: "
_WORTH_SHARING = 200
_CLOSING = "”’」』）)》】"
_JOINTS = ".,:'’/-_@%"
"""Marks that hold a number or a word together: 3.5, 1,000, 10:30, IL-6."""
_FIRST_IDEOGRAPH = "\u2e80"


def split(text: str, max_chars: int) -> Iterator[str]:
    """Pieces of at most `max_chars` characters (0: no limit), cut after sentences; together they are the text.

    A sentence that is longer by itself is cut after a clause; only a run of characters without any
    punctuation is cut where the limit falls, and a Latin word or a number only if it is longer than a piece.

    >>> list(split("头痛。发热。恶寒。", 6))
    ['头痛。发热。', '恶寒。']
    """
    start = 0
    while max_chars and len(text) - start > max_chars:
        left = len(text) - start
        # A last piece too short to stand alone would be lost: it gets some of the piece before.
        is_scrap = max_chars >= _WORTH_SHARING and left - max_chars < max_chars // 10
        reach = (left + 1) // 2 + max_chars // 10 if is_scrap else max_chars
        cut = _cut(text, start, start + reach)
        yield text[start:cut]
        start = cut
    yield text[start:]


def _cut(text: str, start: int, limit: int) -> int:
    """Where a piece that begins at `start` ends: as late as may be, at `limit` at the latest."""
    for marks in (_SENTENCE_MARKS, _CLAUSE_MARKS):
        cut = _after_last(marks, text, start, limit)
        while 0 < cut < limit and text[cut] in _CLOSING:
            cut += 1
        if cut > start:
            return cut
    cut = limit
    while cut > start and _is_within_word(text, cut):
        cut -= 1
    return cut if cut > start else limit


def _after_last(marks: str, text: str, start: int, limit: int) -> int:
    """The place behind the last of these marks that ends something, 0 if there is none."""
    cut = limit
    while cut := 1 + max(text.rfind(mark, start, cut) for mark in marks):
        if not _is_within_word(text, cut):
            break
        cut -= 1
    return cut


def _is_within_word(text: str, cut: int) -> bool:
    """Whether a Latin word or a number goes on across the place."""
    before, after = text[max(cut - 2, 0) : cut], text[cut : cut + 2]
    if _is_word(before[-1]) and _is_word(after[0]):
        return True
    if before[-1] in _JOINTS:
        return len(before) == 2 and _is_word(before[0]) and _is_word(after[0])
    return after[0] in _JOINTS and len(after) == 2 and _is_word(before[-1]) and _is_word(after[1])


def _is_word(character: str) -> bool:
    return character < _FIRST_IDEOGRAPH and character.isalnum()
