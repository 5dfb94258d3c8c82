"""Headings of texts without tags: chapters, Markdown, the name of a herb or formula above what is said of it.

A line is a heading by its form (第一章 …, ## …), or because it is a name and what follows is written as monographs
are. Where neither is certain the text stays whole: prose is never cut up.
"""

import itertools
import re
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tcmkit.ingest import names
from tcmkit.text import labels
from tcmkit.text.edges import HAN

_MARKDOWN = re.compile(r"^ {0,3}(#{1,6})(?:[ \t]+|(?<=##)(?=[^\s#]))(\S.*)$")
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)")
_NUMERAL = "[一二三四五六七八九十百零〇0-9]{1,4}"
_CHAPTER = re.compile(
    rf"^(?P<number>第[ ]?{_NUMERAL}[ ]?(?P<unit>[编篇部卷章节])|卷[ ]?(?:{_NUMERAL}|[上中下]))"
    rf"(?:[ \t、：:.．·—-]+(?P<name>\S.*)|(?P<close>[{HAN}].*))?$"
)
_UNITS = {"编": 11, "篇": 11, "部": 11, "卷": 11, "章": 12, "节": 13}
_GROUP_LEVEL, _NAME_LEVEL = 14, 20
_GROUP = re.compile(
    rf"^(?:{_NUMERAL}[、.．]|[（(]{_NUMERAL}[）)])?[ ]?[{HAN}、]{{2,10}}(?:药|类|剂|部|门|方剂|总论|各论)$"
)
_SENTENCE = re.compile("[。！？!?，,；;]|…|\\.{3}|\\|")
_ENDED = tuple("。！？!?」』”’）)】〕]")
_LONGEST = 40
_FOREIGN = re.compile(r"^[^\u3400-\u9fff，。]{2,80}$")
_SHORTEST_SENTENCE = 15
_LONGEST_LINE = 200
"""No longer line is looked at as a Markdown heading, blanks and marks behind its name counted."""


class Section(NamedTuple):
    """A stretch of text, the headings that lead to it, and how the innermost one was known; none before the first."""

    text: str
    headings: tuple[str, ...]
    form: str


class _Heading(NamedTuple):
    level: int
    name: str
    """Empty for a sentence set as a heading: it cuts like one, and begins the text as `rest`."""
    form: str
    rest: str = ""
    """What stands behind the name on its line."""


def sections(text: str) -> list[Section]:
    """The text cut at its headings, in order; an empty list when it has none. Line ends must be line feeds."""
    lines = text.split("\n")
    found = _headings(lines)
    return list(_cut(lines, found)) if found else []


def marked_sections(lines: Sequence[tuple[int, str]]) -> list[Section]:
    """The same for lines whose heading levels are known (0: none), as those of a web page."""
    found = {at: _Heading(level, line, "html") for at, (level, line) in enumerate(lines) if level}
    return list(_cut([line for _, line in lines], found)) if found else []


def _cut(lines: list[str], found: dict[int, _Heading]) -> Iterator[Section]:
    """The sections that headings make. One that is a label (### 组成) stands in the text as 【组成】."""
    path: list[_Heading] = []
    body: list[str] = []
    for at, line in enumerate(lines):
        heading = found.get(at)
        if heading is None:
            body.append(line)
            continue
        label = names.bare(heading.name)
        is_label = label in labels.known_labels()
        above = [one for one in path if one.level < heading.level]
        if not is_label or above != path:
            yield from _section(body, path, leads=above == path)
            body = []
        path = [*above, heading] if heading.name and not is_label else above
        body += [f"【{label}】{names.aside(heading.name)}"] if is_label else [heading.rest] if heading.rest else []
    yield from _section(body, path)


def _section(body: list[str], path: list[_Heading], *, leads: bool = False) -> Iterator[Section]:
    """What stands below a path; a heading that has neither text nor a heading below it (`leads`) is a text itself."""
    text = "\n".join(body).strip("\n")
    if path and not leads and not text.strip():
        text, path = path[-1].name, path[:-1]
    if text.strip():
        yield Section(text, tuple(one.name for one in path), path[-1].form if path else "")


def _headings(lines: list[str]) -> dict[int, _Heading]:
    """Every heading by the number of its line."""
    found = _by_form(lines)
    found.update(_by_name(lines, found))
    written = [at for at, line in enumerate(lines) if line.strip()]
    for at, following in itertools.pairwise(written):
        line = lines[at].strip()
        if at not in found and following in found and _GROUP.match(line) and not _is_known(line):
            found[at] = _Heading(_GROUP_LEVEL, line, "group")
    return found


def _is_known(line: str) -> bool:
    """Whether a line is a name that stands in a table."""
    name = names.parse(line)
    return name is not None and name.known


