"""All that can be said of a clause without its neighbours, worked out once per wording.

Records repeat their clauses (无恶心呕吐, 头颅大小形态正常), so that views are remembered.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from . import cues, noise, sections
from . import vocabulary as v
from .cuts import Cut
from .grammar import Phrase
from .reading import Reading, read

_MEMORY = 1 << 15
_LONGEST_REMEMBERED = 60
CAUSE = ("cause",)
_TONGUE_PULSE = (("tongue",), ("pulse",))
_EXAM_OPENS = re.compile(r"头颅(?:大小)?|全身浅表淋巴结|查体|体格检查|发育正常|胸廓(?:对称|无畸形)|双肺呼吸音|瞳孔")
_LISTED = re.compile(r"\d+$|\d+[.、]")
_SPEAKING_GROUPS = frozenset({"pain", "numb", "motor", "cold"})


class View(NamedTuple):
    """A folded clause seen by itself; offsets count from its start."""

    reading: Reading
    cuts: tuple[Cut, ...]
    phrases: tuple[Phrase, ...]
    """Phrases that no cut touches."""
    spots: tuple[tuple[int, int, str, str], ...]
    """The same, one for each dimension: start, end, dimension, polarity."""
    said: tuple[str, ...]
    """Dimensions of the last phrase that is more than time, onset and course."""
    simple: bool
    """Means the same wherever it stands: only phrases with a dimension, nothing else."""
    heading: tuple[str, int] | None
    drugs: tuple[tuple[int, int], ...]
    has_course: bool
    has_course_subject: bool
    open_topic: tuple[str, ...]
    opens_examination: bool
    ends_examination: bool
    """Speaks of tongue or pulse."""
    template: bool
    """Boilerplate inside a templated examination."""
    plain_normal: bool
    """A normal result of an examination that names no symptom: boilerplate anywhere."""
    examined: bool


def _view(text: str) -> View:
    reading = read(text)
    cuts, found = noise.verdict(reading)
    phrases = tuple(noise.outside(reading.phrases, cuts)) if cuts else reading.phrases
    meant = [p.dimensions for p in phrases if p.dimensions and p.dimensions != CAUSE]
    spots = [(p.start, p.end, dimension, p.polarity) for p in phrases for dimension in p.dimensions]
    heading = sections.opens(text)
    examined = any(cue.kind == cues.EXAMINATION for cue in found)
    normal = noise.is_normal(text)
    quiet = not examined or not reading.symptoms
    ends = any(p.dimensions in _TONGUE_PULSE for p in reading.phrases)
    opens = examined and normal and _EXAM_OPENS.search(text) is not None
    kinds = [token.value.kind for token in reading.tokens]
    topics = [token.value.dimensions for token in reading.tokens if token.value.kind == v.TOPIC]
    return View(
        reading,
        cuts,
        phrases,
        tuple(spots),
        meant[-1] if meant else (),
        bool(meant) and all(p.dimensions for p in phrases) and not (cuts or examined or heading),
        heading,
        tuple([(cue.start, cue.end) for cue in found if cue.kind == cues.DRUG]) if "过敏" not in text else (),
        v.COURSE in kinds,
        v.COURSE_SUBJECT in kinds,
        topics[-1] if topics else (),
        opens,
        ends,
        not ends and (examined or not cuts) and (normal or (examined and quiet)),
        examined and quiet and normal,
        examined,
    )


def is_reported(text: str) -> bool:
    """Whether a clause reads like the continuation of a laboratory or imaging report."""
    return any(cue.kind in (cues.REPORT, cues.ANALYTE, cues.MODALITY) for cue in cues.find(text))


def breaks_report(text: str) -> bool:
    """Whether a clause opens something new after a report: 入院时, 予."""
    return cues.pattern("instrument", "run_breakers").match(text) is not None


def is_listed(text: str) -> bool:
    """Whether a clause is an item of a numbered list."""
    return _LISTED.match(text) is not None


def speaks(reading: Reading) -> bool:
    """Words of a patient rather than of a report."""
    return any(
        (token.value.kind in (v.HEAD, v.TOPIC) and token.end - token.start > 1) or token.value.group in _SPEAKING_GROUPS
        for token in reading.tokens
    )


_remembered = lru_cache(maxsize=_MEMORY)(_view)


def view(text: str) -> View:
    """The view of a folded clause."""
    return _remembered(text) if len(text) <= _LONGEST_REMEMBERED else _view(text)
