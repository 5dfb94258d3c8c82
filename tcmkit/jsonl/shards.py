"""An output in several files (`-o 'out-*.jsonl.zst'`): cut at line ends, by what the lines are and nothing else."""

import os
from collections.abc import Callable
from pathlib import Path

from tcmkit.errors import UsageError
from tcmkit.jsonl.sink import Sink, cannot_write
from tcmkit.language import both

SHARD_BYTES = 256 << 20
"""Bytes of a shard before compression, unless somebody says otherwise."""
_DIGITS = 5


def open_output(path: str | None, most_bytes: int, most_lines: int | None) -> "Sink | Shards":
    """Where an output goes: stdout, a file, or several for a name with a star. Raises UsageError, OutputError."""
    return Shards(path, most_bytes, most_lines) if path and "*" in path else Sink(path)


class Shards:
    """A place for lines that is several files, `out-00000.jsonl`, `out-00001.jsonl` and on; as a Sink otherwise.

    A shard takes lines until the next would make it larger than `most_bytes` (before compression) or longer than
    `most_lines`, so number and cuts depend on the lines alone. All get their names at the end, in their order.
    """

    def __init__(self, pattern: str, most_bytes: int, most_lines: int | None) -> None:
        """Raises UsageError for a pattern with more than one star, or one in a folder's name, and as a Sink does."""
        folder, name = os.path.split(pattern)
        if name.count("*") != 1 or "*" in folder:
            raise UsageError(
                both(f"-o {pattern}: one *, in the file's name", f"-o {pattern}：只能有一个 *，且在文件名中")
            )
        self._pattern = pattern
        self._most_bytes = most_bytes
        self._most_lines = most_lines
        self._sinks: list[Sink] = []
        self._open()

    def _open(self) -> None:
        self._sinks.append(Sink(self._name(len(self._sinks))))
        self._bytes = self._lines = 0

    def _name(self, number: int) -> str:
        return self._pattern.replace("*", f"{number:0{_DIGITS}d}")

    def write(self, data: bytes, flush: bool = False) -> None:
        """Write whole lines. Raises as a Sink does."""
        while data:
            end = self._fitting(data)
            if not end:
                self._sinks[-1].close()
                self._open()
                continue
            self._sinks[-1].write(data[:end], flush)
            self._bytes += end
            self._lines += data.count(b"\n", 0, end) if self._most_lines else 0
            data = data[end:]

    def _fitting(self, data: bytes) -> int:
        """How much of the lines the shard still takes; 0 when it is full. An empty one takes a line of any length."""
        room = self._most_bytes - self._bytes
        end = len(data) if len(data) <= room else data.rfind(b"\n", 0, max(room, 0)) + 1
        if self._most_lines:
            end = _end_of_lines(data, self._most_lines - self._lines, end)
        return end if end or self._bytes else data.find(b"\n") + 1 or len(data)

    def flush(self) -> None:
        """Nothing: files appear only at the end."""

    def finish(self) -> None:
        """Give the files their names; of an earlier output with more shards the rest goes. Raises as a Sink does."""
        for sink in self._sinks:
            sink.close()
        for sink in self._sinks:
            sink.finish()
        self._remove_from(len(self._sinks))

    def _remove_from(self, number: int) -> None:
        while (left_over := Path(self._name(number))).is_file():
            try:
                left_over.unlink()
            except OSError as error:
                raise cannot_write(str(left_over), error) from None
            number += 1

    def keep_partial(self) -> str | None:
        """After an interruption: each shard stays as NAME.partial; the name of the first. Raises as a Sink does."""
        return self._each(Sink.keep_partial)[0]

    def discard(self) -> None:
        """After a failure: leave nothing behind."""
        self._each(Sink.discard)

    def _each(self, what: Callable[[Sink], "str | None"]) -> list[str | None]:
        return [what(sink) for sink in self._sinks]


def _end_of_lines(data: bytes, count: int, limit: int) -> int:
    """Where the first `count` lines end, or `limit` if that comes first."""
    if data.count(b"\n", 0, limit) <= count:
        return limit
    end = 0
    for _ in range(count):
        end = data.index(b"\n", end) + 1
    return end
