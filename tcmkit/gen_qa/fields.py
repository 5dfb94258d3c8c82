"""Questions from labelled fields: 【功效】…, 【气味】…, 组成：…."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import takewhile
from typing import NamedTuple

from tcmkit.gen_qa.draft import Draft, Passage
from tcmkit.gen_qa.heading import clean, diseases, formula_name, is_herb, is_point
from tcmkit.gen_qa.herb import PROCESS
from tcmkit.gen_qa.quote import LIMIT, any_of, ended, sentences, words
from tcmkit.gen_qa.recipe import list_end
from tcmkit.tables import table
from tcmkit.text import labels
from tcmkit.text.edges import HAN, Span, trim
from tcmkit.text.nature import nature_at, of_a_part

_NUMBERED = re.compile(rf"^\s*\d+[.、．]\s*(?P<name>[{HAN}A-Za-z0-9（）()“”、 ]{{3,40}})$", re.M)
_NAME = re.compile(f"[{HAN}]{{2,12}}")
_MUST_SAY = {"caution": re.compile("忌|禁|勿|不宜|不可|慎|毋|避"), "processing": PROCESS}
"""What the answer to a question on this aspect has to speak of."""
_SPEAKER = re.compile(f"(?<=[。；）】〕\\]：:\\s])[{HAN}]{{0,4}} ?[曰云][：:。]")
_SHORT = 34
_SCANT = 15
_JOINED = re.compile("[的与和及]")
_EFFECTS = frozenset(("function", "use", "function_use"))
_DIRECTION = re.compile("水煎|煎服|每[日服次]|上药|以上[^，。]{0,4}[味药]|共[为研]|研为?末")
_MARKS = re.compile("[，。；：！？,;:]")
_SHORT_ASPECTS = frozenset(("alias", "channel", "nature"))
"""What a label may hold without a full stop."""
_WHOLE = frozenset(("use", "function", "function_use", "caution", "processing", "channel"))
"""What a label must hold whole: when its later lines or a second author go on with it nothing is asked."""
_USE_AGAIN = re.compile(r"治(?![之法者病例国])|疗|主(?![之要病方气人为在以者客])|忌|禁|[止除消破散利补益]")
_SCRAP = re.compile(rf"(?<=[）)])\s+[{HAN}]{{1,4}}。$")


class Field(NamedTuple):
    """A label and the span of what follows it."""

    label: str
    at: int
    start: int
    end: int
    bracketed: bool


@cache
def _aspects(kind: str) -> dict[str, tuple[str, str]]:
    """Label → (aspect, question) for a kind of subject."""
    rows = table("gen_qa")["aspects"]["disease" if kind == "syndrome" else kind]
    return {label: (aspect, row[1]) for aspect, row in rows.items() for label in row[0]}


def split(text: str) -> list[Field]:
    """The labelled fields of a text, in order."""
    marks = labels.find(text)
    if not marks:
        return []
    ends = [mark.at for mark in marks[1:]] + [len(text)]
    return [Field(mark.name, mark.at, mark.start, end, mark.bracketed) for mark, end in zip(marks, ends, strict=True)]


def subject_kind(name: str, labels: set[str]) -> str:
    """What a page with these labels is about, or an empty string."""
    if name.endswith("穴") or labels & {"穴位名", "穴名"} or (is_point(name) and "取穴" in "".join(labels)):
        return "acupoint"
    if formula_name(name) or labels & {"组成", "方剂名", "方名", "药物组成"}:
        return "formula"
    if is_herb(name) or (len(name) > 1 and labels & {"药名", "性味", "归经", "性味归经", "性味与归经"}):
        return "herb"
    if is_point(name):
        return "acupoint"
    if re.search("[^辨论治].证$", name):
        return "syndrome"
    return "disease" if name in diseases() or labels & {"病名"} else ""


def _of_one(found: list[Field]) -> list[Field]:
    """The fields before a label that names another subject (药名：…): what follows speaks of that."""
    names = table("gen_qa")["subject_labels"]
    return list(found[:1]) + list(takewhile(lambda item: item.label not in names, found[1:]))


def _subject(passage: Passage, found: list[Field]) -> str:
    """The name that the fields speak of: a name field, else the heading."""
    for item in found:
        if item.label in table("gen_qa")["subject_labels"]:
            first, last = trim(passage.text, item.start, item.end)
            name = clean(passage.text[first:last].split("\n")[0])
            if _NAME.fullmatch(name):
                return name
    return formula_name(passage.heading) or passage.heading


def _is_subject(passage: Passage, kind: str) -> bool:
    """Whether the heading can name what labels speak of: it stands in a table, or at least is no book or chapter."""
    name = passage.heading
    if is_herb(name) or is_point(name) or formula_name(name) or name in diseases() or kind == "syndrome":
        return True
    return not (passage.file_named or _JOINED.search(name)) and not name.endswith(words("not_subject"))


def _first_voice(text: str, start: int, end: int) -> Span:
    """The part of a value before a second author speaks (…。某曰：…); the name of the first one is left out."""
    speakers = list(_SPEAKER.finditer(text, start, end))
    if speakers and speakers[0].start() == start:
        start = speakers.pop(0).end()
    return trim(text, start, speakers[0].start() if speakers else end)


def _value(passage: Passage, item: Field, aspect: str) -> Span | None:
    """The span of a field's value that can be an answer."""
    text = passage.text
    start, end = trim(text, item.start, item.end)
    if aspect == "composition":
        end = list_end(text, start, end)
    if passage.old:
        line_end = text.find("\n", start, end)
        end = line_end if line_end > 0 else end
        start, end = _first_voice(text, start, end)
        if aspect == "nature":
            return nature_at(text, start)
        if aspect in _WHOLE and _USE_AGAIN.search(text, end, item.end):
            return None
    else:
        end = _without_heading(text, start, end) if passage.modern else end
        end = _without_directions(text, start, end) if aspect in _EFFECTS else end
    start, end = trim(text, start, end)
    if not 0 < end - start <= LIMIT or (aspect in _MUST_SAY and not _MUST_SAY[aspect].search(text, start, end)):
        return None
    if not (passage.old or item.bracketed) and labels.holds_unknown(text, start, end):
        return None
    if ended(text[start:end]):
        return start, _without_scrap(text, start, end) if passage.old else end
    if not passage.old:
        goes_on = item.end < len(text) and (passage.modern or not item.bracketed)
        return (start, end) if end - start <= _SHORT or goes_on else None
    return (start, end) if aspect in _SHORT_ASPECTS and end - start <= _SHORT else None


