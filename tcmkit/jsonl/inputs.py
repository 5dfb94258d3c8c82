"""The lines of all inputs: those of JSON Lines, and one made of each row of a table (CSV, TSV)."""

import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO, cast

from tcmkit.errors import InputError, RecordError
from tcmkit.jsonl import codec
from tcmkit.jsonl.source import MAX_LINE_BYTES, Line, cannot_read, fault_of, lines_of, open_input
from tcmkit.language import both
from tcmkit.records import Record
from tcmkit.text.decode import ESCAPED, NotText, document_of, encoding_of, file_name
from tcmkit.text.rows import Row, fault_in, filled, heading, is_table, rows

JSON_MARK = ":json"
"""Ends the name of a column that holds JSON instead of text."""
_HEAD = 1 << 20


def lines(paths: Sequence[str], max_bytes: int = MAX_LINE_BYTES) -> Iterator[Line]:
    """Every line that is not blank, in order, each file's numbered from 1; stdin when no path is given.

    A file named .csv or .tsv is a table, whose rows become lines. Faults are those of `lines_of` and `table_lines`.
    Raises InputError.
    """
    for path in paths or ["-"]:
        if is_table(path):
            yield from table_lines(path)
            continue
        with open_input(path) as stream:
            try:
                _refuse_documents(path, stream)
                yield from lines_of(path, stream, max_bytes)
            except OSError as error:
                raise cannot_read(path, error) from None


def table_lines(path: str, exact: bool = False) -> Iterator[Line]:
    """The rows of a table, in any encoding of Chinese, as lines with the number of the line where each begins.

    Empty cells make no field. With `exact`, the dialect of `tcm convert`, they make empty texts, commas alone
    separate, names are taken as they are, and the encoding is UTF-8.

    Faults: `bad_csv`, `bad_row` (more cells than names; `uneven_row`, with `exact`, also for fewer), `bad_json` and
    `bad_encoding`, and those of compressed data. Raises InputError.
    """
    with open_input(path) as stream:
        try:
            _refuse_documents(path, stream)
            text = _as_utf8(stream) if exact else _as_it_is(path, stream)
            found = rows(text, "," if exact else "")
            first = next(found, Row(1, []))
            if first.fault:
                raise _no_heading(path)
            names = first.cells if exact else heading(first)
            _check_no_field_twice(path, names)
            number = 0
            for row in found:
                number = row.number
                yield _line(path, names, row, exact)
            if fault := fault_of(stream):
                yield Line(path, number + 1, b"", fault)
        except OSError as error:
            raise cannot_read(path, error) from None


def _refuse_documents(path: str, stream: BinaryIO) -> None:
    """Raises InputError for a file that another program wrote: it holds no line at all."""
    if advice := document_of(cast(io.BufferedReader, stream).peek(_BEGINNING)):
        raise InputError(f"{file_name(path)}: {both(*advice)}")


_BEGINNING = 4096


def _as_utf8(stream: BinaryIO) -> io.TextIOWrapper:
    return io.TextIOWrapper(stream, "utf-8-sig", ESCAPED, newline="")


def _as_it_is(path: str, stream: BinaryIO) -> io.TextIOWrapper:
    """A stream in the encoding that its beginning speaks for; read once, for a pipe has no second beginning."""
    head = stream.read(_HEAD)
    try:
        encoding = encoding_of(head)
    except NotText:
        raise InputError(
            both(
                f"{path} is no text in any known encoding: save the table as CSV in UTF-8",
                f"{path} 不是任何已知编码的文本：请把表格另存为 UTF-8 的 CSV",
            )
        ) from None
    return io.TextIOWrapper(io.BufferedReader(_Headed(head, stream), _HEAD), encoding, ESCAPED, newline="")


class _Headed(io.RawIOBase):
    """A stream from its beginning, though that has been read."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = io.BytesIO(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._head.read(len(buffer)) or cast(io.BufferedReader, self._rest).read1(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _no_heading(path: str) -> InputError:
    name = file_name(path)
    return InputError(
        both(
            f"{name}:1: the heading is no CSV (a quotation mark out of place?); correct it",
            f"{name}:1：首行不是 CSV（引号位置不对？）；请改正",
        )
    )


def _check_no_field_twice(path: str, names: list[str]) -> None:
    seen: set[str] = set()
    for name in (name.removesuffix(JSON_MARK) for name in names):
        if name in seen:
            raise InputError(
                both(
                    f"{file_name(path)}:1: two columns make the field {name}; rename one",
                    f"{file_name(path)}：1：有两列同为字段 {name}；请改其中一列的名称",
                )
            )
        seen.add(name)


def _line(path: str, names: list[str], row: Row, exact: bool) -> Line:
    raw = row.raw.encode("utf-8", "surrogateescape")
    fault = "uneven_row" if exact and not row.fault and len(row.cells) != len(names) else fault_in(names, row)
    if fault:
        return Line(path, row.number, raw, fault)
    cells = dict(zip(names, row.cells, strict=True)) if exact else filled(names, row)
    try:
        return Line(path, row.number, codec.dump(_record(cells)))
    except RecordError as error:
        return Line(path, row.number, raw, "bad_encoding" if error.reason == "cannot_encode" else error.reason)


def _record(cells: dict[str, str]) -> Record:
    record: Record = {}
    for name, cell in cells.items():
        if not name.endswith(JSON_MARK):
            record[name] = cell
        elif cell:
            record[name.removesuffix(JSON_MARK)] = from_json_text(cell)
    return record


def from_json_text(text: str) -> object:
    """A value that stands as JSON on one line. Raises RecordError `bad_json`."""
    return codec.parse(b'{"":' + text.encode("utf-8") + b"}")[""]
