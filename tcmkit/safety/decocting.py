"""How the herbs of a decoction are boiled: first, last, in a cloth, melted; and those that are not for boiling."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from tcmkit.herbs import Item, Prescription
from tcmkit.safety.poisons import once
from tcmkit.safety.say import Rest, Voice
from tcmkit.safety.types import SafetyFinding
from tcmkit.tables import table


def decocting(reading: Prescription, voice: Voice) -> list[SafetyFinding]:
    """Herbs that a decoction does not suit, then what it leaves unsaid of the boiling.

    Nothing for pills, powders, granules and what is used outside, nor for names without any dose, which are no order.
    """
    how = reading.regimen
    if how.outside or how.batch or not any(item.amount for item in reading.items) or _granules(reading.items):
        return []
    boiled = [item for item in once(reading.items) if not swallowed(_of(item, reading.items))]
    return [*_not_boiled(boiled, voice), *_unsaid(boiled, reading.items, voice)]


def swallowed(mentions: Iterable[Item]) -> bool:
    """Whether a herb is taken as powder, or else unboiled, as one of its mentions says."""
    marks = table("decocting")["swallowed"]
    return any(
        item.text.endswith(("粉", "末")) or any(mark in note for note in item.notes for mark in marks)
        for item in mentions
    )


def _of(item: Item, items: list[Item]) -> list[Item]:
    return [other for other in items if other.herb.name == item.herb.name]


def _granules(items: list[Item]) -> bool:
    return any(mark in note for item in items for note in item.notes for mark in table("decocting")["granules"])


@cache
def _routes() -> dict[str, dict[str, Any]]:
    """The herbs whose route is none of boiling, each with its row."""
    routes = table("decocting")["routes"]
    graded = {row["name"]: row for row in table("toxic_herbs")["graded"] if row["route"] in routes}
    return graded | {row["herb"]: row for row in table("decocting")["not_boiled"]}


def _not_boiled(boiled: list[Item], voice: Voice) -> Iterator[SafetyFinding]:
    for item in boiled:
        if row := _routes().get(item.herb.name):
            route = voice.pick(table("decocting")["routes"][row["route"]])
            rest = Rest(source=tuple(row["source"]), rule=row["route"])
            yield voice.finding("route", [item], rest, a=item.herb.name, route=route)


@cache
def _rows() -> dict[str, dict[str, Any]]:
    return {row["herb"]: row for row in table("decocting")["rows"]}


def _unsaid(boiled: list[Item], items: list[Item], voice: Voice) -> Iterator[SafetyFinding]:
    """One finding for each way and severity, so that a long prescription is not followed by a long list."""
    lacking: dict[tuple[str, str], list[Item]] = {}
    for item in boiled:
        row = _rows().get(item.herb.name)
        if row and row.get("form", item.herb.form) == item.herb.form and not _said(row["how"], _of(item, items)):
            lacking.setdefault((row["how"], row.get("severity", "")), []).append(item)
    for (how, severity), found in lacking.items():
        names = [item.herb.name for item in found]
        sources = dict.fromkeys(source for name in names for source in _rows()[name]["source"])
        parts = {"herbs": voice.listed(names), "how": voice.pick(table("decocting")["ways"][how])}
        yield voice.finding("decocting", found, Rest(severity, source=tuple(sources), rule=how), **parts)


def _said(how: str, mentions: list[Item]) -> bool:
    done = table("decocting")["ways"][how]["done"]
    noted = any(mark in note for item in mentions for note in item.notes for mark in done)
    return noted or any(item.text.endswith(tuple(done)) for item in mentions)
