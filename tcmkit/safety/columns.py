"""Which fields of a record hold prescription, words and patient: ours, or those that hospitals' tables have."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from tcmkit.errors import RecordError
from tcmkit.language import both
from tcmkit.records import Record
from tcmkit.safety.patient import Patient, patient_of, pregnant_of
from tcmkit.tables import table

FIELDS = ("prescription", "text", "patient", "age", "sex", "pregnant", "medications", "history")
"""What is read, by the names that `--map` knows."""
_IN_BRACKETS = re.compile(r"\(([^()]*)\)$")
_BARE = re.compile(r"\d+(?:\.\d+)?")


class Field(NamedTuple):
    """A field of the record with its value."""

    name: str
    value: Any


class Found(NamedTuple):
    """What there is to check."""

    prescription: Field | None
    texts: tuple[Field, ...]
    patient: Patient


def plain_name(name: str) -> tuple[str, str]:
    """The name of a field as the table has it, and what stands in brackets at its end.

    >>> plain_name(" 年龄（月）")
    ('年龄', '月')
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", name)).lower()
    unit = _IN_BRACKETS.search(plain)
    return (plain[: unit.start()], unit[1]) if unit and unit.start() else (plain, "")


@cache
def _known() -> dict[str, tuple[str, ...]]:
    """Each name with the fields of ours that it stands for."""
    ours: dict[str, tuple[str, ...]] = {}
    for field, names in table("check_fields")["fields"].items():
        for name in names:
            ours[name] = (*ours.get(name, ()), field)
    return ours


def find(record: Record, field_map: Mapping[str, str]) -> Found:
    """What a record holds, in fields that `field_map` (ours to theirs), we, or the table name.

    Raises RecordError `bad_text`, `ambiguous_field`, or `nothing_to_check`.
    """
    held = _held(record, field_map)
    texts = tuple(field for field in held["text"] if _is_text(field))
    prescription = _only(held["prescription"])
    if prescription is None and not texts:
        raise RecordError("nothing_to_check", _why_nothing(record))
    return Found(prescription, texts, _patient(held))


def _held(record: Record, field_map: Mapping[str, str]) -> dict[str, list[Field]]:
    """The fields that say something, for each of ours."""
    held: dict[str, list[Field]] = {ours: [] for ours in FIELDS}
    others = {name: value for name, value in record.items() if not _empty(value)}
    for ours, name in {**dict(zip(FIELDS[:3], FIELDS, strict=False)), **field_map}.items():
        if name in others:
            held[ours].append(Field(name, others[name]))
    settled = {*field_map, *(ours for ours in FIELDS[:2] if held[ours])}
    for name, value in others.items():
        if name not in field_map.values():
            for ours in _known().get(plain_name(name)[0], ()):
                if ours not in settled:
                    held[ours].append(Field(name, value))
    return held


def _empty(value: Any) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def _is_text(field: Field) -> bool:
    if not isinstance(field.value, str):
        if field.name == "text":
            raise RecordError("bad_text", both("text is not a string", "text 不是字符串"))
        return False
    return True


def _only(fields: list[Field]) -> Field | None:
    """The field, when all that there are say the same. Raises RecordError `ambiguous_field`."""
    if any(field.value != fields[0].value for field in fields):
        names = both(" and ", "、").join(field.name for field in fields)
        raise RecordError(
            "ambiguous_field", both(f"{names} differ; choose one with --map", f"{names} 不一致；请用 --map 选定一个")
        )
    return fields[0] if fields else None


def _why_nothing(record: Record) -> str:
    if any(plain_name(name)[0] in table("check_fields")["one_herb"] for name in record):
        return both("one herb a line: join those of a prescription", "每行一味药：请先合并同一处方的各行")
    return both(
        "neither prescription nor text; name yours with --map prescription=FIELD",
        "没有 prescription 或 text；字段另有其名请用 --map prescription=FIELD",
    )


def _patient(held: dict[str, list[Field]]) -> Patient:
    """The patient of the field for it, with what the other fields add."""
    told: dict[str, Any] = {field.name: field.value for field in held["history"]}
    for ours in ("age", "sex"):
        if field := _only(held[ours]):
            told[ours] = _with_unit(field)
    told["medications"] = [part for field in held["medications"] for part in _parts(field.value)]
    said = [pregnant_of(_with_unit(field)) for field in held["pregnant"]]
    told["pregnant"] = True if True in said else False if False in said else None
    has_more = any(value not in (None, []) for value in told.values())
    patient = patient_of(told) if has_more else Patient()
    for field in held["patient"]:
        patient = _joined(patient_of(field.value), patient)
    return patient


def _parts(value: Any) -> Iterator[Any]:
    """The members of a list; the medicines of a line, which are told apart as in a patient's line."""
    if isinstance(value, list):
        yield from value
    else:
        yield from patient_of({"medications": value}).medications


def _with_unit(field: Field) -> Any:
    """A bare number with the unit of its column: 年龄（月） 8 is 8个月."""
    name, unit = plain_name(field.name)
    value = str(field.value).strip()
    if name in table("check_fields")["weeks_of_pregnancy"] and value[:1] in "123456789":
        return f"孕{value}周"
    sign = table("check_fields")["units"].get(unit)
    return value + sign if sign and _BARE.fullmatch(value) else field.value


def _joined(patient: Patient, more: Patient) -> Patient:
    """What both tell; where both tell the same thing the first counts."""
    return Patient(
        more.months if patient.months is None else patient.months,
        patient.sex or more.sex,
        more.pregnant if patient.pregnant is None else patient.pregnant,
        tuple(dict.fromkeys((*patient.medications, *more.medications))),
        "；".join(part for part in (patient.history, more.history) if part),
    )
