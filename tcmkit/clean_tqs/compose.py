"""`clean_text`: the record as a TCM physician would have written it.

The complaint first, then how it came about, then dimension by dimension, tongue and pulse last. It
holds quotations of the source, labels, 无 before what is denied and ？ behind what is uncertain, and nothing else.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from tcmkit.records import Finding
from tcmkit.tables import table

from .weave import Spot

_NOT_COMPLAINED_OF = frozenset({"cause", "history", "tongue", "pulse", "child"})
_MAX_COMPLAINTS = 4
_BLANK = re.compile(r"\s")
_SENTENCE_END = re.compile(r"[。；\n！？]")


@cache
def _labels() -> dict[str, str]:
    labels: dict[str, str] = table("findings")["labels"]
    return labels


def compose(text: str, spots: Iterable[Spot], tqs: dict[str, list[Finding]]) -> str:
    """The cleaned record, one line a dimension; empty when nothing was found.

    `spots` are all findings in order, `tqs` the same by dimension.
    """
    labels = _labels()
    blank = _BLANK.search(text) is not None
    lines = []
    complaint = _told(_complaint(text, spots), blank)[:_MAX_COMPLAINTS]
    if complaint:
        lines.append(f"{labels['complaint']}：{'，'.join(complaint)}。")
    for dimension, label in labels.items():
        if dimension in tqs:
            lines.append(f"{label}：{'，'.join(_told(tqs[dimension], blank))}。")
    return "\n".join(lines)


def _complaint(text: str, spots: Iterable[Spot]) -> Iterator[Finding]:
    """What is present in the first sentence that tells of a symptom, with the time of its beginning."""
    sentence_end = -1
    for start, end, dimension, polarity in spots:
        if polarity != "present" or dimension in _NOT_COMPLAINED_OF:
            continue
        if sentence_end < 0:
            mark = _SENTENCE_END.search(text, end)
            sentence_end = mark.start() if mark else len(text)
        if start > sentence_end:
            return
        if end <= sentence_end:
            yield {"text": text[start:end], "start": start, "end": end, "polarity": polarity}


def _told(findings: Iterable[Finding], blank: bool) -> list[str]:
    """Each finding once, in order: 无 before what is denied, ？ behind what is uncertain."""
    told: dict[str, None] = {}
    for finding in findings:
        quotation = finding["text"]
        if blank and _BLANK.search(quotation):
            quotation = " ".join(quotation.split())
        polarity = finding["polarity"]
        if polarity == "absent":
            quotation = "无" + quotation
        elif polarity == "uncertain":
            quotation += "？"
        told[quotation] = None
    return list(told)
