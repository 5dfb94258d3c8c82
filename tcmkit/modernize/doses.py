"""What the doses of an old text weigh in grams, by the dynasty of the text (table `dynasty_weights`)."""

from functools import cache
from typing import Any

from tcmkit.modernize.numbers import Number, numbers
from tcmkit.records import Measure, OldDose
from tcmkit.tables import table
from tcmkit.text.script import simplified_in_place

_SHARE_CUES = frozenset("取去至到减存留耗")


@cache
def _rows() -> dict[str, dict[str, Any]]:
    named = {name: row for row in table("dynasty_weights")["rows"] for name in row["names"]}
    return named | {name: {} for name in table("dynasty_weights")["unknown"]}


def measure_of(dynasty: str) -> dict[str, Any]:
    """The row for a dynasty as a book states it (清·乾隆年间, 南朝·梁); empty when nobody can say.

    >>> measure_of("清·乾隆年间")["liang"], measure_of("近代")
    (37.3, {})
    """
    stated = simplified_in_place(dynasty).replace("·", "").replace("朝代", "").removesuffix("代")
    fitting = [name for name in _rows() if stated.startswith(name)]
    return _rows()[max(fitting, key=len)] if fitting else {}


def annotated(text: str, dynasty: str) -> list[OldDose]:
    """Every weight of the text in an old unit, with its grams.

    Those are None where the dynasty is not known or had no such unit: `basis` says which.
    """
    row = measure_of(dynasty)
    division = table("dynasty_weights")["division"]
    shares: dict[str, float] = division[row["division"]] if row else {}
    old = division["before"].keys() | division["after"].keys()
    found: list[OldDose] = []
    for number in numbers(simplified_in_place(text)):
        if number.unit in old and not _is_share(text, number):
            share = shares.get(number.unit)
            grams = None if share is None else round(number.values[-1] * share * row["liang"], 2)
            span = {"text": text[number.start : number.end], "start": number.start, "end": number.end}
            found.append({**span, "grams": grams, "basis": _basis(row, share)})  # type: ignore[typeddict-item]
    return found


def _is_share(text: str, number: Number) -> bool:
    """煎至七分 is seven tenths of the water, no weight."""
    return number.unit == "分" and text[max(0, number.start - 1) : number.start] in _SHARE_CUES


def _basis(row: dict[str, Any], share: float | None) -> str:
    if not row:
        return "dynasty not known"
    return "no such unit then" if share is None else f"1两 = {row['liang']:g} g"


def measure(dynasty: str) -> Measure | None:
    """What a liang weighed under a dynasty and who says so; None when nobody can say."""
    row = measure_of(dynasty)
    if not row:
        return None
    stated: Measure = {"dynasty": dynasty, "liang": row["liang"], "source": row["source"]}
    if "others" in row:
        stated["others"] = row["others"]
    return stated
