"""Where lines go: stdout or a file that appears only when it is complete."""

import gzip
import io
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO, cast

from tcmkit.errors import OutputError
from tcmkit.language import both


class ClosedPipe(Exception):
    """The reader of stdout has gone (`| head`): stop quietly."""


def cannot_write(name: str, error: OSError) -> OutputError:
    """The one line for a failed write (a full disk, a folder without rights)."""
    if isinstance(error, IsADirectoryError):
        return OutputError(
            both(
                f"cannot write {name}: is a folder; name a file in it", f"无法写入 {name}：是文件夹；请写出其中的文件名"
            )
        )
    if isinstance(error, FileNotFoundError):
        return OutputError(
            both(
                f"cannot write {name}: its folder is not there; make it or name another place",
                f"无法写入 {name}：文件夹不存在；请先建立或换一个位置",
            )
        )
    reason = error.strerror or str(error)
    return OutputError(
        both(
            f"cannot write {name}: {reason}; free space or choose another place, then run the same command again",
            f"无法写入 {name}：{reason}；请腾出空间或换一个位置，再运行同一条命令",
        )
    )


class Sink:
    """A place for lines.

    A file is written beside its name and renamed by `finish`, so a reader never sees half of it; what
    an interrupted run wrote stays as NAME.partial (`keep_partial`). Names that end in .gz or .zst are compressed.
    """

    def __init__(self, path: str | None, private: bool = False) -> None:
        """Write to `path`, or to stdout for None or "-". `private` files are their owner's only.

        Raises OutputError when the place cannot be written.
        """
        self.name = path if path not in (None, "-") else "stdout"
        self._target = _followed(Path(path)) if path is not None and path != "-" else None
        self._temporary: Path | None = None
        try:
            self._file = self._open(private)
        except OSError as error:
            raise cannot_write(self.name, error) from None
        self._stream = self._compressed(self._file)

    def _open(self, private: bool) -> BinaryIO:
        if self._target is None:
            sys.stdout.flush()
            # A stream of our own over the descriptor: what a failed flush leaves in it is never written twice.
            return open(os.dup(sys.stdout.fileno()), "wb", buffering=1 << 16)
        if self._target.exists() and not self._target.is_file():
            return open(self._target, "wb", buffering=1 << 16)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{self._target.name}.", dir=self._target.parent)
        self._temporary = Path(temporary)
        if self._target.exists():
            os.chmod(temporary, stat.S_IMODE(self._target.stat().st_mode))
        elif not private:
            os.chmod(temporary, 0o666 & ~_umask())
        return open(descriptor, "wb", buffering=1 << 16)

    def _compressed(self, file: BinaryIO) -> BinaryIO:
        if self.name.endswith(".gz"):
            return cast(BinaryIO, gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=6, mtime=0))
        if self.name.endswith(".zst"):
            import zstandard

            return cast(BinaryIO, zstandard.ZstdCompressor(level=3).stream_writer(file, closefd=False))
        return file

    def write(self, data: bytes, flush: bool = False) -> None:
        """Write lines. Raises ClosedPipe when stdout's reader has gone, OutputError when the disk is full."""
        try:
            self._stream.write(data)
            if flush:
                self._stream.flush()
        except BrokenPipeError:
            raise ClosedPipe from None
        except OSError as error:
            raise cannot_write(self.name, error) from None

    def flush(self) -> None:
        """Let the reader of stdout have what is written so far; a file appears only at the end. Raises as `write`."""
        if self._target is None:
            self.write(b"", flush=True)

    def close(self) -> None:
        """Write what is buffered; the file has no name yet. Raises as `write` does."""
        try:
            self._close()
        except BrokenPipeError:
            raise ClosedPipe from None
        except OSError as error:
            raise cannot_write(self.name, error) from None

    def finish(self) -> None:
        """Write what is buffered and give the file its name. Raises as `write` does."""
        self.close()
        try:
            if self._temporary and self._target:
                os.replace(self._temporary, self._target)
                self._temporary = None
        except OSError as error:
            raise cannot_write(self.name, error) from None

    def keep_partial(self) -> str | None:
        """After an interruption: keep what was written as NAME.partial; its name, or None for stdout.

        Raises as `write` does.
        """
        if not (self._temporary and self._target):
            self.finish()
            return None
        partial = self._target.with_name(self._target.name + ".partial")
        try:
            self._close()
            os.replace(self._temporary, partial)
        except OSError as error:
            self.discard()
            raise cannot_write(str(partial), error) from None
        self._temporary = None
        return str(partial)

    def discard(self) -> None:
        """After a failure: leave nothing behind but what already reached stdout."""
        try:
            self._close()
        except OSError:
            self._abandon()
        if self._temporary:
            self._temporary.unlink(missing_ok=True)
            self._temporary = None

    def _close(self) -> None:
        if self._stream is not self._file and not self._stream.closed:
            self._stream.close()
        if not self._file.closed:
            self._file.close()

    def _abandon(self) -> None:
        """Close the descriptor without the bytes that could not be written, so that no later flush fails again."""
        raw = cast(io.BufferedWriter, self._file).raw
        if not raw.closed:
            raw.close()


def _followed(path: Path) -> Path:
    """The file that a link to a file stands for: the link itself is not to be replaced."""
    return path.resolve() if path.is_symlink() and path.is_file() else path


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
