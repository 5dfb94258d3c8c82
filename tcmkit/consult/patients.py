"""Patients that play a case: faithful to it, brief, answering only what is asked (JingFang, judging a consultation)."""

import re
from collections.abc import Sequence
from typing import Any

from tcmkit.clean_tqs import fold
from tcmkit.consult.asking import Question
from tcmkit.consult.chart import dimensions
from tcmkit.records import Record, spans_of

_MOST_FINDINGS = 6
"""Findings in one answer."""
_LONG_ANSWER = 40
"""An answer that has so many characters says no more; the rest comes when it is asked again."""
_MOST_OPENING = 80
"""Characters of what the patient says first, about."""
_MOST_BEFORE = 6
"""Characters that may stand before a quotation, to say where or since when."""
_CLAUSE_END = re.compile(r"[，,。；;！!\n]")
_BREAK = re.compile(r"[，,。；;：:！!？?、\s“”\"‘’（）()《》]")
_LEAD = re.compile(
    r"^(?:病程中|入院时|入院症见|刻下|患者|目前|现在|偶有|时有|伴有|有|仍|现|今|并|伴|及|和|且|与|或|但|则)+"
)
_NARRATED = re.compile(r"[患者出现因予为由治诊院我其示见述诉未请]")
"""What a doctor wrote around a finding, and no patient says."""
_NEGATED = ("无", "不", "没", "未", "否认")
_DIAGNOSED = re.compile(
    r"(?:确诊|诊断|诊为|拟诊|考虑|(?<!模)拟|(?<=门诊)[以因]|[以因](?=[“\"‘]))[为是：:]*[“\"‘]?"
    r"([^，。；：“”\"‘’（）()]{2,24}?)(?=[”\"’（(，。；]|急?收[入住治]|入院|住院|$)"
)
_SHOWN = re.compile(
    r"(?:示|提示|[：:](?=\d?[.、]?))((?:[^，。；：\s]{0,12}?)(?:炎|癌|病|溃疡|息肉|结石|骨折|突出|梗[死塞]|出血|增生|积液|结节))"
)
"""What an examination is said to have shown."""
_NO_DIAGNOSIS = re.compile(r"[诊疗治收医院后？?我]|进一步|检查|[行择期]手?术|可能|描述|排除")
NOTHING = "没有注意到。"
NOTHING_MORE = "别的没有注意到。"


class CasePatient:
    """Answers out of a cleaned case, by rules: its own words about the dimension that was asked about, each once."""

    def __init__(self, case: Record) -> None:
        """`case` is a Case of `tcm clean-tqs`."""
        self._case = case
        self._findings = _in_order(case)
        self._told: set[str] = set()
        self._asked: set[str] = set()

    @property
    def case_text(self) -> str:
        """The record that is played."""
        return str(self._case["text"])

    def opening(self) -> str:
        """Why the patient has come: the complaint, shortly."""
        given = self._case.get("chief_complaint")
        words = given.strip() if isinstance(given, str) and given.strip() else _first_words(self._case["text"])
        self._told |= {_key(one) for one in self._findings if one["text"] in words and one["polarity"] == "present"}
        return words

    def answer(self, questions: Sequence[Question]) -> list[str]:
        """One answer for each question."""
        return [self._about(question.dimension) for question in questions]

    def _about(self, dimension: str) -> str:
        said: list[str] = []
        for one in self._findings:
            if one["dimension"] != dimension or _key(one) in self._told:
                continue
            if len(said) == _MOST_FINDINGS or sum(map(len, said)) >= _LONG_ANSWER:
                break
            self._told.add(_key(one))
            said.append(_spoken(one))
        if dimension == "history" and dimension not in self._asked:
            said += [words for words in diagnoses(self._case) if words not in "，".join(said)]
        known = dimension in self._asked or any(one["dimension"] == dimension for one in self._findings)
        self._asked.add(dimension)
        return "，".join(said) + "。" if said else NOTHING_MORE if known else NOTHING


class ScriptedPatient:
    """Says what a list holds, one line an answer; then nothing more."""

    def __init__(self, lines: Sequence[str]) -> None:
        """The first line is why the patient has come."""
        self._lines = list(lines)

    def opening(self) -> str:
        """The first line."""
        return self._lines.pop(0) if self._lines else ""

    def answer(self, questions: Sequence[Question]) -> list[str]:
        """The next lines; empty when there are no more."""
        return [self._lines.pop(0) if self._lines else "" for _question in questions]


def diagnoses(case: Record) -> list[str]:
    """What the patient has been told that it is: patients say so when they are asked about their history.

    >>> admitted = {"category": "administrative", "text": "门诊以“胃溃疡”收入我科", "start": 9, "end": 21}
    >>> diagnoses({"removed": [admitted]})
    ['诊断为胃溃疡']
    """
    kinds = ("western_diagnosis", "administrative")
    left_out = spans_of(case, "removed", "category")
    removed = [one for one in left_out if one["category"] in kinds]
    stated = [one for one in spans_of(case, "stated", "kind") if one["kind"] == "disease"]
    found = sorted(removed + stated, key=lambda one: one["start"])
    shown = [one for one in left_out if one["category"] == "instrument_result"]
    said = [f"诊断为{name}" for name in _names(_DIAGNOSED, found)] + [f"查出{name}" for name in _names(_SHOWN, shown)]
    return said[:_MOST_FINDINGS]


def _names(pattern: re.Pattern[str], spans: Sequence[Record]) -> list[str]:
    names = dict.fromkeys(match[1].strip("0123456789.、 ") for one in spans for match in pattern.finditer(one["text"]))
    return [name for name in names if len(name) > 1 and not _NO_DIAGNOSIS.search(name)]


def _in_order(case: Record) -> list[dict[str, Any]]:
    """Findings with their dimension and the words that stand between them and what is before, in the text's order."""
    found = [{**finding, "dimension": name} for name in dimensions() for finding in case.get("tqs", {}).get(name, ())]
    found.sort(key=lambda one: (one["start"], one["end"]))
    last = 0
    for one in found:
        one["before"] = _before(case["text"], last, one["start"])
        last = max(last, one["end"])
    return found


def _before(text: str, last: int, start: int) -> str:
    """The few words right before a finding that belong to it: where it is, since when."""
    words = text[max(last, start - 2 * _MOST_BEFORE) : max(last, start)]
    words = _LEAD.sub("", _BREAK.split(words)[-1])
    return "" if len(words) > _MOST_BEFORE or _NARRATED.search(words) else words


def _key(finding: dict[str, Any]) -> str:
    return f"{finding['dimension']}\x1f{finding['polarity']}\x1f{fold(finding['text'])}"


def _spoken(finding: dict[str, Any]) -> str:
    words = finding["before"] + str(finding["text"])
    is_bare = finding["polarity"] == "absent" and not any(
        words.startswith(no) or no in finding["before"] for no in _NEGATED
    )
    return f"无{words}" if is_bare else words


def _first_words(text: str) -> str:
    """The beginning, to about 80 characters, where a clause ends."""
    words = text.strip()
    if len(words) <= _MOST_OPENING:
        return words
    ends = [match.end() for match in _CLAUSE_END.finditer(words, 0, 2 * _MOST_OPENING)]
    past = [end for end in ends if end >= _MOST_OPENING]
    return words[: (past or ends or [_MOST_OPENING])[0]].rstrip("，,；;、")
