"""Where lines come from: files and stdin, plain, gzip or zstandard, told apart by their first bytes."""

import glob
import io
import itertools
import os
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, cast

from tcmkit.errors import InputError
from tcmkit.language import both

MAX_LINE_BYTES = 64 << 20
"""A longer line is rejected without being held in memory."""

_BLOCK = 1 << 20
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class Line(NamedTuple):
    """A raw line: where it stands, its bytes, and a reason code if it could not be read whole."""

    path: str
    number: int
    raw: bytes
    fault: str = ""


def expanded(paths: Sequence[str]) -> tuple[str, ...]:
    """The paths, each quoted pattern ("books/*.jsonl") replaced by what it stands for, in the order of the names.

    What exists under its own name is no pattern. Raises InputError for a pattern that fits nothing.
    """
    found: list[str] = []
    for path in paths:
        if path == "-" or not glob.has_magic(path) or os.path.lexists(path):
            found.append(path)
            continue
        matching = sorted(glob.iglob(path, recursive=True))
        if not matching:
            raise InputError(both(f"no file fits {path}", f"没有文件符合 {path}"))
        found += matching
    return tuple(found)


def check_inputs(paths: Sequence[str]) -> None:
    """Raise InputError now, not in an hour, when an input is missing."""
    for path in paths:
        if path != "-" and not os.path.exists(path):
            raise InputError(both(f"no such file: {path}", f"找不到文件：{path}"))


def check_no_folders(paths: Sequence[str]) -> None:
    """Raise InputError for a folder, which only `tcm ingest` reads."""
    for path in paths:
        if os.path.isdir(path):
            raise InputError(
                both(
                    f"{path} is a folder: name the files in it, or begin with  tcm ingest {path}",
                    f"{path} 是文件夹：请写出其中的文件，或先运行  tcm ingest {path}",
                )
            )


def open_input(path: str) -> BinaryIO:
    """A file, or stdin for "-", decompressed as its first bytes demand.

    Raises InputError when it cannot be opened.
    """
    try:
        if path == "-":
            raw: BinaryIO = cast(BinaryIO, io.BufferedReader(_NotClosed(sys.stdin.buffer), _BLOCK))
        else:
            raw = open(path, "rb", buffering=_BLOCK)  # noqa: SIM115 - closed by the caller's with
        return decompressed(raw)
    except OSError as error:
        raise cannot_read(path, error) from None


def cannot_read(path: str, error: OSError) -> InputError:
    """What to say of an input that the system does not give."""
    return InputError(both(f"cannot read {path}: {error.strerror}", f"无法读取 {path}：{error.strerror}"))


def decompressed(raw: BinaryIO) -> BinaryIO:
    """The same stream with gzip or zstandard taken off. `fault_of` says afterwards whether it was whole."""
    head = cast(io.BufferedReader, raw).peek(4)[:4]
    if head.startswith(_GZIP):
        return cast(BinaryIO, _UnpackedReader(_Unpacker(raw, _gzip_member, zlib.error), _BLOCK))
    if head == _ZSTD:
        import zstandard

        make_frame = zstandard.ZstdDecompressor().decompressobj
        return cast(BinaryIO, _UnpackedReader(_Unpacker(raw, make_frame, zstandard.ZstdError), _BLOCK))
    return raw


def fault_of(stream: BinaryIO) -> str:
    """Why compressed data ended before its end mark: `input_cut_short` or `bad_compression`; "" if it did not."""
    return stream.fault if isinstance(stream, _UnpackedReader) else ""


class _NotClosed(io.RawIOBase):
    """Stdin's bytes; closing it leaves stdin open. A read returns what is there, so a slow pipe flows.

    Read below Python's buffer: a thread that waits in there for a silent pipe would hold a lock that the interpreter
    wants when it ends, and the interpreter would abort.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = cast(io.RawIOBase, getattr(stream, "raw", stream))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        return cast("int | None", self._stream.readinto(buffer))


class _Member(Protocol):
    """A gzip member or a zstandard frame being unpacked, as both libraries offer it."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def _gzip_member() -> _Member:
    return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)


class _Unpacker(io.RawIOBase):
    """Compressed members one after another. Where they break off or are damaged the data ends, and `fault` says why.

    The libraries' own readers raise instead, and lose the part of a line that came before the break.
    """

    # A few bytes can stand for megabytes, so little is unpacked at a time.
    _SLICE = 4096

    def __init__(self, raw: BinaryIO, make_member: Callable[[], _Member], damage: type[Exception]) -> None:
        self._raw = cast(io.BufferedReader, raw)
        self._make_member = make_member
        self._damage = damage
        self._member: _Member | None = None
        self._packed = b""
        self._unpacked = b""
        self.fault = ""

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._raw.close()
        super().close()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._unpacked and not self.fault:
            self._unpacked = self._more()
        size = min(len(buffer), len(self._unpacked))
        buffer[:size] = self._unpacked[:size]
        self._unpacked = self._unpacked[size:]
        return size

    def _more(self) -> bytes:
        """Unpacked bytes; none at the end of the last member."""
        while packed := self._packed or self._raw.read1(self._SLICE):
            self._packed = b""
            if self._member is None:
                packed = packed.lstrip(b"\0")  # zeros may fill up the space behind a member
                if not packed:
                    continue
                self._member = self._make_member()
            try:
                unpacked = self._member.decompress(packed)
            except self._damage:
                self.fault = "bad_compression"
                return b""
            if self._member.eof:
                self._packed, self._member = self._member.unused_data, None
            if unpacked:
                return unpacked
        if self._member:
            self.fault = "input_cut_short"
        return b""


class _UnpackedReader(io.BufferedReader):
    """Buffered, with the fault of the unpacker below it."""

    @property
    def fault(self) -> str:
        """As `fault_of` says."""
        return cast(_Unpacker, self.raw).fault


def lines_of(path: str, stream: BinaryIO, max_bytes: int = MAX_LINE_BYTES) -> Iterator[Line]:
    """Every line of an open stream that is not blank.

    A line that is too long comes with its head and the fault `line_too_long`; compressed data that is cut
    short or damaged ends with what there is of the last line, and a fault. Line numbers start at 1.
    """
    for number in itertools.count(1):
        raw = stream.readline(max_bytes + 1)
        fault = ""
        is_last = False
        if not raw.endswith(b"\n"):
            if len(raw) > max_bytes:
                _skip_to_line_end(stream)
                raw, fault = raw[:_KEPT_HEAD], "line_too_long"
            else:
                is_last, fault = True, fault_of(stream)
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if fault or (raw and not raw.isspace()):
            yield Line(path, number, raw, fault)
        if is_last:
            return


_KEPT_HEAD = 4096


def _skip_to_line_end(stream: BinaryIO) -> None:
    while True:
        part = stream.readline(_BLOCK)
        if not part or part.endswith(b"\n"):
            return


def total_bytes(paths: Sequence[str]) -> int | None:
    """Bytes in all inputs together, or None when that cannot be known (stdin, compressed files)."""
    if not paths or any(path == "-" or path.endswith((".gz", ".zst")) for path in paths):
        return None
    try:
        return sum(Path(path).stat().st_size for path in paths)
    except OSError:
        return None
