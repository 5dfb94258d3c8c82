"""What a model says of a record, put in its place: every quotation stands in the source, or it is refused.

The model names words; where they stand is worked out here (JingFang cleaning by a model, whose findings must be the
record's own words).
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, get_args

from tcmkit.records import LeftOut, Polarity
from tcmkit.tables import dimensions, table
from tcmkit.text.quoting import Quotable, Span

from .weave import Piece, Spot

CATEGORIES = get_args(LeftOut)
_EDGES = "，。；：、！？,.;:!? \t\r\n\u3000“”\"'"
_SENTENCE_END = re.compile(r"[。！？]")
_DENIES = re.compile(r"(?:否认有?|未见明显|未见|未诉|没有|未有|无明显|无)")
_DENIED_BEFORE = re.compile(r"(?:无|否认|未见|未诉|没有|未有|不伴)[^，,。；;：:！？\n]*$")
_CLAUSE = 40
"""Characters before a finding in which the word that denies it may stand."""
_DENIED_BEHIND = re.compile(r"(?:不明显|不显|阴性|[（(]-+[)）])$")
_DENIAL_WITHIN = re.compile(r"[不无未]")


def schema() -> Mapping[str, Any]:
    """JSON Schema of the reply."""
    finding = {"dimension": _one_of(dimensions()), "quote": _TEXT, "polarity": _one_of(get_args(Polarity))}
    return _object(
        {
            "findings": {"type": "array", "items": _object(finding)},
            "removed": {"type": "array", "items": _object({"category": _one_of(CATEGORIES), "quote": _TEXT})},
        }
    )


_TEXT = {"type": "string"}


def _one_of(values: Sequence[str]) -> dict[str, Any]:
    return {"enum": list(values)}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    required = list(properties)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


class Placed(NamedTuple):
    """A reply in its place."""

    spots: list[Spot]
    removed: list[Piece]
    missing: list[str]
    """Quotations that do not stand in the source."""

    def add(self, other: "Placed") -> None:
        """Join what was said of another part."""
        self.spots.extend(other.spots)
        self.removed.extend(other.removed)
        self.missing.extend(other.missing)


def place(answer: Mapping[str, Any], text: str, offset: int = 0) -> Placed:
    """A reply to `text`, which begins at `offset` of the record.

    A quotation that is given several times takes one place after another. Longer ones choose first, so that 痛 does not
    take a place inside 腹痛.
    """
    places = _Places(text)
    placed = Placed([], [], places.missing)
    for item in sorted(answer["findings"], key=lambda item: -len(item["quote"])):
        span = places.take(item["quote"], item["dimension"], item["polarity"] == "absent")
        if span and (spot := _spot(text, span, item["dimension"], item["polarity"])):
            placed.spots.append((spot[0] + offset, spot[1] + offset, *spot[2:]))
    for item in answer["removed"]:
        if span := places.take(item["quote"], ""):
            placed.removed.append((span[0] + offset, span[1] + offset, item["category"]))
    return placed


class _Places:
    """The places of a text, each taken once for a dimension."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._source = Quotable(text)
        self._taken: dict[str, list[Span]] = {}
        self.missing: list[str] = []

    def take(self, quotation: str, kind: str, denied: bool = False) -> Span | None:
        """The next free place of a quotation; None where it has none, or where all of them were told before.

        One that is denied, or is not, as the model says comes before the others.
        """
        taken = self._taken.setdefault(kind, [])

        known, free = False, None
        for span in self._source.places(quotation):
            known = True
            if any(start < span[1] and span[0] < end for start, end in taken):
                continue
            free = free or span
            if _is_denied(self._text, span[0]) == denied:
                free = span
                break
        if free is not None:
            taken.append(free)
        elif not known:
            self.missing.append(quotation)
        return free


def _is_denied(text: str, at: int) -> bool:
    """Whether a word before the place, in its clause, denies what stands there."""
    return _DENIED_BEFORE.search(text, max(0, at - _CLAUSE), at) is not None


@cache
def _are_findings() -> frozenset[str]:
    """Denials that are findings themselves: 无汗, 口不渴."""
    return frozenset(word for row in table("ten_questions")["dimensions"] for word in row["lexicalised_negatives"])


def _spot(text: str, span: Span, dimension: str, polarity: Polarity) -> Spot | None:
    """The finding without marks at its edges, and what is denied without the word that denies it."""
    start, end = _trimmed(text, *span)
    if start == end or _SENTENCE_END.search(text, start, end):
        return None
    if polarity != "absent":
        return start, end, dimension, polarity
    if text[start:end] in _are_findings() and not _is_denied(text, start):
        return start, end, dimension, "present"
    if denial := _DENIES.match(text, start, end):
        start = denial.end()
    elif denial := _DENIED_BEHIND.search(text[start:end]):
        end = start + denial.start()
    elif _DENIAL_WITHIN.search(text, start, end) and not _is_denied(text, start):
        return start, end, dimension, "present"  # 大便不干: it says itself what is not so
    start, end = _trimmed(text, start, end)
    return (start, end, dimension, "absent") if start < end else None


def _trimmed(text: str, start: int, end: int) -> Span:
    while start < end and text[start] in _EDGES:
        start += 1
    while start < end and text[end - 1] in _EDGES:
        end -= 1
    return start, end
