"""Errors in what an answer says: the opposite syndrome, a contradiction, a missed red flag, a missing part."""

import random
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from tcmkit.gen_prefs.errors import Asked, Planted
from tcmkit.safety import Checker, Settings
from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon
from tcmkit.text.segment import sentences

_PARTS = re.compile(r"[^、，,；;。！？\n]+")
_MARKS = "、，,；;"


@cache
def _syndromes() -> Lexicon[tuple[str, tuple[str, ...], str]]:
    """Names of syndromes: (name, natures, source)."""
    found: dict[str, tuple[str, tuple[str, ...], str]] = {}
    for row in table("syndromes")["syndromes"]:
        for name in (row["name"], *row["aliases"]):
            found.setdefault(name, (row["name"], tuple(row["nature"]), "、".join(row["source"])))
    return Lexicon(found)


def syndrome(asked: Asked, _dice: random.Random) -> Iterator[Planted]:
    """The opposite syndrome, where the table gives the syndrome the one nature and not the other.

    寒 stands for 热, 阴虚 for 阳虚; 虚 for 实 and 表 for 里 only where what comes out is a syndrome of the table too.
    """
    tables = table("gen_prefs")
    marks = tables["nature_marks"]
    for start, end, (name, natures, source) in _syndromes().spans(asked.answer):
        stated = asked.answer[start:end]
        for pair in tables["natures"]:
            for one, other in (pair, pair[::-1]):
                has = bool(set(natures) & set(marks[one]))
                if stated.count(one) == 1 and has and not set(natures) & set(marks[other]) and other not in stated:
                    if one in "虚实表里" and not _is_syndrome(stated.replace(one, other)):
                        continue
                    at = start + stated.index(one)
                    why = f"{name}属{one}，不属{other}。"
                    yield Planted("syndrome", one, other, at, at + len(one), why, f"syndromes: {source}")


def _is_syndrome(name: str) -> bool:
    return any((start, end) == (0, len(name)) for start, end, _ in _syndromes().spans(name))


@cache
def _opposites() -> Lexicon[str]:
    opposites: dict[str, str] = {}
    for pair in table("gen_prefs")["opposites"]:  # a word of several pairs becomes what its first pair says
        for one, other in (pair, pair[::-1]):
            opposites.setdefault(one, other)
    return Lexicon(opposites)


def contradiction(asked: Asked, _dice: random.Random) -> Iterator[Planted]:
    """A word of the grounded answer replaced by its opposite: what the source says the other way round."""
    for start, end, after in _opposites().spans(asked.answer):
        before = asked.answer[start:end]
        if after not in asked.answer and before not in asked.question:
            why = f"依据写的是“{before}”，“{after}”与之相反。"
            yield Planted("contradiction", before, after, start, end, why, asked.source)


@cache
def _checker() -> Checker:
    return Checker(Settings(language="zh"))


def red_flag(asked: Asked, _dice: random.Random) -> Iterator[Planted]:
    """The advice to see a doctor now, turned round, where the question holds a red flag."""
    tables = table("gen_prefs")
    urgent = [
        span
        for span in sentences(asked.answer)
        if any(word in asked.answer[span[0] : span[1]] for word in tables["care"])
    ]
    if len(urgent) != 1:
        return
    [checked] = _checker()({"text": asked.question})
    flags = [finding for finding in checked["safety"]["findings"] if finding["severity"] in ("block", "warn")]
    if flags:
        start, end = urgent[0]
        source = f"tcm check {flags[0].get('rule') or flags[0]['code']}: {flags[0]['source']}"
        before = asked.answer[start:end]
        yield Planted("red_flag", before, tables["reassurance"], start, end, flags[0]["message"], source)


def missing_part(asked: Asked, dice: random.Random) -> Iterator[Planted]:
    """One part of an answer that lists three or more left out."""
    parts = [match.span() for match in _PARTS.finditer(asked.answer)]
    listed = [(start, end) for (_, before), (start, end) in pairwise(parts) if asked.answer[before] in _MARKS]
    if len(parts) < 3 or not listed:
        return
    start, end = dice.choice(listed)
    before = asked.answer[start - 1 : end]
    if asked.answer.count(before[1:]) > 1:
        return
    why = f"依据所列的“{before[1:]}”没有写出。"
    yield Planted("missing_part", before, "", start - 1, end, why, asked.source)
