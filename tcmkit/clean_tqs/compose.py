"""`clean_text`: the record as a TCM physician would have written it.

The complaint first, then how it came about, then dimension by dimension, tongue and pulse last. It
holds quotations of the source, labels, 无 before what is denied and ？ behind what is uncertain, and nothing else.
"""

import re
from collections.abc import Iterable

from tcmkit.tables import table

from .weave import Spot, Woven

_NOT_COMPLAINED_OF = frozenset({"cause", "history", "tongue", "pulse", "child"})
_MAX_COMPLAINTS = 4
_BLANK = re.compile(r"\s")


def compose(text: str, woven: Woven) -> str:
    """The cleaned record, one line a dimension; empty when nothing was found."""
    labels: dict[str, str] = table("findings")["labels"]
    lines = []
    complaint = _complaint(text, woven.spots)
    if complaint:
        lines.append(f"{labels['complaint']}：{'，'.join(complaint)}。")
    by_dimension: dict[str, list[Spot]] = {}
    for spot in woven.spots:
        by_dimension.setdefault(spot[2], []).append(spot)
    for dimension, label in labels.items():
        if dimension in by_dimension:
            told = _told(text, by_dimension[dimension])
            lines.append(f"{label}：{'，'.join(told)}。")
    return "\n".join(lines)


def _complaint(text: str, spots: list[Spot]) -> list[str]:
    """What is present in the first sentence that tells of a symptom, with the time of its beginning."""
    symptoms = [s for s in spots if s[2] not in _NOT_COMPLAINED_OF and s[3] == "present"]
    if not symptoms:
        return []
    first = symptoms[0]
    end = min((at for mark in "。；\n！？" if (at := text.find(mark, first[1])) >= 0), default=len(text))
    return _told(text, (s for s in symptoms if s[1] <= end))[:_MAX_COMPLAINTS]


def _told(text: str, spots: Iterable[Spot]) -> list[str]:
    """Each finding once, in order: 无 before what is denied, ？ behind what is uncertain."""
    told: dict[str, None] = {}
    for spot in spots:
        start, end, _, polarity = spot
        quotation = text[start:end]
        if _BLANK.search(quotation):
            quotation = " ".join(quotation.split())
        if polarity == "absent":
            quotation = "无" + quotation
        elif polarity == "uncertain":
            quotation += "？"
        told[quotation] = None
    return list(told)
