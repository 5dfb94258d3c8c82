"""CSV after RFC 4180 in UTF-8.

A column of text is text. Any other is headed `name:json` and holds JSON; an empty cell there stands for no field.
"""

import csv
import io
import sys
from collections.abc import Callable, Iterator

from tcmkit.convert.shape import Columns
from tcmkit.errors import InputError, RecordError
from tcmkit.jsonl import codec
from tcmkit.jsonl.source import Line, open_input
from tcmkit.language import both
from tcmkit.records import Record
from tcmkit.text.decode import file_name

JSON_MARK = ":json"


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


def from_json_text(text: str) -> object:
    """What `json_text` made text of. Raises RecordError `bad_json`."""
    return codec.parse(b'{"":' + text.encode("utf-8") + b"}")[""]


def csv_lines(path: str) -> Iterator[Line]:
    """The rows of a CSV file as JSON lines, numbered by row; the header is row 1. Raises InputError."""
    csv.field_size_limit(sys.maxsize)
    with open_input(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        rows = csv.reader(text, strict=True)
        number = 0
        try:
            header = next(rows, [])
            for number, row in enumerate(rows, 2):
                if row:
                    yield _line(path, number, header, row)
        except (csv.Error, UnicodeDecodeError) as error:
            place = f"{file_name(path)}:{number + 1}"
            raise InputError(
                both(
                    f"{place}: no CSV in UTF-8 ({type(error).__name__}); save it as UTF-8 with quoted fields",
                    f"{place}：不是 UTF-8 的 CSV（{type(error).__name__}）；请另存为 UTF-8，字段加引号",
                )
            ) from None


def _line(path: str, number: int, header: list[str], row: list[str]) -> Line:
    if len(row) != len(header):
        return Line(path, number, ",".join(row).encode("utf-8"), "uneven_row")
    record: Record = {}
    try:
        for name, cell in zip(header, row, strict=True):
            if not name.endswith(JSON_MARK):
                record[name] = cell
            elif cell:
                record[name.removesuffix(JSON_MARK)] = from_json_text(cell)
    except RecordError:
        return Line(path, number, ",".join(row).encode("utf-8"), "bad_json")
    return Line(path, number, codec.dump(record))
