"""A few lines at a time through a step: what runs in each process, and the same code when there is only one."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, runtime_checkable

from tcmkit.errors import RecordError
from tcmkit.jsonl import codec
from tcmkit.jsonl.ledger import Tally
from tcmkit.jsonl.source import MAX_LINE_BYTES, Line
from tcmkit.language import both
from tcmkit.records import Drop, Record

Step = Callable[[Record], Sequence[Record] | Drop]
"""What a per-record verb is: the records to write for one record, or why it is dropped.

It raises RecordError for a record that cannot be used.
"""


Result = Sequence[Record] | Drop | RecordError


@runtime_checkable
class Together(Protocol):
    """A step that is much faster when it sees many records at once: one with a neural network."""

    def together(self, records: Sequence[Record]) -> Sequence[Result]:
        """What the step makes of each record, or the error that it would raise; the same as one by one."""
        ...


class Reject(NamedTuple):
    """A line that could not be used, kept whole so that nothing is lost."""

    path: str
    number: int
    reason: str
    detail: str
    raw: bytes


class Keyed(NamedTuple):
    """What one record gave, each line with its key, and the record's line for --dropped if that is wanted."""

    keys: list[bytes]
    lines: list[bytes]
    duplicate: bytes


@dataclass
class Outcome:
    """What became of a batch: lines ready to write, in order, and the counts."""

    lines: bytes = b""
    tally: Tally = field(default_factory=Tally)
    rejects: list[Reject] = field(default_factory=list)
    dropped: list[bytes] = field(default_factory=list)
    lines_dropped: set[tuple[str, int]] = field(default_factory=set)
    """Path and number of the lines whose records were dropped."""
    keyed: list[Keyed] = field(default_factory=list)
    """In place of `lines` where only the first line of each key is wanted."""
    size: int = 0
    """Bytes of input."""


def batches(lines: Iterable[Line], max_lines: int, max_bytes: int = 1 << 19) -> Iterator[list[Line]]:
    """Lines in groups that a worker takes in one go."""
    group: list[Line] = []
    size = 0
    for line in lines:
        group.append(line)
        size += len(line.raw)
        if len(group) >= max_lines or size >= max_bytes:
            yield group
            group, size = [], 0
    if group:
        yield group


class StepRunner:
    """Parses lines, runs the step on each record, encodes what comes out."""

    def __init__(self, step: Step, keep_dropped: bool = False, unique_by: str = "", strict: bool = False) -> None:
        """With `keep_dropped`, dropped records are handed back too, each with its reason.

        With `unique_by`, the name of a text field, lines come with a key made of that field. With `strict`, a
        batch ends with its first reject.
        """
        self._step = step
        self._many: Together | None = step if isinstance(step, Together) else None
        self._strict = strict
        self._books = Books(keep_dropped, unique_by)

    def __call__(self, group: Sequence[Line]) -> Outcome:
        """What became of each line of the group."""
        outcome = Outcome()
        encoded: list[bytes] = []
        ready = self._ready(group)
        for number, line in enumerate(group):
            if outcome.rejects and self._strict:
                break
            try:
                record = begin(line, outcome)
                result = ready[number] if number in ready else self._step(record)
                if isinstance(result, RecordError):
                    raise result
                if isinstance(result, Drop):
                    outcome.lines_dropped.add((line.path, line.number))
                encoded += self._books.settle(record, result, outcome)
            except RecordError as error:
                reject(line, error, outcome)
        outcome.lines = b"".join(encoded)
        self._take_notes(outcome)
        return outcome

    def _ready(self, group: Sequence[Line]) -> dict[int, Result]:
        """What a step that works on many records makes of those on these lines, by the place of the line."""
        if not self._many:
            return {}
        records: dict[int, Record] = {}
        for number, line in enumerate(group):
            with suppress(RecordError):  # told when its turn comes
                records[number] = _parsed(line)
        return dict(zip(records, self._many.together(list(records.values())), strict=True))

    def _take_notes(self, outcome: Outcome) -> None:
        """Hand over what the step has counted since the last batch."""
        noted = getattr(self._step, "noted", None)
        if noted:
            outcome.tally.noted.update(noted)
            noted.clear()


class Books:
    """Enters what became of a record, and encodes what is to be written."""

    def __init__(self, keep_dropped: bool = False, unique_by: str = "") -> None:
        """As StepRunner."""
        self._keep_dropped = keep_dropped
        self._unique_by = unique_by

    def settle(self, record: Record, result: Sequence[Record] | Drop, outcome: Outcome) -> list[bytes]:
        """The lines for a result; none where the outcome has taken them by key, or the record is dropped."""
        if isinstance(result, Drop):
            outcome.dropped += [dropped_line(record, result)] if self._keep_dropped else []
            outcome.tally.dropped[result.reason] += 1
            return []
        encoded = [codec.dump(made) for made in result]
        if self._unique_by:
            keys = [_key(made[self._unique_by]) for made in result]
            duplicate = dropped_line(record, DUPLICATE) if self._keep_dropped else b""
            outcome.keyed.append(Keyed(keys, encoded, duplicate))
            return []
        outcome.tally.kept += 1
        outcome.tally.written += len(encoded)
        return encoded


def begin(line: Line, outcome: Outcome) -> Record:
    """The record on a line, counted as read. Raises RecordError."""
    outcome.tally.read += 1
    outcome.size += len(line.raw)
    return _parsed(line)


def _parsed(line: Line) -> Record:
    if line.fault:
        raise fault_error(line.fault)
    return codec.parse(line.raw)


def reject(line: Line, error: RecordError, outcome: Outcome) -> None:
    """Enter a line that could not be used."""
    outcome.tally.rejected[error.reason] += 1
    outcome.rejects.append(Reject(line.path, line.number, error.reason, error.detail, line.raw))


DUPLICATE = Drop("duplicate")
"""All that a record gave had been given before."""


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def dropped_line(record: Record, drop: Drop) -> bytes:
    """The line for --dropped: the record with its reason in front, in place of the reason of an earlier run."""
    reason = {"dropped": {"reason": drop.reason, "detail": drop.detail}}
    return codec.dump({**reason, **record, **reason})


_FAULTS = {
    "line_too_long": (
        f"over {MAX_LINE_BYTES >> 20} MiB; only its beginning is kept",
        f"超过 {MAX_LINE_BYTES >> 20} MiB；只保留开头",
    ),
    "input_cut_short": (
        "the compressed data ends too early: fetch or pack it again",
        "压缩数据提前结束：请重新下载或压缩",
    ),
    "bad_row": (
        "more cells than the header names; a comma without quotes?",
        "单元格多于表头；是否有逗号未加引号？",
    ),
    "uneven_row": (
        "not as many cells as the header names; a comma without quotes?",
        "单元格数与表头不符；是否有逗号未加引号？",
    ),
    "bad_csv": ("a quotation mark out of place, or without its partner", "引号位置不对，或缺少另一半"),
    "bad_encoding": ("bytes that are no text; save the table as CSV in UTF-8", "含非文本字节；请另存为 UTF-8 的 CSV"),
    "bad_compression": ("the compressed data is damaged: fetch or pack it again", "压缩数据已损坏：请重新下载或压缩"),
}


def fault_error(fault: str) -> RecordError:
    """The error for a line that could not be read whole."""
    return RecordError(fault, both(*_FAULTS.get(fault, ("", ""))))
