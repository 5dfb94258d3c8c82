"""Signs as people say them in everyday speech, which no record writes and every patient says (`everyday_signs`)."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import count
from typing import NamedTuple

from tcmkit.records import Polarity
from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon

from . import vocabulary as v
from .fold import fold
from .reading import read
from .tokens import tokenise
from .weave import Piece, Spot

_GAP = "[^，。；！？、\n没无不未]{0,4}?"
_NEGATION = (
    "[^，。；！？、\n没无不未烧热]{0,4}?(?:也?不[^，。；！？、\n没无不未]{1,2}?)?"
    "(?<![老总])(?<!一直|老是|总是|从来)(?P<n%d>也?(?:不是|没有|[不没])(?:怎么|太|大|再|会|有|出过|觉得|感到|感觉|经常|常|老|容易|爱|特别|很)*)"
)
"""What denies a phrase from within: 睡着了 不 出汗, 手脚 不怎么 凉, 头不晕 也不 痛. 总是不出汗 denies nothing."""
_WITHIN = re.compile(r"~|(?<=\)\*)(?=[^~?|)])")
_EVER = re.compile(r"(?:没有?|无|哪)[^，。；！？\n、]{0,3}(?:天|日|晚|夜|次|时|刻|时候)[^，。；！？\n、]{0,2}$")
_LOOKED_AT = ("tongue", "pulse")
_END = "，。；！？\n"
_FEELS = "(?:过|出现|觉得|感到|什么|明显|再|会|是|用|需要|必)*"
_DENIED_BEFORE = re.compile(r"(?:没有?|无|不|否认|未|从不|从没|并不|并无|不怎么|不太)" + _FEELS + "$")
_ASKED_BEFORE = re.compile(r"(?:有没有|会不会|是不是|是否|怕)$")
_LISTED_BEFORE = re.compile(rf"(?:没有|无|否认){_FEELS}(?P<items>[^，。；！？\n没无未]*)[、和或跟]$")
_JOINED = re.compile("[、和或跟]")
_OWN_ADVERB = re.compile(
    "老|总|特别|很|挺|太(?!阳)|好[累困烦冷热]|越来越|更(?!年)|一直|经常|常常|容易|天天|每天|动不动|厉害|得慌"
)
"""What is said to be there, and how much or how often, is no item of a list of denials."""
_UNWANTED = frozenset(("痰", "鼻涕", "白带", "血块", "外伤"))
"""What one would rather not have, though it is no finding by itself."""
_NEVER_WITHOUT = re.compile(
    r"(?:没有?|无|哪)[^，。；！？\n、]{0,3}(?:天|日|晚|夜|次|时|刻|时候)(?:上|里|是|会)?(?:不|没有?)$"
)
"""没有一天不头痛 is a complaint."""
_NO = re.compile("[不没无]")
_EITHER = re.compile("不是$")
_OR = re.compile("就是|便是")
"""不是口苦就是口干 complains of both."""
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
    denies: bool = False
    """Whether the phrase itself says that the sign is not there: 手脚不凉."""


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
def _denying(said: str) -> re.Pattern[str] | None:
    """The same where something within may deny it: in a gap (~) or behind a row of adverbs (…)*; None without."""
    places = count()
    pattern, found = _WITHIN.subn(
        lambda gap: f"(?:{_GAP}|{_NEGATION % next(places)})" if gap[0] else f"(?:{_NEGATION % next(places)})??", said
    )
    return re.compile(pattern) if found else None


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

    >>> [(one.sign, one.present) for one in said("身上没什么力气，不怎么怕冷")]
    [('乏力', True), ('畏寒', False)]
    """
    if not is_told(folded):
        return ()
    folded = folded[:LONGEST]
    ways = list(dict.fromkeys(way for match in _near().find_all(folded) for way in match.value))
    found = {
        (match.start(), match.end(), sign)
        for sign, way in ways
        for match in _pattern(way).finditer(folded)
        if match.end() > match.start() and not _ASKED_BEFORE.search(folded, max(0, match.start() - 4), match.start())
    }
    places = {(start, end) for start, end, _ in found}
    told = [
        Said(start, end, sign, not (_is_denied(folded, start, end) or _is_listed(folded, start, end, places)))
        for start, end, sign in found
    ]
    denying = list(_denials(folded, ways)) if _NO.search(folded) else []
    return tuple(sorted([*(one for one in told if not _is_part(folded, one, denying)), *denying]))


def is_denial(finding: str) -> bool:
    """Whether the words of a finding say that something is not there: its polarity is present, since they are true.

    >>> is_denial("手脚不凉"), is_denial("睡不着"), is_denial("小便不黄")
    (True, False, True)
    """
    found = said(fold(finding)) if _NO.search(finding) else ()
    return any(one.denies for one in found) and not any(one.present for one in found)


def _denials(folded: str, ways: list[tuple[str, str]]) -> Iterator[Said]:
    """What is denied by a word inside the phrase: 手脚不凉, 睡着了不出汗; not in 没有一天手脚不凉."""
    for sign, way in ways:
        pattern = _denying(way)
        for match in pattern.finditer(folded) if pattern else ():
            ends = [match.end(group) for group in match.groupdict() if match[group]]
            ever = folded[_clause_start(folded, match.start()) : match.start()]
            if ends and max(ends) < match.end() and not _EVER.search(ever):
                yield Said(match.start(), match.end(), sign, present=False, denies=True)


