"""The labels under which monographs set their parts (【组成】, （功用）, 主治：…), in every usual style."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from tcmkit.tables import table
from tcmkit.text.edges import HAN

_BEFORE = r"(?:(?<=[。；;！？!?）)\]】〕\s])|^)"
"""A label begins a line or stands behind the end of what was said before it."""
_NUMBER = r"(?:[-*+•·●◆■▪▲○][ \t]*)?(?:[（(]?[0-9一二三四五六七八九十]{1,2}[）).、．][ \t]*)?"
_BOLD = r"(?:\*\*|__)?"
_LABEL = rf"(?P<label>[{HAN}]{{2,8}})"
_BRACKETED = re.compile(r"[【〔〖\[](?P<label>[^【】〔〕〖〗\[\]\n]{1,10})[】〕〗\]][：:]?")
_COLON = re.compile(rf"{_BEFORE}{_NUMBER}{_BOLD}{_LABEL}{_BOLD}[ \t]?[：:]{_BOLD}", re.M)
_ROUND = re.compile(rf"{_BEFORE}{_NUMBER}[（(][ \t]?{_LABEL}[ \t]?[）)][：:]?", re.M)
_BARE = re.compile(rf"^[ \t]*{_NUMBER}{_BOLD}{_LABEL}{_BOLD}(?:[ \t]+(?=\S)|[ \t]*(?=\n))", re.M)
_ANY_COLON = re.compile(rf"{_BEFORE}{_NUMBER}{_BOLD}(?P<label>[{HAN}]{{1,8}}){_BOLD}[ \t]?[：:]", re.M)
_ENOUGH = 2
"""So many different labels make sure that words with nothing but a blank or a line end behind them are labels."""


class Label(NamedTuple):
    """A label, where its mark begins, and where what it says begins."""

    name: str
    at: int
    start: int
    bracketed: bool = False
    """It stands in 【】, 〔〕, 〖〗 or [], in which any short word is a label."""


@cache
def known_labels() -> frozenset[str]:
    """Every label of the tables: those that are asked about and those that only end a part."""
    rows = table("gen_qa")
    asked = {label for kind in rows["aspects"].values() for row in kind.values() for label in row[0]}
    return frozenset(asked | set(rows["subject_labels"]) | set(rows["other_labels"]))


@lru_cache(maxsize=8)
def find(text: str) -> tuple[Label, ...]:
    """The labels of a text in order.

    >>> [label.name for label in find("组成：当归10g。功用：补血。\\n（主治）血虚。【用法】水煎服。")]
    ['组成', '功用', '主治', '用法']
    """
    found = []
    if "】" in text or "〕" in text or "]" in text or "〗" in text:
        found = [Label(m["label"].replace(" ", ""), *m.span(), bracketed=True) for m in _BRACKETED.finditer(text)]
    if "：" in text or ":" in text:
        found += _known(_COLON, text)
    if "（" in text or "(" in text:
        found += _known(_ROUND, text)
    if has_bare(text):
        found += _known(_BARE, text)
    return tuple(_apart(sorted(found, key=lambda label: (label.at, -label.start))))


def _known(pattern: re.Pattern[str], text: str) -> list[Label]:
    known = known_labels()
    return [Label(match["label"], *match.span()) for match in pattern.finditer(text) if match["label"] in known]


def _apart(found: list[Label]) -> list[Label]:
    """Labels without those that lie within another."""
    apart: list[Label] = []
    for label in found:
        if not apart or label.at >= apart[-1].start:
            apart.append(label)
    return apart


def has_bare(text: str) -> bool:
    """Whether labels with nothing but a blank or a line end behind them set out a text."""
    return len({label.name for label in _known(_BARE, text)}) >= _ENOUGH


def begins(line: str, *, bare: bool = False) -> str:
    """The known label that a line begins with, else an empty string; `bare`: a blank behind it is enough.

    >>> begins("功用：补血"), begins("（主治）头痛"), begins("功用 补血"), begins("功用 补血", bare=True)
    ('功用', '主治', '', '功用')
    """
    for pattern in (_COLON, _ROUND, _BRACKETED, *([_BARE] if bare else [])):
        match = pattern.match(f"{line}\n")
        if match and match["label"].replace(" ", "") in known_labels():
            return match["label"].replace(" ", "")
    return ""


def set_out(lines: Sequence[str]) -> frozenset[str]:
    """The lines that begin with a label, where different labels do so: where only one does, a wrapped line may.

    >>> sorted(set_out(["组成：当归，", "川芎", "功用：补血"])), set_out(["临证当审", "治法：先补后攻"])
    (['功用：补血', '组成：当归，'], frozenset())
    """
    bare = has_bare("\n".join(lines))
    found = {line: label for line in lines if (label := begins(line, bare=bare))}
    return frozenset(found) if len(set(found.values())) >= _ENOUGH else frozenset()


def is_run_in(text: str) -> bool:
    """Whether a text is set out by known labels that stand in no brackets of their own: 组成：…功用：…主治：…"""
    return len({label.name for label in find(text) if not label.bracketed}) > _ENOUGH


def holds_unknown(text: str, start: int, end: int) -> bool:
    """Whether a stretch holds what looks like a label but is none that is known (备考：), nor a word like 外用："""
    if "：" not in text and ":" not in text:
        return False
    allowed = tuple(table("gen_qa")["no_labels"])
    return any(not match["label"].startswith(allowed) for match in _ANY_COLON.finditer(text, start, end))
