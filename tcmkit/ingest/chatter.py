"""Greetings and thanks taken out of texts of our time (ChiMed 2.0, basic processing)."""

import re
from functools import cache
from typing import NamedTuple

from tcmkit.tables import table


class _Rules(NamedTuple):
    trigger: re.Pattern[str]
    openers: re.Pattern[str]
    sentences: re.Pattern[str]


@cache
def _rules() -> _Rules:
    rows = table("chatter")
    openers = re.compile(rf"(?m)^\s*(?:{'|'.join(rows['openers'])})+")
    sentences = re.compile(rf"(?:^|(?<=[。！？!?；;，,～~\n\s]))(?:{'|'.join(rows['sentences'])})", re.MULTILINE)
    return _Rules(re.compile(rows["trigger"]), openers, sentences)


def strip(text: str) -> str:
    """The text without greetings, thanks and good wishes; what carries medical content stays.

    >>> strip("您好，我头痛三天。谢谢医生！")
    '我头痛三天。'
    """
    rules = _rules()
    if rules.trigger.search(text) is None:
        return text
    without = rules.sentences.sub("", rules.openers.sub("", text))
    return without.strip(" \n，,") if without != text else text
