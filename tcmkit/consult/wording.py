"""How a question is put to a layperson: from the table `sign_wordings`, never from the ids of signs."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple

from tcmkit.tables import table

Language = Literal["en", "zh"]
_EXAMPLES = "比如："


@cache
def _signs() -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in table("sign_wordings")["signs"]}


@cache
def _openings() -> dict[str, dict[str, str]]:
    return {row["dimension"]: row for row in table("sign_wordings")["openings"]}


def opening(dimension: str, again: bool, language: Language = "zh") -> str:
    """The question that opens a dimension, or comes back to it.

    >>> opening("sweat", again=False)
    '平时容易出汗吗？'
    """
    return _openings()[dimension][f"{'again' if again else 'first'}_{language}"]


def wording(sign: str, language: Language = "zh") -> str:
    """A sign in everyday words; the sign itself when the table does not hold it.

    >>> wording("盗汗"), wording("盗汗", "en")
    ('睡着后出汗、醒来就停', 'sweating in sleep that stops on waking')
    """
    return _signs().get(sign, {}).get(language, sign)


def statement(sign: str) -> str:
    """What a yes to a sign writes into the record.

    >>> statement("盗汗"), statement("羊粪")
    ('盗汗', '大便如羊粪')
    """
    return _signs().get(sign, {}).get("say", sign)


def denial(sign: str) -> str:
    """What a no writes into the record; empty where the words of a denial could be read as a statement.

    >>> denial("盗汗"), denial("无汗")
    ('无盗汗', '')
    """
    return _signs().get(sign, {}).get("deny", f"无{statement(sign)}")


class FollowUp(NamedTuple):
    """A way to come back to a dimension, for some of its signs."""

    stem: str
    signs: frozenset[str]
    needs: tuple[str, ...]
    told: str


@cache
def _follow_ups(dimension: str) -> tuple[FollowUp, ...]:
    rows = [row for row in table("sign_wordings")["follow_ups"] if row["dimension"] == dimension]
    return tuple(
        FollowUp(row["zh"], frozenset(row["signs"].split()), tuple(row.get("needs", ())), row.get("told", ""))
        for row in rows
    )


def follow_up(dimension: str, signs: Sequence[str], told: str) -> tuple[str, tuple[str, ...]]:
    """How to come back to a dimension after what was told, and those of the signs, best first, that belong to it.

    The stem is empty where none fits.

    >>> follow_up("stool_urine", ("尿黄", "便溏"), "小便清长")
    ('大便怎么样，好解吗？', ('便溏',))
    >>> follow_up("cold_heat", ("寒热往来", "畏寒"), "咳嗽")
    ('有没有怕冷的情况？', ('畏寒',))
    """
    fit = [
        (bool(row.told and re.search(row.told, told)), signs.index(own[0]), row.stem, own)
        for row in _follow_ups(dimension)
        if all(re.search(need, told) for need in row.needs) and (own := tuple(filter(row.signs.__contains__, signs)))
    ]
    return min(fit)[2:] if fit else ("", ())


def stem_of(text: str) -> str:
    """The stem of a whole question, without the signs that it names."""
    return text.partition(_EXAMPLES)[0]


def stem_in_english(stem: str, dimension: str, again: bool) -> str:
    """A stem of the table in English."""
    rows = table("sign_wordings")["follow_ups"]
    found = (str(row["en"]) for row in rows if row["dimension"] == dimension and row["zh"] == stem)
    return opening(dimension, again, "en") if stem == opening(dimension, again) else next(found, "")


def question_text(dimension: str, again: bool, signs: tuple[str, ...], stem: str = "") -> str:
    """A whole question in one line.

    >>> question_text("sweat", False, ("盗汗", "自汗"))
    '平时容易出汗吗？比如：睡着后出汗、醒来就停；白天稍微动一动就出汗。'
    """
    examples = "；".join(wording(sign) for sign in signs)
    return (stem or opening(dimension, again)) + (f"{_EXAMPLES}{examples}。" if examples else "")
