"""The patient as people write one: 男, 女, 3岁, 8个月, 孕12周."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tcmkit.herbs import number
from tcmkit.safety.told import affirmed, known, plain, taken

_N = r"(\d+(?:\.\d+)?|[零一二两三四五六七八九十百]+|半)"
_AGE = re.compile(
    rf"{_N}\s*(?:个)?\s*(周岁|岁|虚岁|个?月龄?|周龄|周|天|日|years?|yrs?|y|months?|mo|m|weeks?|wks?|w|days?|d)?(半)?"
    rf"(?:\s*{_N}\s*个?月)?",
    re.I,
)
_MONTHS = {"月": 1.0, "周": 0.23, "天": 1 / 30, "日": 1 / 30}
_WORDS = (
    ("新生儿", 0.5), ("婴儿", 6.0), ("幼儿", 24.0), ("儿童", 84.0), ("小儿", 60.0),
    ("成人", 480.0), ("成年", 480.0), ("老年", 840.0), ("老人", 840.0),
)  # fmt: skip
_NOT_PREGNANT = re.compile(
    r"(?:未|没有?|非|无|不|否认|排除|未曾|不是)[^，,。；;]{0,3}(?:怀孕|妊娠|孕)|已绝经|绝经后|产后|不孕", re.I
)
_PREGNANT = re.compile(
    r"怀孕|妊娠|孕妇|孕期|有孕|已孕|早孕|孕早|孕中|孕晚|孕\s*\d|孕[一二三四五六七八九十]|pregnant|身孕", re.I
)
_YES = frozenset(
    ("是", "有", "y", "yes", "true", "1", "pregnant", "孕", "怀孕", "已孕", "已怀孕", "妊娠", "孕妇", "阳性", "+")
)
_NO = frozenset(("否", "无", "没有", "n", "no", "false", "0", "未孕", "未怀孕", "不是", "非", "阴性", "-"))
_NO_MEDICINE = re.compile(r"无|没有|否认|不详|none|no|未服药?|未服用.*|无特殊.*", re.I)
_AGE_KEYS = ("age", "年龄")
_SEX_KEYS = ("sex", "gender", "性别")
_PREGNANCY_KEYS = ("pregnant", "pregnancy", "怀孕", "妊娠", "孕")
_MEDICINE_KEYS = (
    "medications", "medication", "medicines", "medicine", "drugs", "drug", "current_medications", "西药", "用药",
    "药物", "用药史", "服药史", "既往用药", "现用药", "目前用药", "合并用药", "服用药物",
)  # fmt: skip
_NOT_TOLD = frozenset((*_AGE_KEYS, *_SEX_KEYS, *_MEDICINE_KEYS, "age_months", "id", "name", "姓名"))
_OF_OTHERS = re.compile(r"family|家族")
_ALLERGY = re.compile(r"allerg|过敏")
_PLANNED = re.compile(r"(?:备孕|试孕|准备怀孕|计划怀孕|打算怀孕|想怀孕)[^，,。；;]{0,6}")
CHILD_MONTHS = 14 * 12
_FERTILE = (10 * 12, 56 * 12)


class Patient(NamedTuple):
    """What is known of the patient; None is not known."""

    months: float | None = None
    sex: str | None = None
    pregnant: bool | None = None
    medications: tuple[str, ...] = ()
    history: str = ""
    """What is told of the patient, illnesses above all, in simplified characters and small letters."""

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


def months_of(age: Any) -> float | None:
    """Age in months, None when it cannot be read. A bare number is years.

    >>> months_of("3岁"), months_of("8个月"), months_of(40), months_of("三岁半"), months_of("不详")
    (36.0, 8.0, 480.0, 42.0, None)
    >>> months_of("2 years"), months_of("6 weeks") == months_of("6周") == 6 * 0.23
    (24.0, True)
    """
    if isinstance(age, bool) or age is None:
        return None
    if isinstance(age, int | float):
        return float(age) * 12 if 0 <= age < 150 else None
    text = str(age).strip()
    match = _AGE.search(text)
    if match:
        unit = (match[2] or "岁").lower()
        value = number(match[1]) + (0.5 if match[3] else 0.0)
        scale = next((size for word, size in _MONTHS.items() if word in unit), None)
        if scale is None:
            scale = {"m": 1.0, "w": 0.23, "d": 1 / 30}.get(unit[0], 12.0) if unit[0] != "y" else 12.0
        months = value * scale + (number(match[4]) if match[4] else 0.0)
        return float(months) if months < 150 * 12 else None
    return next((months for word, months in _WORDS if word in text), None)


def sex_of(sex: Any) -> str | None:
    """male, female or None."""
    text = str(sex or "").strip().lower()
    if re.match(r"男|m(?:ale|an)?$|先生|boy|♂", text):
        return "male"
    return "female" if re.match(r"女|f(?:emale)?$|w(?:oman)?$|女士|girl|♀|母亲|孕妇", text) else None


def pregnant_of(value: Any) -> bool | None:
    """Whether it is known that the patient is, or is not, pregnant."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return value > 0
    text = str(value).strip().lower()
    if text in _YES or text in _NO:
        return text in _YES
    planned, text = _PLANNED.search(text), _PLANNED.sub("", text)
    if _NOT_PREGNANT.search(text):
        return None if planned else False
    return True if _PREGNANT.search(text) or re.fullmatch(r"\d+\s*(?:周|w|weeks?|个月)\+?\d*天?", text) else None


