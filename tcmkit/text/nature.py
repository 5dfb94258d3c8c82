"""The statement of a herb's nature and flavour, and whether it speaks of the herb or of a part of it."""

import re

from tcmkit.text.edges import Span, trim

_FLAVOUR = "甘辛苦酸咸淡涩"
TEMPER = "寒热温凉平冷暖"
_POISON = "有小毒|有大毒|有微毒|有毒|无毒|小毒|大毒|微毒"
_LINK = "气味|性味|味|性|气|微|大|极|至|小|稍|略|最|甚|颇|俱|而|兼|且|带"
_RUN = re.compile(rf"(?:{_LINK}|{_POISON}|[{_FLAVOUR}{TEMPER}]|[、，,；;。 ])+")
_DIFFERS = re.compile("[生熟炒炙制][者则]?[寒热温凉平]")
"""A nature that changes with the preparation: 生温熟寒."""
_DANGLING = re.compile(rf"(?:{_LINK}|[、，,；;。 ])+$")
_BEHIND_NAME = re.compile(r"[（(][^（）()\n]*[）)]$")


def of_a_part(text: str, at: int, own: str = "") -> bool:
    """Whether what stands at a place is headed by a part of the plant or animal: 根⏎甘，平; 叶【气味】…

    `own` is the name of the herb itself, which may stand above.
    """
    before = text[max(0, at - 40) : at]
    line = before.rsplit("\n", 1)[-1].strip()
    if line:
        return line[-1] not in "。；！？）」】〕，：:、" and len(line) <= 6
    above = _BEHIND_NAME.sub("", before.rstrip().rsplit("\n", 1)[-1].strip())
    return bool(above) and above != own and len(above) <= 6 and above[-1] not in "。；！？）】〕"


def nature_at(text: str, start: int) -> Span | None:
    """The statement of nature and flavour that begins at `start`: at least one of each, with clean edges.

    >>> text = "味苦、辛，气温，无毒。入肺经。"
    >>> first, last = nature_at(text, 0); text[first:last]
    '味苦、辛，气温，无毒'
    """
    match = _RUN.match(text, start)
    if match is None:
        return None
    first, last = trim(text, *match.span())
    if (
        match.end() < len(text)
        and text[match.end()] not in "\n（(入归主治能专"
        and text[match.end() - 1] not in "，,；;。、 "
    ):
        last = max(text.rfind(stop, first, last) for stop in "，,；;。、")
    if _DIFFERS.match(text, match.end()):
        return None
    dangling = _DANGLING.search(text, first, max(first, last)) if last > first else None
    last = dangling.start() if dangling else last
    found = text[first : max(first, last)]
    if len(found) > 40 or not re.search(f"[{_FLAVOUR}]", found) or not re.search(f"[{TEMPER}]", found):
        return None
    return first, last
