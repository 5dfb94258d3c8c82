"""Fetch one large file: taken up again where it broke off, checked, and named only when it is whole.

What has come lies in FILE.part, and beside it in FILE.part.tag the server's own mark of that version, so that a file
that changed meanwhile is never pieced together from two. The key goes to the hub alone: hubs redirect to stores of
other companies.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tcmkit.errors import InputError, OutputError, TcmError
from tcmkit.language import both
from tcmkit.llm.hub import RemoteFile
from tcmkit.llm.hub_answer import Answer, Broken, ask

_TRIES = 5


@dataclass(frozen=True)
class Fetched:
    """A file that has come."""

    path: Path
    size: int
    sha256: str
    verified: bool
    """Whether there was a checksum to compare with."""
    was_there: bool = False
    """Whether it had been fetched before."""


@dataclass
class Fetch:
    """One transfer."""

    remote: RemoteFile
    folder: Path
    sha256: str | None = None
    """What the user says the checksum is; it counts before what the hub says."""
    progress: Callable[[int, int | None], None] | None = None
    """Told the bytes that are here, and of how many."""
    pause: float = 1.0
    """Seconds before a broken transfer is taken up again; doubled each time."""

    @property
    def target(self) -> Path:
        """Where the file will be."""
        return self.folder / self.remote.name

    @property
    def part(self) -> Path:
        """Where it is while it comes."""
        return self.folder / f"{self.remote.name}.part"

    @property
    def tag(self) -> Path:
        """The server's mark of the version that the part is of."""
        return self.folder / f"{self.remote.name}.part.tag"

    def run(self) -> Fetched:
        """Fetch it.

        Raises InputError when the hub does not give it, OutputError when the disk does not take it, TcmError when the
        checksum is wrong.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            return self._there_already() or self._fetched()
        except OSError as error:
            what = error.strerror or str(error)
            raise OutputError(
                both(
                    f"cannot write {self.part}: {what}; free space or name another folder with --to, then run again:"
                    " it goes on where it stopped",
                    f"无法写入 {self.part}：{what}；请腾出空间或用 --to 换文件夹后重新运行，将从断点继续",
                )
            ) from None

    def _there_already(self) -> Fetched | None:
        """The file, if it was fetched before. Raises OutputError for another file of that name."""
        if not self.target.exists():
            return None
        wanted = self.sha256
        if wanted is None:
            wanted = self._stated()
        found = _sha256(self.target)
        if wanted is not None and wanted != found:
            raise OutputError(
                both(
                    f"{self.target} is another file (sha256 {found}, expected {wanted}): remove it, or name another"
                    " folder with --to",
                    f"{self.target} 是另一个文件（sha256 {found}，应为 {wanted}）：请移走，或用 --to 换文件夹",
                )
            )
        return Fetched(self.target, self.target.stat().st_size, found, wanted is not None, was_there=True)

    def _stated(self) -> str | None:
        """The checksum that the hub states, without the file."""
        try:
            with ask(self.remote, head_only=True) as answer:
                return answer.sha256
        except Broken as broken:
            raise InputError(f"{self.remote.url}: {broken}") from None

    def _fetched(self) -> Fetched:
        try:
            with self.part.open("ab") as file:
                _lock(file, self.part)
                said = self._transfer(file)
        finally:
            if self.part.exists() and not self.part.stat().st_size:
                self._forget()
        wanted = self.sha256 or said
        found = _sha256(self.part)
        if wanted and wanted != found:
            self._forget()
            raise TcmError(
                both(
                    f"{self.remote.url}: the checksum is wrong (sha256 {found}, expected {wanted}); what came was"
                    " deleted: run again, or choose another --hub",
                    f"{self.remote.url}：校验和不符（sha256 {found}，应为 {wanted}）；已删除：请重试或更换 --hub",
                )
            )
        os.replace(self.part, self.target)
        self.tag.unlink(missing_ok=True)
        return Fetched(self.target, self.target.stat().st_size, found, wanted is not None)

    def _forget(self) -> None:
        self.part.unlink(missing_ok=True)
        self.tag.unlink(missing_ok=True)

    def _transfer(self, file: BinaryIO) -> str | None:
        """All bytes, taken up again when it breaks as long as something comes; the checksum that the hub states."""
        in_vain = 0
        while True:
            here = file.tell()
            try:
                return self._go_on(file)
            except Broken as broken:
                in_vain = 0 if file.tell() > here else in_vain + 1
                if in_vain == _TRIES:
                    raise InputError(
                        both(
                            f"{self.remote.url}: {broken}; run again, it goes on where it stopped",
                            f"{self.remote.url}：{broken}；请重新运行，将从断点继续",
                        )
                    ) from None
            time.sleep(self.pause * 2**in_vain / 2)

    def _go_on(self, file: BinaryIO) -> str | None:
        """From where it is to the end; the checksum that the hub states. Raises Broken when it breaks off."""
        here = file.tell()
        tag = self.tag.read_text(encoding="utf-8") if here and self.tag.exists() else ""
        if here and not tag and not self.sha256:
            here = _emptied(file)  # nothing would show that the two halves are of one file
        with ask(self.remote, here, "" if tag.startswith(_BY_SHA256) else tag) as answer:
            if answer.starts_at != here or _is_another(answer, tag):
                if answer.starts_at:
                    _emptied(file)
                    raise Broken(both("the file has changed", "文件已变更"))
                here = _emptied(file)
            self.tag.write_text(f"{_BY_SHA256}{answer.sha256}" if answer.sha256 else answer.validator, encoding="utf-8")
            self._check_room(answer, here)
            for block in answer.blocks():
                file.write(block)
                here += len(block)
                if self.progress:
                    self.progress(here, answer.total)
            file.flush()
            if answer.total is not None and here != answer.total:
                if here > answer.total:
                    _emptied(file)
                raise Broken(both(f"only {here} of {answer.total} bytes came", f"只收到 {here}/{answer.total} 字节"))
            return answer.sha256

    def _check_room(self, answer: Answer, here: int) -> None:
        free = shutil.disk_usage(self.folder).free
        if answer.total is not None and answer.total - here > free:
            more, free = (answer.total - here) >> 20, free >> 20
            raise OutputError(
                both(
                    f"{self.folder} has room for {free} MiB, and {more} MiB are to come: name another folder with --to",
                    f"{self.folder} 只剩 {free} MiB，还需 {more} MiB：请用 --to 换文件夹",
                )
            )


_BY_SHA256 = "sha256:"


def _is_another(answer: Answer, tag: str) -> bool:
    """Whether the hub now states another checksum than that of the part."""
    return tag.startswith(_BY_SHA256) and tag != f"{_BY_SHA256}{answer.sha256}"


def _emptied(file: BinaryIO) -> int:
    file.seek(0)
    file.truncate()
    return 0


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _lock(file: BinaryIO, path: Path) -> None:
    """Keep a second pull of the same file out, where the system has locks."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutputError(
            both(f"{path} is being fetched by another tcm: wait for it", f"另一个 tcm 正在下载 {path}：请等它完成")
        ) from None
