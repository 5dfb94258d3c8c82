"""Doses against the Pharmacopoeia's daily range, for adults and for children."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from tcmkit.herbs import Item, Prescription, rows
from tcmkit.safety.decocting import swallowed
from tcmkit.safety.patient import Patient
from tcmkit.safety.poisons import blocks_above, grade_of, once, poison_without_dose, toxic
from tcmkit.safety.say import Rest, Voice
from tcmkit.safety.types import SafetyFinding
from tcmkit.tables import table

_FRESH = 2.0  # fresh herbs are given at about twice the dried weight where the Pharmacopoeia states no range


def day_share(reading: Prescription) -> float:
    """A day's part of the stated amounts; 0 when it is not known."""
    how = reading.regimen
    if not how.batch:
        return how.factor
    if not how.each_time or any(item.grams is None for item in reading.items):
        return 0.0
    total = sum(item.grams or 0.0 for item in reading.items)
    return how.each_time * how.times / total if total else 0.0


def _by_name(items: list[Item]) -> dict[str, list[Item]]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.herb.name, []).append(item)
    return groups


def daily(reading: Prescription) -> Iterator[tuple[str, list[Item], float]]:
    """Each herb with all its mentions and its grams a day; herbs whose grams are not known are left out."""
    share = day_share(reading)
    if reading.regimen.outside or not share:
        return
    for name, same in _by_name(reading.items).items():
        if all(item.grams is not None for item in same):
            yield name, same, sum(item.grams or 0.0 for item in same) * share


def _limit(row: dict[str, Any], same: list[Item]) -> float | None:
    most = row.get("max_g")
    if most is not None and all(item.fresh for item in same):
        return float(row.get("fresh_max_g", most * _FRESH))
    return most


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def outside_range(reading: Prescription, patient: Patient, voice: Voice) -> list[SafetyFinding]:
    """Doses above the range, and for adults below it."""
    findings = []
    for name, same, grams in daily(reading):
        row = rows().get(name, {})
        most, least = _limit(row, same), row.get("min_g")
        source = (str(row.get("source", "TEXT")),)
        if most is not None and grams > most + 1e-9:
            parts = {"a": name, "dose": _number(grams), "limit": _number(most)}
            rest = Rest("block" if grams > most * blocks_above(name) + 1e-9 else "", source=source)
            findings.append(voice.finding("dose_over", same, rest, **parts))
        elif isinstance(least, int | float) and grams < least - 1e-9 and not _may_be_less(reading, patient, same):
            parts = {"a": name, "dose": _number(grams), "limit": _number(least)}
            findings.append(voice.finding("dose_under", same, Rest(source=source), **parts))
    return findings


def _may_be_less(reading: Prescription, patient: Patient, same: list[Item]) -> bool:
    """Children need less, and what is swallowed as powder is less than what is boiled."""
    return patient.child or reading.regimen.batch or swallowed(same)


def unknown_doses(reading: Prescription, voice: Voice) -> list[SafetyFinding]:
    """What could not be compared with the book, said once for each reason."""
    findings = []
    items = once(reading.items)
    if not items or reading.regimen.outside:
        return []
    if reading.regimen.batch and not day_share(reading):
        findings.append(_unchecked("batch", [], voice))
    elif not any(item.amount for item in items):
        findings.append(_unchecked("no_dose", [], voice))
    else:
        unknown = [item for item in items if item.grams is None and _needs_grams(item)]
        if unknown:
            findings.append(_unchecked("toxic_no_dose", unknown, voice))
    poisons = [item for item in items if poison_without_dose(item.herb.name)]
    if poisons:
        findings.append(_unchecked("no_range", poisons, voice))
    return findings


def _needs_grams(item: Item) -> bool:
    """Pieces of ginger and dates, and 适量, are left to the kitchen; poisons and unstated amounts are not."""
    return bool(grade_of(item.herb.name)) or not item.amount


def _unchecked(reason: str, items: list[Item], voice: Voice) -> SafetyFinding:
    why = voice.note(reason, herbs=voice.listed([item.herb.name for item in items]))
    return voice.finding("not_checked", items, Rest(rule=reason), why=why)


def for_child(reading: Prescription, patient: Patient, voice: Voice) -> list[SafetyFinding]:
    """What a child must not have, or not so much of: the share of the adult dose for the age."""
    if patient.ages_unread and reading.items:
        why = voice.note("age_unread", text=voice.listed(patient.ages_unread))
        unread = [voice.finding("not_checked", [], Rest(field="patient", rule="age_unread"), why=why)]
    else:
        unread = []
    if not patient.child or patient.months is None:
        return unread
    tables = table("toxic_herbs")
    forbidden = {row["herb"] for row in tables["children"]}
    share = next((row["share"] for row in tables["child_shares"] if patient.months < row["below_months"]), "1")
    items = once(reading.items)
    banned = [item for item in items if item.herb.name in forbidden]
    poisons = [item for item in items if toxic(item.herb.name) and item not in banned]
    large = [same[0] for name, same, grams in daily(reading) if _above(name, same, grams, share)]
    findings = unread
    reasons = (("forbidden", banned, "CHP2020"), ("toxic", poisons, "CHP2020"), ("share", large, "PAEDTEXT"))
    for reason, found, source in reasons:
        if found:
            why = voice.note(f"child_{reason}", herbs=voice.listed([item.herb.name for item in found]), share=share)
            rest = Rest("block" if reason == "forbidden" else "", source=(source,), rule=reason)
            findings.append(voice.finding("child", found, rest, why=why))
    return findings


def _above(name: str, same: list[Item], grams: float, share: str) -> bool:
    most = _limit(rows().get(name, {}), same)
    return share != "1" and most is not None and grams > most * float(Fraction(share)) + 1e-9 and not toxic(name)