def _is_part(folded: str, one: Said, denying: list[Said]) -> bool:
    """Whether what is said is but the denial of something else: 不出汗 in 睡着了不出汗, in 没有一天不出汗."""
    if one.sign not in table("everyday_signs")["part_of_denial"].split():
        return False
    ever = _EVER.search(folded[_clause_start(folded, one.start) : one.start])
    return bool(ever) or any(other.start < one.start and one.end <= other.end for other in denying)


def _clause_start(text: str, at: int) -> int:
    return max(text.rfind(mark, 0, at) for mark in _END) + 1


def _is_denied(text: str, start: int, end: int) -> bool:
    before = text[_clause_start(text, start) : start]
    denied = _DENIED_BEFORE.search(before) and not _is_said_by_negations(before, text[end : end + 3])
    return bool(denied or _DENIED_AFTER.match(text, end))


def _is_said_by_negations(before: str, after: str) -> bool:
    """Whether what is negated is complained of all the same: 没有一天不头痛, 不是头痛就是头晕."""
    return bool(_NEVER_WITHOUT.search(before) or (_EITHER.search(before) and _OR.match(after.lstrip("，"))))


def _is_listed(text: str, start: int, end: int, places: set[tuple[int, int]]) -> bool:
    """Whether a phrase goes on with a list of what is denied: 没有口苦、拉肚子, but not 没有力气、拉肚子.

    `places` are those of all phrases: one that holds the negation itself (没有力气) is a complaint.
    """
    denial = _LISTED_BEFORE.search(text, _clause_start(text, start), start)
    if denial is None or any(first <= denial.start() < last for first, last in places):
        return False
    first, *further = _JOINED.split(denial["items"])
    if any(map(_OWN_ADVERB.search, [*further, text[start:end]])):
        return False
    at = denial.start("items")
    for item in (first, *further):
        if (at, at + len(item)) not in places and not _is_finding(item):
            return False
        at += len(item) + 1
    return True


def _is_finding(item: str) -> bool:
    """Whether words name something that one would rather not have: 头痛, 左边肩膀痛; not 胃口."""
    if item in _UNWANTED:
        return True
    kinds = [token.value.kind for token in tokenise(item)]
    return bool(kinds) and kinds[-1] in (v.HEAD, v.GENERIC) and set(kinds) <= {v.HEAD, v.GENERIC, v.SITE, v.MODIFIER}


def with_everyday(folded: str, spots: list[Spot], removed: list[Piece]) -> list[Spot]:
    """The findings of a text with those in everyday words, which take the place of a single one that they hold.

    What the rules took out, a finding that goes beyond the phrase, and tongue and pulse stay as they are.
    """
    if not is_told(folded):
        return spots
    found = said(folded)
    kept, further = [spot for spot in spots if spot[0] < LONGEST], [spot for spot in spots if spot[0] >= LONGEST]
    kept = _complained_of(folded, kept, {(one.start, one.end) for one in found})
    for one in sorted(found, key=lambda one: (one.start - one.end, one.start)):
        kept = [_without(folded, spot, one) for spot in kept]
        met = [spot for spot in kept if spot[0] < one.end and one.start < spot[1]]
        beyond = any(spot[0] < one.start or one.end < spot[1] or spot[2] in _LOOKED_AT for spot in met)
        apart = {(spot[0], spot[1]) for spot in met}
        if beyond or len(apart) > 1 or (one.start, one.end) in apart or _overlaps(one, removed):
            continue
        polarity: Polarity = "present" if one.present or one.denies else "absent"
        own = {spot[2] for spot in met if spot[3] == polarity} or {_dimensions()[one.sign]}
        kept = [spot for spot in kept if spot not in met]
        kept += [(one.start, one.end, dimension, polarity) for dimension in own]
    return sorted(kept) + further


def _without(folded: str, spot: Spot, one: Said) -> Spot:
    """A finding cut to what stands before a phrase that was run together with it: 睡眠差 of 睡眠差不爱吃东西."""
    start, end, dimension, polarity = spot
    if not start < one.start < end <= one.end or dimension in (_dimensions()[one.sign], *_LOOKED_AT):
        return spot
    alone = [phrase for phrase in read(folded[start : one.start]).phrases if phrase.end == one.start - start]
    return (start, one.start, dimension, polarity) if any(dimension in one.dimensions for one in alone) else spot


def _complained_of(folded: str, spots: list[Spot], places: set[tuple[int, int]]) -> list[Spot]:
    """The spots, present where the rules took for denied what somebody complains of: 没有食欲、恶心."""
    return [
        (start, end, dimension, "present")
        if polarity == "absent" and _is_complaint(folded, start, end, places)
        else spot
        for spot in spots
        for start, end, dimension, polarity in [spot]
    ]


def _is_complaint(text: str, start: int, end: int, places: set[tuple[int, int]]) -> bool:
    clause = _clause_start(text, start)
    if _is_said_by_negations(text[clause:start], text[end : end + 3]):
        return True
    denial = _LISTED_BEFORE.search(text, clause, start)
    told = denial is not None and denial[0].startswith("没有")
    return told and not _DENIED_AFTER.match(text, end) and not _is_listed(text, start, end, places)


def _overlaps(one: Said, pieces: list[Piece]) -> bool:
    return any(start < one.end and one.start < end for start, end, _ in pieces)
