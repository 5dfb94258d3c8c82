"""Patients that play a case: faithful to it, brief, answering only what is asked (JingFang, judging a consultation)."""

import re
from collections.abc import Sequence
from typing import Any

from tcmkit.consult.asking import Question
from tcmkit.consult.chart import dimensions
from tcmkit.records import Record

_MOST_FINDINGS = 6
"""Findings in one answer."""
_MOST_OPENING = 80
"""Characters of what the patient says first, about."""
_CLAUSE_END = re.compile(r"[，,。；;！!\n]")
NOTHING = "没有注意到。"


class CasePatient:
    """Answers out of a cleaned case, by rules: quotations of the dimension that was asked about."""

    def __init__(self, case: Record) -> None:
        """`case` is a Case of `tcm clean-tqs`."""
        self._case = case
        self._told: set[tuple[int, int]] = set()

    @property
    def case_text(self) -> str:
        """The record that is played."""
        return str(self._case["text"])

    def opening(self) -> str:
        """Why the patient has come: the complaint, shortly."""
        given = self._case.get("chief_complaint")
        if isinstance(given, str) and given.strip():
            return given.strip()
        return _first_words(self._case["text"])

    def answer(self, questions: Sequence[Question]) -> list[str]:
        """One answer for each question."""
        return [self._about(question.dimension) for question in questions]

    def _about(self, dimension: str) -> str:
        found = [one for one in _in_order(self._case) if one["dimension"] == dimension]
        fresh = [one for one in found if (one["start"], one["end"]) not in self._told]
        self._told |= {(one["start"], one["end"]) for one in fresh[:_MOST_FINDINGS]}
        said = [_spoken(one) for one in fresh[:_MOST_FINDINGS]]
        if dimension == "history":
            said += _diagnoses(self._case)
        return "，".join(said) + "。" if said else NOTHING


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


def _in_order(case: Record) -> list[dict[str, Any]]:
    found = [{**finding, "dimension": name} for name in dimensions() for finding in case.get("tqs", {}).get(name, ())]
    return sorted(found, key=lambda one: (one["start"], one["end"]))


def _spoken(finding: dict[str, Any]) -> str:
    text = str(finding["text"])
    return (
        f"无{text}"
        if finding["polarity"] == "absent" and not text.startswith(("无", "不", "没", "未", "否认"))
        else text
    )


def _diagnoses(case: Record) -> list[str]:
    """What the patient has been told that it is: patients say so when they are asked about their history."""
    removed = [one for one in case.get("removed", ()) if one["category"] == "western_diagnosis"]
    stated = [one for one in case.get("stated", ()) if one["kind"] == "disease"]
    found = sorted(removed + stated, key=lambda one: one["start"])
    return list(dict.fromkeys(str(one["text"]).strip("，。；") for one in found))[:_MOST_FINDINGS]


def _first_words(text: str) -> str:
    """The beginning, to about 80 characters, where a clause ends."""
    words = text.strip()
    if len(words) <= _MOST_OPENING:
        return words
    ends = [match.end() for match in _CLAUSE_END.finditer(words, 0, 2 * _MOST_OPENING)]
    past = [end for end in ends if end >= _MOST_OPENING]
    return words[: (past or ends or [_MOST_OPENING])[0]].rstrip("，,；;、")
