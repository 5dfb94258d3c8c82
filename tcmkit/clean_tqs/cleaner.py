"""The step of `tcm clean-tqs`: one record in, one case out (JingFang cleaning by rules)."""

from functools import cache
from typing import Any

from tcmkit.records import Drop, Record, content_id
from tcmkit.tables import dimensions

from . import inputs, sections
from .case_likeness import is_case_record
from .compose import compose
from .fold import fold
from .settings import Settings
from .tidy import tidy
from .tokens import Clause, clauses
from .weave import Piece, Woven, weave


class Cleaner:
    """Turns records into Cases.

    A Document that is no case record passes through unchanged, or is dropped with
    `not_a_record` when the settings ask for records only.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, record: Record) -> list[Record] | Drop:
        """The case made of a record. Raises RecordError (`no_text`, `bad_field`)."""
        text = inputs.text_of(record)
        folded = fold(text)
        if inputs.may_be_a_page(record) and not is_case_record(folded):
            if self._settings.only_records:
                return Drop("not_a_record")
            return [record]
        return [{**record, **_case(record, text, folded)}]


@cache
def _order() -> tuple[str, ...]:
    return tuple(dimensions())


def _case(record: Record, text: str, folded: str) -> Record:
    parts = clauses(folded)
    woven = tidy(folded, parts, weave(folded, parts))
    found: dict[str, list[dict[str, Any]]] = {}
    for start, end, dimension, polarity in woven.spots:
        finding = {"text": text[start:end], "start": start, "end": end, "polarity": polarity}
        found.setdefault(dimension, []).append(finding)
    order = _order()
    tqs = {dimension: found[dimension] for dimension in order if dimension in found}
    case: Record = {
        "id": record.get("id") if record.get("id") not in (None, "") else content_id(text),
        "text": text,
        "tqs": tqs,
        "removed": [{"category": p.category, **_quote(text, p)} for p in woven.removed],
        "clean_text": compose(text, woven),
        "missing": [dimension for dimension in order if dimension not in tqs],
    }
    case.update(_extras(text, folded, parts, woven))
    return case


def _extras(text: str, folded: str, parts: list[Clause], woven: Woven) -> Record:
    """Fields that only some records have."""
    extras: Record = {}
    if woven.drugs:
        extras["medications"] = [_quote(text, piece) for piece in woven.drugs]
    if woven.stated:
        extras["stated"] = [{"kind": p.category.partition(":")[2], **_quote(text, p)} for p in woven.stated]
    visits = sections.visits(text, folded, parts) if "诊" in folded else []
    if visits:
        extras["visits"] = visits
    return extras


def _quote(text: str, piece: Piece) -> dict[str, Any]:
    return {"text": text[piece.start : piece.end], "start": piece.start, "end": piece.end}
