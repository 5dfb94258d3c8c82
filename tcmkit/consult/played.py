"""A patient whose case a model plays; by rules where there is no model, or it gives no answer that will do."""

import re
from collections.abc import Generator, Sequence
from typing import Any

from tcmkit.consult.asking import Question
from tcmkit.consult.limits import babbles, one_line
from tcmkit.consult.loop import Patient
from tcmkit.consult.patients import CasePatient
from tcmkit.errors import RecordError
from tcmkit.llm import Call, ReplyError, load

_LONGEST = 120
"""Characters of an answer; the prompt asks for forty."""
_WORDS = re.compile(r"[^\W\d_]")


class PlayedPatient:
    """Answers the questions of a round, and counts who did."""

    def __init__(self, patient: Patient, model: int | None) -> None:
        """`model` is the number of the run's model that plays a case; None plays by rules."""
        self._patient = patient
        self._model = model if isinstance(patient, CasePatient) else None
        self.by_model = 0
        self.by_rules = 0

    def answer(self, questions: Sequence[Question]) -> Generator[Call, Any, Sequence[str]]:
        """An answer to each question."""
        if self._model is None or not isinstance(self._patient, CasePatient):
            return list(self._patient.answer(questions))
        try:
            answer = yield self._call(self._model, self._patient.case_text, questions)
        except RecordError:
            self.by_rules += len(questions)
            return list(self._patient.answer(questions))
        self.by_model += len(questions)
        return [one_line(one) for one in answer["answers"]]

    def _call(self, model: int, case: str, questions: Sequence[Question]) -> Call:
        asked = "\n".join(f"{place}. {question.text}" for place, question in enumerate(questions, 1))
        messages = load("consult-patient").messages({"case": case}, questions=asked)
        one = {"type": "string", "minLength": 1, "maxLength": _LONGEST}
        count = len(questions)
        schema = {
            "type": "object",
            "properties": {"answers": {"type": "array", "minItems": count, "maxItems": count, "items": one}},
            "required": ["answers"],
        }
        return Call(messages, schema, _check, expected_tokens=60, model=model)


def _check(answer: Any) -> None:
    for one in answer["answers"]:
        if not _WORDS.search(one) or babbles(one):
            raise ReplyError("bad_answer", "每一答须是一句简短的话，不可为空，不可重复，请改正。")
