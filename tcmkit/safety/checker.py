"""The check of one record: prescription, patient, and the patient's own words."""

from collections.abc import Sequence
from typing import Any

from tcmkit.herbs import Gap, Prescription, nearest, read_prescription
from tcmkit.records import Record
from tcmkit.safety import doses, medicines, pairs, poisons, red_flags
from tcmkit.safety.columns import find
from tcmkit.safety.decocting import decocting
from tcmkit.safety.patient import Patient
from tcmkit.safety.say import Rest, Voice
from tcmkit.safety.settings import Settings
from tcmkit.safety.types import RANK, HerbSpan, Safety, SafetyFinding, Status

_LONGEST_QUOTE = 40


class Checker:
    """A per-record step: the record out again with `safety`."""

    def __init__(self, settings: Settings) -> None:
        self.voice = Voice(settings.language)
        self._field_map = dict(settings.field_map)

    def __call__(self, record: Record) -> list[Record]:
        """Check one record.

        Raises RecordError when it holds neither a prescription nor words, or not in a form that can be read, or two
        fields that could be the prescription and differ.
        """
        found = find(record, self._field_map)
        findings: list[SafetyFinding] = []
        if found.prescription:
            said = self.prescription(found.prescription.value, found.patient)
            findings += _in_field(said, "prescription", found.prescription.name)
        for field in found.texts:
            findings += _in_field(red_flags.check(field.value, self.voice), "text", field.name)
        for why, field in found.not_read:
            sentence = self.voice.note(why, name=field.name)
            findings.append(self.voice.finding("not_checked", [], Rest(field=field.name, rule=why), why=sentence))
        return [{**record, "safety": _safety(findings)}]

    def of_patient(self, prescription: Any, patient: Patient, not_told: Sequence[medicines.NotTold]) -> Safety:
        """The check of a prescription for a patient of whom `not_told` is not known: it is never clean then."""
        findings = self.prescription(prescription, patient)
        if any(finding.get("rule") == "pregnancy_unknown" for finding in findings):
            not_told = [fact for fact in not_told if fact != "pregnant"]
        return _safety([*findings, *(medicines.not_told(fact, self.voice) for fact in not_told)])

    def prescription(self, prescription: Any, patient: Patient) -> list[SafetyFinding]:
        """Everything that can be said of a prescription for a patient, worst kinds first."""
        reading = read_prescription(prescription)
        voice, items = self.voice, reading.items
        return [
            *pairs.incompatible(items, voice),
            *poisons.banned(items, voice),
            *poisons.controlled(items, voice),
            *poisons.toxicity(reading, voice),
            *poisons.pregnancy(items, patient, voice),
            *doses.for_child(reading, patient, voice),
            *doses.outside_range(reading, patient, voice),
            *medicines.with_medicines(items, patient, voice),
            *medicines.with_herbs_taken(items, patient, voice),
            *medicines.with_illnesses(items, patient, voice),
            *medicines.with_states(items, patient, voice),
            *pairs.duplicates(items, voice),
            *decocting(prescription, reading, voice),
            *self._gaps(reading),
            *doses.unknown_doses(reading, voice),
        ]

    def _gaps(self, reading: Prescription) -> list[SafetyFinding]:
        """What was not understood, and names of which nothing but the name is known."""
        findings = [self._gap(gap) for gap in reading.gaps]
        unplaced = [item for item in poisons.once(reading.items) if not item.herb.placed]
        if unplaced:
            why = self.voice.note("name_only", herbs=self.voice.listed([item.text for item in unplaced]))
            findings.append(self.voice.finding("not_checked", unplaced, Rest(rule="name_only"), why=why))
        if not reading.items and not findings:
            findings.append(self.voice.finding("not_checked", [], Rest(rule="no_herb"), why=self.voice.note("no_herb")))
        return findings

    def _gap(self, gap: Gap) -> SafetyFinding:
        span: HerbSpan = {"name": "", "text": gap.text, "start": gap.start, "end": gap.end}
        if gap.entry is not None:
            span["item"] = gap.entry
        quote = gap.text[:_LONGEST_QUOTE]
        if gap.kind == "name":
            like = nearest(gap.text)
            near = self.voice.note("near", names=self.voice.listed(like)) if like else ""
            finding = self.voice.finding("unknown_herb", [], Rest(nearest=like), text=quote, near=near)
        else:
            reason = {"formula": "formula_name", "incomplete": "incomplete"}.get(gap.kind, "part")
            finding = self.voice.finding("not_checked", [], Rest(rule=reason), why=self.voice.note(reason, text=quote))
        finding["herbs"] = [span]
        return finding


def _safety(findings: list[SafetyFinding]) -> Safety:
    severities: list[Status] = [finding["severity"] for finding in findings]
    status: Status = max(severities, key=RANK.__getitem__, default="clean")
    return {"status": status, "findings": findings}


def _in_field(findings: list[SafetyFinding], ours: str, name: str) -> list[SafetyFinding]:
    """Findings whose spans count in a field that has another name in the record."""
    for finding in findings:
        if finding["field"] == ours:
            finding["field"] = name
    return findings
