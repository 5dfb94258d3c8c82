"""Numbers and doses of a text, in Chinese or Arabic figures, so that 三两 and 3两 are the same."""

import re
from functools import cache
from typing import NamedTuple

from tcmkit import herbs
from tcmkit.herbs.amounts import alternatives
from tcmkit.tables import table

_ARABIC = r"\d+(?:\.\d+)?"
_CHINESE = r"(?:[零〇一二三四五六七八九十百千廿卅]+|半|两三|两(?![两钱铢分厘]))"
_TO = r" ?[-~～—–至到] ?"
_FEW = re.compile(r"[一二三四五六七八九两][一二三四五六七八九]")


class Number(NamedTuple):
    """A number at text[start:end] with its unit, empty where it has none. `values` are two for a range."""

    start: int
    end: int
    text: str
    values: tuple[float, ...]
    unit: str
    dose: bool

    @property
    def key(self) -> tuple[tuple[float, ...], str]:
        """What must be the same in a translation."""
        return self.values, self.unit


@cache
def _pattern() -> re.Pattern[str]:
    terms = table("locked_terms")
    units = alternatives([*terms["dose"], *terms["units"], *terms["same"]])
    return re.compile(
        rf"(?<![0-9.A-Za-z])(?P<first>{_ARABIC}|{_CHINESE})(?:{_TO}(?P<last>{_ARABIC}|{_CHINESE}))?"
        rf"[ ]?(?:大|小)?(?P<unit>(?!两[日天次个])(?:{units}))?(?P<half>半)?"
    )


def numbers(text: str) -> list[Number]:
    """Every number of a text, in order.

    >>> [(item.text, item.values, item.unit) for item in numbers("麻黄三两半，二三日，15-20克")]
    [('三两半', (3.5,), '两'), ('二三日', (2.0, 3.0), '日'), ('15-20克', (15.0, 20.0), '克')]
    """
    terms = table("locked_terms")
    found = []
    for match in _pattern().finditer(text):
        unit = terms["same"].get(match["unit"], match["unit"]) or ""
        if match[0].startswith("十分") and not match["half"]:
            continue  # very
        values = _values(match["first"]) + (_values(match["last"]) if match["last"] else ())
        if match["half"] and unit:
            values = (*values[:-1], values[-1] + 0.5)
        found.append(Number(match.start(), match.end(), match[0], values, unit, unit in terms["dose"]))
    return found


def _values(figure: str) -> tuple[float, ...]:
    """One value, or two for 二三."""
    if _FEW.fullmatch(figure):
        return tuple(float(herbs.number(digit)) for digit in figure)
    return (float(_thousands(figure)),)


def _thousands(figure: str) -> float:
    """千 beside what `herbs.number` knows."""
    above, thousand, rest = figure.rpartition("千")
    if not thousand:
        return herbs.number(figure)
    return (herbs.number(above) if above else 1) * 1000 + (herbs.number(rest) if rest else 0)


def is_stated(number: Number) -> bool:
    """Whether a number says how much or how often: it has a unit, or is no lone numeral (一切, 五脏)."""
    return (
        bool(number.unit) or number.text[0].isascii() or (len(number.text) > 1 and not set(number.text) <= set("百千"))
    )
