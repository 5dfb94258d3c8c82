"""The consultation as a loop over one append-only history (JingFang, each round and end)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tcmkit.consult.advice import Adviser
from tcmkit.consult.answers import Understood, nothing_of, understand
from tcmkit.consult.asking import Question, always_told, next_questions, specialty_of
from tcmkit.consult.chart import Answered, Chart, understood
from tcmkit.consult.english import in_chinese, is_english
from tcmkit.consult.scoring import Similarity, by_lsa
from tcmkit.consult.settings import Settings
from tcmkit.consult.trace import Trace, no_trace, of_answer, of_end, of_questions
from tcmkit.consult.who import Who, who
from tcmkit.records import Record
from tcmkit.safety import patient_of


class Patient(Protocol):
    """Whoever answers."""

    def opening(self) -> str:
        """Why they have come."""
        ...

    def answer(self, questions: Sequence[Question]) -> Sequence[str]:
        """An answer to each question of a round."""
        ...


class PatientLeaves(Exception):
    """The patient wants to stop."""


@dataclass
class Consultation:
    """One consultation from the complaint to the advice."""

    settings: Settings
    adviser: Adviser
    patient: Record = field(default_factory=dict)
    """age, sex, pregnant, medications, as far as they are known."""
    background: str = ""
    """What else is told of the patient: the text of the record."""
    turns: list[Record] = field(default_factory=list)
    """The history: only ever added to."""
    chart: Chart = field(default_factory=Chart)
    asked: dict[str, int] = field(default_factory=dict)
    rounds: int = 0
    complaint: str = ""
    """The chief complaint in the words of a record agent; the patient's own words stand in the history."""
    ended: str = ""
    """Why it ended: sufficient, unclear (nothing left to ask, most answers told nothing), rounds, patient, red_flag."""
    similar: Similarity = by_lsa
    """What questions are scored by."""
    trace: Trace = no_trace
    """Told of every step."""

    def note(self, role: str, text: str, **more: Any) -> Record:
        """Write a turn down; the turn."""
        turn = {"round": self.rounds, "role": role, "text": text, **more}
        self.turns.append(turn)
        return turn

    def hear(self, words: str, question: Question | None = None) -> Answered:
        """Take in what the patient says: red flags first, before anything else is made of it; how it was understood."""
        turn = self.note("patient", words, **({"dimension": question.dimension} if question else {}))
        self.watch(words)
        if question is None:
            self.chart.tell(in_chinese(words) if is_english(words) else words)
            self.trace(of_answer(turn, self.chart))
            return "told"
        answer = self._understood(words, question)
        turn |= {"how": answer.how, "wrote": answer.statement}
        self.chart.tell(answer.statement)
        self.chart.mark(question.dimension, answer.how)
        self.chart.put.update(question.named)
        self.trace(of_answer(turn, self.chart))
        return answer.how

    def _understood(self, words: str, question: Question) -> Understood:
        """What an answer says; it never denies what was complained of, and an empty no is none."""
        named = tuple(sign for sign in question.named if not self.chart.tells(sign))
        found = understand(words, question.dimension, named)
        name = question.dimension
        if found.how != "denied" or question.again is not False or name in understood(found.statement):
            return found
        if nothing := nothing_of(name):
            return found._replace(statement="，".join(filter(None, (found.statement, nothing))))
        return found if found.statement or name not in always_told() else found._replace(how="unknown")

    def watch(self, words: str) -> None:
        """Look for red flags in words; one found ends the consultation."""
        for flag in self.adviser.red_flags(words):
            turn = self.note("red_flag", flag["message"], rule=flag.get("rule", ""), source=flag["source"])
            self.trace({"agent": "red_flags", "call": "check", **turn})
            if self.settings.stop_at_red_flag:
                self.ended = "red_flag"

    def may_go_on(self) -> bool:
        """Whether another round may be asked; ends the consultation when the rounds are used up."""
        if not self.ended and self.rounds >= self.settings.max_rounds:
            self.ended = "rounds"
        return not self.ended

    def candidates(self) -> list[Question]:
        """The built-in engine's questions of the next round, not put yet.

        None, and the consultation is at its end, when all is known that is worth asking or the rounds are used up.
        """
        if not self.may_go_on():
            return []
        specialty = specialty_of(self.chart.text, self.chart.child)
        questions = next_questions(self.chart, self.settings, specialty, self.asked)
        if not questions:
            mostly_unclear = len(self.chart.unclear()) > len(self.chart.covered())
            self.ended = "unclear" if mostly_unclear else "sufficient"
        elif self.trace is not no_trace:
            self.trace({"round": self.rounds + 1, **of_questions(questions, specialty, self.chart.text, self.similar)})
        return questions

    def next_questions(self) -> list[Question]:
        """The built-in engine's questions of the next round; ends the consultation when there are none."""
        return self.ask(self.candidates())

    def ask(self, questions: list[Question]) -> list[Question]:
        """Put the questions of a round, wherever they come from."""
        self.rounds += bool(questions)
        for question in questions:
            self.asked[question.dimension] = self.asked.get(question.dimension, 0) + 1
            by = {"by": question.by} if question.by else {}
            self.note(
                "doctor", question.text, dimension=question.dimension, bits=question.bits, reason=question.reason, **by
            )
        if questions:
            chosen = [
                {"question": one.text, "dimension": one.dimension, "by": one.by or "built-in"} for one in questions
            ]
            self.trace({"round": self.rounds, "agent": "consultation", "call": "ask", "chosen": chosen})
        return questions

    def who(self) -> Who:
        """The patient, as far as anything that was told tells."""
        stated = {name: held for name, held in self.patient.items() if held not in (None, "", [])}
        medicines = stated.get("medications")
        said = [turn["text"] for turn in self.turns if turn["role"] == "patient"]
        said += [self.background, self.chart.text, medicines if isinstance(medicines, str) else ""]
        return who(patient_of(stated), said, medicines is not None)

    def transcript(self) -> Record:
        """What `tcm consult` writes."""
        advice = None if self.ended == "red_flag" else self.adviser.advise(self.chart, self.who())
        self.trace(of_end(self.rounds, self.ended, advice))
        return {
            "turns": self.turns,
            "rounds": self.rounds,
            "ended": self.ended,
            "covered": self.chart.covered(),
            "tqs": self.chart.findings,
            "told": self.chart.text,
            **({"complaint": self.complaint} if self.complaint else {}),
            "advice": advice,
        }


def consult(
    consultation: Consultation, patient: Patient, after_round: Callable[[Consultation], None] | None = None
) -> Record:
    """Lead a consultation to its end; the transcript. `after_round` sees it after the opening and after each round."""
    try:
        consultation.hear(patient.opening())
        while True:
            if after_round:
                after_round(consultation)
            questions = consultation.next_questions()
            if not questions:
                break
            for question, answer in zip(questions, patient.answer(questions), strict=True):
                consultation.hear(answer, question)
                if consultation.ended:
                    break
    except PatientLeaves:
        consultation.ended = "patient"
    return consultation.transcript()
