"""Rows of any table of formulas as Formula records."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from tcmkit.errors import RecordError
from tcmkit.herbs import read_prescription, rows
from tcmkit.language import both
from tcmkit.records import Ingredient, Record
from tcmkit.tables import table

_NAME_TAIL = re.compile(r"[（(\[【].*$")
_BRACKETED = re.compile(r"[（(\[【]([^）)\]】]*)")
_BOOK_BEFORE = re.compile(r"^《[^》]*》\s*")
_BETWEEN_HERBS = re.compile(r"[，、,;；。\s]+(?![^（(\[]*[）)\]])")
_SHARED_AMOUNT = re.compile(r"[各共等每]")


class Row(NamedTuple):
    """A formula as one source gives it."""

    id: str
    name: str
    aliases: tuple[str, ...]
    source: str
    composition: tuple[Ingredient, ...]
    functions: str
    indications: str
    syndromes: tuple[str, ...]
    extra: Record
    """What else the line held."""


FIELDS = ("id", "name", "source", "composition", "functions", "indications", "syndromes")


@cache
def _known_fields() -> dict[str, tuple[str, ...]]:
    return {ours: tuple(names.split()) for ours, names in table("formula_terms")["fields"].items()}


def row_of(record: Record, field_map: Mapping[str, str]) -> Row:
    """The formula on a line. `field_map` says where a field stands under another name.

    Raises RecordError `no_name`, `bad_field`, or `nothing_to_match` when neither herbs nor indications are there.
    """
    taken: dict[str, Any] = {}
    used: set[str] = set()
    for ours, known in _known_fields().items():
        names = (field_map[ours],) if ours in field_map else known
        theirs = next((name for name in names if record.get(name) not in (None, "")), None)
        if theirs is not None:
            taken[ours] = record[theirs]
            used.add(theirs)
    name, aliases = names_of(_text(taken, "name"))
    if not name:
        raise RecordError(
            "no_name",
            both("no formula name; name its field with --map name=FIELD", "没有方名；请用 --map name=FIELD 指明字段"),
        )
    row = Row(
        id=str(taken.get("id", "")),
        name=name,
        aliases=(*aliases, *_strings(record.get("aliases"))),
        source=_text(taken, "source"),
        composition=composition_of(taken.get("composition")),
        functions=_text(taken, "functions"),
        indications=_text(taken, "indications"),
        syndromes=tuple(_strings(taken.get("syndromes"))),
        extra={key: value for key, value in record.items() if key not in used and key != "aliases"},
    )
    if not (row.composition or row.indications or row.functions or row.syndromes):
        raise RecordError("nothing_to_match", both("neither herbs nor indications", "既无药物也无主治"))
    return row


def _text(taken: Mapping[str, Any], field: str) -> str:
    value = taken.get(field, "")
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        value = "；".join(value)
    if not isinstance(value, str):
        raise RecordError("bad_field", both(f"{field} is not a string", f"{field} 不是字符串"))
    value = " ".join(value.split())
    return "" if value.lower() in _empty() else value


@cache
def _empty() -> frozenset[str]:
    return frozenset(table("formula_terms")["empty"].split())


def _strings(value: Any) -> list[str]:
    """A list of names from a list or from one string that separates them."""
    if isinstance(value, str):
        value = re.split(r"[、，,；;|/\s]+", value)
    if not isinstance(value, list):
        return []
    return [part for part in value if isinstance(part, str) and part and part.lower() not in _empty()]


def names_of(text: str) -> tuple[str, list[str]]:
    """The name of a formula and what else it is called.

    >>> names_of("麻子仁丸（又名：脾约麻仁丸、脾约丸）")
    ('麻子仁丸', ['脾约麻仁丸', '脾约丸'])
    """
    name = _NAME_TAIL.sub("", _BOOK_BEFORE.sub("", text)).strip()
    if not name:
        return text.strip(), []
    aliases: list[str] = []
    marks = "|".join(table("formula_terms")["also_named"].split())
    for inside in _BRACKETED.findall(text):
        found = re.match(rf"\s*(?:{marks})[：:为]?\s*(.+)", inside)
        if found:
            aliases += [part.strip() for part in re.split(r"[、，,；;]", found[1]) if part.strip()]
    return name, aliases


def composition_of(value: Any) -> tuple[Ingredient, ...]:
    """Herbs with grams, from a text (桂枝三两，芍药各二两), or from a list of names or objects."""
    if not value:
        return ()
    if isinstance(value, str):
        return _herbs_of_text(_herb_section(value))
    if isinstance(value, list):
        return tuple(_given(item) if isinstance(item, dict) else _ingredient(item) for item in value if item)
    raise RecordError("bad_field", both("composition is neither text nor list", "composition 既不是文本也不是列表"))


def _herb_section(text: str) -> str:
    """The part of a longer description that lists the herbs in modern doses."""
    terms = table("formula_terms")
    _, found, after = text.partition(terms["composition_begin"])
    if not found:
        return text
    ends = [place for word in terms["composition_end"].split() if (place := after.find(word)) > 0]
    return after[: min(ends)] if ends else after


def _herbs_of_text(text: str) -> tuple[Ingredient, ...]:
    if _SHARED_AMOUNT.search(text):
        return _read(text)
    return tuple(herb for part in _BETWEEN_HERBS.split(text) if part for herb in _read(part))


@lru_cache(maxsize=1 << 15)
def _read(text: str) -> tuple[Ingredient, ...]:
    """The herbs of a text; the same few thousand stretches recur in every table."""
    found = []
    for item in read_prescription(text).items:
        herb: Ingredient = {"herb": item.herb.name, "dose_g": item.grams}
        if item.stated:
            herb["stated"] = item.stated
        found.append(herb)
    return tuple(found)


def _ingredient(item: Any) -> Ingredient:
    if not isinstance(item, str):
        raise RecordError(
            "bad_field", both("composition holds something that is no herb", "composition 中有不是药物的内容")
        )
    read = _read(item)
    return read[0] if read else {"herb": item, "dose_g": None}


def _given(item: Record) -> Ingredient:
    herb = item.get("herb", item.get("name"))
    dose = item.get("dose_g")
    if not isinstance(herb, str) or not isinstance(dose, int | float | None):
        raise RecordError(
            "bad_field", both("composition holds something that is no herb", "composition 中有不是药物的内容")
        )
    made: Ingredient = {"herb": herb, "dose_g": dose}
    for key in ("stated", "note"):
        if isinstance(item.get(key), str) and item[key]:
            made["stated"] = item[key]
    return made


@lru_cache(maxsize=1 << 13)
def plain_herb(name: str) -> str:
    """A herb without its processing, close kinds as one: what compositions are compared by."""
    terms = table("formula_terms")
    same: dict[str, str] = terms["canonical_herbs"]
    if name in same:
        return same[name]
    for word in terms["processing"].split():
        rest = name.removeprefix(word)
        if rest != name and (rest in rows() or rest in same):
            return same.get(rest, rest)
    return name
