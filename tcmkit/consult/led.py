"""A consultation led by a model, as a talk: any number of patients under way, each record written in its turn.

What a model cannot do here: keep a red flag from ending the consultation, put words into the record, name a syndrome
that is no candidate or a formula that was not found, take a warning away. Where it gives no answer that will do, the
built-in engine asks, so a consultation always comes to its end.
"""

from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from tcmkit.consult.advice import Adviser
from tcmkit.consult.asking import Question
from tcmkit.consult.conclusions import conclude
from tcmkit.consult.loop import Consultation
from tcmkit.consult.played import PlayedPatient
from tcmkit.consult.settings import Settings
from tcmkit.consult.step import ConsultStep, StepSettings
from tcmkit.consult.team import Team
from tcmkit.errors import RecordError
from tcmkit.language import both
from tcmkit.llm import Call, Talk
from tcmkit.records import Drop, Record


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
        self._sums: dict[str, Counter[str]] = {}
        if settings.doctor is not None:
            self._sums["asked_by"] = Counter(model=0, built_in=0)
        if settings.patient_model is not None:
            self._sums["answered_by"] = Counter(model=0, rules=0)
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
        player = PlayedPatient(patient, self._settings.patient_model)
        if self._settings.doctor is not None and not consultation.ended:
            consultation.complaint = yield from _asked_of(self._settings.doctor, team.set_up(consultation.chart))
        while True:
            questions = yield from self._questions(consultation, team)
            if not questions:
                break
            answers = yield from player.answer(questions)
            for question, answer in zip(questions, answers, strict=True):
                consultation.hear(answer, question)
                if consultation.ended:
                    break
        transcript = consultation.transcript()
        if self._settings.doctor is not None and transcript["advice"]:
            concluding = conclude(transcript["advice"], consultation.chart, consultation.trace)
            said = yield from _asked_of(self._settings.doctor, concluding)
            transcript["advice"] |= said
        counts = self._counts(consultation, player)
        made: Sequence[Record] = [{**record, "consultation": {**transcript, **counts, "trace": team.steps}}]
        self._steps[id(made)] = steps
        return made

    def last_word(self, result: Sequence[Record] | Drop) -> Sequence[Record] | Drop:
        """The same result; its steps go into the trace now, in the order of the input, its counts into the sums."""
        if not isinstance(result, Drop) and result:
            for name, sums in self._sums.items():
                sums.update(result[0]["consultation"][name])
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

    def _counts(self, consultation: Consultation, player: PlayedPatient) -> Record:
        """Who asked and who answered how often: the model, or what stood in for it."""
        asked = [turn for turn in consultation.turns if turn["role"] == "doctor"]
        by_model = sum("by" in turn for turn in asked)
        counts = {
            "asked_by": {"model": by_model, "built_in": len(asked) - by_model},
            "answered_by": {"model": player.by_model, "rules": player.by_rules},
        }
        return {name: counts[name] for name in self._sums}

    @property
    def notes(self) -> Record:
        """The same over all consultations, for the summary."""
        return {name: dict(sums) for name, sums in self._sums.items()}

    def remarks(self) -> list[str]:
        """The same in words."""
        said = []
        if asked := self._sums.get("asked_by"):
            said.append(
                both(
                    f"questions by the model {asked['model']}, by the built-in engine in its place {asked['built_in']}",
                    f"模型提问 {asked['model']} 次，内置引擎代问 {asked['built_in']} 次",
                )
            )
        if answered := self._sums.get("answered_by"):
            said.append(
                both(
                    f"answers by the model {answered['model']}, by rules in its place {answered['rules']}",
                    f"模型作答 {answered['model']} 次，由规则代答 {answered['rules']} 次",
                )
            )
        return said


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
