"""A model as the judge of consultations (JingFang, judging a consultation): four dimensions, pairs in both orders."""

from collections.abc import Generator
from typing import Any

from tcmkit.evaluate.consultation import Transcript
from tcmkit.llm import Call, load

DIMENSIONS = ("proactiveness", "accuracy", "practicality", "overall")
_LONGEST = 6000
"""Characters of a dialogue that the judge is shown."""
_MARKS = {
    "type": "object",
    "properties": {name: {"enum": list(range(1, 11))} for name in DIMENSIONS},
    "required": list(DIMENSIONS),
}
_BETTER = {
    "type": "object",
    "properties": {name: {"enum": ["A", "B", "tie"]} for name in DIMENSIONS},
    "required": list(DIMENSIONS),
}
_SPEAKERS = {"doctor": "医", "patient": "患", "red_flag": "警示"}


def marks(transcript: Transcript, prompt: str | None) -> Generator[Call, Any, dict[str, int]]:
    """One to ten for each dimension. Raises RecordError when the model gives none that will do."""
    messages = load("consult-marks", prompt).messages({"case": _case(transcript), "consultation": dialogue(transcript)})
    answer = yield Call(messages, _MARKS, expected_tokens=40)
    return {name: int(answer[name]) for name in DIMENSIONS}


def outcomes(one: Transcript, other: Transcript, prompt: str | None) -> Generator[Call, Any, dict[str, str]]:
    """win, loss or tie of the first, by dimension: asked twice with the order swapped, a tie when both disagree."""
    first = yield _pair(one, other, prompt)
    second = yield _pair(other, one, prompt)
    return {name: outcome(first[name], second[name]) for name in DIMENSIONS}


def outcome(first: str, second: str) -> str:
    """Of two verdicts, the second with the order swapped: the judge must mean the same consultation both times.

    >>> outcome("A", "B"), outcome("B", "A"), outcome("A", "A"), outcome("A", "tie")
    ('win', 'loss', 'tie', 'tie')
    """
    return {("A", "B"): "win", ("B", "A"): "loss"}.get((first, second), "tie")


def _pair(first: Transcript, second: Transcript, prompt: str | None) -> Call:
    told = {"case": _case(first), "first": dialogue(first), "second": dialogue(second)}
    return Call(load("consult-better", prompt).messages(told), _BETTER, expected_tokens=40)


def _case(transcript: Transcript) -> str:
    return str(transcript.case["text"]) if transcript.case else "（无病历）"


def dialogue(transcript: Transcript) -> str:
    """The turns as lines, and what was concluded."""
    lines = [f"{_SPEAKERS.get(turn['role'], turn['role'])}：{turn['text']}" for turn in transcript.turns]
    named = ((transcript.consultation.get("advice") or {}).get("syndrome") or {}).get("syndrome")
    return "\n".join([*lines, *([f"辨证：{named}"] if named else [])])[:_LONGEST]
