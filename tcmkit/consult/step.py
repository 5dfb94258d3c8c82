"""`tcm consult` in the pipe: a case in, the transcript of a consultation with it out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from tcmkit.clean_tqs import Cleaner
from tcmkit.clean_tqs import Settings as CleanSettings
from tcmkit.consult.advice import Adviser
from tcmkit.consult.loop import Consultation, consult
from tcmkit.consult.patients import CasePatient, ScriptedPatient, diagnoses
from tcmkit.consult.settings import Settings
from tcmkit.consult.similar import of_pipe
from tcmkit.consult.trace import Trace, TraceFile, no_trace
from tcmkit.errors import RecordError
from tcmkit.language import both
from tcmkit.records import Drop, Record, findings_of
from tcmkit.safety import Patient, find


@dataclass(frozen=True)
class StepSettings:
    """Options of `tcm consult --patient`."""

    consultation: Settings
    patient: Literal["simulated", "scripted"] = "simulated"


class ConsultStep:
    """Leads a consultation with the patient of each record."""

    def __init__(self, settings: StepSettings, adviser: Adviser | None = None) -> None:
        self._settings = settings
        self._adviser = adviser or Adviser(settings.consultation)
        self._clean = Cleaner(CleanSettings(only_records=True))
        trace = settings.consultation.trace
        self._trace = TraceFile(trace) if trace else None
        self._similar = of_pipe(settings.consultation, self, self._trace or no_trace)
        self._count = 0

    def __call__(self, record: Record) -> list[Record] | Drop:
        """The record with `consultation`. A document that is no case is dropped.

        Raises RecordError: `no_text`, `bad_field`, `no_answers`.
        """
        patient = self.patient_of(record)
        if isinstance(patient, Drop):
            return patient
        steps: list[Record] = []
        made = {**record, "consultation": consult(self.begin(record, steps.append), patient)}
        self.write_trace(record, steps)
        return [made]

    def begin(self, record: Record, trace: Trace) -> Consultation:
        """A consultation with what the record says of the patient; `trace` is told of its steps if they are wanted."""
        return Consultation(
            self._settings.consultation,
            self._adviser,
            *_told_of(record),
            similar=self._similar,
            trace=trace if self._trace else no_trace,
        )

    def write_trace(self, record: Record, steps: Iterable[Record]) -> None:
        """Write the steps of one consultation, each with its number and the record's id. Raises OutputError."""
        if self._trace is None:
            return
        self._count += 1
        known = {"consultation": self._count} | ({"id": record["id"]} if "id" in record else {})
        for step in steps:
            self._trace({**known, **step})

    def patient_of(self, record: Record) -> CasePatient | ScriptedPatient | Drop:
        """Who answers for the record."""
        if self._settings.patient == "scripted":
            answers = record.get("answers")
            if not isinstance(answers, list) or not answers or not all(isinstance(one, str) for one in answers):
                raise RecordError(
                    "no_answers",
                    both("answers: a list of texts, the complaint first", "answers 应为文本列表，首个是主诉"),
                )
            return ScriptedPatient(answers)
        if isinstance(record.get("tqs"), dict) and isinstance(record.get("text"), str):
            findings_of(record)
            diagnoses(record)
            return CasePatient(record)
        cleaned = self._clean(record)
        return cleaned if isinstance(cleaned, Drop) else CasePatient(cleaned[0])


def _told_of(record: Record) -> tuple[Record, str]:
    """What fields of a record state of its patient, and everything else that it says: text, history, a patient's line.

    Fields are known by the names that `tcm check` reads (年龄, 西药, 既往史); where two differ, nothing is stated.
    """
    line = record.get("patient")
    stated = dict(line) if isinstance(line, dict) else {}
    columns = {name: value for name, value in record.items() if name not in ("answers", "text", "prescription")}
    try:
        found = find({"text": "-", "prescription": "-", **columns}, {}).patient
    except RecordError:
        found = Patient()
    if found.months is not None:
        stated.setdefault("age", f"{found.months:g}个月")
    for name, value in (("sex", found.sex), ("pregnant", found.pregnant), ("medications", list(found.medications))):
        if value not in (None, []):
            stated.setdefault(name, value)
    words = [record.get("text"), record.get("chief_complaint"), line, found.history]
    return stated, "\n".join(word for word in words if isinstance(word, str) and word)
