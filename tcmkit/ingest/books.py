"""Old books as one text file each: tagged sections, wrapped lines.

The tags of the public collections: `<篇名>` a heading, `<目录>` the headings above it (joined by a
backslash), `属性：` or `内容：` the body; before the first body a header with 书名, 作者, 朝代, 年份.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tcmkit.text import labels

_TAG = re.compile(r"^[ \t]*<(篇名|目录)>(.*)$", re.MULTILINE)
_BODY_LABEL = re.compile(r"^\s*(?:属性|内容)：[ \t]*")
_HEADER = {"书名": "book", "作者": "author", "朝代": "dynasty", "年份": "year"}
_HEADER_LINE = re.compile(r"^[ \t]*(书名|作者|朝代|年份)：(.*)$", re.MULTILINE)
# Marks of the typesetting: \\x…\\x a line of its own, \\r…\\r a caption, \\pa1.bmp a picture.
_TYPESETTING = re.compile(r"\\p[\w-]+\.bmp|\\[xrke]")
# Two capital letters stand where a rare character was lost; □ is how an edition marks that.
_LOST_CHARACTER = re.compile(r"(?<![A-Za-z])(?:KT|HT|FS|KY|HY) ?(?![A-Za-z])")
_TWO_CAPITALS = re.compile("[KHF][TSY]")
_SENTENCE_END = frozenset("。！？!?”」』】…）)")
_SENTENCE_OPEN = frozenset("，、；：,;")
_NUMBER = "[0-9一二三四五六七八九十]{1,3}"
_ITEM_START = re.compile(
    rf"^(?:[（(【〔〖\[]?{_NUMBER}[.．、）)】〕〗\]]|【|〔|〖|又方|一方|方[：:]|[上右](?:为|件|{_NUMBER}味|药|锉|末))"
)
_ITEM_FIRST = frozenset("（(【〔〖[0123456789一二三四五六七八九十又方上右")
_NEVER_FIRST = frozenset("。，、；：”）》")
_FULL_LINE_SLACK = 4
_EMPTY_LINE = re.compile(r"\n[ \t\u3000]*\n")
_SHORTEST_FULL_LINE = 16
_MANY_FULL_LINES = 3
_SCRAP = 6


class Section(NamedTuple):
    """One section: its body, the headings that lead to it, and what the book's header says."""

    text: str
    headings: tuple[str, ...]
    header: dict[str, str]


def is_tagged(text: str) -> bool:
    """Whether the text carries the tags of an old book."""
    return _TAG.search(text) is not None


def sections(text: str) -> Iterator[Section]:
    """The sections of a tagged book in order; text before the first tag too. Line ends must be line feeds."""
    header: dict[str, str] = {}
    parents: tuple[str, ...] = ()
    heading = ""
    last = 0
    for tag in _TAG.finditer(text):
        yield from _section(text[last : tag.start()], parents, heading, header)
        last = tag.end()
        name = without_marks(tag[2]).strip() if tag[1] == "篇名" else tag[2].strip()
        if tag[1] == "目录":
            parents, heading = tuple(part.strip() for part in name.split("\\") if part.strip()), ""
        else:
            heading = name.strip("：: ")
    yield from _section(text[last:], parents, heading, header)


def _section(body: str, parents: tuple[str, ...], heading: str, header: dict[str, str]) -> Iterator[Section]:
    if "书名：" in body:
        for line in _HEADER_LINE.finditer(body):
            if line[2].strip():
                header[_HEADER[line[1]]] = line[2].strip()
        body = _HEADER_LINE.sub("", body)
    body = unwrap(without_marks(_BODY_LABEL.sub("", body)))
    if body:
        headings = (*parents, heading) if heading and heading not in parents[-1:] else parents
        yield Section(body, headings, dict(header))


def without_marks(text: str) -> str:
    """The text without marks of the typesetting, lost characters marked as such.

    >>> without_marks(r"\\x桂枝汤\\x目KT 昏")
    '桂枝汤目□昏'
    """
    text = _TYPESETTING.sub("", text) if "\\" in text else text
    return _LOST_CHARACTER.sub("□", text) if _TWO_CAPITALS.search(text) else text


def width(lines: Iterable[str]) -> int:
    """From how many characters on a line of a text may have been cut by its width."""
    return max(max(map(len, lines), default=0) - _FULL_LINE_SLACK, _SHORTEST_FULL_LINE)


def is_wrapped(text: str) -> bool:
    """Whether a text as a whole was cut into lines of one width: many of its lines are as long as the longest."""
    lines = list(filter(None, map(str.strip, text.split("\n"))))
    full = width(lines)
    many = sum(len(line) >= full for line in lines)
    return many >= _MANY_FULL_LINES and many * 5 >= len(lines)


def paragraphs(text: str, *, wrapped: bool) -> str:
    """A section of our time: a line that ends a sentence stays one, others are joined where the text is `wrapped`."""
    parts: list[str] = []
    full = width(map(str.strip, text.split("\n"))) if wrapped else len(text) + 1
    for block in filter(None, map(str.strip, _EMPTY_LINE.split(text))):
        lines = list(filter(None, map(str.strip, block.split("\n"))))
        labelled = labels.set_out(lines)
        parts.append("\n" + lines[0])
        for before, line in itertools.pairwise(lines):
            ended = before[-1] in _SENTENCE_END
            goes_on = not ended and line not in labelled and _goes_on(before, line, full, False)
            parts.append((_glue(before, line) if goes_on else "\n") + line)
    return "".join(parts).lstrip("\n")


def unwrap(text: str) -> str:
    """Prose that was cut into lines of one width, joined again; paragraphs and lists keep their lines.

    >>> unwrap("头痛发热汗出恶风者桂枝汤主之不可与麻黄汤也其\\n脉浮紧。\\n又方")
    '头痛发热汗出恶风者桂枝汤主之不可与麻黄汤也其脉浮紧。\\n又方'
    """
    lines = list(filter(None, map(str.strip, text.split("\n"))))
    if len(lines) < 2:
        return "".join(lines)
    full = width(lines)
    parts = [lines[0]]
    goes_on = False
    labelled = labels.set_out(lines)
    for before, line in itertools.pairwise(lines):
        goes_on = line not in labelled and _goes_on(before, line, full, goes_on)
        parts += (_glue(before, line), line) if goes_on else ("\n", line)
    return "".join(parts)


def unwrap_paragraphs(text: str) -> str:
    """The same for text in which an empty line ends a paragraph."""
    return "\n".join(filter(None, map(unwrap, _EMPTY_LINE.split(text))))


def _goes_on(before: str, line: str, full: int, is_wrapped: bool) -> bool:
    """Whether `line` continues the paragraph that `before` ends; `is_wrapped`: `before` continues one itself."""
    if line[0] in _ITEM_FIRST and _ITEM_START.match(line):
        return False
    if len(before) >= full or before[-1] in _SENTENCE_OPEN or line[0] in _NEVER_FIRST:
        return True
    # A line wrapped twice leaves a scrap of a few characters behind a full line.
    return is_wrapped and len(before) <= _SCRAP and before[-1] not in _SENTENCE_END


def _glue(before: str, line: str) -> str:
    """Nothing between Chinese characters; a blank between Latin words and between the items of a spaced list."""
    if before[-1] in "）)":
        return " " if before.count(" ") >= 2 else ""
    return " " if (before[-1] + line[0]).isascii() and before[-1].isalnum() and line[0].isalnum() else ""
