"""Tables for people, on stdout; what a program reads is the JSON beside them."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any


def as_json(value: Any) -> None:
    """Print one JSON value."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def as_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print columns as wide as they need to be; a Chinese character takes two places. Numbers stand to the right."""
    from rich.cells import cell_len

    table = [list(header), *(list(map(_cell, row)) for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    to_the_right = [all(_is_number(row[at]) for row in table[1:]) for at in range(len(widths))]
    for row in table:
        cells = [
            " " * (width - cell_len(cell)) + cell if right else cell + " " * (width - cell_len(cell))
            for cell, width, right in zip(row, widths, to_the_right, strict=True)
        ]
        print("  ".join(cells).rstrip())


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else _harmless(str(value))


def _harmless(text: str) -> str:
    """Names come from folders and servers: nothing in them may steer the terminal."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").isdigit()


def size(count: int) -> str:
    """Bytes for people.

    >>> size(900), size(491_400_032)
    ('900 B', '468.6 MiB')
    """
    if count < 1024:
        return f"{count} B"
    power = min((count.bit_length() - 1) // 10, len(_UNITS))
    return f"{count / 1024**power:.1f} {_UNITS[power - 1]}"


_UNITS = ("KiB", "MiB", "GiB", "TiB")


def when(seconds: float) -> str:
    """A time since 1970 as the user's clock shows it, to the minute."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")
