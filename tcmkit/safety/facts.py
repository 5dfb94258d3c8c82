"""Age, sex and pregnancy as people write them: 3岁, 8个月, 35 yo, 女, 孕12周, 未孕."""

import re
from typing import Any

from tcmkit.herbs import number
from tcmkit.safety.told import plain, told

_N = r"(\d+(?:\.\d+)?|[零一二两三四五六七八九十百]+|半)"
_UNITS = {
    12.0: r"周岁|虚岁|足岁|岁|年|years?(?:old)?(?![a-z])|(?:yrs?|y/?o|y)(?![a-z])",
    1.0: r"个?月龄?|months?(?:old)?(?![a-z])|(?:mth|mo|m)s?(?![a-z])",
    0.23: r"周龄?|个?星期|weeks?(?:old)?(?![a-z])|(?:wks?|w)(?![a-z])",
    1 / 30: r"[天日]龄?|days?(?:old)?(?![a-z])|d(?![a-z])",
}
_AGE = re.compile(
    rf"{_N}(?:\s*[-~～—–至到]\s*{_N})?\s*(个)?\s*([半多来余])?\s*"
    rf"({'|'.join(f'(?:{unit})' for unit in _UNITS.values())})?(半)?(?:\s*零?\s*{_N}\s*个?月)?",
    re.I,
)
_SCALES = tuple((re.compile(unit, re.I), months) for months, unit in _UNITS.items())
_WORDS = (
    ("新生儿", 0.5), ("男婴", 6.0), ("女婴", 6.0), ("婴儿", 6.0), ("幼儿", 24.0), ("儿童", 84.0), ("小儿", 60.0),
    ("患儿", 60.0), ("男童", 84.0), ("女童", 84.0), ("成人", 480.0), ("成年", 480.0), ("老年", 840.0), ("老人", 840.0),
    ("newborn", 0.5), ("infant", 6.0), ("toddler", 24.0), ("children", 60.0), ("adult", 480.0), ("elderly", 840.0),
)  # fmt: skip
AGE_IN_LINE = re.compile(
    rf"{_N}\s*(?:[-~～至到]\s*{_N}\s*)?(?:(?:[半多来余]?\s*(?:周岁|岁)半?|个?\s*[半多来余]?\s*月龄|[天日周]龄|个\s*[半多来余]?\s*月(?!孕|\s*前))"
    rf"(?:\s*{_N}\s*个?月)?|[- ]*(?:years?|yrs?|months?|mos?|weeks?|wks?|days?)[- ]*old|\s*y/?o\b|\s*Y(?![a-z]))"
    r"|新生儿|男婴|女婴|幼儿[，,]|患儿|男童|女童|newborn|\binfant\b|\btoddler\b",
    re.I,
)
_NUMERAL = r"[\d一二三四五六七八九十]"
_WEEKS = rf"\s*{_NUMERAL}+[\d+]*\s*(?:周|w|个?月|天)"
_NOT_PREGNANT = re.compile(
    rf"(?:未|没有?|非|无|不|否认|排除|未曾|不是)[^，,。；;]{{0,3}}(?:怀孕|妊娠|孕)(?!{_WEEKS})|已绝经|绝经后|(?<!流)产后"
    r"|早孕(?:试纸|试验|检测|检查)[^，,。；;]{0,4}(?:阴性|\(-\)|（-）)"
    r"|\b(?:not|non|never|no|denies)[ -]+(?:currently |now )?pregnan\w*",
    re.I,
)
_PREGNANT = re.compile(
    rf"怀孕(?!史|\s*{_NUMERAL}+\s*次)|妊娠(?![史纹]|\s*{_NUMERAL}+\s*次)|孕妇|(?<!避)孕期|有孕|已孕|早孕|孕早|孕中|孕晚|身孕|宫内孕"
    rf"|孕\s*{_NUMERAL}+(?!{_NUMERAL}|\s*[，,、]?\s*[次产胎流育])|先兆流产|胎动不安|胎漏|恶阻|子痫|保胎|安胎|pregnan",
    re.I,
)
YES = frozenset(
    (
        "是",
        "有",
        "y",
        "yes",
        "true",
        "1",
        "pregnant",
        "孕",
        "怀孕",
        "已孕",
        "已怀孕",
        "妊娠",
        "孕妇",
        "阳性",
        "+",
        "早期",
        "中期",
        "晚期",
        "√",
    )
)
NO = frozenset(("否", "无", "没有", "n", "no", "false", "0", "未孕", "未怀孕", "不是", "非", "阴性", "-"))
_PLANNED = re.compile(r"(?:备孕|试孕|准备怀孕|计划怀孕|打算怀孕|想怀孕)[^，,。；;]{0,6}")


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
    text = "".join(str(part) for part in age.values()) if isinstance(age, dict) else str(age).strip()
    match = _AGE.search(text)
    if not match:
        return next((months for word, months in _WORDS if word in text.lower()), None)
    if match[3] and not match[5]:
        return None  # 8个 of what?
    scale = next((months for unit, months in _SCALES if match[5] and unit.fullmatch(match[5])), 12.0)
    value = number(match[1]) + (0.5 if "半" in (match[4], match[6]) else 0.0)
    months = value * scale + (number(match[7]) if match[7] else 0.0)
    return float(months) if months < 150 * 12 else None


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
    if text in YES or text in NO:
        return text in YES
    planned, text = _PLANNED.search(text), _PLANNED.sub("", text)
    if tells_pregnancy(text) or re.fullmatch(r"\d+\s*(?:周|w|weeks?|个月)\+?\d*天?", text):
        return True
    return False if _NOT_PREGNANT.search(text) and not planned else None


def tells_pregnancy(text: str) -> bool:
    """Whether words say that the patient, not a relative, is pregnant now."""
    if not _PREGNANT.search(text):
        return False
    line = _NOT_PREGNANT.sub("", _PLANNED.sub("", plain(text)))
    return any(told(line, *match.span()) for match in _PREGNANT.finditer(line))