def _medications(value: Any) -> tuple[str, ...]:
    """The medicines of the field for them; those that it says are stopped or not taken do not count."""
    if isinstance(value, str):
        line = plain(value)
        parts = re.split(r"[，,、；;\n/+]|(?:和|及|与)(?=[\u3400-\u9fff])|\s+(?:and|plus|&)\s+", line)
        ended = {line[start:end] for start, end, _ in known(line) if not affirmed(line, start, end)}
    else:
        items = value if isinstance(value, list) else []
        parts = [str(item.get("name", "")) if isinstance(item, dict) else str(item or "") for item in items]
        lines = [plain(part) for part in parts]
        ended = {line[start:end] for line in lines for start, end, _ in known(line) if not affirmed(line, start, end)}
    kept = []
    for part in (part.strip() for part in parts):
        line = plain(part)
        names = {line[start:end] for start, end, _ in known(line)}
        if part and not _NO_MEDICINE.fullmatch(part) and not (names and names <= ended):
            kept.append(part)
    return tuple(kept)


def patient_of(value: Any) -> Patient:
    """Read the field `patient`: an object, or a line such as 女，28岁，孕12周，服华法林."""
    if isinstance(value, str):
        sex = re.search(r"男|女|孕妇|产妇", value)
        stated = re.search(rf"{_N}\s*(?:周岁|岁|个月(?!孕))|新生儿", value)
        return Patient(
            months_of(stated[0] if stated else None),
            sex_of(sex[0] if sex else None),
            pregnant_of(value),
            tuple(taken(value)),
            plain(value),
        )
    if not isinstance(value, dict):
        return Patient()
    months = months_of(_first(value, *_AGE_KEYS))
    if months is None and value.get("age_months") is not None:
        age = months_of(value["age_months"])
        months = None if age is None else age / 12
    pregnancy = _first(value, *_PREGNANCY_KEYS)
    told = "；".join(part for key, held in value.items() if key not in _NOT_TOLD for part in _told(str(key), held))
    own = (name for key in _MEDICINE_KEYS if key in value for name in _medications(value[key]))
    medications = tuple(dict.fromkeys((*own, *taken(told))))
    return Patient(months, sex_of(_first(value, *_SEX_KEYS)), pregnant_of(pregnancy), medications, plain(told))


def _told(key: str, held: Any) -> Iterator[str]:
    """What a field of the patient says: its words, or its name where it only says yes."""
    if _OF_OTHERS.search(key.lower()):
        return
    if held is True or (isinstance(held, str) and held.strip().lower() in _YES):
        yield key
    elif isinstance(held, str) and held.strip() and held.strip().lower() not in _NO:
        yield f"{key}：{held}" if _ALLERGY.search(key.lower()) else held
    elif isinstance(held, dict):
        for inner, of_inner in held.items():
            yield from _told(str(inner), of_inner)
    elif isinstance(held, list):
        for item in held:
            yield from _told(key, item)


def _first(value: dict[str, Any], *keys: str) -> Any:
    return next((value[key] for key in keys if value.get(key) is not None), None)
