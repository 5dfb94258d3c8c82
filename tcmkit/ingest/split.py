"""Long sections cut at sentence ends."""

from collections.abc import Iterator

from tcmkit.text.segment import sentences

_CLAUSE_MARKS = "，、,：: \n"


def split(text: str, max_chars: int) -> Iterator[str]:
    """Pieces of at most `max_chars` characters (0: no limit), cut after sentences; together they are the text.

    A sentence that is longer by itself is cut after a clause; only a run of characters without any
    punctuation is cut where the limit falls.
    """
    if not max_chars or len(text) <= max_chars:
        yield text
        return
    start = end = 0
    for _, sentence_end in sentences(text):
        if sentence_end - start > max_chars and end > start:
            yield text[start:end]
            start = end
        while sentence_end - start > max_chars:
            cut = _clause_end(text, start, max_chars)
            yield text[start:cut]
            start = cut
        end = sentence_end
    if start < len(text):
        yield text[start:]


def _clause_end(text: str, start: int, max_chars: int) -> int:
    """After the last clause mark within reach, else at the limit, but never within a Latin word or a number."""
    limit = start + max_chars
    for cut in range(limit, start + max_chars // 2, -1):
        if text[cut - 1] in _CLAUSE_MARKS:
            return cut
    cut = limit
    while cut > start + 1 and text[cut - 1].isascii() and text[cut - 1].isalnum() and text[cut : cut + 1].isalnum():
        cut -= 1
    return cut if cut > start + 1 else limit
