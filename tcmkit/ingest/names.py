"""Lines that are the name of a herb, formula, point or disease, and whether a monograph follows."""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from tcmkit.tables import table
from tcmkit.text import labels
from tcmkit.text.edges import HAN
from tcmkit.text.nature import nature_at

LOOK_AHEAD = 8
"""Lines behind a name in which its labels are looked for."""
_REMEMBERED = 64
"""Lines up to this length are remembered: names are short, and come again."""
_LONGEST = 4000
"""A line from this length on is no name and does not begin with one."""
_NUMERAL = "[一二三四五六七八九十百0-9]{1,3}"
_COUNTED = r"[0-9]{1,3}(?:\.[0-9]{1,3})*"
_NUMBER = (
    rf"(?:第?(?:{_NUMERAL}|{_COUNTED})[、.．)）][ \t]*|[（(]{_NUMERAL}[）)][ \t]*|{_COUNTED}[ \t]+|[-*+•·●◆■▲○][ \t]+)?"
)
_LINE = re.compile(
    rf"^{_NUMBER}(?:\*\*|__)?(?P<open>[【〔\[「《]?)(?P<name>[{HAN}]{{1,12}})(?P<shut>[】〕\]」》]?)(?:\*\*|__)?"
    r"(?P<aside>(?:[ \t]*(?:[（(][^（）()\n]{1,40}[）)]|《[^《》\n]{1,24}》))?"
    r"(?:[ \t]+[A-Za-zÀ-ǜ][A-Za-zÀ-ǜ .,'-]{1,60})?)"
    r"(?:[ \t]*(?P<sep>[：:]|(?<=[ \t]))(?:\*\*|__)?[ \t]*(?P<rest>\S.*)?)?$"
)
_FORMULA = re.compile(rf"[{HAN}]{{2,12}}(?:汤|散|丸|圆|饮|饮子|膏|丹|煎|方|颗粒|胶囊|合剂|口服液|冲剂|糖浆|酒|露)$")
_UNIT = "(?:g|克|钱|两|分|枚|片|个|斤|升|mg|ml|毫升)"
_AMOUNT = rf"[0-9一二三四五六七八九十半]+(?:\.[0-9]+)?[ ]?{_UNIT}"
_ITEM = rf"[{HAN}]{{1,6}}(?:[（(][^（）()\n]{{1,12}}[）)])?[ ]?{_AMOUNT}"
_DOSES = re.compile(rf"(?:{_ITEM}[（(]?[^，、；。\n]{{0,8}}[，、；,; ]*){{2}}")
_ORIGIN = re.compile(r"(?:本品)?(?:为|系|是).{1,24}科.{1,24}的|(?:又名|别名|一名|异名|亦称|又称)")
_TREATS = re.compile("(?:主治|功能|专治|能治|治(?!疗|法|则|病)|主(?!之|要)|用于)")
_GOES_ON = re.compile("以上|上[药方述件]|水煎|煎服|每[日服次]|诸药|共[研为]|各[等药]|加减|连服|适量|等")
_ASSISTS = re.compile("[为是][君臣佐使]|[君臣佐使]药|方中|本方")
_NO_NAME = re.compile(r"[的了是之也者与和及或等在有不无其此该我你他您们]|[一二三四五六七八九十0-9]$")


class Name(NamedTuple):
    """A name at the beginning of a line."""

    text: str
    known: bool
    """It stands in a table."""
    rest: str = ""
    """What stands behind it and its colon."""
    aside: str = ""
    """Its book, its other names, its name in letters: what stands between it and the colon."""

    @property
    def written(self) -> str:
        """The name and, in brackets as notes on a heading are, what stands beside it."""
        return self.text + (self.aside if self.aside.startswith(("（", "(")) or not self.aside else f"（{self.aside}）")


@cache
def _known() -> frozenset[str]:
    """Names of herbs, formulas, points and diseases that the tables hold."""
    herbs, points = table("herbs"), table("acupoints")
    formulas = (row["name"] for row in table("formulas")["formulas"])
    places = {*points["codes"], *points["extra"], *points["older_names"]}
    named = {*herbs["names"], *herbs["single"], *formulas, *places, *(f"{place}穴" for place in places)}
    return frozenset(named | set(table("disease_names")["names"]))


@cache
def _defining() -> frozenset[str]:
    """Labels that say what a text is about: one of these stands in every monograph."""
    aspects = table("gen_qa")["aspects"]
    wanted = {
        "herb": ("nature", "channel", "nature_channel", "origin"),
        "formula": ("composition",),
        "acupoint": ("location",),
        "disease": ("definition", "cause", "symptom"),
    }
    return frozenset(label for kind, names in wanted.items() for name in names for label in aspects[kind][name][0])


def bare(heading: str) -> str:
    """A heading without its number, marks and colon.

    >>> bare("一、【组成】"), bare("2.1 用法："), bare("桂枝汤")
    ('组成', '用法', '桂枝汤')
    """
    match = _LINE.match(heading.strip())
    return match["name"] if match and not match["rest"] else heading.strip()


def aside(heading: str) -> str:
    """What stands beside the name that `bare` gives: 组成（成人量） has （成人量）."""
    match = _LINE.match(heading.strip())
    return match["aside"].strip() if match and not match["rest"] else ""


def parse(line: str) -> Name | None:
    """The name that a line is or begins with; None for a label, a sentence, anything that is no name.

    >>> parse("一、黄芪 Huangqi"), parse("【功效】补气"), parse("当归10g")
    (Name(text='黄芪', known=True, rest='', aside='Huangqi'), None, None)
    >>> parse("黄芪：味甘，微温")
    Name(text='黄芪', known=True, rest='味甘，微温', aside='')
    """
    if len(line) <= _REMEMBERED:
        return _parse_short(line)
    return _parse(line) if len(line) < _LONGEST else None


def _parse(line: str) -> Name | None:
    match = _LINE.match(line)
    if match is None or bool(match["open"]) != bool(match["shut"]):
        return None
    name, rest, beside = match["name"], (match["rest"] or "").strip(), match["aside"].strip()
    if name in labels.known_labels():
        return None
    if name in _known():
        return Name(name, True, rest, beside)
    unlikely = len(name) < 2 or len(name) > 10 or match["open"] or _NO_NAME.search(name)
    return None if unlikely else Name(name, False, rest, beside)


_parse_short = lru_cache(maxsize=1 << 12)(_parse)


def is_formula(name: str) -> bool:
    """Whether a name is made as those of formulas are."""
    return _FORMULA.match(name) is not None


def assists(text: str) -> bool:
    """Whether a text speaks of a herb's part in a formula (为君, 佐药)."""
    return _ASSISTS.search(text) is not None


def goes_on(text: str) -> bool:
    """Whether a text speaks of names listed before it (以上三味…, 水煎服)."""
    return _GOES_ON.match(text) is not None


def opens_monograph(name: Name, text: str) -> bool:
    """Whether a text begins as a monograph about the name does: with a label, its nature, its origin, doses."""
    first = text.split("\n", 1)[0]
    label = labels.begins(first, bare=labels.has_bare(text))
    doses = is_formula(name.text) and _DOSES.match(first) is not None
    if name.known:
        nature = nature_at(first, 0)
        told = bool(nature or _ORIGIN.match(first)) and not assists(first)
        return bool(label) or doses or told or (is_formula(name.text) and _TREATS.match(first) is not None)
    given = {found.name for found in labels.find(text)}
    if is_formula(name.text):
        return doses or bool(label and given & _defining())
    return bool(label and given & _defining()) and len(given & labels.known_labels()) > 1
