"""Tables as spreadsheets save them: a heading, then rows of cells between commas, tabs or semicolons."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_NAMES = (".csv", ".tsv")
_DELIMITERS = ",\t;"
_LONGEST_CELL = 16 << 20
"""Characters; in UTF-8 as many bytes as a line of JSON may have."""


class Row(NamedTuple):
    """A row, the line of the file where it begins, and a reason code if its cells could not be told apart.

    A row with a fault has no cells.
    """

    number: int
    cells: list[str]
    raw: str = ""
    """The row as it stands there, without its line end."""
    fault: str = ""


def is_table(path: str) -> bool:
    """Whether a file is a table by its name, packed or not.

    >>> is_table("处方.CSV.gz"), is_table("cases.jsonl")
    (True, False)
    """
    return path.lower().removesuffix(".gz").removesuffix(".zst").endswith(_NAMES)


def rows(lines: Iterable[str], delimiter: str = "") -> Iterator[Row]:
    """The rows of a table, the heading first, of lines with their line ends as they are; empty ones are left out.

    The delimiter is the one that the first line holds most often. A line with a quotation mark out of place, or with
    one that never ends, comes with the fault `bad_csv`, and every line behind it is read.
    """
    source = _Lines(lines)
    first = source.first()
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(source, delimiter=delimiter or max(_DELIMITERS, key=first.count), strict=True)
    while True:
        source.begin_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            source.give_back()
            yield Row(source.number, [], source.raw(), "bad_csv")
        else:
            if cells:
                yield Row(source.number, cells, source.raw())


class _Lines:
    """Lines for the reader of CSV, which can have those again that it took for a row and that are none."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._rest = iter(lines)
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self.number = 1
        """Of the line with which the row begins."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._rest, "")
        if not line:
            raise StopIteration
        self._taken.append(line)
        return line

    def first(self) -> str:
        """The first line, which will be given too."""
        line = next(self._rest, "")
        self._again += [line] if line else []
        return line

    def begin_row(self) -> None:
        """The next line begins a row."""
        self.number += len(self._taken)
        self._taken = []

    def give_back(self) -> None:
        """The lines taken make no row: all but the first come again."""
        self._again.extendleft(reversed(self._taken[1:]))
        del self._taken[1:]

    def raw(self) -> str:
        """The lines taken."""
        return "".join(self._taken).rstrip("\r\n")


def heading(row: Row) -> list[str]:
    """Names for the columns: one without a name is called by its number, one that repeats a name gets a number too.

    >>> heading(Row(1, ["诊断", " 诊断 ", ""]))
    ['诊断', '诊断 (2)', 'column 3']
    """
    names: list[str] = []
    for number, cell in enumerate(row.cells, 1):
        name = cell.strip() or f"column {number}"
        while name in names:
            name += f" ({number})"
        names.append(name)
    return names


def filled(names: Sequence[str], row: Row) -> dict[str, str]:
    """The cells of a row that hold something, by the names of their columns; it may end early."""
    return {name: cell for name, cell in zip(names, row.cells, strict=False) if cell}


def fault_in(names: Sequence[str], row: Row) -> str:
    """The fault of a row under a heading: its own, or `bad_row` for more cells than there are names."""
    return row.fault or ("bad_row" if len(row.cells) > len(names) else "")
