"""`tcm consult` in the pipe: a case in, the transcript of a consultation with it out."""

from dataclasses import dataclass
from typing import Literal

from tcmkit.clean_tqs import Cleaner
from tcmkit.clean_tqs import Settings as CleanSettings
from tcmkit.consult.advice import Adviser
from tcmkit.consult.loop import Consultation, Patient, consult
from tcmkit.consult.patients import CasePatient, ScriptedPatient
from tcmkit.consult.settings import Settings
from tcmkit.errors import RecordError
from tcmkit.records import Drop, Record


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

    def __call__(self, record: Record) -> list[Record] | Drop:
        """The record with `consultation`. A document that is no case is dropped.

        Raises RecordError: `no_text`, `bad_field`, `no_answers`.
        """
        patient = self.patient_of(record)
        if isinstance(patient, Drop):
            return patient
        return [{**record, "consultation": consult(self.begin(record), patient)}]

    def begin(self, record: Record) -> Consultation:
        """A consultation with what the record says of the patient."""
        known = record.get("patient")
        return Consultation(self._settings.consultation, self._adviser, known if isinstance(known, dict) else {})

    def patient_of(self, record: Record) -> Patient | Drop:
        """Who answers for the record."""
        if self._settings.patient == "scripted":
            answers = record.get("answers")
            if not isinstance(answers, list) or not answers or not all(isinstance(one, str) for one in answers):
                raise RecordError("no_answers", "answers: a list of texts, the complaint first")
            return ScriptedPatient(answers)
        if isinstance(record.get("tqs"), dict) and isinstance(record.get("text"), str):
            return CasePatient(record)
        cleaned = self._clean(record)
        return cleaned if isinstance(cleaned, Drop) else CasePatient(cleaned[0])
