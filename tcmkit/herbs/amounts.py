"""Amounts as prescriptions write them: 10g, 三钱, 一两五钱, 钱半, 10-15克, 适量, 3枚."""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from tcmkit.tables import table

_DIGITS = dict(
    zip("零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖两俩仨", [0, 0, *range(1, 10), *range(1, 10), 2, 2, 3], strict=True)
)
_TENS = {"十": 10, "拾": 10, "廿": 20, "卅": 30, "百": 100, "佰": 100, "千": 1000}
_D = "[一二三四五六七八九壹贰叁肆伍陆柒捌玖两]"
_CN = rf"(?:{_D}?[百佰][零〇]?(?:{_D}?[十拾]{_D}?|{_D})?|(?:{_D}?[十拾]|[廿卅]){_D}?|{_D}|[俩仨])"
_AR = r"\d+(?:\.\d+)?"
RANGE = r"[ ]?(?:[-~～—–−至到]|--)[ ]?"


class Quantity(NamedTuple):
    """A number with the unit that it stands with: 三两 is 3 and 两."""

    number: float
    unit: str


@cache
def grams_of() -> dict[str, float]:
    """What a unit weighs in grams. 1钱 = 3 g and 1两 = 30 g, the official rounding of 1979."""
    units: dict[str, float] = table("prescription_terms")["grams"]
    return units


def alternatives(words: list[str]) -> str:
    """A pattern for any of the words, longest first."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


@cache
def chinese_amount() -> re.Pattern[str]:
    """An amount in Chinese numerals: parts of numeral and weight, or a number of pieces."""
    weights = alternatives([unit for unit in grams_of() if not unit.isascii()])
    pieces = alternatives([unit for unit in table("prescription_terms")["counts"] if not unit.isascii()])
    number = rf"(?:{_CN}(?:{RANGE}{_CN})?|半)"
    return re.compile(
        rf"(?:{number}(?:{weights}))+(?:[一二三四五六七八九](?![一二三四五六七八九十百枚片条两钱分]))?半?|(?:两|钱|斤)半"
        rf"|{number}个?半?大?(?:{pieces})半?"
    )


def _spoken(numeral: str) -> float:
    """The value of a Chinese numeral; 0 when it is none.

    >>> _spoken("十二"), _spoken("一百二十"), _spoken("半"), _spoken("三")
    (12, 120, 0.5, 3)
    """
    if numeral == "半":
        return 0.5
    total = digit = 0
    for character in numeral:
        if character in _TENS:
            total += (digit or 1) * _TENS[character]
            digit = 0
        else:
            digit = _DIGITS.get(character, 0)
    return total + digit


@lru_cache(maxsize=4096)
def number(text: str) -> float:
    """A number in either script; the larger end of a range.

    >>> number("10-15"), number("三"), number("二至三"), number("1/2")
    (15.0, 3, 3, 0.5)
    """
    if "/" in text:
        above, below = text.split("/", 1)
        return float(above) / float(below) if float(below) else 0.0
    ends = [end.strip() for end in re.split(RANGE, text) if end.strip()]
    return max((float(end) if re.fullmatch(_AR, end) else _spoken(end)) for end in ends) if ends else 0.0


@cache
def _weight_part() -> re.Pattern[str]:
    weights = alternatives([unit for unit in grams_of() if not unit.isascii()])
    return re.compile(rf"(?P<number>{_CN}(?:{RANGE}{_CN})?|半|{_AR}(?:{RANGE}{_AR})?)?(?P<unit>{weights})(?P<half>半)?")


@lru_cache(maxsize=4096)
def chinese_grams(text: str) -> float | None:
    """Grams of an amount that `chinese_amount` matched, None for pieces.

    >>> chinese_grams("一两五钱"), chinese_grams("钱半"), chinese_grams("两条"), chinese_grams("十五克")
    (45.0, 4.5, None, 15.0)
    """
    position, grams, last = 0, 0.0, 0.0
    while position < len(text):
        part = _weight_part().match(text, position)
        if part is None or not (part["number"] or part["half"]):
            break  # nothing, or 两 as a number: 两条
        last = grams_of()[part["unit"]]
        value = number(part["number"]) if part["number"] else 1.0
        grams += (value + (0.5 if part["half"] else 0.0)) * last
        position = part.end()
    if position == 0:
        return None
    rest = text[position:].removesuffix("半")
    return round(grams + (_spoken(rest) * last / 10 if rest else 0.0), 4)


@cache
def _quantity() -> re.Pattern[str]:
    units = alternatives([*grams_of(), *table("prescription_terms")["counts"]])
    return re.compile(
        rf"(?P<number>{_AR}(?:/\d+)?(?:{RANGE}{_AR})?|{_CN}(?:{RANGE}{_CN})?|半)?[ ]?"
        rf"个?(?P<large>半?)大?(?P<unit>{units})(?P<half>半?)"
    )


def quantities(stated: str) -> tuple[Quantity, ...]:
    """The numbers and units of an amount as it was written; empty for 适量.

    >>> [tuple(part) for part in quantities("一两五钱")], [tuple(part) for part in quantities("3枚")]
    ([(1.0, '两'), (5.0, '钱')], [(3.0, '枚')])
    >>> [tuple(part) for part in quantities("半升")], [tuple(part) for part in quantities("钱半")]
    ([(0.5, '升')], [(1.5, '钱')])
    """
    found, position = [], 0
    while part := _quantity().match(stated, position):
        if not (part["number"] or part["half"]):
            break
        value = number(part["number"]) if part["number"] else 1.0
        found.append(Quantity(value + (0.5 if part["half"] or part["large"] else 0.0), part["unit"]))
        position = part.end()
    return tuple(found)


@lru_cache(maxsize=4096)
def figure_grams(text: str) -> float:
    """Grams of an amount in figures: 10g, 1两5钱, 2钱半, 10-15克.

    >>> figure_grams("1两5钱"), figure_grams("2钱半"), figure_grams("10-15克")
    (45.0, 7.5, 15.0)
    """
    total, last = 0.0, 1.0
    half = text.endswith("半")
    figure = rf"\d+(?:\.\d+)?(?:/\d+)?(?:{RANGE}\d+(?:\.\d+)?)?"
    for part in re.finditer(rf"({figure}|[一二三四五六七八九])?[ ]?([a-zA-Z]+|[^\d\s半]+)", text):
        last = grams_of().get(part[2], 1.0)
        total += number(part[1] or "1") * last
    return round(total + (0.5 * last if half else 0.0), 4)
