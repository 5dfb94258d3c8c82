"""From the clauses of a record to its findings: what depends on what stood before.

Sections (既往史：), runs (a report that goes on for five clauses, a templated normal examination),
and clauses that only say more about the last finding (量中, 色鲜红).
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from . import conclusions, sections, tongue_pulse
from .context import free_cause, is_time, listed_items, says_more
from .cuts import Cut
from .grammar import Phrase
from .tokens import Clause
from .view import CAUSE, View, breaks_report, is_listed, is_reported, speaks, view

HISTORY = ("history",)
_TONGUE = ("tongue",)
_PULSE = ("pulse",)
_NOT_CARRIED = frozenset({(), CAUSE, HISTORY, _TONGUE, _PULSE})
_LABELLED = ("identity", "ignored", "administrative")


Spot = tuple[int, int, str, str]
"""A finding at text[start:end]: start, end, dimension, polarity. A plain tuple: there are many."""


class Piece(NamedTuple):
    """A removed or stated part at text[start:end]."""

    start: int
    end: int
    category: str


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
_DENIED_PAST = re.compile(r"(?:否认有?|无|未有|没有|未)")
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
            elif seen.simple and not self._section and not self._run and not self._asked and mark != "：":
                spots += [(start + a, start + b, dimension, polarity) for a, b, dimension, polarity in seen.spots]
                self._last = seen.said
            elif self._run == "examination" and seen.template and not self._section:
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
        heading = self._text[clause.start : clause.end]
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
        self._enter(section, Clause(clause.start, clause.start + size, clause.mark))
        rest = Clause(clause.start + size, clause.end, clause.mark)
        if rest.end > rest.start:
            self._clause(text[size:], rest, view(text[size:]))

    def _conclude(self, section: str, text: str, clause: Clause) -> None:
        """A diagnosis, syndrome, method or formula below its heading."""
        if section == "stated:disease" and not conclusions.is_tcm_label(text):
            section = "western_diagnosis"
        if section == "western_diagnosis":
            self._remove(section, clause)
        else:
            self._out.stated.append(Piece(clause.start, clause.end, section))
        if clause.mark == "\n" or (clause.mark == "。" and section != "stated:other"):
            self._section = ""

    # -- content

    def _content(self, text: str, clause: Clause, seen: View) -> None:
        for start, end in seen.drugs:
            self._out.drugs.append(Piece(clause.start + start, clause.start + end, "medication"))
        if self._examination(clause, seen) or (self._run == "instrument" and self._report(clause, seen)):
            return
        cuts = seen.cuts
        if self._section == "history" and not any(cut.category == "instrument_result" for cut in cuts):
            self._past(text, 0, len(text), clause)
            if clause.mark == "\n":
                self._section = ""
            return
        phrases = seen.phrases
        if self._last == _PULSE and cuts and tongue_pulse.goes_on(text, "pulse"):
            cuts, phrases = (), seen.reading.phrases
        for cut in cuts:
            self._take(cut, clause, text)
        reports = any(cut.category == "instrument_result" and cut.end == len(text) for cut in cuts)
        self._run = "instrument" if reports else "" if self._run == "instrument" else self._run
        self._findings(clause, seen, cuts, phrases)

    def _take(self, cut: Cut, clause: Clause, text: str) -> None:
        piece = Piece(clause.start + cut.start, clause.start + cut.end, cut.category)
        if cut.category == "history":
            self._past(text, cut.start, cut.end, clause)
        elif cut.category.startswith("stated:"):
            self._out.stated.append(piece)
        else:
            self._out.removed.append(piece)

    def _remove(self, category: str, clause: Clause) -> None:
        self._out.removed.append(Piece(clause.start, clause.end, category))

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
        if (not seen.template and not seen.reading.symptoms) or (seen.cuts and not seen.examined):
            self._run = ""
            return False
        self._run = "examination"
        if seen.template:
            self._remove("boilerplate", clause)
        return seen.template

    def _report(self, clause: Clause, seen: View) -> bool:
        """A laboratory or imaging report that goes on over clauses."""
        own = {cut.category for cut in seen.cuts}
        text = seen.reading.text
        if breaks_report(text) or own - {"instrument_result", "history"}:
            self._run = ""
            return False
        goes_on = self._section == "instrument" or bool(own) or is_reported(text)
        if not goes_on and not speaks(seen.reading):
            goes_on = self._mark not in "\n。" or is_listed(text)
        if goes_on:
            self._remove("instrument_result", clause)
        else:
            self._run = ""
        return goes_on

    # -- history

    def _past(self, text: str, start: int, end: int, clause: Clause) -> None:
        denied = _DENIED_PAST.match(text, start, end)
        polarity = "present"
        if denied and not text.startswith(("未规律", "未系统"), start):
            start, polarity = denied.end(), "absent"
        listed = polarity == "absent" or text.endswith("史", start, end) or text.startswith(_HAS_HAD, start)
        for item_start, item_end in listed_items(text, start, end) if listed else [(start, end)]:
            self._spot(clause, item_start, item_end, HISTORY, polarity)

    # -- findings

    def _findings(self, clause: Clause, seen: View, cuts: tuple[Cut, ...], phrases: Iterable[Phrase]) -> None:
        phrases = tuple(phrases)
        meant = [p.dimensions for p in phrases if p.dimensions and p.dimensions != CAUSE]
        asked, self._asked = self._asked, ()
        size = clause.end - clause.start
        if asked and not meant and not cuts:
            self._spot(clause, 0, size, asked, "present")
            self._last = asked
            return
        if clause.mark == "：" and not any(p.dimensions for p in phrases):
            self._asked = seen.open_topic
        if not cuts and not meant and self._goes_on(clause, seen, phrases):
            self._after(seen, cuts, meant)
            return
        before = self._last
        for phrase in phrases:
            dimensions = phrase.dimensions or (() if before in _NOT_CARRIED else before)
            if dimensions:
                self._spot(clause, phrase.start, phrase.end, dimensions, phrase.polarity)
            before = dimensions if dimensions != CAUSE else before
        if not phrases and not cuts:
            cause = free_cause(seen.reading.text)
            if cause is not None:
                self._spot(clause, *cause, CAUSE, "present")
        self._after(seen, cuts, meant)

    def _after(self, seen: View, cuts: tuple[Cut, ...], meant: list[tuple[str, ...]]) -> None:
        """Remember what a clause that only says more would speak of."""
        if meant:
            self._last = meant[-1]
        elif cuts:
            self._last = ()
        elif seen.has_course_subject:
            self._last = CAUSE
        elif seen.open_topic and not seen.phrases:
            self._last = seen.open_topic

    def _goes_on(self, clause: Clause, seen: View, phrases: tuple[Phrase, ...]) -> bool:
        """A clause that only says more about the finding before it, or about the course."""
        text, last = seen.reading.text, self._last
        size = len(text)
        if last in (_TONGUE, _PULSE) and tongue_pulse.goes_on(text, last[0]):
            self._spot(clause, 0, size, last, "present")
            return True
        lead = _LEADING.match(text)
        start = lead.end() if lead else 0
        if last and last not in (HISTORY, _TONGUE, _PULSE) and says_more(seen):
            self._spot(clause, start, size, last, "present")
            return True
        if not seen.has_course or size - start > _LONGEST_COURSE:
            return False
        first = next((p for p in phrases if p.dimensions == CAUSE), None)
        if first is not None and first.start <= start and is_time(seen, first):
            self._spot(clause, first.start, first.end, CAUSE, "present")
            start = first.end
        if size > start:
            self._spot(clause, start, size, CAUSE, "present")
        return True

    def _spot(self, clause: Clause, start: int, end: int, dimensions: Iterable[str], polarity: str) -> None:
        for dimension in dimensions:
            self._out.spots.append((clause.start + start, clause.start + end, dimension, polarity))


def weave(folded: str, clauses: list[Clause]) -> Woven:
    """Findings, removed parts, stated conclusions and Western drugs of a record, as spans."""
    return Weaver(folded, clauses).woven()
