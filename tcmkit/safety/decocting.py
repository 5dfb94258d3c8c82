"""How the herbs of a decoction are boiled: first, last, in a cloth, melted; and those that are not for boiling."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from tcmkit.herbs import Item, Prescription, alternatives
from tcmkit.safety.poisons import once
from tcmkit.safety.say import Rest, Voice
from tcmkit.safety.types import SafetyFinding
from tcmkit.tables import table


def decocting(prescription: Any, reading: Prescription, voice: Voice) -> list[SafetyFinding]:
    """Herbs that a decoction does not suit, then what it leaves unsaid of the boiling.

    `prescription` as it was written. Nothing for pills, powders, granules and what is used outside, nor for names
    without any dose, which are no order. One herb that is given as granules says nothing of the others.
    """
    how = reading.regimen
    if how.outside or how.batch or not any(item.amount for item in reading.items) or _granules(prescription):
        return []
    boiled = [item for item in once(reading.items) if not _noted(_of(item, reading.items), "granules")]
    return [*_not_boiled(boiled, reading.items, voice), *_unsaid(boiled, reading.items, voice)]


def swallowed(mentions: Iterable[Item]) -> bool:
    """Whether a herb is taken as powder, or else unboiled, as one of its mentions says."""
    return _noted(mentions, "swallowed") or any(item.text.endswith(("粉", "末")) for item in mentions)


def _noted(mentions: Iterable[Item], kind: str) -> bool:
    marks = table("decocting")[kind]
    return any(mark in note for item in mentions for note in item.notes for mark in marks)


def _of(item: Item, items: list[Item]) -> list[Item]:
    return [other for other in items if other.herb.name == item.herb.name]


def _granules(prescription: Any) -> bool:
    """Whether all of it is granules: said in a part of its own, not beside a herb or in its brackets."""
    parts = [prescription] if isinstance(prescription, str) else prescription if isinstance(prescription, list) else []
    return any(_all_granules().search(part) for part in parts if isinstance(part, str))


@cache
def _all_granules() -> re.Pattern[str]:
    marks = alternatives(table("decocting")["granules"])
    return re.compile(
        rf"(?:^|[，,。；;：:\n])\s*[（(]?[^，,。；;：:\n（()）\d]{{0,6}}?(?:{marks})(?![^，,。；;\n]{{0,3}}[另单])"
    )


@cache
def _routes() -> dict[str, dict[str, Any]]:
    """The herbs whose route is none of boiling, each with its row."""
    routes = table("decocting")["routes"]
    graded = {row["name"]: row for row in table("toxic_herbs")["graded"] if row["route"] in routes}
    return graded | {row["herb"]: row for row in table("decocting")["not_boiled"]}


def _not_boiled(boiled: list[Item], items: list[Item], voice: Voice) -> Iterator[SafetyFinding]:
    for item in boiled:
        if (row := _routes().get(item.herb.name)) and not swallowed(_of(item, items)):
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
        if row and row.get("form", item.herb.form) == item.herb.form and not _said(row, _of(item, items)):
            lacking.setdefault((row["how"], row.get("severity", "")), []).append(item)
    for (how, severity), found in lacking.items():
        names = [item.herb.name for item in found]
        sources = dict.fromkeys(source for name in names for source in _rows()[name]["source"])
        parts = {"herbs": voice.listed(names), "how": voice.pick(table("decocting")["ways"][how])}
        yield voice.finding("decocting", found, Rest(severity, source=tuple(sources), rule=how), **parts)


def _said(row: dict[str, Any], mentions: list[Item]) -> bool:
    """Whether a prescription says how; to be swallowed does as well, but not for what is poison unless boiled long."""
    done = table("decocting")["ways"][row["how"]]["done"]
    noted = any(mark in note for item in mentions for note in item.notes for mark in done)
    if noted or any(item.text.endswith(tuple(done)) for item in mentions):
        return True
    return row.get("severity") != "warn" and swallowed(mentions)
