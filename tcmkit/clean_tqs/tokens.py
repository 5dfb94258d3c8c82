"""Clauses of a record, and the tokens of a clause."""

import re
from typing import NamedTuple

from tcmkit.text.lexicon import Match

from . import vocabulary as v
from .vocabulary import Term

Clause = tuple[int, int, str]
"""A stretch of text between two marks of punctuation: start, end, and the punctuation behind it (a line end before
any other, "" at the end of the text). A plain tuple: there are many."""


Token = tuple[int, int, Term]
"""A word of a clause at clause[start:end], with the part it plays. A plain tuple: there are even more."""


class Scan(NamedTuple):
    """The tokens of a clause."""

    tokens: list[Token]
    unread: bool
    """Whether there is a gap or a measure among them."""
    measured: bool
    """Whether there is a measure among them."""


_CLAUSE = re.compile(
    r" *((?:[^，。；：！？\n.… ]+|(?<=\d)[.：，](?=\d)|(?<=[A-Za-z\d])\.(?=[A-Za-z\d])| (?![㐀-鿿，。；：！？\n.… ]))+)"
    r" *([，。；：！？.…]?)[，。；：！？.…”’） ]*(\n?)"
)


def clauses(text: str) -> list[Clause]:
    """Clauses of a folded text: cut at punctuation, line ends and blanks before Chinese characters.

    >>> [text[start:end] for text in ["体温38.5℃，咳嗽。 舌红"] for start, end, _ in clauses(text)]
    ['体温38.5℃', '咳嗽', '舌红']
    """
    found: list[Clause] = []
    for match in _CLAUSE.finditer(text):
        start, end = match.span(1)
        mark = match[3] or match[2] or " "
        if end - start > _LONGEST:
            start = _cut_up(text, start, end, found)
        found.append((start, end, mark))
    if found and found[-1][2] == " ":
        found[-1] = (*found[-1][:2], "")
    return found


def _cut_up(text: str, start: int, end: int, found: list[Clause]) -> int:
    """Adds all parts of an endless clause but the last, whose start it returns: cut behind 、 where there is one."""
    while end - start > _LONGEST:
        at = text.rfind("、", start + 1, start + _LONGEST)
        at = at + 1 if at > 0 else start + _LONGEST
        found.append((start, at, "，"))
        start = at
    return start


_LONGEST = 160
_NUMBER = r"(?:\d++(?:\.\d++)?(?:[-~～至到]\d++(?:\.\d++)?)?|[一二三四五六七八九十百两数半几多廿]++)"
"""Possessive: what may follow a number is no part of one, so that to try a shorter one is in vain."""
_LONG = r"(?:年|个?月|周|天|日|小时|个小时|h|分钟|分|秒|星期|个星期|礼拜|旬|载|夜|昼夜|季|d|余年|余月|余日|余天)"
_QUANTITY = re.compile(
    r"(?=[\d一二三四五六七八九十百两数半几多廿<>每日夜约行解T体： G孕于近已将有第连持大不])(?:"
    r"(?P<date>(?:19|20)\d\d[年\-/.]\d{1,2}[月\-/.]\d{1,2}(?:日|号)?|(?:19|20)\d\d[年\-/.]\d{1,2}月?(?!\d))"
    r"|(?P<measure>[<>]?\d[\d.,]*\s?(?:[×xX*]\s?10\^?\d*/?L?|mmol/?L|[uμ]mol/?L|mg/?d?L|g/?L|U/?L|IU/?m?L|n?p?g/m?L"
    r"|mm/?\d?h|mmHg|/mm3|Kpa|KPa|ml/min|次/分|mIU/L|万/mm3|%)|\d{2,3}/\d{2,3}(?=$|[^/\d]))"
    rf"|(?P<rate>(?:每日|每天|日|一日|一天|每晚|每夜|夜|每周|每月|日行|日解|约)?(?:行|解|约)?{_NUMBER}余?次(?:左右|以上)?(?:/(?:日|天|d|分|夜|晚|周))?"
    rf"|(?:{_NUMBER}(?:日|天|d)|每日|每天|日)(?:约)?{_NUMBER}?(?:次|行|解))"
    r"|(?P<fever>(?:T|体温)?[： ]?(?:3[4-9]|4[0-2])(?:\.\d)?\s?(?:℃|°C|度(?!数)))"
    r"|(?P<birth>\d{1,2}(?:-\d)?/\d{2}(?:-\d{2})?天|G\d+P\d+(?:[AL]\d+)*|孕\d+产\d+)"
    rf"|(?P<age>{_NUMBER}\s?(?:岁|周岁)(?:余|半|零?\d+个?月)?)"
    r"|(?P<era>(?:于)?(?:19|20)\d\d年(?:初|底|末|春|夏|秋|冬|以来|开始|间|至今)*)"
    r"|(?P<day>\d{1,2}月\d{1,2}日)"
    rf"|(?P<time>(?:约|近|已近|已有|已|将近|有|第|连续|持续|大于|不足)?{_NUMBER}\s?(?:\+|余|多|来|数)?\s?{_LONG}"
    r"(?:余|多|许|半|有余|零\d+天)?(?:之?前|以来|来|之?后|以后|间|内|左右|之久|有余|开始|起|上午|下午)*(?:\d{1,2}：\d\d)?(?:左右)?))",
)  # fmt: skip
_NUMERAL = re.compile(r"[\d一二三四五六七八九十百两数半几多廿]")
_CHILD_AGE = 14
_MEASURE = Term(v.MEASURE)
_NOT = Term(v.NEGATOR)
_KINDS = {
    "date": Term(v.TIME, group="date"),
    "era": Term(v.TIME, group="era"),
    "time": Term(v.TIME, group="span"),
    "day": Term(v.TIME, group="span"),
    "measure": _MEASURE,
    "rate": Term(v.RATE),
    "age": Term(v.AGE),
    "fever": Term(v.HEAD, ("cold_heat",)),
    "birth": Term(v.HEAD, ("women",)),
}
GAP = Term(v.GAP)


