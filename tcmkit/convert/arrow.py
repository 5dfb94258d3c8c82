"""Parquet files and the folders of `datasets`, row group by row group."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tcmkit.convert.csv_file import json_text
from tcmkit.convert.shape import Columns, Shape
from tcmkit.errors import InputError, MissingExtra, RecordError
from tcmkit.jsonl import codec
from tcmkit.jsonl.inputs import from_json_text
from tcmkit.jsonl.source import Line
from tcmkit.language import both
from tcmkit.records import Record
from tcmkit.text.decode import file_name

_NOTE = b"tcmkit"
"""Key of our note in the file's metadata: which columns are JSON text, and where null means null."""
_ROWS = 1000
_SCALARS = {"string": "string", "bool": "bool_", "int": "int64", "float": "float64"}


def _pyarrow() -> Any:
    try:
        import pyarrow.parquet
    except ImportError:
        raise MissingExtra(both("reading and writing Parquet", "读写 Parquet"), "data") from None
    return pyarrow


def _datasets() -> Any:
    try:
        import datasets
    except ImportError:
        raise MissingExtra(both("reading and writing `datasets` folders", "读写 datasets 文件夹"), "data") from None
    datasets.disable_progress_bars()
    return datasets


def check_extra(table: str) -> None:
    """Raise MissingExtra now, not after an hour's work, when a table's package is missing."""
    if table in ("parquet", "hf"):
        _pyarrow()
    if table == "hf":
        _datasets()


def _type(shape: Shape) -> Any:
    pa = _pyarrow()
    if isinstance(shape, str):
        return getattr(pa, _SCALARS[shape])()
    if shape[0] == "list":
        return pa.list_(_type(shape[1]))
    return pa.struct([pa.field(name, _type(part)) for name, part in shape[1].items()])


def write_parquet(lines: Iterator[bytes], columns: Columns, sink: Any) -> None:
    """Write JSON lines as a Parquet file to a path or a binary file, 1,000 rows a group."""
    pa = _pyarrow()
    as_json = set(columns.as_json())
    fields = [
        pa.field(name, pa.string() if name in as_json else _type(column.shape))
        for name, column in columns.by_name.items()
    ]
    note = {"json": columns.as_json(), "null": columns.with_nulls()}
    schema = pa.schema(fields, metadata={_NOTE: json.dumps(note, ensure_ascii=False)})
    with pa.parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        for group in iter(lambda: list(itertools.islice(lines, _ROWS)), []):
            rows = [_row(codec.parse(line), as_json) for line in group]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def _row(record: Record, as_json: set[str]) -> Record:
    return {name: json_text(value) if name in as_json else value for name, value in record.items()}


def parquet_lines(path: str) -> Iterator[Line]:
    """The rows of a Parquet file as JSON lines. Raises InputError."""
    pa = _pyarrow()
    try:
        with pa.parquet.ParquetFile(path) as file:
            note = (file.schema_arrow.metadata or {}).get(_NOTE)
            batches = (batch.to_pylist() for batch in file.iter_batches(batch_size=_ROWS))
            yield from _lines(path, itertools.chain.from_iterable(batches), json.loads(note) if note else None)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: str, error: Exception) -> InputError:
    kind = type(error).__name__
    return InputError(
        both(
            f"cannot read {file_name(path)}: {kind}; is it whole?", f"无法读取 {file_name(path)}：{kind}；文件完整吗？"
        )
    )


def _lines(path: str, rows: Iterator[dict[str, Any]], note: dict[str, list[str]] | None) -> Iterator[Line]:
    """Rows as lines: of our own tables what was absent stays absent, of others null stays null."""
    as_json, nulls = (set(note["json"]), set(note["null"])) if note else (set(), set())
    for number, row in enumerate(rows, 1):
        record = {
            name: from_json_text(value) if name in as_json and value is not None else value
            for name, value in row.items()
            if value is not None or note is None or name in nulls
        }
        try:
            yield Line(path, number, codec.dump(record))
        except RecordError as error:
            yield Line(path, number, b"", error.reason)


def write_dataset(lines: Iterator[bytes], columns: Columns, folder: Path, work: Path) -> None:
    """Write JSON lines as a `datasets` folder, by way of a Parquet file in `work`."""
    datasets = _datasets()
    table = work / "table.parquet"
    write_parquet(lines, columns, str(table))
    made = datasets.Dataset.from_parquet(str(table), cache_dir=str(work / "cache"), keep_in_memory=False)
    made.info.description = json.dumps({"tcmkit": {"json": columns.as_json(), "null": columns.with_nulls()}})
    made.save_to_disk(str(folder))


def dataset_lines(path: str) -> Iterator[Line]:
    """The rows of a `datasets` folder as JSON lines, split after split. Raises InputError."""
    datasets = _datasets()
    try:
        loaded = datasets.load_from_disk(path)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    for part in loaded.values() if isinstance(loaded, datasets.DatasetDict) else [loaded]:
        note = _note_of(part.info.description)
        rows = (row for batch in part.with_format("arrow").iter(_ROWS) for row in batch.to_pylist())
        yield from _lines(path, rows, note)


def _note_of(description: str) -> dict[str, list[str]] | None:
    try:
        note: dict[str, list[str]] = json.loads(description)["tcmkit"]
    except (ValueError, KeyError, TypeError):
        return None
    return note
