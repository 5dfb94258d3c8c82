"""The patient as people write one: 男, 女, 3岁, 8个月, 孕12周."""

import re
from typing import Any, NamedTuple

from tcmkit.herbs import number

_N = r"(\d+(?:\.\d+)?|[零一二两三四五六七八九十百]+|半)"
_AGE = re.compile(
    rf"{_N}\s*(?:个)?\s*(周岁|岁|虚岁|个?月龄?|周龄|周|天|日|years?|yrs?|y|months?|mo|m|days?|d)?(半)?"
    rf"(?:\s*{_N}\s*个?月)?",
    re.I,
)
_MONTHS = {"月": 1.0, "周": 0.23, "天": 1 / 30, "日": 1 / 30}
_WORDS = (
    ("新生儿", 0.5), ("婴儿", 6.0), ("幼儿", 24.0), ("儿童", 84.0), ("小儿", 60.0),
    ("成人", 480.0), ("成年", 480.0), ("老年", 840.0), ("老人", 840.0),
)  # fmt: skip
_NOT_PREGNANT = re.compile(
    r"(?:未|没有?|非|无|不|否认|排除|未曾|不是)[^，,。；;]{0,3}(?:怀孕|妊娠|孕)|备孕|已绝经|绝经后|产后|不孕", re.I
)
_PREGNANT = re.compile(
    r"怀孕|妊娠|孕妇|孕期|有孕|已孕|早孕|孕早|孕中|孕晚|孕\s*\d|孕[一二三四五六七八九十]|pregnant|身孕", re.I
)
_YES = frozenset(
    ("是", "有", "y", "yes", "true", "1", "pregnant", "孕", "怀孕", "已孕", "已怀孕", "妊娠", "孕妇", "阳性", "+")
)
_NO = frozenset(("否", "无", "没有", "n", "no", "false", "0", "未孕", "未怀孕", "不是", "非", "阴性", "-"))
_NO_MEDICINE = re.compile(r"无|没有|否认|不详|none|no|未服药?|未服用.*|无特殊.*", re.I)
_HISTORY = ("history", "conditions", "diagnosis", "diagnoses", "既往史", "病史", "诊断", "西医诊断", "合并症")
CHILD_MONTHS = 14 * 12
_FERTILE = (10 * 12, 56 * 12)


class Patient(NamedTuple):
    """What is known of the patient; None is not known."""

    months: float | None = None
    sex: str | None = None
    pregnant: bool | None = None
    medications: tuple[str, ...] = ()
    history: str = ""
    """What is told of illnesses, in small letters."""

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
            scale = {"m": 1.0, "d": 1 / 30}.get(unit[0], 12.0) if unit[0] != "y" else 12.0
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
    if _NOT_PREGNANT.search(text):
        return False
    return True if _PREGNANT.search(text) or re.fullmatch(r"\d+\s*(?:周|w|weeks?|个月)\+?\d*天?", text) else None


def _medications(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        parts = re.split(r"[，,、；;\n/+]|(?:和|及|与)(?=[\u3400-\u9fff])", value)
    elif isinstance(value, list):
        parts = [str(item.get("name", "")) if isinstance(item, dict) else str(item or "") for item in value]
    else:
        parts = []
    kept = (part.strip() for part in parts)
    return tuple(part for part in kept if part and not _NO_MEDICINE.fullmatch(part))


def patient_of(value: Any) -> Patient:
    """Read the field `patient`: an object, or a line such as 女，28岁，孕12周."""
    if isinstance(value, str):
        sex = re.search(r"男|女|孕妇|产妇", value)
        stated = re.search(rf"{_N}\s*(?:周岁|岁|个月(?!孕))|新生儿", value)
        return Patient(
            months_of(stated[0] if stated else None),
            sex_of(sex[0] if sex else None),
            pregnant_of(value),
            history=value.lower(),
        )
    if not isinstance(value, dict):
        return Patient()
    months = months_of(_first(value, "age", "年龄"))
    if months is None and value.get("age_months") is not None:
        age = months_of(value["age_months"])
        months = None if age is None else age / 12
    pregnancy = _first(value, "pregnant", "pregnancy", "怀孕", "妊娠", "孕")
    medications = _first(value, "medications", "medication", "drugs", "西药", "用药")
    sex_told = sex_of(_first(value, "sex", "gender", "性别"))
    told = (value.get(key) for key in _HISTORY)
    history = "；".join("；".join(map(str, part)) if isinstance(part, list) else str(part) for part in told if part)
    return Patient(months, sex_told, pregnant_of(pregnancy), _medications(medications), history.lower())


def _first(value: dict[str, Any], *keys: str) -> Any:
    return next((value[key] for key in keys if value.get(key) is not None), None)
