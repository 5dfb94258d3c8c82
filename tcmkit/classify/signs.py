"""Which findings of a case the table of signs knows, and where they stand.

Signs of tongue and pulse are read letter by letter, the others are words (table `syndrome_signs`).
"""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from tcmkit.clean_tqs import fold, said
from tcmkit.records import Record
from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon


class Sign(NamedTuple):
    """A sign of a case, quoted: text[start:end]."""

    row: int
    """Row of the table."""
    start: int
    end: int
    present: bool
    """False for what the patient denies."""


_BODY = (
    ("舌淡红", re.compile("淡红")),
    ("舌淡紫", re.compile("淡[青]?紫|紫淡|淡[偏稍略微]?紫")),
    ("舌暗红", re.compile("暗红|红[偏稍略]?暗")),
    ("舌淡白", re.compile("淡白|苍白")),
    ("舌绛", re.compile("绛")),
    ("舌尖红", re.compile("尖[偏稍略微]?红")),
    ("舌边红", re.compile("边[尖]?[偏稍略微]?红")),
    ("舌红", re.compile("(?<![淡暗尖边])红(?!暗)|红紫")),
    ("舌淡", re.compile("淡(?![红白紫青])")),
    ("舌紫", re.compile("(?<!淡)(?<!偏)紫|青")),
    ("舌暗", re.compile("暗(?!红)|晦")),
    ("舌瘀点", re.compile("[瘀瘀][点斑]|紫斑|紫点")),
    ("舌下瘀", re.compile("舌[下底][^，]{0,4}[瘀紫迂曲]|络脉[瘀紫迂]")),
    ("舌胖", re.compile("胖|体大")),
    ("舌齿痕", re.compile("齿[痕印]")),
    ("舌嫩", re.compile("嫩")),
    ("舌瘦", re.compile("瘦|薄小")),
    ("舌裂", re.compile("裂")),
    ("舌干", re.compile("干|少津|津少|燥")),
    ("舌歪", re.compile("歪|偏斜")),
)
_COATING = (
    ("苔黄腻", re.compile("黄.{0,4}腻|腻.{0,4}黄")),
    ("苔白腻", re.compile("白.{0,4}腻|腻.{0,4}白")),
    ("苔薄腻", re.compile("薄腻|腻薄")),
    ("苔腻", re.compile("腻")),
    ("苔薄黄", re.compile("薄.{0,2}黄|黄薄")),
    ("苔薄白", re.compile("薄.{0,2}白|白薄")),
    ("苔黄", re.compile("黄")),
    ("苔白", re.compile("白")),
    ("苔薄", re.compile("薄")),
    ("苔厚", re.compile("厚")),
    ("苔少", re.compile("少(?!津)")),
    ("苔无", re.compile("无苔|光红|镜面|光剥|无$")),
    ("苔剥", re.compile("剥")),
    ("苔滑", re.compile("滑")),
    ("苔干", re.compile("干|燥|少津")),
    ("苔灰黑", re.compile("[灰黑]")),
)
_ONE_OF = (
    frozenset(("苔黄腻", "苔白腻", "苔薄腻", "苔腻")),
    frozenset(("苔黄腻", "苔薄黄", "苔黄")),
    frozenset(("苔白腻", "苔薄白", "苔白")),
    frozenset(("苔薄黄", "苔薄白", "苔薄腻", "苔薄")),
)
"""Of the signs in a group only the first that fits is meant: 苔薄黄 is not 苔黄 once more."""
_NO_COATING = re.compile("(?P<little>少|没(?:有)?(?:什么|啥)|几乎没?(?:有|无))舌?$|(?:无|没有?)舌?$")
_PULSE = re.compile("无力|有力|[弦滑数细沉涩浮紧弱虚缓濡迟微结代促洪平]")


@cache
def signs() -> list[Record]:
    """The rows of the table."""
    rows: list[Record] = table("syndrome_signs")["signs"]
    return rows


@cache
def _index() -> dict[str, int]:
    return {row["id"]: number for number, row in enumerate(signs())}


@cache
def _words() -> Lexicon[int]:
    return Lexicon({fold(word): number for number, row in enumerate(signs()) for word in row["words"].split()})


def tongue_signs(text: str) -> tuple[int, ...]:
    """Signs of a quotation about the tongue: 舌淡苔薄黄.

    >>> [signs()[i]["id"] for i in tongue_signs("舌淡苔薄黄腻")]
    ['舌淡', '苔黄腻', '苔薄']
    """
    body, mark, coating = text.partition("苔")
    found = [name for name, pattern in _BODY if pattern.search(body)]
    if mark and (none := _NO_COATING.search(body)):
        coating = ("少" if none["little"] else "无") + coating
    used: set[str] = set()
    for name, pattern in _COATING if mark else ():
        if name in used or not pattern.search(coating):
            continue
        if not any(name in group and group & set(found) for group in _ONE_OF):
            found.append(name)
    return tuple(_index()[name] for name in found)


def pulse_signs(text: str) -> tuple[int, ...]:
    """Signs of a quotation about the pulse.

    >>> [signs()[i]["id"] for i in pulse_signs("脉弦细无力")]
    ['脉弦', '脉细', '脉无力']
    """
    found = dict.fromkeys("脉" + word for word in _PULSE.findall(text))
    return tuple(_index()[name] for name in found)


@lru_cache(maxsize=32768)
def signs_in(dimension: str, text: str) -> tuple[tuple[int, int, int], ...]:
    """Signs of one quotation as (row, start, end), offsets in the quotation."""
    text = fold(text)
    if dimension == "tongue":
        return tuple((number, 0, len(text)) for number in tongue_signs(text))
    if dimension == "pulse":
        return tuple((number, 0, len(text)) for number in pulse_signs(text))
    return tuple((number, start, end) for start, end, number in _words().spans(text))


def is_sign_word(word: str) -> bool:
    """Whether the word is a finding of the table: such a name of a disease (咳嗽) may be no more than that."""
    return fold(word) in _words().terms_in(fold(word))


@lru_cache(maxsize=2)
def folded(text: str) -> str:
    """`fold`, with what was folded just now at hand: a case's text is asked for more than once."""
    return fold(text)


def signs_of(case: Record) -> list[Sign]:
    """Every sign of a case in the order of its dimensions, each once: present wins over denied.

    What the words of the table do not read, everyday words may (`tcmkit.clean_tqs.said`).
    """
    found: dict[int, Sign] = {}
    read: set[int] = set()
    denied: set[int] = set()
    phrases = said(folded(case["text"]))
    denying = [one for one in phrases if one.denies]
    for dimension, findings in case.get("tqs", {}).items():
        for finding in findings:
            at, present = finding["start"], finding["polarity"] == "present"
            if not present:
                denied.update(range(at, finding["end"]))
            if finding["polarity"] == "uncertain":
                continue
            for number, start, end in signs_in(dimension, finding["text"]):
                if any(one.start < at + start and at + end <= one.end for one in denying):
                    continue  # 不出汗 in 睡着了不出汗
                read.update(range(at + start, at + end))
                if number not in found or (present and not found[number].present):
                    found[number] = Sign(number, at + start, at + end, present)
    for start, end, name, is_said, _ in phrases:
        place = set(range(start, end))
        if place <= read or any(one["start"] < end and start < one["end"] for one in case.get("removed") or ()):
            continue
        number, present = _index()[name], is_said and not place <= denied
        if number not in found or (present and not found[number].present):
            found[number] = Sign(number, start, end, present)
    return list(found.values())
