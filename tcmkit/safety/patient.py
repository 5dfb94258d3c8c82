"""The patient as records tell of one: a line, an object, or fields of a table."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from tcmkit.errors import RecordError
from tcmkit.herbs import alternatives
from tcmkit.language import both
from tcmkit.safety.facts import AGE_IN_LINE, NO, YES, months_of, pregnant_of, sex_of, tells_pregnancy
from tcmkit.safety.fields import Field, stands_for_in_patient, weeks_of_pregnancy, with_unit
from tcmkit.safety.told import affirmed, known, plain, taken
from tcmkit.tables import table

_NO_MEDICINE = re.compile(
    r"无|没有|否认|不详|none|no|未服药?|未服用.*|无特殊.*"
    r"|没有?在?(?:吃|用|服)(?:什么|任何)?药",
    re.I,
)
_LEAD = re.compile(
    r"^(?:我|现在|目前|平时|还|也|都|一直|长期|每天|天天|正在|有?在)*(?:吃|服用|口服|服|用)(?:着|了|的是)?(?![药法过])"
)
"""What stands before the name of a medicine: 一直吃华法林."""
_NOT_TOLD = frozenset(("id", "name", "姓名"))
_NOT_KNOWN = re.compile(r"不详|不明|未知|未填|无|unknown|none|null|n/?a|[-—/?？*]+", re.I)
_AS_THEY_ARE = frozenset(("age", "sex", "medications", "age_unit"))
"""What is read as a field of its own and does not stand in the history."""
_SAME_AGE = 12.0
"""Months by which two statements of an age may differ: a birthday between them."""
_OF_OTHERS = re.compile(r"family|家族")
_ALLERGY = re.compile(r"allerg|过敏")
CHILD_MONTHS = 14 * 12
_STOPS = "，,、；;。"
_BARE_AGES = (
    re.compile(rf"(?:男|女)性?(?P<gap>[{_STOPS}/\s]*)(?P<number>\d+)(?=[{_STOPS}\s]|$)\s*(?P<rest>.*)", re.S),
    re.compile(rf"^(?P<number>\d+)(?P<gap>[{_STOPS}/\s]+)(?:男|女)(?![儿友婿])性?(?P<rest>.*)", re.S),
)
"""A number without a unit beside the sex: 男，70."""
_MEASURE = re.compile(r"kg|公斤|千克|斤|cm|厘米|mm ?hg|[℃°]|bpm", re.I)
"""What makes a number no age at all: 女，60 kg."""
_OLDEST = 120
_LONGEST = 30
"""Characters of an age that are quoted."""
_FERTILE = (10 * 12, 56 * 12)


class Patient(NamedTuple):
    """What is known of the patient; None is not known."""

    months: float | None = None
    sex: str | None = None
    pregnant: bool | None = None
    medications: tuple[str, ...] = ()
    history: str = ""
    """What is told of the patient, illnesses above all, in simplified characters and small letters."""
    ages_unread: tuple[str, ...] = ()
    """Ages that are told, and not so that anybody could say how old."""

    @property
    def child(self) -> bool:
        """Under 14 years."""
        return self.months is not None and self.months < CHILD_MONTHS

    @property
    def may_be_pregnant(self) -> bool:
        """Nothing rules pregnancy out."""
        if self.pregnant is not None or self.sex == "male":
            return False
        return self.months is None or _FERTILE[0] <= self.months < _FERTILE[1]


def _medications(value: Any) -> tuple[str, ...]:
    """The medicines of the field for them; those that it says are stopped or not taken do not count."""
    if isinstance(value, str):
        line = plain(value)
        parts = re.split(r"[，,、；;\n/+]|(?:和|及|与)(?=[\u3400-\u9fff])|\s+(?:and|plus|&)\s+", line)
        ended = {line[start:end] for start, end, _ in known(line) if not affirmed(line, start, end)}
    else:
        parts = list(_names(value))
        lines = [plain(part) for part in parts]
        ended = {line[start:end] for line in lines for start, end, _ in known(line) if not affirmed(line, start, end)}
    kept = []
    for part in (_LEAD.sub("", part.strip()) for part in parts):
        line = plain(part)
        names = {line[start:end] for start, end, _ in known(line)}
        if (
            part
            and not _NO_MEDICINE.fullmatch(part)
            and not _illness().fullmatch(line)
            and not (names and names <= ended)
        ):
            kept.append(part)
    return tuple(kept)


@cache
def _illness() -> re.Pattern[str]:
    """An illness among the medicines, which is none: 有高血压."""
    words = alternatives([word for row in table("safety_drugs")["conditions"] for word in row["words"]])
    return re.compile(rf"(?:我|有|患|得了?|因为?)*(?:{words})病?史?")


def _names(value: Any) -> Iterator[str]:
    """The medicines of a list or of an object for one, whatever its names for the name are."""
    if isinstance(value, list):
        for item in value:
            yield from _names(item)
    elif isinstance(value, dict):
        yield str(value.get("name") or " ".join(str(part) for part in value.values() if isinstance(part, str)))
    elif value:
        yield str(value)


def _bare_age(line: str) -> tuple[str | None, tuple[str, ...]]:
    """The number beside the sex that are years, and the one of which nobody can say what it is.

    Years above 14 are an age where the line stops after them; 男，3 may be months, 女 38，发热 a temperature.
    """
    told = next(filter(None, (pattern.search(line) for pattern in _BARE_AGES)), None)
    if told is None or _MEASURE.match(told["rest"]):
        return None, ()
    stops = told.re is _BARE_AGES[1] or told["rest"][:1] in _STOPS
    by_blank = bool(told["gap"]) and not told["gap"].strip() and bool(told["rest"].strip(f"{_STOPS} "))
    if stops and not by_blank and CHILD_MONTHS < int(told["number"]) * 12 <= _OLDEST * 12:
        return told["number"], ()
    return None, (told["number"][:_LONGEST],)


def patient_of(value: Any) -> Patient:
    """Read the field `patient`: an object, or a line such as 女，28岁，孕12周，服华法林, or a list of those.

    Raises RecordError `ambiguous_field` where two of its fields tell another age or sex.
    """
    if isinstance(value, str):
        sex = re.search(r"男|女|孕妇|产妇", value)
        stated = AGE_IN_LINE.search(value)
        bare, unread = (None, ()) if stated else _bare_age(value)
        return Patient(
            months_of(stated[0] if stated else bare),
            sex_of(sex[0] if sex else None),
            pregnant_of(value),
            tuple(taken(value)),
            plain(value),
            unread,
        )
    if isinstance(value, dict):
        return patient_of_fields(
            (ours, Field(key, held))
            for key, held in ((str(key), held) for key, held in value.items())
            for ours in _one_of(stands_for_in_patient(key))
        )
    if isinstance(value, list):
        return joined([(f"patient[{index}]", patient_of(item)) for index, item in enumerate(value)])
    return Patient()


def _one_of(ours: tuple[str, ...]) -> tuple[str]:
    """What a field of the patient is; whatever is no fact of its own is told."""
    return (next((name for name in ours if name in _AS_THEY_ARE or name == "pregnant"), "history"),)


def patient_of_fields(fields: Iterable[tuple[str, Field]]) -> Patient:
    """The patient of fields, each with what it stands for: age, age_unit, sex, pregnant, medications, history.

    Who is pregnant by one of them is pregnant. Raises RecordError `ambiguous_field` where ages or sexes differ.
    """
    of: dict[str, list[Field]] = {}
    for ours, field in fields:
        if field.value is not None and field.value != "":
            of.setdefault(ours, []).append(field)
    history = (*of.get("history", ()), *of.get("pregnant", ()))
    words = "；".join(part for name, held in history if name not in _NOT_TOLD for part in _told(name, held))
    months, unread = _ages(of.get("age", ()), of.get("age_unit", ()))
    own = (name for _, held in of.get("medications", ()) for name in _medications(held))
    return Patient(
        months,
        _same_sex([(name, sex_of(held)) for name, held in of.get("sex", ())]),
        _pregnancy([_pregnant_by(field) for field in of.get("pregnant", ())], words),
        tuple(dict.fromkeys((*own, *(taken(words) if words else ())))),
        plain(words) if words else "",
        unread,
    )


def _ages(fields: Iterable[Field], units: Sequence[Field]) -> tuple[float | None, tuple[str, ...]]:
    """The age in months of all that tell one, and what was told and could not be read."""
    ages, unread = [], []
    for field in fields:
        age = with_unit(field, str(units[0].value) if units else "")
        months = months_of(age)
        if months is not None:
            ages.append((field.name, months))
        elif not _NOT_KNOWN.fullmatch(str(field.value).strip()):
            unread.append(f"{field.name} {field.value}"[:_LONGEST])
    return _same_age(ages), tuple(unread)


def _same_age(ages: Sequence[tuple[str, float | None]]) -> float | None:
    """The youngest of ages that agree. Raises RecordError `ambiguous_field`."""
    told = [(months, name) for name, months in ages if months is not None]
    if not told:
        return None
    (least, young), (most, old) = min(told), max(told)
    if most - least > _SAME_AGE:
        raise ambiguous([young, old])
    return least


def _same_sex(sexes: Sequence[tuple[str, str | None]]) -> str | None:
    """The sex that all tell. Raises RecordError `ambiguous_field`."""
    told = {sex: name for name, sex in sexes if sex}
    if len(told) > 1:
        raise ambiguous(list(told.values()))
    return next(iter(told), None)


def ambiguous(names: list[str]) -> RecordError:
    """The error for fields that tell different things."""
    listed = both(" and ", "、").join(dict.fromkeys(names))
    return RecordError(
        "ambiguous_field", both(f"{listed} differ; choose one with --map", f"{listed} 不一致；请用 --map 选定一个")
    )


def _pregnant_by(field: Field) -> bool | None:
    """What a field for pregnancy says; one for its weeks says yes by any number of them."""
    said = pregnant_of(field.value)
    if said is None and weeks_of_pregnancy(field.name) and re.search(r"[1-9一二三四五六七八九十]", str(field.value)):
        return True
    return said


def _pregnancy(said: Sequence[bool | None], words: str) -> bool | None:
    """Pregnant if anything says so; not pregnant only if all that is said says so."""
    if True in said or (words and tells_pregnancy(words)):
        return True
    return False if said and None not in said else None


def joined(patients: Sequence[tuple[str, Patient]]) -> Patient:
    """What all tell, each under its name. Raises RecordError `ambiguous_field` where ages or sexes differ."""
    if len(patients) == 1:
        return patients[0][1]
    all_of = [patient for _, patient in patients]
    said = [patient.pregnant for patient in all_of if patient.pregnant is not None]
    return Patient(
        _same_age([(name, patient.months) for name, patient in patients]),
        _same_sex([(name, patient.sex) for name, patient in patients]),
        True in said if said else None,
        tuple(dict.fromkeys(name for patient in all_of for name in patient.medications)),
        "；".join(patient.history for patient in all_of if patient.history),
        tuple(name for patient in all_of for name in patient.ages_unread),
    )


def _told(key: str, held: Any) -> Iterator[str]:
    """What a field of the patient says: its words, or its name where it only says yes."""
    if _OF_OTHERS.search(key.lower()):
        return
    if held is True or (isinstance(held, str) and held.strip().lower() in YES):
        yield key
    elif isinstance(held, str) and held.strip() and held.strip().lower() not in NO:
        yield f"{key}：{held}" if _ALLERGY.search(key.lower()) else held
    elif isinstance(held, dict):
        for inner, of_inner in held.items():
            yield from _told(str(inner), of_inner)
    elif isinstance(held, list):
        for item in held:
            yield from _told(key, item)
