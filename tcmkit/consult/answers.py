"""What an answer means: a bare yes or no is a statement about what was asked."""

import re
from typing import NamedTuple

from tcmkit.consult.chart import Answered, understood
from tcmkit.consult.wording import denial, statement

_NO = re.compile(
    r"^(?:嗯|哦|这个|那|好像|倒|也|都|全|一直|平时|目前|现在|暂时)*(?:没有?|無|无|不是?|沒有?|从来没有|从没|未)"
    r"(?:[，,]?(?:这|那)(?:些|个|种)?(?:情况|症状|感觉|问题|现象))?"
    r"(?:什么)?(?:特别的?|明显的?|异常|不适|不舒服|问题|感觉|有|过|呀|啊|的|了|吧|呢)*[。.!！~～]*$"
    r"|^(?:都|一切|还|基本|挺|蛮|很)*(?:正常|还好|还行|可以|挺好|蛮好|很好|没问题|没啥|没什么)(?:的|吧|啊|呀|了)?[。.!！]*$"
    r"|^(?:no|none|nothing|nope|normal)\W*$",
    re.IGNORECASE,
)
_YES = re.compile(
    r"^(?:嗯+|是(?:的|啊|呀)?|对(?:的|啊|呀)?|有(?:的|一点|一些|点|些|啊|呀)?|会(?:的)?|经常(?:有|会)?|有时候?(?:有|会)?"
    r"|偶尔(?:有|会)?|yes|yeah|yep)[，,。.!！~～]*$",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"不(?:太|大|是很|很)?(?:知道|清楚|晓得|记得|确定|好说|懂)|没(?:太|有)?(?:注意|留意|关注|在意)"
    r"|说不(?:清|上来|好|准)|忘了|不记得|随便|don'?t know|not sure|no idea|unsure",
    re.IGNORECASE,
)
_READ = ("tongue", "pulse")
"""Always in some state: a yes or no says nothing of which."""
_SHORT = 20
MOST = 600
"""Longer answers are read to here; the history keeps the rest."""


def is_no(answer: str) -> bool:
    """Whether an answer is no more than a no."""
    return bool(_NO.match(answer.strip()))


def is_yes(answer: str) -> bool:
    """Whether an answer is no more than a yes."""
    return bool(_YES.match(answer.strip()))


def is_unknown(answer: str) -> bool:
    """Whether an answer says that its speaker does not know."""
    return len(answer) <= _SHORT and bool(_UNKNOWN.search(answer))


class Understood(NamedTuple):
    """An answer as a statement for the record, and how it answers the question."""

    statement: str
    """Empty when there is nothing to write down."""
    how: Answered


def understand(answer: str, dimension: str, named: tuple[str, ...]) -> Understood:
    """What an answer to a question on a dimension says; `named` are the signs that the question named.

    >>> understand("没有", "sweat", ("自汗", "盗汗"))
    Understood(statement='无自汗，无盗汗', how='denied')
    >>> understand("不清楚", "sweat", ("自汗",)).how
    'unknown'
    """
    answer = answer.strip()[:MOST]
    if not answer:
        return Understood("", "unknown")
    if _NO.match(answer):
        denied = "，".join(filter(None, map(denial, named)))
        return Understood("", "unknown") if dimension in _READ else Understood(denied, "denied")
    if _YES.match(answer):
        # A yes to several signs at once does not say which.
        return Understood(statement(named[0]), "told") if len(named) == 1 else Understood("", "unknown")
    found = understood(answer)
    if dimension in found:
        return Understood(answer, "told")
    if is_unknown(answer):
        return Understood("", "unknown")
    # What was said about something else is worth keeping too, but it does not answer the question.
    return Understood(answer if found or len(answer) >= 4 else "", "unknown")
