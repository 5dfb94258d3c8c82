"""Headings of old books and titles of pages: the name in them, or nothing."""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from tcmkit.gen_qa.quote import any_of
from tcmkit.tables import table
from tcmkit.text.edges import HAN

_NOTE = re.compile(r"[（(〔\[].*$")
_NUMERALS = "一二三四五六七八九十百千○〇零０-９0-9"
_NUMBER = re.compile(
    rf"^(?:第[{_NUMERALS}]+[章节篇卷门条]?|[{_NUMERALS}]+[、．.。·,，)）]+|[（(][{_NUMERALS}]+[）)]|[{_NUMERALS}]{{3,}}(?=[{HAN}]))[\s、·]*"
)
_NUMBER_BEHIND = re.compile(rf"(?:第[{_NUMERALS}]+|[{_NUMERALS}]{{2,}}|[一二三四五六七八九十百]+[条首则味种道方])$")
_WRAPPING = re.compile(r"^[【〔\[「“\s]+|[】〕\]」”\s]+$")
_VOLUME = re.compile(r"^(?:新?刻?.{0,6}卷|[上中下]卷|[上中下]编|第.{1,3}[卷章篇编节帙]|卷|[上中下]篇|附|序|凡例|目录)")
_TITLE_TAIL = re.compile(
    r"\s*[-_|–—｜].*$|的?(?:功效与作用|功效和作用|作用与功效|功效|作用|准确位置|位置图|百科|图解).*$"
)
_BOOK_TAIL = re.compile(r"[（(].*$")


class Herbs(NamedTuple):
    """Names of materia medica."""

    names: frozenset[str]
    single: frozenset[str]
    """Names of one character that are safe as a heading."""


@cache
def herbs() -> Herbs:
    """The herb table."""
    loaded = table("herbs")
    return Herbs(frozenset(loaded["names"]), frozenset(loaded["single"]))


@cache
def points() -> frozenset[str]:
    """Names of acupuncture points, older ones too."""
    loaded = table("acupoints")
    return frozenset(loaded["codes"]) | frozenset(loaded["extra"]) | frozenset(loaded["older_names"])


@cache
def diseases() -> frozenset[str]:
    """Names of diseases."""
    return frozenset(table("disease_names")["names"])


@lru_cache(maxsize=1 << 14)
def clean(heading: str) -> str:
    """A heading without numbering, brackets and notes; empty when a character is missing in it.

    >>> clean("八、上气肿候"), clean("【紫菀】"), clean("厚朴生姜甘草半夏人参汤（二十六）"), clean("黄 汤")
    ('上气肿候', '紫菀', '厚朴生姜甘草半夏人参汤', '')
    """
    heading = _NOTE.sub("", _WRAPPING.sub("", heading))
    heading = _NUMBER_BEHIND.sub("", _NUMBER.sub("", heading)) or heading
    heading = _WRAPPING.sub("", heading).strip("：:。，、 ")
    return heading if re.fullmatch(f"[{HAN}、，·]*", heading) else ""


def clean_title(title: str) -> str:
    """The subject of a page from its title.

    >>> clean_title("孔最穴 - 穴位大全"), clean_title("当归的功效与作用")
    ('孔最穴', '当归')
    """
    return clean(_TITLE_TAIL.sub("", title.strip()))


@lru_cache(maxsize=1 << 12)
def clean_book(title: str) -> str:
    """A book's title without notes and book marks.

    >>> clean_book("仁斋直指方论（附补遗）")
    '仁斋直指方论'
    """
    title = _BOOK_TAIL.sub("", title.strip()).strip("《》 ")
    return title if re.fullmatch(f"[{HAN}·、0-9A-Za-z]{{2,30}}", title) else ""


def is_volume(heading: str) -> bool:
    """Whether a heading only counts volumes and says nothing of the subject."""
    return not heading or bool(_VOLUME.match(heading))


def is_herb(name: str) -> bool:
    """Whether a name is one of materia medica."""
    return name in herbs().names or name in herbs().single


def is_point(name: str) -> bool:
    """Whether a name is that of an acupuncture point, with or without 穴."""
    return bool(name) and (name in points() or (name.endswith("穴") and name[:-1] in points()))


def is_subject(name: str) -> bool:
    """Whether a name is that of a herb, a formula, a point or a disease."""
    return is_herb(name) or is_point(name) or bool(formula_name(name)) or name in diseases()


_FORMULA = re.compile(rf"[{HAN}]{{2,12}}?(?:汤|散|丸|圆|饮子|饮|膏|丹|煎)(?:方)?")


_BAD_START = re.compile("附(?!子|米)|又|前|后(?!辛)|一[名加]|案|即|或")


@cache
def _known_formulas() -> frozenset[str]:
    """Names that mean one certain formula to every reader."""
    return frozenset(row["name"] for row in table("formulas")["formulas"])


@lru_cache(maxsize=1 << 14)
def formula_name(heading: str) -> str:
    """The name of a formula in a heading, without the label of its source, or an empty string.

    A label that leaves the name of a well-known formula behind is not taken off: 千金麻黄汤 is not 麻黄汤.

    >>> formula_name("桂枝汤方"), formula_name("治诸风方"), formula_name("济生疏风饮"), formula_name("又方")
    ('桂枝汤', '', '疏风饮', '')
    """
    source = any_of("formula_sources").match(heading)
    name = heading[source.end() :] if source and len(heading) - source.end() >= 3 else heading
    if (
        not _FORMULA.fullmatch(name)
        or len(name) < 3
        or "方" in name[:-1].replace("防", "")
        or _BAD_START.match(name)
        or any_of("not_formula").search(name)
    ):
        return ""
    if name != heading and (any_of("formula_sources").match(name) or name.removesuffix("方") in _known_formulas()):
        return ""
    return "" if any_of("formula_owners").search(name) else name.removesuffix("方")
