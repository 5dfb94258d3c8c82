"""Insults, hate, sexual and violent content, gambling, quackery and spam: found by the cues of the table `toxic`.

What physicians write about every day is never a cue: anatomy, poisons as drugs, a patient who wishes to die.
"""

import itertools
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon


class Toxic(NamedTuple):
    """A cue at text[start:end]; `code` names the category."""

    start: int
    end: int
    code: str


class _Cue(NamedTuple):
    code: str
    strong: bool


class _Code(NamedTuple):
    code: str
    family: str
    """Codes whose weak cues count together: a quack's words and a shop's."""
    guard: frozenset[str]
    """Words of which one must stand there before the strong patterns are tried; empty where they are cheap."""
    strong: re.Pattern[str] | None
    weak: tuple[re.Pattern[str], ...]


@cache
def _cues() -> Lexicon[_Cue]:
    cues: dict[str, _Cue] = {}
    for row in table("toxic")["codes"]:
        cues.update({cue: _Cue(row["code"], strong=False) for cue in row["weak"]})
        cues.update({cue: _Cue(row["code"], strong=True) for cue in row["strong"]})
    return Lexicon(cues)


@cache
def _codes() -> tuple[_Code, ...]:
    return tuple(
        _Code(
            row["code"],
            row.get("family", row["code"]),
            frozenset(row.get("guard", ())),
            re.compile("|".join(f"(?:{pattern})" for pattern in row["strong_patterns"]))
            if row["strong_patterns"]
            else None,
            tuple(map(re.compile, row["patterns"])),
        )
        for row in table("toxic")["codes"]
    )


@cache
def _guards() -> Lexicon[None]:
    return Lexicon({word: None for code in _codes() for word in code.guard})


def codes() -> list[str]:
    """Every category, in the order of the table."""
    return [code.code for code in _codes()]


def find(text: str) -> list[Toxic]:
    """What makes a text toxic, in order; empty for the rest.

    >>> [text for text in ("保证治愈，无效退款", "附子有毒", "去死吧") if find(text)]
    ['保证治愈，无效退款']
    """
    cues = _cues().spans(text)
    guards = {text[match.start : match.end] for match in _guards().find_all(text)}
    found: list[Toxic] = []
    weak: dict[str, list[Toxic]] = {}
    for code in _codes():
        own = [(Toxic(start, end, code.code), cue.strong) for start, end, cue in cues if cue.code == code.code]
        found += [item for item, strong in own if strong]
        found += _matches(code.strong, text, code.code) if code.strong and _open(code, guards) else ()
        family = weak.setdefault(code.family, [])
        family += [item for item, strong in own if not strong]
        for pattern in code.weak:
            family += itertools.islice(_matches(pattern, text, code.code), 1)
    for items in weak.values():
        found += items if len({text[item.start : item.end] for item in items}) >= 2 else ()
    return sorted(set(found))


def _open(code: _Code, guards: set[str]) -> bool:
    return not code.guard or not code.guard.isdisjoint(guards)


def _matches(pattern: re.Pattern[str], text: str, code: str) -> Iterator[Toxic]:
    for match in pattern.finditer(text):
        yield Toxic(match.start(), match.end(), code)
