"""Case records by the Ten Questions Song, and how one that another program wrote is read."""

from typing import Any, Literal, NotRequired, get_args

from typing_extensions import TypedDict

from tcmkit.errors import RecordError
from tcmkit.language import both
from tcmkit.records.base import Record, Span, Told

Polarity = Literal["present", "absent", "uncertain"]
LeftOut = Literal[
    "administrative",
    "instrument_result",
    "western_treatment",
    "western_diagnosis",
    "boilerplate",
    "identity",
    "duplicate",
]
"""Why a part of a record is not in its `clean_text`."""


class Finding(TypedDict):
    """A quotation of the record under one dimension of the Ten Questions Song."""

    text: str
    start: int
    end: int
    polarity: Polarity
    """present, absent (denied) or uncertain."""
    by: NotRequired[Literal["rules"]]
    """Of a finding that a model missed and the rules filled in."""


class Removed(TypedDict):
    """A quotation that was left out of `clean_text`, and why."""

    category: LeftOut
    text: str
    start: int
    end: int


class Stated(Span):
    """A conclusion that the record itself states (证属…, 诊断…): kept apart, because it would leak the label."""

    kind: Literal["syndrome", "disease", "treatment", "formula", "other"]


class Visit(TypedDict):
    """One visit of a record that tells of several."""

    label: str
    start: int
    end: int


class Case(TypedDict):
    """A case record cleaned by the Ten Questions Song: made by `tcm clean-tqs`."""

    id: str
    text: str
    tqs: dict[str, list[Finding]]
    """Findings by dimension (the 19 ids of `tcm schema dimensions`); a dimension nobody asked about is not there."""
    removed: list[Removed]
    clean_text: str
    """Complaint, then dimension by dimension, then tongue and pulse; nothing that is not in the source."""
    missing: list[str]
    """Dimensions that nobody asked about."""
    medications: NotRequired[list[Span]]
    """Western drugs named in the record: taken out of the text, never lost."""
    stated: NotRequired[list[Stated]]
    visits: NotRequired[list[Visit]]
    llm: NotRequired[Told]


_POLARITIES = get_args(Polarity)
_FARTHEST = 1 << 31


def findings_of(case: Record) -> dict[str, list[Any]]:
    """The findings of a case, which another program may have written; none when it has no `tqs`.

    Raises RecordError("bad_tqs") unless each has its words, its polarity and its place.
    """
    found = case.get("tqs", {})
    if not isinstance(found, dict):
        raise RecordError("bad_tqs", both("tqs is not an object", "tqs 不是对象"))
    for dimension, findings in found.items():
        if not isinstance(findings, list) or not all(map(_is_finding, findings)):
            raise RecordError("bad_tqs", "tqs{dimension:[{text, start, end, polarity}]}")
        if not dimension:
            raise RecordError("bad_tqs", both("a dimension without a name", "有维度没有名称"))
    return found


def spans_of(case: Record, name: str, said_by: str) -> list[Any]:
    """The entries of `removed` or `stated`, each with its words, its place and the field `said_by`; none without.

    Raises RecordError("bad_spans") for anything else.
    """
    spans = case.get(name) or []
    if not isinstance(spans, list) or not all(_is_span(one) and isinstance(one.get(said_by), str) for one in spans):
        raise RecordError("bad_spans", f"{name}[{{text, start, end, {said_by}}}]")
    return spans


def _is_span(value: Any) -> bool:
    """Whether a value is an object with the form of a Span."""
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        return False
    start, end = value.get("start"), value.get("end")
    return isinstance(start, int) and isinstance(end, int) and 0 <= start <= end <= _FARTHEST


def _is_finding(value: Any) -> bool:
    return _is_span(value) and value.get("polarity") in _POLARITIES
