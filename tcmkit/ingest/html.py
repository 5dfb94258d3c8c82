"""Web pages: main text, title, tables as lines."""

import re
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

# A form may hold the whole page (ASP.NET), so only its controls go.
_NOT_TEXT = "script,style,noscript,template,iframe,svg,nav,header,footer,aside,button,select,textarea,datalist,head"
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "br",
        "caption",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
_HEADINGS = {"h1": "\x01", "h2": "\x02", "h3": "\x03"}
"""A control character begins the line of a heading until the text is put together; the text itself has none of them."""
_END = "\x04"
"""Begins the line behind a heading."""
_MARKS = "".join((*_HEADINGS.values(), _END))
_NO_MARKS = dict.fromkeys(map(ord, _MARKS))
_LEVELS = {mark: level for level, mark in enumerate(_HEADINGS.values(), 1)}
_CELLS = frozenset(("td", "th"))
_MAIN = "main, article, [role=main]"
_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
# A label that stands in a block of its own belongs to the block after it: 【主治】, 主治：
_LABEL_LINE = re.compile(r"(?m)^(【[^】\n]{1,12}】|[一-龥]{2,8}[：:])\n+(?=[^【\n\x01-\x03])")
_WORD = re.compile(r"\w")
_SPACE = re.compile(r"\s+")
_BLANKS = re.compile(r"[ \t\r\f\v\u00a0]*\n[ \t\r\f\v\u00a0]*")


class Page(NamedTuple):
    """What a reader sees of a page."""

    text: str
    title: str
    url: str
    lines: tuple[tuple[int, str], ...] = ()
    """The lines of the text, each with its level where it is a heading (h1 to h3) and 0 where not."""


def named_encoding(data: bytes) -> str | None:
    """The encoding that the page's own <meta> names."""
    match = _CHARSET.search(data[:4096])
    return match[1].decode("ascii") if match else None


def read_page(markup: str) -> Page:
    """Main text, title and canonical address of a page. Entities are resolved; any string is accepted."""
    tree = LexborHTMLParser(markup)
    title = tree.css_first("title")
    canonical = tree.css_first("link[rel=canonical]")
    url = (canonical.attributes.get("href") or "") if canonical else ""
    name = " ".join(title.text().split()) if title else ""
    for node in reversed(tree.css(_NOT_TEXT)):  # what lies inside before what holds it: a node goes only once
        node.decompose()
    main = tree.css(_MAIN)
    root = main[0] if len(main) == 1 else tree.body
    marked = _text_of(root) if root else ""
    lines = tuple((_LEVELS.get(line[:1], 0), line.lstrip(_MARKS)) for line in marked.split("\n") if line)
    text = "\n".join(line for _, line in lines)
    heading = tree.css_first("h1")
    return Page(text, name or (" ".join(heading.text().split()) if heading else ""), url, lines)


def _text_of(root: LexborNode) -> str:
    """Text with a line for each block and each table row, cells joined by " | "."""
    parts: list[str] = []
    waiting: list[LexborNode | str] = [root]  # a stack of our own: pages may be nested deeper than Python recurses
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            parts.append(item)
        elif item.tag == "-text":
            parts.append(_SPACE.sub(" ", (item.text_content or "").translate(_NO_MARKS)))
        else:
            before, after = _breaks(item)
            waiting.append(after)
            waiting += reversed(list(item.iter(include_text=True)))
            waiting.append(before)
    return _tidy("".join(parts))


def _breaks(node: LexborNode) -> tuple[str, str]:
    """What stands before and after the text of an element."""
    if node.tag in _CELLS:
        return (" | " if _has_cell_before(node) else "", "")
    if mark := _HEADINGS.get(node.tag or ""):
        return (f"\n{mark}", f"\n{_END}")
    return ("\n", "\n") if node.tag in _BLOCKS else ("", "")


def _has_cell_before(node: LexborNode) -> bool:
    before = node.prev
    while before is not None and before.tag not in _CELLS:
        before = before.prev
    return before is not None


def _tidy(text: str) -> str:
    text = _carried(_BLANKS.sub("\n", text)).strip()
    return _LABEL_LINE.sub(r"\1", re.sub(r"\n{2,}", "\n", text))


def _carried(text: str) -> str:
    """The mark of each heading before the first of its lines with words in it; one without words is no heading."""
    lines: list[str] = []
    mark = ""
    for line in text.split("\n"):
        words = line.lstrip(_MARKS)
        for found in line[: len(line) - len(words)]:
            mark = "" if found == _END else mark or found
        has_words = _WORD.search(words) is not None
        lines.append((mark if has_words else "") + words.strip())
        mark = "" if has_words else mark
    return "\n".join(lines)