def _merged(first: list[Token], second: list[Token]) -> list[Token]:
    """Both lists in order; of two that overlap the longer wins."""
    kept: list[Token] = []
    for token in sorted(first + second, key=lambda t: (t[0], t[0] - t[1])):
        start, end, _ = token
        while kept and start < kept[-1][1]:
            if end - start <= kept[-1][1] - kept[-1][0]:
                break
            kept.pop()
        else:
            kept.append(token)
    return kept


def _words(clause: str) -> list[Token]:
    """Words of the lexicon. 无痰 is a word, but 无痰中带血 denies 痰中带血."""
    known = v.lexicon().spans(clause)
    if "无" not in clause:
        return known
    for index, (start, end, term) in enumerate(known):
        if term.kind == v.HEAD and clause[start] == "无":
            behind = start + 1
            rest = [(a + behind, b + behind, c) for a, b, c in v.lexicon().spans(clause[behind:])]
            if rest and rest[0][0] == behind and rest[0][1] > end:
                return [*known[:index], (start, behind, _NOT), *rest]
    return known


def scan(clause: str) -> Scan:
    """Known words, quantities, and the gaps between them; together they cover the clause."""
    known = _words(clause)
    measured = False
    if _NUMERAL.search(clause):
        numbers = [(*match.span(), _KINDS[match.lastgroup or "time"]) for match in _QUANTITY.finditer(clause)]
        if numbers:
            known = _merged(known, numbers) if known else numbers
            measured = any([token[2] is _MEASURE for token in known])
    covered: list[Token] = []
    at = 0
    for token in known:
        if token[0] > at:
            covered.append((at, token[0], GAP))
        covered.append(token)
        at = token[1]
    if at < len(clause):
        covered.append((at, len(clause), GAP))
    return Scan(covered, measured or len(covered) > len(known), measured)


def tokenise(clause: str) -> list[Match[Term]]:
    """The tokens of a clause with names to their parts, for whom time does not press."""
    return list(map(Match._make, scan(clause).tokens))


def is_child(age: str) -> bool:
    """Whether an age (岁) is that of a child: 五岁, 7岁半.

    >>> is_child("五岁"), is_child("36岁")
    (True, False)
    """
    number = re.match(r"\d+|[一二三四五六七八九十]+", age)
    if number is None:
        return False
    digits = number.group()
    if digits.isdigit():
        return int(digits) <= _CHILD_AGE
    tens, _, ones = digits.rpartition("十")
    value = "一二三四五六七八九".find(ones) + 1 if ones else 0
    if "十" in digits:
        value += 10 * (("一二三四五六七八九".find(tens) + 1) if tens else 1)
    return 0 < value <= _CHILD_AGE
