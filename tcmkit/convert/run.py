"""`tcm convert` as a whole: lines out of any container, each converted, into any container."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from tcmkit.convert import arrow
from tcmkit.convert.csv_file import csv_lines, write_csv
from tcmkit.convert.settings import TABLES, Settings
from tcmkit.convert.shape import Columns
from tcmkit.convert.step import Converter
from tcmkit.errors import OutputError, UsageError
from tcmkit.jsonl import Hooks, Options, Run, codec, run_steps
from tcmkit.jsonl.inputs import lines
from tcmkit.jsonl.source import Line, check_no_folders
from tcmkit.language import both

_READERS: dict[str, Callable[[str], Iterator[Line]]] = {
    "csv": csv_lines,
    "parquet": arrow.parquet_lines,
    "hf": arrow.dataset_lines,
    "jsonl": lambda path: lines([path]),
}


def container_of(path: str, origin: str | None) -> str:
    """What a path is: a key of _READERS."""
    if origin in TABLES:
        return str(origin)
    name = path.lower().removesuffix(".gz").removesuffix(".zst")
    if name.endswith(".csv"):
        return "csv"
    if name.endswith(".parquet"):
        return "parquet"
    marks = ("dataset_info.json", "dataset_dict.json")
    return "hf" if any(os.path.exists(os.path.join(path, mark)) for mark in marks) else "jsonl"


def run_convert(settings: Settings, options: Options) -> int:
    """Convert `options.inputs`; the exit status. Raises TcmError."""
    sources = [(path, container_of(path, settings.origin)) for path in options.inputs or ("-",)]
    for path, container in sources:
        arrow.check_extra(container)
        if path == "-" and container in ("parquet", "hf"):
            raise UsageError(
                both(
                    f"--from {container} reads no stdin: name the file",
                    f"--from {container} 不能读标准输入：请写文件名",
                )
            )
        if container != "hf":
            check_no_folders([path])

    def source() -> Iterator[Line]:
        for path, container in sources:
            yield from _READERS[container](path)

    step = partial(Converter, settings)
    if settings.to not in TABLES:
        return run_steps("convert", step, options, hooks=Hooks(source, at_end=say_lost))
    arrow.check_extra(settings.to)
    if options.output and "*" in options.output:
        raise UsageError(
            both(f"--to {settings.to} writes one file: no * in -o", f"--to {settings.to} 只写一个文件：-o 中不能有 *")
        )
    target = _new_folder(options.output) if settings.to == "hf" else None
    inner = replace(options, output=os.devnull) if target else options
    with _Table(settings.to, target) as table:
        return run_steps("convert", step, inner, hooks=Hooks(source, table.take, table.write))


def say_lost(run: Run) -> None:
    """What the format could not hold, on stderr and in the summary."""
    lost = dict(sorted(run.ledger.noted.items()))
    run.ledger.notes["lost"] = lost
    if lost and not run.options.quiet:
        named = ", ".join(f"{name} {count}" for name, count in lost.items())
        run.say(both(f"lost, since the format has no place for them: {named}", f"格式容不下而丢失：{named}"))


def _new_folder(path: str | None) -> Path:
    if path is None or path == "-":
        raise UsageError(both("--to hf writes a folder: name it with -o", "--to hf 写出文件夹：请用 -o 指定"))
    if os.path.exists(path):
        raise OutputError(
            both(f"{path} exists: remove it or choose another name", f"{path} 已存在：请删除或换一个名字")
        )
    return Path(path)


class _Table(AbstractContextManager["_Table"]):
    """Lines waiting on disk until all columns are known."""

    def __init__(self, kind: str, target: Path | None) -> None:
        self._kind = kind
        self._target = target
        self._columns = Columns()

    def __enter__(self) -> "_Table":
        beside = self._target.absolute().parent if self._target else None
        try:
            self._work = Path(tempfile.mkdtemp(prefix=".tcm-convert-", dir=beside))
            self._spool: BinaryIO = open(self._work / "lines", "w+b", buffering=1 << 18)
        except OSError as error:
            raise _no_room(error) from None
        return self

    def __exit__(self, *_exception: object) -> None:
        self._spool.close()
        shutil.rmtree(self._work, ignore_errors=True)

    def take(self, encoded: bytes) -> None:
        """Lay lines by; nothing is written yet."""
        for line in encoded.splitlines():
            self._columns.add(codec.parse(line))
        try:
            self._spool.write(encoded)
        except OSError as error:
            raise _no_room(error) from None

    def write(self, run: Run) -> None:
        """The whole table, and what had to become JSON text."""
        self._spool.seek(0)
        if self._kind == "csv":
            write_csv(self._spool, self._columns, run.write)
            as_json = [name for name in self._columns.by_name if name not in self._columns.plain_texts()]
        else:
            as_json = self._columns.as_json()
            self._write_arrow(run)
        run.ledger.notes |= {"rows": self._columns.rows, "as_json_text": as_json, "lost": {}}
        if as_json and not run.options.quiet:
            named = ", ".join(as_json)
            run.say(both(f"kept as JSON text, nothing lost: {named}", f"以 JSON 文本保存，无丢失：{named}"))

    def _write_arrow(self, run: Run) -> None:
        if self._target is None:
            arrow.write_parquet(self._spool, self._columns, _Written(run.write))
            return
        made = self._work / "dataset"
        try:
            arrow.write_dataset(self._spool, self._columns, made, self._work)
            os.replace(made, self._target)
        except OSError as error:
            raise _no_room(error) from None


class _Written:
    """The run's output as the binary file that pyarrow writes to."""

    closed = False

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._size = 0

    def write(self, data: bytes) -> int:
        """Pass bytes on."""
        raw = bytes(data)
        self._write(raw)
        self._size += len(raw)
        return len(raw)

    def tell(self) -> int:
        """Bytes written so far."""
        return self._size

    def writable(self) -> bool:
        """It is."""
        return True

    def readable(self) -> bool:
        """It is not."""
        return False

    def seekable(self) -> bool:
        """It is not."""
        return False

    def flush(self) -> None:
        """The run flushes."""

    def close(self) -> None:
        """The run closes."""


def _no_room(error: OSError) -> OutputError:
    why = error.strerror or type(error).__name__
    return OutputError(
        both(
            f"cannot lay lines by for the table: {why}; free space or set TMPDIR, then run the same command again",
            f"无法暂存待写入的行：{why}；请腾出空间或设置 TMPDIR，再运行同一条命令",
        )
    )
