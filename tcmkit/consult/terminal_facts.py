"""Who the patient is, asked shortly: each may be left open, and what is open stays unknown."""

from collections.abc import Iterator
from typing import Literal, NamedTuple, get_args

from tcmkit.consult.answers import is_no, is_unknown, is_yes
from tcmkit.language import both
from tcmkit.safety import patient_of

Fact = Literal["age", "sex", "pregnant", "medications"]
_NAMES: dict[str, Fact] = {"年龄": "age", "性别": "sex", "怀孕": "pregnant", "用药": "medications"}
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
    """
    if not words or is_unknown(words):
        return ""
    if fact == "medications":
        return "无" if is_no(words) or words.strip("。.") in _NO_MEDICINE else words
    if fact == "pregnant" and (is_no(words) or is_yes(words)):
        return "否" if is_no(words) else "是"
    patient = patient_of({fact: words})
    read = {"age": patient.months, "sex": patient.sex, "pregnant": patient.pregnant}[fact]
    return None if read is None else words
