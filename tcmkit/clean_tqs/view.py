"""All that can be said of a clause without its neighbours, worked out once per wording.

Records repeat their clauses (无恶心呕吐, 头颅大小形态正常), so that views are remembered. Nothing in a view
refers to tokens: a remembered token costs more, each time Python looks for garbage, than to read the few
clauses again that need theirs.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from tcmkit.records import Polarity

from . import cues, noise, sections
from . import vocabulary as v
from .cues import Cue
from .cuts import Cut
from .grammar import Phrase
from .reading import Reading, read
from .tokens import Token, scan

_MEMORY = 1 << 15
_LESS_MEMORY = 1 << 12
CAUSE = ("cause",)
_TONGUE = ("tongue",)
_PULSE = ("pulse",)
_EXAM_OPENS = re.compile(r"头颅(?:大小)?|全身浅表淋巴结|查体|体格检查|发育正常|胸廓(?:对称|无畸形)|双肺呼吸音|瞳孔")
_LISTED = re.compile(r"\d+$|\d+[.、]")
_SPEAKING_GROUPS = frozenset({"pain", "numb", "motor", "cold"})


class View:
    """A folded clause seen by itself; offsets count from its start. Not to be changed: it is shared."""

    __slots__ = (
        "cuts", "drugs", "ends_examination", "examined", "has_course", "has_course_subject", "has_result", "heading",
        "maybe_template", "open_topic", "opens_examination", "other_cuts", "phrases", "placed", "plain_normal",
        "reports", "said", "simple", "spots", "symptoms", "text",
    )  # fmt: skip
    phrases: tuple[Phrase, ...]
    """Phrases that no cut touches; none if the clause is simple: its spots tell all of them."""

    def __init__(self, reading: Reading, cuts: tuple[Cut, ...], found: tuple[Cue, ...]) -> None:
        self.text = reading.text
        self.cuts = cuts
        self._phrases(noise.outside(reading.phrases, cuts) if cuts else reading.phrases)
        self._course(() if self.said else reading.tokens)
        self._examination(reading, found)
        self.heading = sections.opens(reading.text)
        """Section and length of a heading that runs into its text."""
        self.simple = bool(self.said) and self.placed and not (cuts or self.examined or self.heading)
        """Means the same wherever it stands: only phrases with a dimension, nothing else."""
        self.drugs: tuple[tuple[int, int], ...] = ()
        if found and "过敏" not in reading.text:
            self.drugs = tuple([(cue.start, cue.end) for cue in found if cue.kind == cues.DRUG])
        if self.simple:
            self.phrases = ()

    def _phrases(self, phrases: Sequence[Phrase]) -> None:
        spots: list[tuple[int, int, str, Polarity]] = []
        self.said: tuple[str, ...] = ()
        """Dimensions of the last phrase that is more than time, onset and course."""
        self.placed = True
        """Whether all phrases have a dimension."""
        for start, end, dimensions, polarity in phrases:
            if not dimensions:
                self.placed = False
            elif dimensions != CAUSE:
                self.said = dimensions
            for dimension in dimensions:
                spots.append((start, end, dimension, polarity))
        self.spots = tuple(spots)
        """The phrases, one for each dimension: start, end, dimension, polarity."""
        self.phrases = tuple(phrases)

    def _course(self, tokens: Iterable[Token]) -> None:
        self.has_course = self.has_course_subject = False
        self.open_topic: tuple[str, ...] = ()
        """Of a clause that says nothing of the patient: what it may ask about (大便：), or speak of the course."""
        for _, _, term in tokens:
            kind = term.kind
            if kind == v.COURSE:
                self.has_course = True
            elif kind == v.COURSE_SUBJECT:
                self.has_course_subject = True
            elif kind == v.TOPIC:
                self.open_topic = term.dimensions

    def _examination(self, reading: Reading, found: tuple[Cue, ...]) -> None:
        text, cuts = reading.text, self.cuts
        told = [phrase.dimensions for phrase in reading.phrases]
        self.symptoms = bool(self.said) or (bool(cuts) and bool(reading.symptoms))
        self.ends_examination = _TONGUE in told or _PULSE in told
        self.examined = cues.EXAMINATION in [cue.kind for cue in found]
        normal = self.examined and noise.is_normal(text)
        self.opens_examination = normal and _EXAM_OPENS.search(text) is not None
        self.plain_normal = normal and not self.symptoms
        """A normal result of an examination that names no symptom: boilerplate anywhere."""
        self.maybe_template = not self.ends_examination and (self.examined or not cuts)
        self.has_result = self.reports = self.other_cuts = False
        for category, _, end in cuts:
            if category == "instrument_result":
                self.has_result = True
                self.reports = self.reports or end == len(text)
            elif category != "history":
                self.other_cuts = True

    @property
    def template(self) -> bool:
        """Boilerplate inside a templated examination."""
        return self.maybe_template and ((self.examined and not self.symptoms) or is_normal(self.text))


@lru_cache(maxsize=_MEMORY)
def view(text: str) -> View:
    """The view of a folded clause."""
    reading = read(text)
    return View(reading, *noise.verdict(reading))


def uncut(text: str) -> View:
    """A folded clause that nothing is taken out of."""
    return View(read(text), (), ())


is_normal = lru_cache(maxsize=_LESS_MEMORY)(noise.is_normal)


@lru_cache(maxsize=_LESS_MEMORY)
def is_reported(text: str) -> bool:
    """Whether a clause reads like the continuation of a laboratory or imaging report."""
    return any(cue.kind in (cues.REPORT, cues.ANALYTE, cues.MODALITY) for cue in cues.find(text))


@lru_cache(maxsize=_LESS_MEMORY)
def breaks_report(text: str) -> bool:
    """Whether a clause opens something new after a report: 入院时, 予."""
    return cues.pattern("instrument", "run_breakers").match(text) is not None


def is_listed(text: str) -> bool:
    """Whether a clause is an item of a numbered list."""
    return _LISTED.match(text) is not None


@lru_cache(maxsize=_LESS_MEMORY)
def speaks(text: str) -> bool:
    """Words of a patient rather than of a report."""
    return any(
        (term.kind in (v.HEAD, v.TOPIC) and end - start > 1) or term.group in _SPEAKING_GROUPS
        for start, end, term in scan(text).tokens
    )
