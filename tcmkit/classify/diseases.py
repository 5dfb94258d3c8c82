"""Which diseases a record names or implies: in Chinese medicine, in Western medicine, or by its complaint.

Read from the raw text, before cleaning takes the Western names out (table `diseases`).
"""

import math
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tcmkit.clean_tqs import fold, is_told, said
from tcmkit.records import Record
from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon

from .signs import is_sign_word

NAMED, IMPLIED, IMPLIED_BY_TWO = 3.0, 1.0, 1.8
"""How much a name says, a word of the complaint, and two that belong together."""
COMPLAINT = 100
"""The complaint stands in about so many characters at the beginning, and what matters most stands first."""
_FURTHER = 0.25
"""What each further word for the same disease adds, of its own weight."""

_LOOK_BACK = 16
_CLOSE_BY = 20
"""A complaint in everyday words is told in about so many characters."""
_SENTENCE = re.compile(r"[。！？\n]")
_DENIED = re.compile(r"新冠$|(?:无|否认|未见|未诉|排除|除外|不伴|未出现|没有|未触及|未闻及|未及)[^，。；：]{0,12}$")
_PAST = re.compile(r"(?:既往|有|曾患|素有|患|曾有|合并|发现|否认)[^，。；]{0,12}$")
_HISTORY = re.compile(r"[^，。；]{0,6}(?:病?史|多年|余年|[\d一二三四五六七八九十]+余?年)")
_DIAGNOSED = re.compile(r"(?:诊断[为：:“”\"]*|诊为|拟|考虑为?|以|因)[“\"‘]?[^，。；]{0,8}$")


class Disease(NamedTuple):
    """A disease of a record, quoted by its strongest word: text[start:end]."""

    row: int
    """Row of the table."""
    weight: float
    start: int
    end: int


class _Met(NamedTuple):
    """A word that stands for a disease, or for half of the words for it."""

    start: int
    end: int
    row: int
    pair: int


class _Meaning(NamedTuple):
    """What a term says: of a pair (a+b) it is only one half."""

    row: int
    weight: float
    pair: int
    """Number of the pair, or -1."""


def diseases() -> list[Record]:
    """The rows of the table."""
    rows: list[Record] = table("diseases")["diseases"]
    return rows


@cache
def _terms() -> Lexicon[list[_Meaning]]:
    terms: dict[str, dict[tuple[int, int], _Meaning]] = {}
    pair = 0
    for row, disease in enumerate(diseases()):
        named = [disease["name"], *disease["also"].split(), *disease["western"].split()]
        for term in named:
            weight = IMPLIED if is_sign_word(term) else NAMED
            terms.setdefault(fold(term), {})[row, -1] = _Meaning(row, weight, -1)
        for term in disease["complaint"].split():
            halves = term.split("+")
            if len(halves) == 1:
                terms.setdefault(fold(term), {})[row, -1] = _Meaning(row, IMPLIED, -1)
                continue
            for half in halves:
                terms.setdefault(fold(half), {})[row, pair] = _Meaning(row, IMPLIED_BY_TWO, pair)
            pair += 1
    return Lexicon({term: list(meanings.values()) for term, meanings in terms.items()})


def _standing(text: str, start: int, end: int) -> float:
    """How much the place of a word counts: 0 when it is denied, little in the history, most in the complaint."""
    before = text[max(0, start - _LOOK_BACK) : start]
    if _DENIED.search(before):
        return 0.0
    if start > COMPLAINT and _PAST.search(before) and _HISTORY.match(text[end : end + 14]):
        return 0.3
    if _DIAGNOSED.search(before):
        return 1.6
    return 0.8 + math.exp(-start / COMPLAINT)


def diseases_of(text: str) -> list[Disease]:
    """Every disease of a folded text, the strongest first.

    >>> [diseases()[found.row]["name"] for found in diseases_of("肛旁肿痛流脓3天，门诊拟肛周脓肿收住，无发热。")]
    ['肛痈', '肛漏']
    """
    found: dict[int, list[tuple[float, int, int]]] = {}
    halves: dict[int, tuple[int, float, int]] = {}
    for one, weight, standing in _met(text):
        if one.pair < 0:
            found.setdefault(one.row, []).append((weight * standing, one.start, one.end))
            continue
        other = halves.setdefault(one.pair, (one.start, standing, one.end))
        if text[other[0] : other[2]] != text[one.start : one.end]:
            found.setdefault(one.row, []).append((weight * max(standing, other[1]), one.start, one.end))
    return sorted((_summed(text, row, hits) for row, hits in found.items()), key=lambda one: (-one.weight, one.row))


def _met(text: str) -> Iterator[tuple[_Met, float, float]]:
    """What stands in a text for a disease, with its weight and standing.

    Where nothing names a disease and the complaint holds no word of the table, its everyday words are taken for signs.
    """
    mark = _SENTENCE.search(text) if is_told(text) else None
    complaint = mark.start() if mark else len(text)
    phrases = [one for one in said(text) if one.present]
    wholes = [one for one in phrases if one.sign in _wholes()]
    others = [(one.start, one.end) for one in wholes] + [match.span() for match in _no_complaint().finditer(text)]
    is_known = False
    for start, end, meanings in _terms().find_all(text):
        standing = _standing(text, start, end)
        if not standing or any(first <= start and end <= last for first, last in others):
            continue
        for row, weight, pair in meanings:
            if weight < NAMED and start > complaint:
                continue  # What one also has is seldom the disease.
            is_known = is_known or weight >= NAMED or pair < 0
            yield _Met(start, end, row, pair), weight, standing
    last = min(complaint, phrases[0].start + _CLOSE_BY) if phrases and not is_known else 0
    for one in phrases:
        if one.start < last or (one in wholes and one.start < complaint):
            standing = _standing(text, one.start, one.end)
            for row in _implied_by(one.sign) if standing else ():
                yield _Met(one.start, one.end, row, -1), IMPLIED, standing


@cache
def _no_complaint() -> re.Pattern[str]:
    """Words that hold those of a disease and are none: 面红目赤 is no disease of the eyes."""
    return re.compile("|".join(table("diseases")["no_complaint"].split()))


@cache
def _wholes() -> frozenset[str]:
    """Signs whose words hold those of a disease that is not meant: who often catches cold need not have one."""
    return frozenset(table("everyday_signs")["wholes"].split())


@cache
def _implied_by(sign: str) -> tuple[int, ...]:
    """Rows of the diseases that a sign implies where it is complained of."""
    names = table("everyday_signs")["complaints"].get(sign, "").split()
    return tuple(row for row, disease in enumerate(diseases()) if disease["name"] in names)


def _summed(text: str, row: int, hits: list[tuple[float, int, int]]) -> Disease:
    """One disease: its strongest word, and a little for each other word."""
    weight, start, end = max(hits, key=lambda hit: (hit[0], -hit[1]))
    words = {text[first:last]: value for value, first, last in hits}
    words.pop(text[start:end], None)
    return Disease(row, weight + _FURTHER * sum(words.values()), start, end)
