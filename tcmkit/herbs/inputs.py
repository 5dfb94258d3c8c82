"""The forms in which a prescription comes: a text, a list of texts, a list of objects."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from tcmkit.errors import RecordError
from tcmkit.herbs.items import Gap, Item, Prescription, Told
from tcmkit.herbs.names import Herb, nearest
from tcmkit.herbs.reading import read, read_all
from tcmkit.language import both

_NAME_KEYS = ("herb", "name", "药名", "药材", "中药", "药物")
_DOSE_KEYS = ("dose_g", "dose", "grams", "amount", "用量", "剂量", "克数", "g")
_UNIT_KEYS = ("unit", "单位")
_NOTE_KEYS = ("note", "notes", "processing", "usage", "炮制", "煎法", "用法", "备注")


class Place(NamedTuple):
    """Where a single name belongs."""

    herb: Herb | None
    """The herb with the processing that the name states; None when nobody can place it."""
    nearest: tuple[str, ...] = ()
    """For a name that nobody can place: known names like it, best first."""


def place(name: str) -> Place:
    """Place one herb's name.

    >>> place("黑附片").herb
    Herb(name='附子', form='', placed=True)
    """
    said = read(name)
    if len(said.items) == 1 and not said.gaps:
        return Place(said.items[0].herb)
    return Place(None, nearest(name))


def read_prescription(prescription: Any) -> Prescription:
    """Read a prescription in any of its forms.

    Raises RecordError when it is none of them.
    """
    if isinstance(prescription, str):
        return read(prescription)
    if isinstance(prescription, dict):
        keys = ("items", "herbs", "composition", "text")
        inner = next((prescription[key] for key in keys if key in prescription), None)
        if inner is not None and not isinstance(inner, dict):
            return read_prescription(inner)
        return read_prescription([prescription])
    if isinstance(prescription, list):
        return _list(prescription)
    raise RecordError("bad_prescription", both("prescription is neither text nor a list", "处方既不是文本也不是列表"))


def _list(items: list[Any]) -> Prescription:
    if all(isinstance(item, str) for item in items):
        return read_all(enumerate(items))
    whole = Prescription()
    for index, item in enumerate(items):
        if isinstance(item, str):
            part = read(item, index)
        elif isinstance(item, dict):
            part = _object(item, index)
        else:
            raise RecordError(
                "bad_prescription",
                both(f"item {index} is neither text nor an object", f"第 {index} 项既不是文本也不是对象"),
            )
        whole.items += part.items
        whole.gaps += part.gaps
    return whole


def _first(item: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((item[key] for key in keys if item.get(key) not in (None, "")), None)


def _object(item: dict[str, Any], index: int) -> Prescription:
    """A herb with its dose and notes, each in a field of its own."""
    name = _first(item, _NAME_KEYS)
    if not isinstance(name, str):
        raise RecordError("bad_prescription", both(f"item {index} has no herb", f"第 {index} 项没有药名"))
    part = read(name, index)
    dose = _first(item, _DOSE_KEYS)
    notes = [note for note in _texts(item) if note]
    if dose is None and not notes:
        return part
    told, understood = _dose(dose, _first(item, _UNIT_KEYS))
    extra = read(f"甘草 {' '.join(notes)}") if notes else Prescription()
    part.items = [_with(herb, told, extra.items[0].notes if extra.items else ()) for herb in part.items]
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


def _with(item: Item, told: Told | None, notes: tuple[str, ...]) -> Item:
    """The herb with what its own fields say; 炮制: 制 makes 川乌 into 制川乌."""
    if notes:
        said = read(f"{item.herb.name}({notes[0]})").items
        herb = said[0].herb if len(said) == 1 and item.herb.form == "" else item.herb
        item = item._replace(herb=herb, notes=(*item.notes, *notes))
    return told.to(item) if told else item


def _dose(dose: Any, unit: Any) -> tuple[Told | None, bool]:
    """The amount, and whether the dose was understood."""
    if dose is None:
        return None, True
    if isinstance(dose, bool):
        return None, False
    if isinstance(dose, int | float):
        if not math.isfinite(dose) or dose < 0:
            return None, False
        text = f"{dose:f}".rstrip("0").rstrip(".")
    else:
        text = str(dose)
    said = read(f"甘草 {text}{unit if isinstance(unit, str) else ''}")
    if said.gaps or len(said.items) != 1 or not said.items[0].amount:
        return None, False
    item = said.items[0]
    return Told(item.grams, item.amount, item.stated), True
