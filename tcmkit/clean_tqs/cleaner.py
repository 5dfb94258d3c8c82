"""The step of `tcm clean-tqs`: one record in, one case out (JingFang cleaning by rules)."""

from functools import cache

from tcmkit.records import Drop, Finding, Record, content_id
from tcmkit.tables import dimensions

from . import inputs, sections
from .case_likeness import is_case_record, is_of_one_patient
from .compose import compose
from .fold import fold
from .settings import Settings
from .tidy import tidy
from .tokens import Clause, clauses
from .weave import Woven, weave


class Cleaner:
    """Turns records into Cases.

    A Document that is no case record of one patient passes through unchanged, or is dropped with
    `not_a_record` when the settings ask for records only.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, record: Record) -> list[Record] | Drop:
        """The case made of a record. Raises RecordError (`no_text`, `bad_field`)."""
        text = inputs.text_of(record)
        folded = fold(text)
        if inputs.may_be_a_page(record) and not (is_case_record(folded) and is_of_one_patient(folded)):
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
    found: dict[str, list[Finding]] = {}
    for start, end, dimension, polarity in woven.spots:
        finding: Finding = {"text": text[start:end], "start": start, "end": end, "polarity": polarity}
        if dimension in found:
            found[dimension].append(finding)
        else:
            found[dimension] = [finding]
    order = _order()
    identifier = record.get("id")
    case: Record = {
        "id": identifier if identifier not in (None, "") else content_id(text),
        "text": text,
        "tqs": {dimension: found[dimension] for dimension in order if dimension in found},
        "removed": [
            {"category": category, "text": text[start:end], "start": start, "end": end}
            for start, end, category in woven.removed
        ],
        "clean_text": compose(text, woven.spots, found),
        "missing": [dimension for dimension in order if dimension not in found],
    }
    _add_extras(case, folded, parts, woven)
    return case


def _add_extras(case: Record, folded: str, parts: list[Clause], woven: Woven) -> None:
    """Fields that only some records have."""
    text = case["text"]
    if woven.drugs:
        case["medications"] = [{"text": text[start:end], "start": start, "end": end} for start, end, _ in woven.drugs]
    if woven.stated:
        case["stated"] = [
            {"kind": category.partition(":")[2], "text": text[start:end], "start": start, "end": end}
            for start, end, category in woven.stated
        ]
    visits = sections.visits(text, folded, parts) if "诊" in folded else []
    if visits:
        case["visits"] = visits
