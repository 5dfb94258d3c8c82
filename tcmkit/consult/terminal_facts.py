"""Who the patient is, asked shortly: each may be left open, and what is open stays unknown."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, get_args

from tcmkit.consult.answers import is_no, is_unknown, is_yes
from tcmkit.language import both
from tcmkit.safety import group_names, names_none, patient_of

Fact = Literal["age", "sex", "pregnant", "medications"]
WHO: tuple[Fact, ...] = ("age", "sex")
"""What a question hangs on: the rest is for the formulas."""
_NAMES: dict[str, Fact] = {"年龄": "age", "性别": "sex", "怀孕": "pregnant", "用药": "medications"}
_OLDEST = 130 * 12
"""Months: nobody is known to have reached so many."""
_LONGEST_NAME = 8
"""Han characters of a medicine's name."""
_HAN = re.compile("[\u3400-\u9fff]")
_PLAIN_AGE = re.compile(r"\d{1,3}\s*(?:周?岁|years?(?: old)?)?")
_NEVER = re.compile(
    r"不可能|(?<![未没近快])绝经|menopaus|impossible|(?:\bnot\b|n't)[^，,。；;]{0,12}pregnant|^no\b(?!.*pregnan)", re.I
)
_MAYBE = re.compile(
    r"可能|也许|或许|说不定|备孕|试孕|想怀|环|哺乳|喂奶"
    r"|possib|maybe|perhaps|might|could be|trying|breast|nursing|\biud\b",
    re.I,
)
_YES_AND = re.compile(r"(?:yes|yeah|yep|是|对|有)", re.I)
_WEEKS = re.compile(r"(\d{1,2})\s*(?:weeks?|wks?|周)", re.I)
_NO_MEDICINE = ("没吃药", "没有吃药", "没用药", "没有用药", "不吃药", "没在吃药", "没吃什么药", "没有在吃药")


class Asked(NamedTuple):
    """A question about the patient."""

    fact: Fact
    text: str


def questions(facts: dict[Fact, str]) -> Iterator[Asked]:
    """What is to be asked, one by one; `facts` is looked at anew before each."""
    for fact in get_args(Fact):
        if fact in facts or (fact == "pregnant" and not patient_of(dict(facts)).may_be_pregnant):
            continue
        yield Asked(fact, _texts()[fact])


def named(word: str) -> Asked | None:
    """The question that a name asks for, None when it names none."""
    fact = _NAMES.get(word) or next((name for name in get_args(Fact) if name == word.lower()), None)
    return Asked(fact, _texts()[fact]) if fact else None


def _texts() -> dict[Fact, str]:
    return {
        "age": both("Age? (for a small child in months: 8个月)", "年龄多大？（小孩可说几个月）"),
        "sex": both("Sex? (男 male, 女 female)", "性别？（男 / 女）"),
        "pregnant": both("Pregnant, or possibly? (yes, no, or weeks)", "是否怀孕，或可能怀孕？（是 / 否 / 几周）"),
        "medications": both(
            "Any medicine being taken now, Western or Chinese? (names; 无 for none)",
            "现在在吃什么药？中药西药都算。（说药名；没有就说“无”）",
        ),
    }


def taken(fact: Fact, words: str) -> str | None:
    """The fact as it is kept, "" where the speaker does not know, None where the words cannot be read.

    >>> taken("age", "30岁"), taken("pregnant", "没有"), taken("medications", "没吃药"), taken("sex", "随便")
    ('30岁', '否', '无', '')
    >>> taken("medications", "有") is None
    True
    """
    if not words or (is_unknown(words) and not _MAYBE.search(words)):
        return ""
    if fact == "medications":
        if names_none(words):
            return None
        return "无" if is_no(words) or words.strip("。.") in _NO_MEDICINE else words
    if fact == "pregnant":
        return _pregnancy(words)
    patient = patient_of({fact: words})
    if fact == "age":
        is_age = patient.months is not None and patient.months <= _OLDEST and not words.startswith(("-", "－"))
        return words if is_age else None
    return None if patient.sex is None else words


