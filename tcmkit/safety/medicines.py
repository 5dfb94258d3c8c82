"""Western medicines that the patient takes, against the herbs of the prescription."""

from functools import cache
from typing import Any

from tcmkit.herbs import Item
from tcmkit.safety.patient import Patient
from tcmkit.safety.poisons import once
from tcmkit.safety.say import Rest, Voice
from tcmkit.safety.types import SafetyFinding
from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon


@cache
def _medicines() -> Lexicon[str]:
    return Lexicon({name.lower(): group["id"] for group in table("safety_drugs")["groups"] for name in group["names"]})


@cache
def _groups() -> dict[str, dict[str, Any]]:
    return {group["id"]: group for group in table("safety_drugs")["groups"]}


@cache
def _interactions() -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["drug"], herb): row for row in table("safety_drugs")["interactions"] for herb in row["herbs"]}


def groups_of(medicine: str) -> list[str]:
    """The groups that a medicine belongs to, by any name inside what was written.

    >>> groups_of("华法林钠片 3mg qd"), groups_of("糖水")
    (['anticoagulant'], [])
    """
    return list(dict.fromkeys(match.value for match in _medicines().find(medicine.lower())))


def with_medicines(items: list[Item], patient: Patient, voice: Voice) -> list[SafetyFinding]:
    """One finding for each herb that interacts with a medicine; one for each medicine that is not known."""
    findings = []
    for medicine in patient.medications if items else ():
        groups = groups_of(medicine)
        if not groups:
            why = voice.note("medicine", text=medicine)
            findings.append(voice.finding("not_checked", [], Rest(field="patient", rule="medicine_unknown"), why=why))
        for group in groups:
            findings.extend(_one(items, medicine, group, voice))
    return findings


def _one(items: list[Item], medicine: str, group: str, voice: Voice) -> list[SafetyFinding]:
    findings = []
    for item in once(items):
        row = _interactions().get((group, item.herb.name))
        if row:
            rest = Rest(row["severity"], source=tuple(row["source"]), rule=group)
            parts = {"a": item.herb.name, "drug": medicine, "group": voice.pick(_groups()[group])}
            findings.append(voice.finding("herb_drug", [item], rest, **parts, effect=voice.pick(row, "effect")))
    return findings
