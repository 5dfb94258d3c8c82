"""A consultation led by a model, as a talk: any number of patients under way, each record written in its turn.

What a model cannot do here: keep a red flag from ending the consultation, put words into the record, name a syndrome
that is no candidate or a formula that was not found, take a warning away. Where it gives no answer that will do, the
built-in engine asks, so a consultation always comes to its end.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from tcmkit.consult.advice import Adviser
from tcmkit.consult.asking import Question
from tcmkit.consult.conclusions import conclude
from tcmkit.consult.loop import Consultation
from tcmkit.consult.patients import CasePatient
from tcmkit.consult.settings import Settings
from tcmkit.consult.step import ConsultStep, StepSettings
from tcmkit.consult.team import Team
from tcmkit.errors import RecordError
from tcmkit.llm import Call, Talk, load
from tcmkit.records import Drop, Record

_ANSWERS = {
    "type": "object",
    "properties": {"answers": {"type": "array", "items": {"type": "string", "maxLength": 200}}},
    "required": ["answers"],
}


@dataclass(frozen=True)
class LedSettings:
    """Options of a consultation with a model."""

    consultation: Settings
    patient: Literal["simulated", "scripted"] = "simulated"
    doctor: int | None = 0
    """Which of the run's models leads; None is the built-in engine."""
    patient_model: int | None = None
    """Which plays the patient; None plays by rules."""


class LedConsultStep:
    """Leads a consultation with the patient of each record, asking a model."""

    def __init__(self, settings: LedSettings) -> None:
        self._settings = settings
        self._adviser = Adviser(settings.consultation)
        self._steps: dict[int, list[Record]] = {}
        self._patients = ConsultStep(StepSettings(settings.consultation, settings.patient), self._adviser)

    def __call__(self, record: Record) -> Talk:
        """The talk. Raises RecordError as `ConsultStep` does; returns a Drop for what is no case."""
        patient = self._patients.patient_of(record)
        if isinstance(patient, Drop):
            return patient
        steps: list[Record] = []
        consultation = self._patients.begin(record, steps.append)
        consultation.hear(patient.opening())
        team = Team(self._settings.consultation, consultation.similar, trace=consultation.trace)
        if self._settings.doctor is not None and not consultation.ended:
            consultation.complaint = yield from _asked_of(self._settings.doctor, team.set_up(consultation.chart))
        while True:
            questions = yield from self._questions(consultation, team)
            if not questions:
                break
            answers = yield from self._answers(patient, questions)
            for question, answer in zip(questions, answers, strict=True):
                consultation.hear(answer, question)
                if consultation.ended:
                    break
        transcript = consultation.transcript()
        if self._settings.doctor is not None and transcript["advice"]:
            concluding = conclude(transcript["advice"], consultation.chart, consultation.trace)
            said = yield from _asked_of(self._settings.doctor, concluding)
            transcript["advice"] |= said
        made: Sequence[Record] = [{**record, "consultation": {**transcript, "trace": team.steps}}]
        self._steps[id(made)] = steps
        return made

    def last_word(self, result: Sequence[Record] | Drop) -> Sequence[Record] | Drop:
        """The same result; its steps go into the trace now, in the order of the input."""
        if not isinstance(result, Drop) and result:
            self._patients.write_trace(result[0], self._steps.pop(id(result), ()))
        return result

    def _questions(self, consultation: Consultation, team: Team) -> Generator[Call, Any, list[Question]]:
        """The team's questions, or the built-in engine's where the team has none."""
        own = consultation.candidates()
        if self._settings.doctor is None or not own:
            return consultation.ask(own)
        before = [turn["text"] for turn in consultation.turns if turn["role"] == "doctor"]
        questions = yield from _asked_of(self._settings.doctor, team.next_questions(consultation.chart, before))
        return consultation.ask(questions or own)

    def _answers(self, patient: Any, questions: Sequence[Question]) -> Generator[Call, Any, Sequence[str]]:
        """By the model that plays the patient, or by rules where there is none or it gives no answer."""
        number = self._settings.patient_model
        if number is None or not isinstance(patient, CasePatient):
            return list(patient.answer(questions))
        asked = "\n".join(f"{place}. {question.text}" for place, question in enumerate(questions, 1))
        messages = load("consult-patient").messages({"case": patient.case_text}, questions=asked)
        try:
            answer = yield Call(messages, _ANSWERS, model=number, expected_tokens=60)
        except RecordError:
            return list(patient.answer(questions))
        given = [str(one) for one in answer["answers"]][: len(questions)]
        return given + [""] * (len(questions) - len(given))


def _asked_of(model: int, talk: Generator[Call, Any, Any]) -> Generator[Call, Any, Any]:
    """The same talk, its calls put to one model of the run."""
    answer: Any = None
    error: RecordError | None = None
    while True:
        try:
            call = talk.throw(error) if error else talk.send(answer)
        except StopIteration as end:
            return end.value
        error = None
        try:
            answer = yield replace(call, model=model)
        except RecordError as failed:
            error = failed
