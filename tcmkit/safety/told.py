"""What a line or a history says of the patient: medicines that are taken, and states of which the tables know little.

What is denied, ended, another's, or an allergy does not count. In doubt it does: a warning too many is cheaper than
a medicine overlooked.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from tcmkit.herbs import alternatives, fold
from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon

_CLAUSE_END = re.compile(r"[，,。；;\n]")
_LIST = r"(?:[^，,。；;：:\n\s]{1,14}[、/和及或与])*"
"""Names before this one in a list."""
_TAKE = r"(?:服药|服用|口服|内服|服|使用|应用|用药|用|吃|注射|接受|给予|打)(?:过)?"
_HOW = r"(?:再|曾|有|在|长期|同时|继续|正在|任何|特殊)*"
_BEFORE = re.compile(
    r"(?:否认(?:(?![、\s](?:现|长期|正在|规律)*(?:口服|服))[^，,。；;\n但改换现]){0,30}"
    rf"|(?:没有?|无|从未|从不|非|拒绝?|未|不|禁|忌|避免|勿){_HOW}(?:{_TAKE}{_LIST})?"
    rf"|过敏(?:史|原|药物?)?[：:]\s*{_LIST}"
    r"|(?:家族史|父亲?|母亲?|爸|妈(?!富隆)|祖父|祖母|爷爷|奶奶|丈夫|妻子|配偶|family history)[^，,。；;\n但]{0,12}"
    r"|\b(?:no|without|stopped|off|discontinued|quit|allerg\w+ to)\s+(?:taking\s+)?(?:\w+\s+(?:and|or)\s+)*"
    r"|\b(?:not|never|denies|no longer)\s+(?:currently\s+|been\s+)?(?:(?:on|tak\w+|us\w+)\s+)?(?:\w+\s+(?:and|or)\s+)*"
    r")$",
)
_STOP = (
    r"(?<![未没不勿莫别能敢可愿拟需要])(?<!建议|准备|计划|考虑|能否|可否|是否|要求|打算|何时|必须|应该)"
    r"停(?![经酒烟跳])(?:用|服|掉|止|药|了|过)*"
)
_STOPPED_BEFORE = re.compile(rf"{_STOP}(?:服用|口服|使用|应用)?{_LIST}$")
_SPAN = r"[\d一二两三四五六七八九十半数多余几.]+\s*"
_DOSE = r"[片钠钙胶囊丸针剂治疗抗凝每日天早晚一二三两四五六次年个月余半多后曾于因故a-z0-9.% ]"
_RECENT = re.compile(rf"{_DOSE}{{0,8}}?{_SPAN}(?:天|日|小时|周|days?)")
_JUST = re.compile(r"(?:昨|今|前天|近日|刚|本周)[^，,。；;\n]*$")
_STOPPED_AFTER = re.compile(
    rf"{_DOSE}{{0,14}}?[，,(]?(?:现|后|目前|均|都|早|自行|已经?)*{_STOP}"
    rf"(?:\s*[约近已]?{_SPAN}[余多]?(?:年|个?月)|(?=[，,。；;)\n]|$))"
)
_NEVER_AFTER = re.compile(
    rf"{_DOSE}{{0,4}}(?:(?:药物)?过敏|不耐受|服用史[：:]?无|未服|未用|没吃|拒服|\s*(?:allerg|intoleran|stopped|discont))"
)
_NONE_AFTER = re.compile(r"(?:病|症)?史?(?:[：:]\s*)?(?:无|否|\(-\)|阴性)(?=[，,。；;、\n]|$)")
_TAKING = re.compile(
    r"(?:用药史?|服药史?|药物|西药|medications?|medicines?|drugs?|taking|takes)\s*[：:]?\s*(?<=[：:gs\s])(?=\S)"
    r"|(?<![舒衣克屈信佩制征折说收])(?:口服|内服|服用|服食|服(?![役务装刑毒软输贴]))(?!后)"
    r"|(?:长期|正在|在|每[天日])(?:使?用|吃)(?=[^，,。；;\n]{0,8}[药片丸胶])"
    r"|吃(?=[^，,。；;\n]{0,6}药)",
    re.IGNORECASE,
)
_NOT_TAKING = re.compile(
    rf"(?:否认[^，,。；;\n但改换现]{{0,12}}|(?:没有?|无|未|不|从未|从不|拒绝?|非){_HOW}|{_STOP}|\b(?:no|not)\s+)$"
)
_NOTHING = re.compile(
    r"(?:史|情况)?[：:]?\s*(?:暂)?(?:无|没有|否认|none|no|nil|无特殊|未服|未用)(?:药|服药|用药|特殊)?", re.IGNORECASE
)
_AND = re.compile(r"[、+/]|(?:和|及|与)(?=[\u3400-\u9fff])|\band\b")


_LONGEST = 20
"""Characters of an unknown medicine that are quoted."""


_UNNAMED = re.compile(
    r"(?:我|现在|目前|平时|一直|每天|天天|是|对|嗯|有|在|都|还|也)*(?:吃|服用?|用)?(?:着|了|的|过)*(?:好?几种|一些|一点儿?|点儿?|很多|不少)?"
    r"(?:[中西]药|草药|药物?)?(?:呢|的|啊|吧|呀|哦)*"
    r"|(?:yes|yeah|yep|i do|some(?: (?:pills?|drugs?|medicines?))?|a few)",
    re.IGNORECASE,
)


def names_none(words: str) -> bool:
    """Whether words say that medicines are taken, and not which.

    >>> names_none("有"), names_none("在吃中药呢"), names_none("有华法林")
    (True, True, False)
    """
    bare = words.strip("，,。.!！ ")
    return bool(bare) and _UNNAMED.fullmatch(bare) is not None


class State(NamedTuple):
    """A state of the patient that is told, in the words of the line."""

    row: dict[str, Any]
    text: str


@cache
def medicines() -> Lexicon[str]:
    """The names of medicines, in small letters, each with its group."""
    groups = table("safety_drugs")["groups"]
    return Lexicon({plain(name): group["id"] for group in groups for name in group["names"]})


def plain(text: str) -> str:
    """Simplified characters and small letters, of the same length.

    >>> plain("服華法林 Aspirin")
    '服华法林 aspirin'
    """
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in fold(text))


def taken(text: str) -> list[str]:
    """The medicines that a text says are taken, as written: those of the tables, and those it only says are taken.

    >>> taken("男，70岁，房颤，服华法林"), taken("停用华法林3年，现服乌有片"), taken("否认服药")
    (['华法林'], ['乌有片'], [])
    """
    line = plain(text)
    found = [(start, text[start:end]) for start, end, _ in known(line) if affirmed(line, start, end)]
    return list(dict.fromkeys(name for _, name in sorted([*found, *_unknown(text, line)])))


def known(line: str) -> Iterator[tuple[int, int, str]]:
    """Names of the tables where a text means a medicine by them, not 胰岛素抵抗 or 雌激素水平."""
    for start, end, group in medicines().spans(line):
        ascii_inside = line[start].isascii() and line[start - 1 : start].isalpha() and line[start - 1].isascii()
        if not (ascii_inside or _own_substance().match(line, end) or _part_of_name().search(line, 0, start)):
            yield start, end, group


@cache
def _own_substance() -> re.Pattern[str]:
    return re.compile(alternatives(table("safety_drugs")["told"]["of_the_body_after"]))


@cache
def _part_of_name() -> re.Pattern[str]:
    return re.compile(rf"(?:{alternatives(table('safety_drugs')['told']['of_the_body_before'])})$")


def affirmed(line: str, start: int, end: int) -> bool:
    """Whether a medicine at line[start:end] is taken: neither denied nor ended nor another's; a `plain` line."""
    after = line[end:]
    if not told(line, start, end) or _NEVER_AFTER.match(after):
        return False
    before = _clause(line, start)
    if _STOPPED_BEFORE.search(before):
        return bool(_RECENT.match(after) or _JUST.search(before))
    return _STOPPED_AFTER.match(after) is None