def _without_directions(text: str, start: int, end: int) -> int:
    """Where what a formula does ends and how it is taken begins: …。水煎服。"""
    for first, _ in list(sentences(text, start, end))[1:]:
        if _DIRECTION.match(text, first):
            return trim(text, start, first)[1]
    return end


def _without_heading(text: str, start: int, end: int) -> int:
    """Where a value ends without a short line of no sentence behind its last one: the heading of what follows."""
    line = text.rfind("\n", start, end)
    last = text[line + 1 : end]
    is_heading = line >= 0 and ended(text[start:line].rstrip()) and len(last) <= _SCANT and not _MARKS.search(last)
    return line if is_heading else end


def _without_scrap(text: str, start: int, end: int) -> int:
    """Where a value ends without the scrap of the next recipe behind its last note: …（某经） 烧灰。"""
    scrap = _SCRAP.search(text, start, end)
    return trim(text, start, scrap.start())[1] if scrap else end


def field_drafts(passage: Passage) -> Iterator[Draft]:
    """One question for each label that the kind of subject knows and that occurs once."""
    found = _of_one(split(passage.text))
    if not found:
        return
    name = _subject(passage, found)
    if not name or "、" in name or len(name) > 14 or any_of("deictic").search(name):
        return
    named = [item.label for item in found]
    kind = subject_kind(name, set(named))
    if not kind or (name == passage.heading and not _is_subject(passage, kind)):
        return
    known = _aspects(kind)
    part = False
    for item in found:
        part = part or (passage.old and of_a_part(passage.text, item.at))
        if part or item.label not in known or named.count(item.label) > 1:
            continue
        aspect, question = known[item.label]
        span = _value(passage, item, aspect)
        if span:
            yield Draft(kind, aspect, name, passage.ask(question.format(s=name)), *span)


def indicator_drafts(passage: Passage) -> Iterator[Draft]:
    """Definitions under numbered headings: "3. 甲率" … "【指标定义】…"."""
    if "定义" not in passage.text:
        return
    text = passage.text
    headings = list(_NUMBERED.finditer(text))
    for item in split(text):
        above = [heading for heading in headings if heading.end() <= item.at]
        if item.label not in table("gen_qa")["definition_labels"] or not above:
            continue
        start, end = trim(text, item.start, item.end)
        if ended(text[start:end]) and "\n" not in text[start:end] and end - start >= 8:
            name = above[-1]["name"].strip()
            yield Draft("definition", "term", name, passage.ask(f"“{name}”的定义是什么？"), start, end)
