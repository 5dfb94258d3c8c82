"""The forms in which a prescription comes: a text, a list of texts, a list of objects."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tcmkit.errors import RecordError
from tcmkit.safety.reading import Gap, Item, Reading, read, read_all

_NAME_KEYS = ("herb", "name", "药名", "药材", "中药", "药物")
_DOSE_KEYS = ("dose_g", "dose", "grams", "amount", "用量", "剂量", "克数", "g")
_UNIT_KEYS = ("unit", "单位")
_NOTE_KEYS = ("note", "notes", "processing", "usage", "炮制", "煎法", "用法", "备注")


def reading_of(prescription: Any) -> Reading:
    """Read a prescription in any of its forms.

    Raises RecordError when it is none of them.
    """
    if isinstance(prescription, str):
        return read(prescription)
    if isinstance(prescription, dict):
        keys = ("items", "herbs", "composition", "text")
        inner = next((prescription[key] for key in keys if key in prescription), None)
        if inner is not None and not isinstance(inner, dict):
            return reading_of(inner)
        return reading_of([prescription])
    if isinstance(prescription, list):
        return _list(prescription)
    raise RecordError("bad_prescription", "prescription is neither text nor a list")


def _list(items: list[Any]) -> Reading:
    if all(isinstance(item, str) for item in items):
        return read_all(enumerate(items))
    whole = Reading()
    for index, item in enumerate(items):
        if isinstance(item, str):
            part = read(item, index)
        elif isinstance(item, dict):
            part = _object(item, index)
        else:
            raise RecordError("bad_prescription", f"item {index} is neither text nor an object")
        whole.items += part.items
        whole.gaps += part.gaps
    return whole


def _first(item: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((item[key] for key in keys if item.get(key) not in (None, "")), None)


def _object(item: dict[str, Any], index: int) -> Reading:
    """A herb with its dose and notes, each in a field of its own."""
    name = _first(item, _NAME_KEYS)
    if not isinstance(name, str):
        raise RecordError("bad_prescription", f"item {index} has no herb")
    part = read(name, index)
    dose = _first(item, _DOSE_KEYS)
    notes = [note for note in _texts(item) if note]
    if dose is None and not notes:
        return part
    grams, told, understood = _dose(dose, _first(item, _UNIT_KEYS))
    extra = read(f"甘草 {' '.join(notes)}") if notes else Reading()
    part.items = [_with(herb, grams, told, extra.items[0].notes if extra.items else ()) for herb in part.items]
    if not understood or extra.gaps or len(extra.items) > 1:
        part.gaps.append(Gap("part", name, 0, len(name), index))
    part.regimen = extra.regimen if extra.regimen.outside else part.regimen
    return part


def _texts(item: dict[str, Any]) -> Iterator[str]:
    for key in _NOTE_KEYS:
        value = item.get(key)
        if isinstance(value, list):
            yield from (note for note in value if isinstance(note, str))
        elif isinstance(value, str):
            yield value


def _with(item: Item, grams: float | None, told: str, notes: tuple[str, ...]) -> Item:
    """The herb with what its own fields say; 炮制: 制 makes 川乌 into 制川乌."""
    if notes:
        said = read(f"{item.herb.name}({notes[0]})").items
        herb = said[0].herb if len(said) == 1 and item.herb.form == "" else item.herb
        item = replace(item, herb=herb, notes=(*item.notes, *notes))
    return replace(item, grams=grams, amount=told) if told else item


def _dose(dose: Any, unit: Any) -> tuple[float | None, str, bool]:
    """Grams, how they were told, and whether the dose was understood."""
    if dose is None:
        return None, "", True
    if isinstance(dose, bool):
        return None, "", False
    if isinstance(dose, int | float):
        if not math.isfinite(dose) or dose < 0:
            return None, "", False
        text = f"{dose:f}".rstrip("0").rstrip(".")
    else:
        text = str(dose)
    said = read(f"甘草 {text}{unit if isinstance(unit, str) else ''}")
    if said.gaps or len(said.items) != 1 or not said.items[0].amount:
        return None, "", False
    return said.items[0].grams, said.items[0].amount, True