def told(line: str, start: int, end: int) -> bool:
    """Whether what stands at line[start:end] is the patient's and not denied; a `plain` line."""
    return not (_BEFORE.search(_clause(line, start)) or _NONE_AFTER.match(line, end))


def _clause(line: str, place: int) -> str:
    """The clause so far."""
    ends = [match.end() for match in _CLAUSE_END.finditer(line, 0, place)]
    return line[ends[-1] if ends else 0 : place]


def _unknown(text: str, line: str) -> Iterator[tuple[int, str]]:
    """What is said to be taken and is in no table: to be told, since nothing about it was checked."""
    for verb in _TAKING.finditer(line):
        if _NOT_TAKING.search(_clause(line, verb.start())):
            continue
        clause = _CLAUSE_END.split(line[verb.end() :], maxsplit=1)[0]
        for start, end in _parts(clause):
            part = clause[start:end]
            if not (any(known(part)) or _NOTHING.match(part) or _TAKING.search(part)):
                shown = text[verb.end() + start : verb.end() + end].strip()[:_LONGEST]
                yield verb.end() + start, verb[0] + shown if shown.startswith("药") else shown


def _parts(clause: str) -> Iterator[tuple[int, int]]:
    """The parts of a list that are not empty."""
    edges = [0, *(edge for match in _AND.finditer(clause) for edge in match.span()), len(clause)]
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if clause[start:end].strip():
            yield start, end


@cache
def _states() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    return [(re.compile("|".join(row["patterns"])), row) for row in table("safety_drugs")["told"]["states"]]


def states(text: str) -> list[State]:
    """The states of the patient that a text tells and of which the tables know little, each once."""
    line = plain(text)
    found = []
    for pattern, row in _states():
        for match in pattern.finditer(line):
            stands = affirmed if row.get("ends") else told
            if stands(line, *match.span()):
                found.append(State(row, text[match.start() : match.end()]))
                break
    return found
