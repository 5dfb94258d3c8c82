"""From the clauses of a record to its findings: what depends on what stood before.

Sections (既往史：), runs (a report that goes on for five clauses, a templated normal examination),
and clauses that only say more about the last finding (量中, 色鲜红).
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from tcmkit.records import Polarity

from . import conclusions, sections, tongue_pulse
from .context import free_cause, is_time, listed_items, says_more
from .cuts import Cut
from .tokens import Clause
from .view import CAUSE, View, breaks_report, is_listed, is_reported, speaks, uncut, view

HISTORY = ("history",)
_TONGUE = ("tongue",)
_PULSE = ("pulse",)
_NOT_CARRIED = frozenset({(), CAUSE, HISTORY, _TONGUE, _PULSE})
_LABELLED = ("identity", "ignored", "administrative")


Spot = tuple[int, int, str, Polarity]
"""A finding at text[start:end]: start, end, dimension, polarity. A plain tuple: there are many."""
Piece = tuple[int, int, str]
"""A removed or stated part at text[start:end]: start, end, category. A plain tuple likewise."""


class Woven(NamedTuple):
    """Everything found in a record, in order of appearance."""

    spots: list[Spot]
    removed: list[Piece]
    stated: list[Piece]
    drugs: list[Piece]


_LEADING = re.compile(r"^(?:患者|病人|自觉|其|并|且|但|又|现|今|遂|后|及|伴|则|即)+")
_WHEN = re.compile(r"[\d年月日.\-/ 某×春夏秋冬季初末上下中旬]+")
_MOVES_ON = re.compile(
    r"患者|病人|患儿|病程|入院时|刻下|遂|予(?!以?[清补益温化祛疏])|今为|现为|为求|舌[质红淡暗苔]|脉[象浮沉弦细滑数]|[二三四五复]诊"
)
_DENIED_PAST = re.compile(r"(?:患者|既往|平素|以往)*(?:否认有?|无|未有|没有|未)")
_HAS_HAD = ("素患", "患有", "既往", "原有", "患者素患", "曾患", "有")
_LONGEST_COURSE = 20


class Weaver:
    """Goes through the clauses of one record, once."""

    def __init__(self, folded: str, clauses: list[Clause]) -> None:
        self._text = folded
        self._clauses = clauses
        self._out = Woven([], [], [], [])
        self._section = ""
        self._run = ""
        self._last: tuple[str, ...] = ()
        """Dimensions of the finding before."""
        self._mark = ""
        self._asked: tuple[str, ...] = ()
        """Dimensions that a topic with a colon asks about: 大便：."""

    def woven(self) -> Woven:
        """Everything in the record."""
        folded, spots = self._text, self._out.spots
        for clause in self._clauses:
            start, end, mark = clause
            text = folded[start:end]
            section = sections.section_of(text, mark) if mark in sections.HEADING_MARKS else None
            if section is not None:
                self._enter(section, clause)
                self._mark = mark
                continue
            seen = view(text)
            if self._last == _TONGUE and tongue_pulse.is_detail(text):
                spots.append((start, end, "tongue", "present"))
            elif seen.simple and mark != "：" and not (self._section or self._run or self._asked):
                for first, last, dimension, polarity in seen.spots:
                    spots.append((start + first, start + last, dimension, polarity))
                self._last = seen.said
            elif self._run == "examination" and not self._section and seen.template:
                self._remove("boilerplate", clause)
            else:
                self._clause(text, clause, seen)
            self._mark = mark
        return self._out

    # -- sections

    def _enter(self, section: str, clause: Clause) -> None:
        plain = section in ("present", "complaint", "women", "examination")
        self._section = "" if plain else section
        self._run = ""
        heading = self._text[clause[0] : clause[1]]
        self._last = _PULSE if "脉" in heading else _TONGUE if "舌" in heading or "苔" in heading else ()
        if section == "instrument":
            self._run = "instrument"
            self._remove("instrument_result", clause)
        elif section in ("identity", "administrative", "visit"):
            self._remove("identity" if section == "identity" else "administrative", clause)

    def _clause(self, text: str, clause: Clause, seen: View) -> None:
        section = self._section
        if self._mark == "\n" and section in _LABELLED:
            section = self._section = ""
        if section in ("visit", "ignored", "identity", "administrative"):
            self._section = ""
            if section == "visit" and not _WHEN.fullmatch(text):
                section = ""
            elif section != "ignored":
                self._remove("identity" if section == "identity" else "administrative", clause)
            if section:
                return
        if section == "western_diagnosis" or section.startswith("stated:"):
            if not _MOVES_ON.match(text):
                self._conclude(section, text, clause)
                return
            self._section = ""
        if seen.heading is not None:
            self._run_in_heading(seen.heading, text, clause)
            return
        self._content(text, clause, seen)

    def _run_in_heading(self, heading: tuple[str, int], text: str, clause: Clause) -> None:
        section, size = heading
        start, end, mark = clause
        self._enter(section, (start, start + size, mark))
        if end > start + size:
            self._clause(text[size:], (start + size, end, mark), view(text[size:]))

    def _conclude(self, section: str, text: str, clause: Clause) -> None:
        """A diagnosis, syndrome, method or formula below its heading."""
        if section == "stated:disease" and not conclusions.is_tcm_label(text):
            section = "western_diagnosis"
        if section == "western_diagnosis":
            self._remove(section, clause)
        else:
            self._out.stated.append((clause[0], clause[1], section))
        if clause[2] == "\n" or (clause[2] == "。" and section != "stated:other"):
            self._section = ""

    # -- content

    def _content(self, text: str, clause: Clause, seen: View) -> None:
        for start, end in seen.drugs:
            self._out.drugs.append((clause[0] + start, clause[0] + end, "medication"))
        if (self._run == "examination" or seen.examined) and self._examination(clause, seen):
            return
        if self._run == "instrument" and self._report(clause, seen):
            return
        if self._section == "history" and not seen.has_result:
            self._past(text, 0, len(text), clause)
            if clause[2] == "\n":
                self._section = ""
            return
        if seen.cuts and self._last == _PULSE and tongue_pulse.goes_on(text, "pulse"):
            seen = uncut(text)
        for cut in seen.cuts:
            self._take(cut, clause, text)
        if seen.reports:
            self._run = "instrument"
        elif self._run == "instrument":
            self._run = ""
        self._findings(clause, seen)

    def _take(self, cut: Cut, clause: Clause, text: str) -> None:
        category, start, end = cut
        if category == "history":
            self._past(text, start, end, clause)
            return
        to = self._out.stated if category.startswith("stated:") else self._out.removed
        to.append((clause[0] + start, clause[0] + end, category))

    def _remove(self, category: str, clause: Clause) -> None:
        self._out.removed.append((clause[0], clause[1], category))

    # -- runs

    def _examination(self, clause: Clause, seen: View) -> bool:
        """Templated normal examination: removed, while what is abnormal in it is a finding."""
        if seen.ends_examination:
            self._run = "" if self._run == "examination" else self._run
            return False
        if self._run != "examination" and not seen.opens_examination:
            if seen.plain_normal:
                self._remove("boilerplate", clause)
            return seen.plain_normal
        template = seen.template
        if not (template or seen.symptoms) or (seen.cuts and not seen.examined):
            self._run = ""
            return False
        self._run = "examination"
        if template:
            self._remove("boilerplate", clause)
        return template

    def _report(self, clause: Clause, seen: View) -> bool:
        """A laboratory or imaging report that goes on over clauses."""
        text = seen.text
        if seen.other_cuts or breaks_report(text):
            self._run = ""
            return False
        goes_on = self._section == "instrument" or bool(seen.cuts) or is_reported(text)
        if not goes_on and not speaks(text):
            goes_on = self._mark not in "\n。" or is_listed(text)
        if goes_on:
            self._remove("instrument_result", clause)
        else:
            self._run = ""
        return goes_on

    # -- history

    def _past(self, text: str, start: int, end: int, clause: Clause) -> None:
        denied = _DENIED_PAST.match(text, start, end)
        polarity: Polarity = "present"
        if denied and not text.startswith(("未规律", "未系统"), start):
            start, polarity = denied.end(), "absent"
        listed = polarity == "absent" or text.endswith("史", start, end) or text.startswith(_HAS_HAD, start)
        for item_start, item_end in listed_items(text, start, end) if listed else [(start, end)]:
            self._spot(clause, item_start, item_end, HISTORY, polarity)

    # -- findings

    def _findings(self, clause: Clause, seen: View) -> None:
        start, end, mark = clause
        cuts, said = seen.cuts, seen.said
        asked, self._asked = self._asked, ()
        if asked and not said and not cuts:
            self._spot(clause, 0, end - start, asked, "present")
            self._last = asked
            return
        if mark == "：" and not seen.spots:
            self._asked = seen.open_topic
        if not said and not cuts and self._goes_on(clause, seen):
            self._after(seen)
            return
        if seen.placed:
            for first, last, dimension, polarity in seen.spots:
                self._out.spots.append((start + first, start + last, dimension, polarity))
        else:
            self._place(clause, seen)
        if not (cuts or seen.spots or seen.phrases):
            cause = free_cause(seen.text)
            if cause is not None:
                self._spot(clause, *cause, CAUSE, "present")
        self._after(seen)

    def _place(self, clause: Clause, seen: View) -> None:
        """The phrases of a clause; what has no dimension takes that of what stands before it."""
        before = self._last
        for phrase in seen.phrases:
            dimensions = phrase.dimensions or (() if before in _NOT_CARRIED else before)
            self._spot(clause, phrase.start, phrase.end, dimensions, phrase.polarity)
            if dimensions and dimensions != CAUSE:
                before = dimensions

    def _after(self, seen: View) -> None:
        """Remember what a clause that only says more would speak of."""
        if seen.said:
            self._last = seen.said
        elif seen.cuts:
            self._last = ()
        elif seen.has_course_subject:
            self._last = CAUSE
        elif seen.open_topic and not seen.phrases:
            self._last = seen.open_topic

    def _goes_on(self, clause: Clause, seen: View) -> bool:
        """A clause that only says more about the finding before it, or about the course."""
        text, last = seen.text, self._last
        size = len(text)
        if last in (_TONGUE, _PULSE):
            if tongue_pulse.goes_on(text, last[0]):
                self._spot(clause, 0, size, last, "present")
                return True
        elif last and last != HISTORY and says_more(text):
            self._spot(clause, _leading(text), size, last, "present")
            return True
        if not seen.has_course:
            return False
        start = _leading(text)
        if size - start > _LONGEST_COURSE:
            return False
        first = next((p for p in seen.phrases if p.dimensions == CAUSE), None)
        if first is not None and first.start <= start and is_time(text, first.start):
            self._spot(clause, first.start, first.end, CAUSE, "present")
            start = first.end
        if size > start:
            self._spot(clause, start, size, CAUSE, "present")
        return True

    def _spot(self, clause: Clause, start: int, end: int, dimensions: Iterable[str], polarity: Polarity) -> None:
        for dimension in dimensions:
            self._out.spots.append((clause[0] + start, clause[0] + end, dimension, polarity))


def _leading(text: str) -> int:
    """Where a clause begins behind its 患者, 自觉, 且."""
    lead = _LEADING.match(text)
    return lead.end() if lead else 0


def weave(folded: str, clauses: list[Clause]) -> Woven:
    """Findings, removed parts, stated conclusions and Western drugs of a record, as spans."""
    return Weaver(folded, clauses).woven()
