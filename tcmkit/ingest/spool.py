"""Documents waiting on disk: in order, found again by number, gone when the run ends."""

import os
import tempfile
from array import array
from collections.abc import Iterator
from typing import Self

import orjson

from tcmkit.errors import OutputError
from tcmkit.ingest.sketch import without_space
from tcmkit.language import both


class Spool:
    """Encoded documents in a temporary file. Costs 8 bytes of memory a document. Raises OutputError on a full disk."""

    def __init__(self) -> None:
        try:
            self._file = tempfile.TemporaryFile(prefix="tcm-ingest-", buffering=1 << 18)  # noqa: SIM115
        except OSError as error:
            raise _no_room(error) from None
        self._starts = array("Q", [0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        """Give the disk space back."""
        self._file.close()

    def __len__(self) -> int:
        """How many documents it holds."""
        return len(self._starts) - 1

    def append(self, line: bytes) -> None:
        """Add a document at the end."""
        try:
            self._file.seek(self._starts[-1])
            self._file.write(line)
        except OSError as error:
            raise _no_room(error) from None
        self._starts.append(self._starts[-1] + len(line))

    def compact_text(self, number: int) -> str:
        """The text of the document with that number, without white space."""
        self._file.seek(self._starts[number])
        line = self._file.read(self._starts[number + 1] - self._starts[number])
        return without_space(orjson.loads(line)["text"])

    def lines(self, first: int = 0) -> Iterator[bytes]:
        """All documents in order, from number `first` on. Nothing may be added meanwhile."""
        self._file.seek(self._starts[first])
        yield from self._file

    def texts(self) -> Iterator[str]:
        """The texts of all documents in order."""
        for line in self.lines():
            yield orjson.loads(line)["text"]

    def truncate(self, count: int) -> None:
        """Forget all documents but the first `count`."""
        del self._starts[count + 1 :]
        self._file.truncate(self._starts[-1])


def _no_room(error: OSError) -> OutputError:
    folder = tempfile.tempdir or os.environ.get("TMPDIR", "")
    reason = error.strerror
    return OutputError(
        both(
            f"documents cannot wait in {folder}: {reason}; let TMPDIR name a folder with more room",
            f"文档无法暂存于 {folder}：{reason}；请把 TMPDIR 设为空间更大的文件夹",
        )
    )
