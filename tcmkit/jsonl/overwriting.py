"""No run writes over what it reads."""

import glob
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from tcmkit.errors import UsageError
from tcmkit.language import both

_File = tuple[int, int]


def refuse_overwriting(inputs: Iterable[str], outputs: Iterable[str | None]) -> None:
    """Raise UsageError for an output that is an input, by whatever name or link; a star stands for several files.

    What lies below an input folder is an input.
    """
    paths = list(inputs)
    read = {file for path in paths for file in _files(path)}
    folders = [os.path.realpath(path) for path in paths if os.path.isdir(path)]
    for output in outputs:
        for path in _named(output) if read or folders else ():
            if any(file in read for file in _files(path)) or _is_below(path, folders):
                raise UsageError(
                    both(
                        f"{path} is an input too, which would be lost: name another output",
                        f"{path} 同时是输入，会被覆盖：请另选输出文件",
                    )
                )


def _named(output: str | None) -> Iterator[str]:
    if output and output != "-":
        yield from glob.iglob(output.replace("[", "[[]").replace("?", "[?]")) if "*" in output else (output,)


def _is_below(path: str, folders: list[str]) -> bool:
    """Whether a file that is there already lies in one of the folders, at any depth."""
    if not os.path.isfile(path):
        return False
    real = Path(path).resolve()
    return any(real.is_relative_to(folder) for folder in folders)


def _files(path: str) -> Iterator[_File]:
    """Which file on disk a name stands for; none for one that is not there, a pipe, or a device."""
    try:
        found = os.fstat(sys.stdin.fileno()) if path == "-" else os.stat(path)
    except (OSError, ValueError):
        return
    if stat.S_ISREG(found.st_mode):
        yield (found.st_dev, found.st_ino)
