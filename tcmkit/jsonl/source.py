"""Where lines come from: files and stdin, plain, gzip or zstandard, told apart by their first bytes."""

import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

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


class TruncatedError(OSError):
    """Compressed data that ends before its end mark."""


class CorruptError(OSError):
    """Compressed data that cannot be unpacked."""


def check_inputs(paths: Sequence[str]) -> None:
    """Raise InputError now, not in an hour, when an input is missing."""
    for path in paths:
        if path != "-" and not os.path.exists(path):
            raise InputError(both(f"no such file: {path}", f"找不到文件：{path}"))


def open_input(path: str) -> AbstractContextManager[BinaryIO]:
    """A file, or stdin for "-", decompressed as its first bytes demand.

    Raises InputError when it cannot be opened.
    """
    try:
        if path == "-":
            raw: BinaryIO = cast(BinaryIO, io.BufferedReader(_NotClosed(sys.stdin.buffer), _BLOCK))
        else:
            raw = open(path, "rb", buffering=_BLOCK)  # noqa: SIM115 - closed by the caller's with
    except OSError as error:
        reason = error.strerror
        raise InputError(both(f"cannot read {path}: {reason}", f"无法读取 {path}：{reason}")) from None
    return decompressed(raw)


def decompressed(raw: BinaryIO) -> BinaryIO:
    """The same stream with gzip or zstandard taken off."""
    head = cast(io.BufferedReader, raw).peek(4)[:4]
    if head.startswith(_GZIP):
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw))
    if head == _ZSTD:
        return cast(BinaryIO, io.BufferedReader(_ZstdReader(raw), _BLOCK))
    return raw


class _NotClosed(io.RawIOBase):
    """Stdin's bytes; closing it leaves stdin open. A read returns what is there, so a slow pipe flows."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = cast(io.BufferedReader, stream)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read1(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _ZstdReader(io.RawIOBase):
    """Zstandard frames one after another. Unlike the library's own reader it notices a cut-off end."""

    # A few bytes can stand for megabytes, so little is unpacked at a time.
    _SLICE = 1024

    def __init__(self, raw: BinaryIO) -> None:
        import zstandard

        self._raw = raw
        self._library = zstandard
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._packed = b""
        self._unpacked = b""

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._raw.close()
        super().close()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._unpacked:
            self._unpacked = self._more()
        size = min(len(buffer), len(self._unpacked))
        buffer[:size] = self._unpacked[:size]
        self._unpacked = self._unpacked[size:]
        return size

    def _more(self) -> bytes:
        """Unpacked bytes; none at the end of the last frame."""
        while packed := self._packed or self._raw.read(self._SLICE):
            self._packed = b""
            self._frame = self._frame or self._library.ZstdDecompressor().decompressobj()
            try:
                unpacked = self._frame.decompress(packed)
            except self._library.ZstdError as error:
                raise CorruptError(str(error)) from None
            if self._frame.eof:
                self._packed, self._frame = self._frame.unused_data, None
            if unpacked:
                return unpacked
        if self._frame:
            raise TruncatedError("zstandard data ends early")
        return b""


def lines(paths: Sequence[str], max_bytes: int = MAX_LINE_BYTES) -> Iterator[Line]:
    """Every line that is not blank, in order; stdin when no path is given.

    A line that is too long comes with its head and the fault `line_too_long`; compressed data that is
    cut short ends with the partial line and the fault `input_cut_short`. Line numbers start at 1 in each file.
    """
    for path in paths or ["-"]:
        with open_input(path) as stream:
            yield from _lines_of(path, stream, max_bytes)


def _lines_of(path: str, stream: BinaryIO, max_bytes: int) -> Iterator[Line]:
    number = 0
    while True:
        number += 1
        try:
            raw = stream.readline(max_bytes + 1)
            if not raw:
                return
            if len(raw) > max_bytes and not raw.endswith(b"\n"):
                _skip_to_line_end(stream)
                yield Line(path, number, raw[:_KEPT_HEAD], "line_too_long")
                continue
        except (EOFError, zlib.error, gzip.BadGzipFile, TruncatedError, CorruptError) as error:
            yield Line(path, number, b"", _fault(error))
            return
        except IsADirectoryError:
            raise InputError(both(f"{path} is a folder", f"{path} 是文件夹")) from None
        except OSError as error:
            raise InputError(
                both(f"cannot read {path}: {error.strerror}", f"无法读取 {path}：{error.strerror}")
            ) from None
        if number == 1 and raw.startswith(b"\xef\xbb\xbf"):
            raw = raw[3:]
        if not raw.isspace():
            yield Line(path, number, raw)


_KEPT_HEAD = 4096


def _fault(error: Exception) -> str:
    return "input_cut_short" if isinstance(error, EOFError | TruncatedError) else "bad_compression"


def _skip_to_line_end(stream: BinaryIO) -> None:
    while True:
        part = stream.readline(_BLOCK)
        if not part or part.endswith(b"\n"):
            return


def total_bytes(paths: Sequence[str]) -> int | None:
    """Bytes in all inputs together, or None when that cannot be known (stdin)."""
    try:
        return sum(Path(path).stat().st_size for path in paths) if paths and "-" not in paths else None
    except OSError:
        return None
