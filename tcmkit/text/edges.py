"""Spans of a text with clean edges."""

HAN = "\u3400-\u9fff"
_LEADING = " \t\n，。；、：,;:.·！？!?"
_TRAILING = " \t\n，、；：,;:"
Span = tuple[int, int]


def trim(text: str, start: int, end: int) -> Span:
    """The span without white space and separators at its edges; a full stop at the end stays."""
    while start < end and text[start] in _LEADING:
        start += 1
    while start < end and text[end - 1] in _TRAILING:
        end -= 1
    return start, end