def _by_form(lines: list[str]) -> dict[int, _Heading]:
    """Headings that their form makes certain."""
    found: dict[int, _Heading] = {}
    fenced = False
    before = ""
    for at, line in enumerate(lines):
        fenced ^= _FENCE.match(line) is not None
        heading = None if fenced else _markdown(line)
        if heading:
            found[at] = heading
        elif not fenced and (chapter := _CHAPTER.match(line.strip())) and _is_closed(before):
            name = line.strip()
            if len(name) <= _LONGEST and not _SENTENCE.search(name):
                found[at] = _Heading(_UNITS.get(chapter["unit"] or "卷", 11), name, "chapter")
        before = line
    return found


def _markdown(line: str) -> _Heading | None:
    """The heading that a line with number signs is; None where nothing but marks stands behind them."""
    mark = _MARKDOWN.match(line) if len(line) <= _LONGEST_LINE else None
    if mark is None:
        return None
    written = mark[2].rstrip(" \t").rstrip("#").rstrip(" \t")
    name = written.strip("*_ ")
    if not name or len(written) > 2 * _LONGEST:
        return None
    named = ("", "markdown", name) if _SENTENCE.search(name) else (name, "markdown")
    return _Heading(len(mark[1]), *named)


def _is_closed(before: str) -> bool:
    """Whether a new thing may begin behind a line: it is empty, ends a sentence, or is too short to be wrapped."""
    line = before.strip()
    return not line or line.endswith(_ENDED) or (len(line) <= _SHORTEST_SENTENCE and not line.endswith(("：", ":")))


def _by_name(lines: list[str], taken: dict[int, _Heading]) -> dict[int, _Heading]:
    """Names that head what follows: on a line of their own, or with a colon before it."""
    found: dict[int, _Heading] = {}
    above = ChainMap(found, taken)
    written = [at for at, line in enumerate(lines) if line.strip()]
    inside = ""
    for place, at in enumerate(written):
        if at in taken:
            inside = names.bare(taken[at].name)
            continue
        line = lines[at].strip()
        name = names.parse(line)
        if name is None or not _stands_free(lines, written, place, above):
            continue
        following = _body(lines, written, place + 1, taken)
        apart = at == 0 or not lines[at - 1].strip()
        heading = _same_line(name, "" if apart else inside) if name.rest else _own_line(name, following, apart)
        if heading:
            found[at] = heading
            inside = name.text
    return found


def _stands_free(lines: list[str], written: list[int], place: int, found: Mapping[int, _Heading]) -> bool:
    """Whether the line above lets a heading follow: it announces nothing (组成：) and is no other name of a list."""
    if place == 0:
        return True
    above = written[place - 1]
    before = lines[above].strip()
    if above in found:
        return True
    if before.endswith(("：", ":", "，", "、", "；")) or labels.begins(f"{before}：") == before:
        return False
    other = names.parse(before)
    if other is not None and other.known and not other.rest:
        return False
    return written[place] - above > 1 or _is_closed(before) or labels.begins(before) != ""


def _body(lines: list[str], written: list[int], place: int, taken: dict[int, _Heading]) -> list[str]:
    """The next written lines from a place on, up to a heading by form; Latin and Pinyin names are left out."""
    body: list[str] = []
    for at in map(written.__getitem__, range(place, len(written))):
        line = lines[at].strip()
        if at in taken or len(body) >= names.LOOK_AHEAD:
            break
        if body or not _FOREIGN.match(line):
            body.append(line)
    return body


def _own_line(name: names.Name, body: list[str], apart: bool) -> _Heading | None:
    """A name on a line of its own, when it is sure to head what follows; `apart`: nothing stands right above it."""
    if not body:
        return None
    second = names.parse(body[0])
    if second is not None and second.known and not second.rest:
        return None  # a list of names
    text = "\n".join(body)
    if names.opens_monograph(name, text) or (name.known and apart and _is_told(body[0])):
        return _Heading(_NAME_LEVEL, name.written, "name")
    return None


def _is_told(first: str) -> bool:
    """Whether what follows a known name is a whole sentence that does not speak of names listed before."""
    return len(first) >= _SHORTEST_SENTENCE and first.endswith("。") and not names.goes_on(first)


def _same_line(name: names.Name, inside: str) -> _Heading | None:
    """黄芪：味甘，微温…: a known name with a monograph behind it, but not what a formula's note says of its herbs."""
    if not name.known or (names.is_formula(inside) and not names.is_formula(name.text)):
        return None
    if names.assists(name.rest) or not names.opens_monograph(name, name.rest):
        return None
    return _Heading(_NAME_LEVEL, name.written, "name", name.rest)
