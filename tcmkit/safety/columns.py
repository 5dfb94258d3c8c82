"""Which fields of a record hold prescription, words and patient: ours, or those that hospitals' tables have."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tcmkit.errors import RecordError
from tcmkit.language import both
from tcmkit.records import Record
from tcmkit.safety.fields import Field, stands_for
from tcmkit.safety.patient import Patient, ambiguous, joined, patient_of, patient_of_fields
from tcmkit.tables import table

FIELDS = ("prescription", "text", "patient", "age", "sex", "pregnant", "medications", "history")
"""What is read, by the names that `--map` knows."""
_CHOSEN = ("prescription", "age", "sex")
"""Where `--map` chooses one; of the others there may be many, and one more can only warn more."""
_OF_PATIENT = ("age", "age_unit", "sex", "pregnant", "medications", "history")
_NOTHING = ("无", "没有", "否", "-", "/", "none", "no")


class Found(NamedTuple):
    """What there is to check."""

    prescription: Field | None
    texts: tuple[Field, ...]
    patient: Patient
    not_read: tuple[tuple[str, Field], ...]
    """Columns that may hold herbs and were not read, each with why."""


def find(record: Record, field_map: Mapping[str, str]) -> Found:
    """What a record holds, in fields that `field_map` (ours to theirs) or the table names.

    Raises RecordError `bad_text`, `bad_patient`, `ambiguous_field`, or `nothing_to_check`.
    """
    held = _held(record, field_map)
    texts = tuple(_texts(held.get("text", ())))
    prescription = _only(held.get("prescription", []))
    not_read = tuple(_not_read(held, prescription))
    if prescription is None and not texts:
        raise RecordError("nothing_to_check", _why_nothing(held))
    patient = _patient(held, texts, field_map) if prescription else Patient()
    return Found(prescription, texts, patient, not_read)


def _held(record: Record, field_map: Mapping[str, str]) -> dict[str, list[Field]]:
    """The fields that say something, for each of ours."""
    held: dict[str, list[Field]] = {}
    mapped: dict[str, list[str]] = {}
    for ours, name in field_map.items():
        mapped.setdefault(name, []).append(ours)
        if not _empty(record.get(name)):
            held[ours] = [Field(name, record[name])]
    chosen = [ours for ours in held if ours in _CHOSEN]
    for name, value in record.items():
        known = stands_for(name)
        if known and not _empty(value):
            for ours in _besides(known, mapped[name]) if name in mapped else known:
                if ours not in chosen:
                    held.setdefault(ours, []).append(Field(name, value))
    for field in held.get("patient", ()):
        for inside in _complaints(field.name, field.value):
            held.setdefault("text", []).append(inside)
    return held


def _complaints(name: str, patient: Any) -> Iterator[Field]:
    """The patient's own words in an object for the patient, or in a list of those: patient.主诉."""
    if isinstance(patient, list):
        for index, one in enumerate(patient):
            yield from _complaints(f"{name}[{index}]", one)
    for key, value in patient.items() if isinstance(patient, dict) else ():
        is_words = isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))
        if is_words and not _empty(value) and "text" in stands_for(str(key)):
            yield Field(f"{name}.{key}", value)


def _besides(known: tuple[str, ...], mapped: list[str]) -> tuple[str, ...]:
    """What a column stands for beside what it is mapped to: words are searched for red flags whatever else they are."""
    return ("text",) if "text" in known and not {"text", "prescription"} & set(mapped) else ()


def _empty(value: Any) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def _texts(fields: list[Field] | tuple[()]) -> Iterator[Field]:
    """The words of each field, once; those of a list one below the other. Raises RecordError `bad_text`."""
    seen = set()
    for name, value in fields:
        parts = [part for part in value if not _empty(part)] if isinstance(value, list) else [value]
        if not all(isinstance(part, str) for part in parts):
            raise RecordError("bad_text", both(f"{name} is not a string", f"{name} 不是字符串"))
        words = value if isinstance(value, str) else "\n".join(parts)
        if words and words not in seen:
            seen.add(words)
            yield Field(name, words)


def _only(fields: list[Field]) -> Field | None:
    """The field, when all that there are say the same. Raises RecordError `ambiguous_field`."""
    if any(field.value != fields[0].value for field in fields):
        raise ambiguous([field.name for field in fields])
    return fields[0] if fields else None


def _not_read(held: dict[str, list[Field]], prescription: Field | None) -> Iterator[tuple[str, Field]]:
    """Columns that may hold herbs, unless what they hold stands in the prescription anyway."""
    whole = str(prescription.value) if prescription else ""
    for why in table("check_fields")["not_read"]:
        for field in held.get(why, ()):
            said = str(field.value).strip()
            if said not in whole and said.lower() not in _NOTHING and not (why == "instead" and prescription):
                yield why, field


def _why_nothing(held: dict[str, list[Field]]) -> str:
    if "one_herb" in held:
        return both("one herb a line: join those of a prescription", "每行一味药：请先合并同一处方的各行")
    return both(
        "neither prescription nor text; name yours with --map prescription=FIELD",
        "没有 prescription 或 text；字段另有其名请用 --map prescription=FIELD",
    )


def _patient(held: dict[str, list[Field]], texts: tuple[Field, ...], field_map: Mapping[str, str]) -> Patient:
    """The patient of the field for it, with what the other fields and the words add."""
    told = [(ours, field) for ours in _OF_PATIENT for field in held.get(ours, ())]
    known = {field.name for _, field in told}
    told += [("history", field) for field in texts if field.name not in known]
    given = [(field.name, _of_field(field)) for field in held.get("patient", ())]
    if not told:
        return joined(given) if given else Patient()
    columns = patient_of_fields(told)
    if "age" in field_map and columns.months is not None:
        given = [(name, patient._replace(months=None)) for name, patient in given]
    if "sex" in field_map and columns.sex:
        given = [(name, patient._replace(sex=None)) for name, patient in given]
    named = next((held[ours][0].name for ours in ("age", "sex") if ours in held), "text")
    patient = joined([*given, (named, columns)])
    doubted = "pregnant" in held and columns.pregnant is None and not patient.pregnant
    return patient._replace(pregnant=None) if doubted else patient


def _of_field(field: Field) -> Patient:
    """Raises RecordError `bad_patient` for what is neither a line nor an object nor a list."""
    if not isinstance(field.value, str | dict | list):
        name = field.name
        raise RecordError(
            "bad_patient", both(f"{name} is neither a line nor an object", f"{name} 既不是一行文字也不是对象")
        )
    return patient_of(field.value)