def _pregnancy(words: str) -> str | None:
    """What was said of a pregnancy; in its own words where it may be, or where they tell more (哺乳期).

    >>> [_pregnancy(said) for said in ("yes, 8 weeks", "not pregnant", "maybe", "绝经了", "随便")]
    ['孕8周', '否', 'maybe', '否', None]
    """
    if is_yes(words):
        return "是"
    if _MAYBE.search(words) and not _NEVER.search(words):
        return words
    if is_no(words) or _NEVER.search(words):
        return "否"
    if patient_of({"pregnant": words}).pregnant is not None:
        return words
    if _YES_AND.match(words):
        weeks = _WEEKS.search(words)
        return f"孕{weeks[1]}周" if weeks else "是"
    return None


def not_understood(fact: Fact) -> str:
    """What to say to words in which the fact is not to be found."""
    if fact == "medications":
        return both("Which? Their names, as on the package.", "是什么药？请说药名（药盒上的名字）。")
    how = {
        "age": both("Years, as in 45; of a small child months, as in 8 months.", "请说几岁，如 45；小孩可说 8个月。"),
        "sex": both("男 or male, 女 or female.", "请说男或女。"),
        "pregnant": both("Yes, no, or how many weeks.", "请说是、否，或怀孕几周。"),
    }.get(fact, "")
    return both("I did not understand that. ", "没有听懂。") + how


def understood(fact: Fact, kept: str) -> list[str]:
    """What was made of words that could be read otherwise, and which medicines the tables do not know."""
    if fact == "medications":
        return _of_medicines(kept) if kept != "无" else []
    patient = patient_of({fact: kept})
    if fact == "pregnant" and patient.pregnant is not None and kept not in ("是", "否"):
        return [both("Noted: ", "记下：") + (both("pregnant", "怀孕") if patient.pregnant else both("no", "未怀孕"))]
    if fact == "pregnant" and patient.pregnant is None:
        return [both("Noted: a pregnancy is not ruled out", "记下：不能排除怀孕")]
    if fact == "age" and patient.months is not None and not _PLAIN_AGE.fullmatch(kept):
        years, months = f"{round(patient.months / 12, 1):g}", f"{round(patient.months, 1):g}"
        in_years = patient.months >= 24
        return [
            both("Noted: ", "记下：")
            + (both(f"{years} years", f"{years} 岁") if in_years else both(f"{months} months", f"{months} 个月"))
        ]
    return []


def _of_medicines(kept: str) -> list[str]:
    taken_now = patient_of({"medications": kept}).medications
    if not taken_now:
        return [both("Noted: no medicine is being taken now.", "记下：现在没有在用药。")]
    lines, comma = [], both(", ", "、")
    groups = {name: comma.join(group_names(name)) for name in taken_now if group_names(name)}
    if groups:
        names = comma.join(both(f"{name} ({group})", f"{name}（{group}）") for name, group in groups.items())
        lines.append(
            both(
                f"Known: {names}; formulas are checked for the interactions in the tables.",
                f"认得：{names}；方剂按表中已知的相互作用核对。",
            )
        )
    if names := unknown_medicines(kept):
        lines.append(
            both(f"Not in the tables, so NOT checked; kept: {names}", f"表中没有，不能核对，照原话记下：{names}")
        )
    return lines


def unknown_medicines(kept: str) -> str:
    """The medicines of an answer that the tables do not know, so that nothing is checked against them.

    Of a sentence that can be no name of a medicine only that it was said, so nobody's words stand there as one.

    >>> unknown_medicines("小蓝片、华法林"), unknown_medicines("医生说的那种每天早上吃的药")
    ('小蓝片', 'what was said')
    """
    names = [name for name in patient_of({"medications": kept}).medications if not group_names(name)]
    if any(len(_HAN.findall(name)) > _LONGEST_NAME or len(name) > 3 * _LONGEST_NAME for name in names):
        return both("what was said", "所说的药")
    return both(", ", "、").join(names)
