"""Western medicines that the patient takes, and illnesses, against the herbs of the prescription."""

import re
from functools import cache
from typing import Any, Literal

from tcmkit.herbs import Item, alternatives
from tcmkit.language import both
from tcmkit.safety.pairs import incompatible
from tcmkit.safety.patient import Patient
from tcmkit.safety.poisons import once
from tcmkit.safety.say import Rest, Voice
from tcmkit.safety.taken import herbs_taken
from tcmkit.safety.told import affirmed, medicines, names_none, plain, states
from tcmkit.safety.types import SafetyFinding
from tcmkit.tables import table

NotTold = Literal["medications", "pregnant"]
"""What of a patient may not be known, and matters for every herb."""
_NOT_THEIRS = re.compile(
    r"(?:否认|没有|无|未见|未患|排除|非|家族史|父亲?|母亲?|爸|妈|祖父|祖母|爷爷|奶奶|no |denies |family history)"
    r"[^，,。；;.但]{0,12}$",
    re.IGNORECASE,
)


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
    return list(dict.fromkeys(match.value for match in medicines().find(plain(medicine))))


def group_names(medicine: str) -> list[str]:
    """The same groups by name, in the language in force; none for a medicine that the tables do not know."""
    return [both(_groups()[name]["en"], _groups()[name]["zh"]) for name in groups_of(medicine)]


def with_medicines(items: list[Item], patient: Patient, voice: Voice) -> list[SafetyFinding]:
    """One finding for each herb that interacts with a medicine; one for each medicine that is not known."""
    findings = []
    for medicine in patient.medications if items else ():
        groups = [] if _says_no_more(medicine, patient) else groups_of(medicine)
        if names_none(medicine):
            why = voice.note("medicine_unnamed")
            findings.append(voice.finding("not_checked", [], Rest(field="patient", rule="medicine_unnamed"), why=why))
        elif not groups and not groups_of(medicine):
            herbs = voice.listed(item.herb.name for item in herbs_taken(medicine))
            why = voice.note("herbal" if herbs else "medicine", text=medicine, herbs=herbs)
            findings.append(voice.finding("not_checked", [], Rest(field="patient", rule="medicine_unknown"), why=why))
        for group in groups:
            findings.extend(_one(items, medicine, group, voice))
    return findings


def with_herbs_taken(items: list[Item], patient: Patient, voice: Voice) -> list[SafetyFinding]:
    """Herbs that are taken already: those that must not meet the prescription's, or a medicine that is taken too."""
    taken = [item for name in patient.medications if not groups_of(name) for item in herbs_taken(name)]
    if not (taken and items):
        return []
    own = {item.herb.name for item in items}
    more = [item for item in taken if item.herb.name not in own]
    found = [one for one in incompatible([*items, *more], voice) if any(h["name"] not in own for h in one["herbs"])]
    for name in patient.medications:
        for group in groups_of(name):
            found += _one(more, name, group, voice)
    for one in found:
        one["herbs"] = [herb for herb in one["herbs"] if herb["name"] in own]
    return found


def not_told(fact: NotTold, voice: Voice) -> SafetyFinding:
    """The finding that nothing was checked for want of a fact."""
    rule = f"{fact}_not_told"
    return voice.finding("not_checked", [], Rest(field="patient", rule=rule), why=voice.note(rule))


def _says_no_more(medicine: str, patient: Patient) -> bool:
    """Whether it is but a word for a whole group (抗凝治疗) of which a medicine is named."""
    if medicine not in table("safety_drugs")["told"]["once"]:
        return False
    return any(set(groups_of(medicine)) & set(groups_of(other)) for other in patient.medications if other != medicine)


def with_states(items: list[Item], patient: Patient, voice: Voice) -> list[SafetyFinding]:
    """One finding for each state of the patient, such as 哺乳期, for which herbs were not checked."""
    findings = []
    for state in states(patient.history) if items else ():
        if not (patient.child and state.row.get("ends")):
            why = voice.note("state", text=state.text, state=voice.pick(state.row))
            findings.append(voice.finding("not_checked", [], Rest(field="patient", rule=state.row["id"]), why=why))
    return findings


@cache
def _illnesses() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    return [(re.compile(alternatives(row["words"])), row) for row in table("safety_drugs")["conditions"]]


def with_illnesses(items: list[Item], patient: Patient, voice: Voice) -> list[SafetyFinding]:
    """One finding for each herb that is contraindicated with an illness of the patient's history."""
    findings = []
    for pattern, illness in _illnesses() if patient.history and items else ():
        named = next(
            (match for match in pattern.finditer(patient.history) if _stands(patient.history, match, illness)), None
        )
        for row in illness["rows"] if named else ():
            rest = Rest(row["severity"], source=tuple(row["source"]), rule=illness["id"])
            for item in once(items):
                if named and item.herb.name in row["herbs"]:
                    parts = {"a": item.herb.name, "drug": named[0], "group": voice.pick(illness)}
                    findings.append(voice.finding("condition", [item], rest, **parts, effect=voice.pick(row, "effect")))
    return findings


def _stands(history: str, match: re.Match[str], illness: dict[str, Any]) -> bool:
    """Not so in 否认高血压、糖尿病; 无心脏病史; 其父高血压; nor, of what may be over, in 已停止哺乳."""
    if illness.get("ends") and not affirmed(history, *match.span()):
        return False
    return _NOT_THEIRS.search(history[: match.start()]) is None


def _one(items: list[Item], medicine: str, group: str, voice: Voice) -> list[SafetyFinding]:
    findings = []
    for item in once(items):
        row = _interactions().get((group, item.herb.name))
        if row:
            rest = Rest(row["severity"], source=tuple(row["source"]), rule=group)
            parts = {"a": item.herb.name, "drug": medicine, "group": voice.pick(_groups()[group])}
            findings.append(voice.finding("herb_drug", [item], rest, **parts, effect=voice.pick(row, "effect")))
    return findings
