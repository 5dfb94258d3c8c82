"""Signs as people say them in everyday speech, which no record writes and every patient says (`everyday_signs`)."""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from tcmkit.records import Polarity
from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon

from .weave import Piece, Spot

_GAP = "[^，。；！？、\n没无不未]{0,4}?"
_LOOKED_AT = ("tongue", "pulse")
_END = "，。；！？\n"
_DENIED_BEFORE = re.compile(
    r"(?:没有?|无|不|否认|未|从不|从没|并不|并无|不怎么|不太)(?:过|出现|觉得|感到|什么|明显|再|会|是)*$"
)
_ASKED_BEFORE = re.compile(r"(?:有没有|会不会|是不是|是否|怕)$")
_LISTED_BEFORE = re.compile(r"(?:没有|无|否认)[^，。；！？\n不]*[、和或跟]$")
_DENIED_AFTER = re.compile(r"(?:这个|倒|是|也|都)*(?:没有?|没得|冇)(?:过)?(?=[，。；！？\n]|$)")


_RECORD = re.compile(
    "患者|病人|入院|住院|出院|我院|外院|本院|就诊|门诊|收[入住治]|病程|现病史|既往史|主诉|查体|体格检查|刻下|症见|[初复]诊|诊查"
    "|神志清|予以|治疗|当地医院|无明显诱因"
)
"""What is written of a patient, and no patient says of themselves."""
_IS_WRITTEN = 2
"""So many of these make a text a record."""


LONGEST = 2000
"""Nobody tells more at once; what stands further back is not read for everyday words."""


class Said(NamedTuple):
    """A sign in everyday words: text[start:end]."""

    start: int
    end: int
    sign: str
    """Id of `syndrome_signs`."""
    present: bool


@cache
def _near() -> Lexicon[list[tuple[str, str]]]:
    rows: dict[str, list[tuple[str, str]]] = {}
    for sign, ways in table("everyday_signs")["signs"].items():
        for way in ways:
            for word in way["near"].split():
                rows.setdefault(word, []).append((sign, way["said"]))
    return Lexicon(rows, quick_to_build=True)


@cache
def _pattern(said: str) -> re.Pattern[str]:
    """Compiled when it is first needed: a consultation needs few of the hundreds."""
    return re.compile(said.replace("~", _GAP))


@cache
def _dimensions() -> dict[str, str]:
    return {row["id"]: row["dimension"] for row in table("syndrome_signs")["signs"]}


@lru_cache(maxsize=256)
def is_told(folded: str) -> bool:
    """Whether a folded text is what somebody tells, rather than the record that a physician wrote.

    >>> is_told("腰酸，夜里要起来三次"), is_told("患者腰酸3年，门诊治疗后好转")
    (True, False)
    """
    met: set[str] = set()
    for match in _RECORD.finditer(folded):
        met.add(match[0])
        if len(met) == _IS_WRITTEN:
            return False
    return True


@lru_cache(maxsize=4096)
def said(folded: str) -> tuple[Said, ...]:
    """The signs that a folded text tells of in everyday words, in its order; none in a physician's record.

    >>> [(one.sign, one.present) for one in said("身上没什么力气，晚上不怎么出汗")]
    [('乏力', True), ('盗汗', False)]
    """
    if not is_told(folded):
        return ()
    folded = folded[:LONGEST]
    ways = dict.fromkeys(way for match in _near().find_all(folded) for way in match.value)
    found = {
        Said(match.start(), match.end(), sign, not _is_denied(folded, match.start(), match.end()))
        for sign, way in ways
        for match in _pattern(way).finditer(folded)
        if match.end() > match.start() and not _ASKED_BEFORE.search(folded, max(0, match.start() - 4), match.start())
    }
    return tuple(sorted(found))


def _is_denied(text: str, start: int, end: int) -> bool:
    clause = max((text.rfind(mark, 0, start) for mark in _END), default=-1) + 1
    before = text[clause:start]
    return bool(_DENIED_BEFORE.search(before) or _LISTED_BEFORE.search(before) or _DENIED_AFTER.match(text, end))


def with_everyday(folded: str, spots: list[Spot], removed: list[Piece]) -> list[Spot]:
    """The findings of a text with those in everyday words, which take the place of a single one that they hold.

    What the rules took out, a finding that goes beyond the phrase, and tongue and pulse stay as they are.
    """
    found = said(folded)
    if not found:
        return spots
    kept, further = [spot for spot in spots if spot[0] < LONGEST], [spot for spot in spots if spot[0] >= LONGEST]
    for one in sorted(found, key=lambda one: (one.start - one.end, one.start)):
        met = [spot for spot in kept if spot[0] < one.end and one.start < spot[1]]
        beyond = any(spot[0] < one.start or one.end < spot[1] or spot[2] in _LOOKED_AT for spot in met)
        apart = {(spot[0], spot[1]) for spot in met}
        if beyond or len(apart) > 1 or (one.start, one.end) in apart or _overlaps(one, removed):
            continue
        polarity: Polarity = "present" if one.present else "absent"
        own = {spot[2] for spot in met if spot[3] == polarity} or {_dimensions()[one.sign]}
        kept = [spot for spot in kept if spot not in met]
        kept += [(one.start, one.end, dimension, polarity) for dimension in own]
    return sorted(kept) + further


def _overlaps(one: Said, pieces: list[Piece]) -> bool:
    return any(start < one.end and one.start < end for start, end, _ in pieces)
