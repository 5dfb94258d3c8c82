"""Toxic, controlled and banned herbs, and herbs in pregnancy."""

from functools import cache
from typing import Any

from tcmkit.herbs import Item, Prescription
from tcmkit.safety.patient import Patient
from tcmkit.safety.say import Rest, Voice
from tcmkit.safety.types import SafetyFinding
from tcmkit.tables import table

_GRADES = {"大毒": "highly toxic", "有毒": "toxic", "小毒": "slightly toxic"}


@cache
def _by_herb(part: str, key: str) -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in table("toxic_herbs")[part]}


def grade_of(name: str) -> str:
    """大毒, 有毒 or 小毒; empty for a herb without a grade."""
    row = _by_herb("graded", "name").get(name) or _by_herb("watch", "herb").get(name)
    return str(row["grade"]) if row else ""


def toxic(name: str) -> bool:
    """大毒 or 有毒."""
    return grade_of(name) in ("大毒", "有毒")


def blocks_above(name: str) -> float:
    """How many times the maximum of the book a dose must be above to block."""
    shares = table("toxic_herbs")["dose_block"]
    return 1.0 if name in shares["any"] else float(shares[grade_of(name)])


def poison_without_dose(name: str) -> bool:
    """Poisonous by common knowledge, without a dose in the Pharmacopoeia."""
    return name in _by_herb("textbook_toxic", "herb")


def once(items: list[Item]) -> list[Item]:
    """The first mention of each herb."""
    seen: dict[str, Item] = {}
    for item in items:
        seen.setdefault(item.herb.name, item)
    return list(seen.values())


def toxicity(reading: Prescription, voice: Voice) -> list[SafetyFinding]:
    """One finding for each toxic herb."""
    findings = []
    for item in once(reading.items):
        graded = _by_herb("graded", "name").get(item.herb.name)
        if graded:
            findings.append(_graded(item, graded, reading.regimen.outside, voice))
        elif watched := _by_herb("watch", "herb").get(item.herb.name):
            parts = {"grade": watched["grade"], "grade_en": _GRADES[watched["grade"]]}
            rest = Rest("block", source=tuple(watched["source"]))
            notes = {"note": watched["note_zh"] + "。", "note_en": f" {watched['note_en']}."}
            findings.append(voice.finding("toxic", [item], rest, a=item.herb.name, **parts, **notes))
    return findings


def _graded(item: Item, row: dict[str, Any], outside: bool, voice: Voice) -> SafetyFinding:
    rest = Rest(source=tuple(row["source"]))
    if row["grade"] == "小毒":
        return voice.finding("slightly_toxic", [item], rest, a=item.herb.name)
    raw = item.herb.form == "生" and item.herb.name in _by_herb("raw_outside", "herb")
    raw_only = (raw or not row["internal"]) and not outside
    if raw_only:
        rest = rest._replace(severity="block")
    note = voice.note("raw_only" if raw_only else "decoct" if item.herb.name in _LONG_DECOCTED else "plain")
    parts = {"grade": row["grade"], "grade_en": _GRADES[row["grade"]], "note": note, "note_en": note}
    return voice.finding("toxic", [item], rest, a=item.herb.name, **parts)


_LONG_DECOCTED = frozenset(("附子", "制川乌", "制草乌"))


def controlled(items: list[Item], voice: Voice) -> list[SafetyFinding]:
    """Drugs of the list of controlled toxic drugs, in the form that the list names."""
    findings = []
    for item in once_by_form(items):
        row = _by_herb("controlled", "herb").get(item.herb.name)
        form = item.herb.form
        forms = {"any": True, "raw": form == "生", "raw_or_plain": form in ("生", "")}
        if row and forms[row["when"]]:
            rest = Rest(row["severity"], source=tuple(row["source"]))
            findings.append(voice.finding("controlled", [item], rest, a=item.text, name=row["name"]))
    return findings


def once_by_form(items: list[Item]) -> list[Item]:
    """The first mention of each herb in each form."""
    seen: dict[tuple[str, bool], Item] = {}
    for item in items:
        seen.setdefault((item.herb.name, item.herb.form == "生"), item)
    return list(seen.values())


def banned(items: list[Item], voice: Voice) -> list[SafetyFinding]:
    """Herbs that must not be used at all."""
    findings = []
    for item in once(items):
        if row := _by_herb("banned", "herb").get(item.herb.name):
            rest = Rest(source=tuple(row["source"]))
            findings.append(voice.finding("banned", [item], rest, a=item.text, reason=voice.pick(row, "reason")))
    return findings


@cache
def _pregnancy() -> dict[str, dict[str, Any]]:
    return {row["herb"]: row for row in table("incompatibilities")["pregnancy"]}


def pregnancy(items: list[Item], patient: Patient, voice: Voice) -> list[SafetyFinding]:
    """Herbs that a pregnant patient must not have; when nobody knows, one finding that says so."""
    restricted = [item for item in once(items) if item.herb.name in _pregnancy()]
    if patient.pregnant:
        found = []
        for item in restricted:
            row = _pregnancy()[item.herb.name]
            rest = Rest(source=tuple(row["source"]))
            found.append(voice.finding(f"pregnancy_{row['level']}", [item], rest, a=item.herb.name))
        return found
    if restricted and patient.may_be_pregnant:
        named = voice.listed([item.herb.name for item in restricted])
        sources = {name for item in restricted for name in _pregnancy()[item.herb.name]["source"]}
        rest = Rest(source=tuple(sorted(sources)))
        why = voice.note("pregnancy_unknown", herbs=named)
        return [voice.finding("not_checked", restricted, rest._replace(rule="pregnancy_unknown"), why=why)]
    return []
