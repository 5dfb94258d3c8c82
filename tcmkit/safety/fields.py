"""Names of fields as hospitals' tables and patients' objects write them, and what each stands for."""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any, NamedTuple

from tcmkit.tables import table
from tcmkit.text.columns import plain_name

_BARE = re.compile(r"\d+(?:\.\d+)?")


class Field(NamedTuple):
    """A field of the record with its value."""

    name: str
    value: Any


@cache
def _known() -> dict[str, tuple[str, ...]]:
    """Each name with the fields of ours that it stands for."""
    names = table("check_fields")
    ours: dict[str, tuple[str, ...]] = {}
    for field, theirs in {**names["fields"], **names["not_read"], "age_unit": names["age_unit"]}.items():
        for name in theirs:
            plain = plain_name(name)[0]
            ours[plain] = (*ours.get(plain, ()), field)
    for name in _ages_in():
        ours[name] = ("age",)
    return ours


@cache
def _ages_in() -> dict[str, str]:
    """Names of ages that hold their unit, such as age_months."""
    return {plain_name(name)[0]: unit for unit, names in table("check_fields")["ages_in"].items() for name in names}


@cache
def _more_in_patient() -> dict[str, tuple[str, ...]]:
    more = table("check_fields")["medications_of_patient"]
    return {plain_name(name)[0]: ("medications",) for name in more}


@lru_cache(maxsize=4096)
def stands_for(name: str) -> tuple[str, ...]:
    """The fields of ours that a column stands for; none for a name that is not known."""
    return _known().get(plain_name(name)[0], ())


@lru_cache(maxsize=4096)
def stands_for_in_patient(name: str) -> tuple[str, ...]:
    """The same inside the patient's object, where 药物 can only be medicines."""
    return _more_in_patient().get(plain_name(name)[0]) or stands_for(name)


def with_unit(field: Field, unit_column: str = "") -> Any:
    """An age with the unit of its column: 年龄（月） 8 is 8个月. None where its column has a unit that nobody knows.

    `unit_column` is what a column for the unit says.

    >>> with_unit(Field("年龄", "8"), "月"), with_unit(Field("age (weeks)", 6)), with_unit(Field("年龄(旬)", 8))
    ('8个月', '6周', None)
    """
    value = str(field.value).strip()
    if not _BARE.fullmatch(value):
        return field.value
    name, bracket = plain_name(field.name)
    if sign := _ages_in().get(name):
        return value + sign
    unit = plain_unit(bracket) or plain_unit(unit_column)
    if not unit:
        return field.value
    sign = table("check_fields")["units"].get(unit)
    return value + sign if sign else None


def plain_unit(unit: str) -> str:
    """A unit as the table has it; the number of a column whose name comes twice is none."""
    plain = re.sub(r"[\s.]", "", unicodedata.normalize("NFKC", unit)).lower()
    return "" if plain.isdecimal() else plain


def weeks_of_pregnancy(name: str) -> bool:
    """Whether a column says how far a pregnancy is."""
    return plain_name(name)[0] in table("check_fields")["weeks_of_pregnancy"]
