"""How a question is put to a layperson: from the table `sign_wordings`, never from the ids of signs."""

from functools import cache
from typing import Literal

from tcmkit.tables import table

Language = Literal["en", "zh"]


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


def question_text(dimension: str, again: bool, signs: tuple[str, ...]) -> str:
    """A whole question in one line.

    >>> question_text("sweat", False, ("盗汗", "自汗"))
    '平时容易出汗吗？比如：睡着后出汗、醒来就停；白天稍微动一动就出汗。'
    """
    examples = "；".join(wording(sign) for sign in signs)
    return opening(dimension, again) + (f"比如：{examples}。" if examples else "")
