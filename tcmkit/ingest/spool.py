"""Documents waiting on disk: in order, found again by number, gone when the run ends."""

import tempfile
from array import array
from collections.abc import Iterator

import orjson

from tcmkit.ingest.sketch import without_space


class Spool:
    """Encoded documents in a temporary file. Costs 8 bytes of memory a document. Raises OSError on a full disk."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="tcm-ingest-", buffering=1 << 18)  # noqa: SIM115
        self._starts = array("Q", [0])

    def __len__(self) -> int:
        """How many documents it holds."""
        return len(self._starts) - 1

    def append(self, line: bytes) -> None:
        """Add a document at the end."""
        self._file.seek(self._starts[-1])
        self._file.write(line)
        self._starts.append(self._starts[-1] + len(line))

    def compact_text(self, number: int) -> str:
        """The text of the document with that number, without white space."""
        self._file.seek(self._starts[number])
        line = self._file.read(self._starts[number + 1] - self._starts[number])
        return without_space(orjson.loads(line)["text"])

    def lines(self) -> Iterator[bytes]:
        """All documents in order. Nothing may be added meanwhile."""
        self._file.seek(0)
        yield from self._file

    def texts(self) -> Iterator[str]:
        """The texts of all documents in order."""
        for line in self.lines():
            yield orjson.loads(line)["text"]

    def close(self) -> None:
        """Give the disk space back."""
        self._file.close()
