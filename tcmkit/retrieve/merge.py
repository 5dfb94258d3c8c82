"""The same formula in several sources as one, with all its sources kept."""

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from tcmkit.records import Formula, FormulaSource, Ingredient, content_id
from tcmkit.retrieve.formulas import Row, plain_herb
from tcmkit.tables import table

SAME = 0.5
"""Two compositions are of one formula from this Jaccard similarity of their herbs (processing set aside)."""


class Passage(NamedTuple):
    """One way to describe whom a formula is for."""

    text: str
    syndrome: str = ""
    """Of a textbook use: the syndrome."""


@cache
def same_names() -> dict[str, str]:
    """Other names of textbook formulas to the name that the tables use."""
    aliases: dict[str, str] = table("formula_knowledge")["aliases"]
    return {alias: name for name, words in aliases.items() for alias in words.split()}


def key_of(name: str) -> str:
    """What equal names have in common.

    >>> key_of("葛根芩连汤") == key_of("葛根黄芩黄连汤")
    True
    """
    return same_names().get(name, name)


def merged(rows: Iterable[Row]) -> list[list[Row]]:
    """Groups of rows that are one formula: equal names and like compositions. In order of first appearance."""
    groups: list[list[Row]] = []
    herbs: list[set[str]] = []
    by_name: dict[str, list[int]] = {}
    for row in rows:
        own = {plain_herb(item["herb"]) for item in row.composition}
        places = by_name.setdefault(key_of(row.name), [])
        place = next((place for place in places if _alike(own, herbs[place])), None)
        if place is None:
            places.append(len(groups))
            groups.append([row])
            herbs.append(own)
        else:
            groups[place].append(row)
            herbs[place] = herbs[place] or own
    return groups


def _alike(one: set[str], other: set[str]) -> bool:
    """Whether two compositions may be one formula; a composition that nobody states is like any."""
    return not one or not other or len(one & other) / len(one | other) >= SAME


def formula_of(rows: list[Row]) -> Formula:
    """One Formula of all rows of a group. The row with the most doses gives the composition."""
    first = rows[0]
    composition = max((row.composition for row in rows), key=_doses)
    aliases = dict.fromkeys(alias for row in rows for alias in (*row.aliases, row.name) if alias != first.name)
    formula: Formula = {
        "id": first.id or content_id(first.name, *sorted(item["herb"] for item in composition)),
        "name": first.name,
        "source": next((row.source for row in rows if row.source), ""),
        "composition": list(composition),
        "functions": next((row.functions for row in rows if row.functions), ""),
        "indications": next((row.indications for row in rows if row.indications), ""),
        "syndromes": list(dict.fromkeys(name for row in rows for name in row.syndromes)),
    }
    if aliases:
        formula["aliases"] = list(aliases)
    if len(rows) > 1:
        formula["sources"] = [_source(row) for row in rows]
    extra: dict[str, Any] = {key: value for row in reversed(rows) for key, value in row.extra.items()}
    return {**extra, **formula}  # type: ignore[typeddict-item]


def _doses(composition: tuple[Ingredient, ...]) -> tuple[int, int]:
    return sum(item["dose_g"] is not None for item in composition), len(composition)


def _source(row: Row) -> FormulaSource:
    made: FormulaSource = {"source": row.source}
    if row.functions:
        made["functions"] = row.functions
    if row.indications:
        made["indications"] = row.indications
    return made


def passages_of(rows: list[Row]) -> list[Passage]:
    """What the rows of a formula say of whom it is for, each once; then what textbooks use it for."""
    told = dict.fromkeys("。".join(filter(None, ("、".join(row.syndromes), row.indications))) for row in rows)
    names = dict.fromkeys(key_of(name) for row in rows for name in (row.name, *row.aliases))
    known = [use for name in names for use in uses().get(name, ())]
    made = [Passage(text) for text in told if text]
    made += [Passage(f"{use.disease}。{use.syndrome}。{use.findings}", use.syndrome) for use in known]
    return made or [Passage("")]


class Use(NamedTuple):
    """A formula as a textbook gives it for one syndrome of one disease."""

    disease: str
    syndrome: str
    findings: str


@cache
def uses() -> dict[str, tuple[Use, ...]]:
    """Textbook uses by name of formula."""
    found: dict[str, list[Use]] = {}
    for row in table("formula_knowledge")["uses"]:
        disease, syndrome, findings, formulas, _ = row
        for name in formulas.split():
            found.setdefault(key_of(name), []).append(Use(disease, syndrome, findings))
    return {name: tuple(rows) for name, rows in found.items()}
