"""Who the patient is, out of everything that was told: facts that were stated, the conversation, the record's text.

A stated age, sex or "not pregnant" stands against what a text seems to say; a pregnancy or a medicine told anywhere
counts, and what nobody told is named, so that no formula passes for checked against it.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from tcmkit.safety import NotTold, Patient, patient_of, pregnant_of

_YEARS = r"(\d{1,3}|[一二两三四五六七八九十百]{1,4})\s*周?岁半?"
_AGES = (
    re.compile(rf"(?:(?:男|女)[性孩婴童]?|患者|患儿|现年|年龄|今年|孩子|宝宝)[：:，,、\s]*{_YEARS}"),
    re.compile(r"(?:(?:男|女)[性孩婴童]?|患儿|年龄|孩子|宝宝)[：:，,、\s]*(?:才|刚)?\d{1,2}\s*个月(?![来前余多])"),
    re.compile(rf"(?<![父母爸妈姐哥弟妹爷奶于自从]){_YEARS}(?![起时前初来月开发患得]|[^，,。；;\n]{{0,4}}(?:初潮|来潮|绝经))"),
    re.compile(r"\b\d{1,3}[- ]years?[- ]old", re.IGNORECASE),
)  # fmt: skip
_SEXES = {
    "male": re.compile(
        r"(?:患者|患儿|性别|病人)?[：:，,\s]*男(?:性|，|,|、|。|\s*\d|$)|男[孩婴童]|\b(?:man|male|boy)\b"
    ),
    "female": re.compile(
        r"(?:患者|患儿|性别|病人)?[：:，,\s]*(?<![子儿妇])女(?:性|，|,|、|。|\s*\d|$)|女[孩婴童]|\b(?:woman|female|girl)\b"
    ),
}
_CLAUSE = re.compile(r"[，,。；;\n！!？?]|\bbut\b")
_PAST = re.compile(
    r"曾|上次|前次|以前|既往|年前|去年|流产史|孕\s*[\d一二三四五六]+\s*次?\s*[产生]|孕过?\s*[\d一二三四五六]+次"
)
_NOT_NOW = re.compile(
    r"(?:没有?|未|否认|排除)(?:怀孕|妊娠)(?!过|史|前|时)|未孕|(?<![未没近快])绝经(?:了|后|多年|\s*[\d一二两三四五六七八九十]+)"
    r"|已经?绝经|\bnot pregnant|post-?menopausal|\bin menopause",
    re.IGNORECASE,
)
_NO_MEDICINE = re.compile(
    r"(?:用药|服药)史?[：:]?\s*(?:无|否认)|(?:否认|无)(?:长期|其他|特殊)?(?:服用?|用)药"
    r"|(?:没有?|不|没在|没有在)(?:吃|服|用)(?:什么|任何|别的|其他)?药|\bno medic|not taking any",
    re.IGNORECASE,
)
_LONGEST_NAME = 8
"""Characters of a medicine of no table; what is longer is a clause."""


class Who(NamedTuple):
    """The patient, and what is not known of it."""

    patient: Patient
    not_told: tuple[NotTold, ...]


def who(known: Patient, said: Sequence[str], has_medicines: bool) -> Who:
    """The patient whom `said` (everything that was told) speaks of; `known` was stated in fields of its own.

    `has_medicines`: a field says which medicines are taken, or that none is.

    >>> found = who(patient_of({"age": 70}), ["患者男，65岁。既往高血压病10年，口服华法林。"], False)
    >>> found.patient[:4], found.not_told
    ((840.0, 'male', None, ('华法林',)), ())
    """
    text = "\n".join(said)
    months = _age(text) if known.months is None else known.months
    sex = known.sex or _sex(text)
    line = patient_of(text)
    told = [name for name in line.medications if not any(name in other for other in known.medications)]
    medicines = (*known.medications, *(name for name in told if len(name) <= _LONGEST_NAME))
    patient = Patient(
        months,
        sex,
        _pregnant(known.pregnant, text, Patient(months, sex)),
        tuple(dict.fromkeys(medicines)),
        "；".join(part for part in (known.history, line.history) if part),
        known.ages_unread if months is None else (),
    )
    open_medicines = len(medicines) < len(known.medications) + len(told) or not (
        has_medicines or medicines or _NO_MEDICINE.search(text)
    )
    return Who(patient, _not_told(patient, open_medicines))


def _not_told(patient: Patient, open_medicines: bool) -> tuple[NotTold, ...]:
    missing: list[NotTold] = ["medications"] if open_medicines else []
    return (*missing, "pregnant") if patient.may_be_pregnant else tuple(missing)


def _age(text: str) -> float | None:
    stated = next((match for pattern in _AGES if (match := pattern.search(text))), None)
    return patient_of({"age": re.sub(r"[- ]old", "", stated[0])}).months if stated else None


def _sex(text: str) -> str | None:
    found = {sex: match.start() for sex, pattern in _SEXES.items() if (match := pattern.search(text))}
    return min(found, key=found.__getitem__) if found else None


def _pregnant(stated: bool | None, text: str, person: Patient) -> bool | None:
    """Who can be pregnant is, if any clause says so."""
    if stated or not person.may_be_pregnant:
        return stated
    clauses = [clause for clause in _CLAUSE.split(text) if not _PAST.search(clause)]
    if any(pregnant_of(clause) for clause in clauses if len(clause.strip()) > 1):
        return True
    return False if stated is False or _NOT_NOW.search(text) else None
