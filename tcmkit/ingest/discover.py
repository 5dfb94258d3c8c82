"""What the named paths hold: files one by one, folders searched through, JSON Lines in groups."""

import codecs
import io
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from typing import cast

from tcmkit.errors import InputError
from tcmkit.ingest.prepare import Unit
from tcmkit.ingest.read import Whole, whole
from tcmkit.jsonl.batch import batches
from tcmkit.jsonl.inputs import lines
from tcmkit.jsonl.source import fault_of, lines_of, open_input

_JSON_LINES = (".jsonl", ".ndjson", ".json")
_REFERENCES = (".bib", ".ris")
"""What says of a paper beside it where it appeared: read by --journals, and no document."""


def files(paths: Sequence[str], on_error: Callable[[str, OSError], None]) -> Iterator[str]:
    """Every file under the paths, folders in the order of their names; hidden files and references are left out.

    Links to folders are followed, each folder once. `on_error(path, error)` is told of a folder that cannot be read.
    """
    for path in paths:
        if path == "-" or not os.path.isdir(path):
            yield path
        else:
            yield from _files_in(path, on_error)


def _files_in(folder: str, on_error: Callable[[str, OSError], None]) -> Iterator[str]:
    def tell(error: OSError) -> None:
        on_error(error.filename or folder, error)

    seen: set[str] = set()
    for root, folders, names in os.walk(folder, onerror=tell, followlinks=True):
        real = os.path.realpath(root)
        if real in seen:  # a link back up, or a second one to the same place
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found = (os.path.join(root, name) for name in sorted(names) if _is_text(name))
        yield from (path for path in found if not _is_special(path))


def _is_text(name: str) -> bool:
    return not name.startswith(".") and not name.lower().endswith(_REFERENCES)


def _is_special(path: str) -> bool:
    """A named pipe, socket or device: reading one would wait for ever."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False  # reading it will say why
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def is_json_lines(path: str) -> bool:
    """Whether a path is read line by line rather than whole."""
    return path == "-" or path.lower().removesuffix(".gz").removesuffix(".zst").endswith(_JSON_LINES)


def _opens(path: str) -> bool:
    """Whether a file can be opened. Stdin and named pipes are not tried: that would take from them."""
    if path != "-" and not _is_special(path):
        try:
            open(path, "rb").close()
        except OSError:
            return False
    return True


def units(paths: Iterator[str], max_lines: int, on_file: Callable[[str], None], carry: bool) -> Iterator[Unit]:
    """What the processes take: a file, or a group of lines. `on_file` is told of each JSON Lines file as it begins.

    JSON Lines that cannot be opened go as a file, which is then rejected in its turn. A pipe holds JSON Lines when it
    begins like a record, whatever its name. With `carry`, files are read here, for machines that do not have them.
    """
    for path in paths:
        if is_json_lines(path) and _opens(path):
            on_file(path)
            yield from batches(lines([path]), max_lines)
        elif path != "-" and _is_special(path):
            yield from _piped(path, max_lines, on_file)
        else:
            yield whole(path) if carry else path


def _piped(path: str, max_lines: int, on_file: Callable[[str], None]) -> Iterator[Unit]:
    """A named pipe or `<(command)`, which can be read once: its lines, or all of it."""
    try:
        stream = open_input(path)
    except InputError:
        yield whole(path)
        return
    with stream:
        head = cast(io.BufferedReader, stream).peek(_HEAD)[:_HEAD].removeprefix(codecs.BOM_UTF8)
        if head.lstrip().startswith(b"{"):
            on_file(path)
            yield from batches(lines_of(path, stream), max_lines)
        else:
            unit = whole(path, stream)
            yield Whole(path, b"", fault) if (fault := fault_of(stream)) else unit


_HEAD = 512
