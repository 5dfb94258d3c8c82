"""CSV after RFC 4180 in UTF-8.

A column of text is text. Any other is headed `name:json` and holds JSON; an empty cell there stands for no field.
"""

import csv
import io
from collections.abc import Callable, Iterator
from functools import partial

from tcmkit.convert.shape import Columns
from tcmkit.jsonl import codec
from tcmkit.jsonl.inputs import JSON_MARK, table_lines
from tcmkit.records import Record

csv_lines = partial(table_lines, exact=True)
"""The rows of a CSV file as JSON lines."""


def write_csv(lines: Iterator[bytes], columns: Columns, write: Callable[[bytes], None]) -> None:
    """Write JSON lines as rows."""
    plain = {name for name in columns.plain_texts() if not name.endswith(JSON_MARK)}
    names = list(columns.by_name)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([name if name in plain else name + JSON_MARK for name in names])
    for line in lines:
        record = codec.parse(line)
        writer.writerow([_cell(record, name, name in plain) for name in names])
        if buffer.tell() > 1 << 16:
            write(buffer.getvalue().encode("utf-8"))
            buffer.seek(0)
            buffer.truncate()
    write(buffer.getvalue().encode("utf-8"))


def _cell(record: Record, name: str, plain: bool) -> str:
    if name not in record:
        return ""
    if plain:
        text: str = record[name]
        return text
    return json_text(record[name])


def json_text(value: object) -> str:
    """A value as JSON on one line."""
    return codec.dump({"": value})[4:-2].decode("utf-8")
