"""Long sections cut at sentence ends."""

from collections.abc import Iterator

_SENTENCE_MARKS = "。！？!?；;\n"
_CLAUSE_MARKS = "，、,：: "
_CLOSING = "”’」』）)》】"


def split(text: str, max_chars: int) -> Iterator[str]:
    """Pieces of at most `max_chars` characters (0: no limit), cut after sentences; together they are the text.

    A sentence that is longer by itself is cut after a clause; only a run of characters without any
    punctuation is cut where the limit falls, and a Latin word or a number never.

    >>> list(split("头痛。发热。恶寒。", 6))
    ['头痛。发热。', '恶寒。']
    """
    start = 0
    while max_chars and len(text) - start > max_chars:
        cut = _cut(text, start, start + max_chars)
        yield text[start:cut]
        start = cut
    yield text[start:]


def _cut(text: str, start: int, limit: int) -> int:
    """Where a piece that begins at `start` ends: as late as may be, at `limit` at the latest."""
    for marks in (_SENTENCE_MARKS, _CLAUSE_MARKS):
        cut = 1 + max(text.rfind(mark, start, limit) for mark in marks)
        while 0 < cut < limit and text[cut] in _CLOSING:
            cut += 1
        if cut > start:
            return cut
    cut = limit
    while cut > start and _is_within_word(text, cut):
        cut -= 1
    return cut if cut > start else limit


def _is_within_word(text: str, cut: int) -> bool:
    return all(character.isascii() and character.isalnum() for character in text[cut - 1 : cut + 1])
