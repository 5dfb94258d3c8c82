"""What a column of a table holds: found out before the first row is written, so that nothing need be guessed.

A field whose values are all of one shape becomes a column of that type. Any other field (shapes that differ, nulls
inside, whole numbers beyond 64 bits, null in one row and absent in another) becomes JSON text: nothing is lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tcmkit.records import Record

Shape = Any
"""A scalar's name, ("list", shape or None), ("struct", {name: shape}), or MIXED."""
MIXED = "mixed"
_INT64 = 1 << 63


def shape_of(value: Any) -> Shape:
    """The shape of a JSON value; null has none that a column could keep."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int):
        return "int" if -_INT64 <= value < _INT64 else MIXED
    if isinstance(value, float):
        return "float"
    if isinstance(value, list):
        shape: Shape = None
        for part in value:
            shape = merged(shape, shape_of(part))
        return MIXED if _is_mixed(shape) else ("list", shape)
    if isinstance(value, Mapping) and value:
        parts = {name: shape_of(part) for name, part in value.items()}
        return MIXED if any(map(_is_mixed, parts.values())) else ("struct", parts)
    return MIXED


def _is_mixed(shape: Shape) -> bool:
    return bool(shape == MIXED)


def merged(one: Shape, other: Shape) -> Shape:
    """The shape that holds both; None stands for no value yet."""
    if one is None or other is None:
        return other if one is None else one
    if one == other:
        return one
    if isinstance(one, tuple) and isinstance(other, tuple) and one[0] == other[0]:
        if one[0] == "list":
            inner = merged(one[1], other[1])
            return MIXED if _is_mixed(inner) else ("list", inner)
        if one[1].keys() == other[1].keys():
            parts = {name: merged(one[1][name], other[1][name]) for name in one[1]}
            return MIXED if any(map(_is_mixed, parts.values())) else ("struct", parts)
    return MIXED


def is_whole(shape: Shape) -> bool:
    """Whether a shape can be a column's type: a list that was never filled has none."""
    if shape is None or _is_mixed(shape):
        return False
    if isinstance(shape, tuple):
        return is_whole(shape[1]) if shape[0] == "list" else all(map(is_whole, shape[1].values()))
    return True


@dataclass
class Column:
    """What has been seen of a field."""

    shape: Shape = None
    present: int = 0
    nulls: int = 0
    texts_only: bool = True


@dataclass
class Columns:
    """The fields of all lines, in the order in which they came."""

    rows: int = 0
    by_name: dict[str, Column] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Enter one line."""
        self.rows += 1
        for name, value in record.items():
            column = self.by_name.get(name) or self.by_name.setdefault(name, Column())
            column.present += 1
            if value is None:
                column.nulls += 1
                column.texts_only = False
            elif column.shape != MIXED:
                column.shape = merged(column.shape, shape_of(value))
                column.texts_only = column.texts_only and isinstance(value, str)

    def as_json(self) -> list[str]:
        """Fields that need JSON text in a typed column."""
        return [name for name, column in self.by_name.items() if not self._is_typed(column)]

    def with_nulls(self) -> list[str]:
        """Typed fields in which null means null: it stands in every row, and sometimes it is null."""
        return [name for name, column in self.by_name.items() if column.nulls and self._is_typed(column)]

    def plain_texts(self) -> list[str]:
        """Fields that are text in every row: what a cell of a CSV file can be as it is."""
        return [
            name
            for name, column in self.by_name.items()
            if column.texts_only and column.present == self.rows and column.shape == "string"
        ]

    def _is_typed(self, column: Column) -> bool:
        return is_whole(column.shape) and not (column.nulls and column.present < self.rows)
