"""What the named paths hold: files one by one, folders searched through, JSON Lines in groups."""

import os
from collections.abc import Callable, Iterator, Sequence

from tcmkit.ingest.prepare import Unit
from tcmkit.jsonl.batch import batches
from tcmkit.jsonl.source import lines

_JSON_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".jsonl.zst", ".ndjson.zst")


def files(paths: Sequence[str], on_error: Callable[[str, OSError], None]) -> Iterator[str]:
    """Every file under the paths, folders in the order of their names; hidden files are left out.

    `on_error(path, error)` is told of a folder that cannot be read.
    """
    for path in paths:
        if path == "-" or not os.path.isdir(path):
            yield path
        else:
            yield from _files_in(path, on_error)


def _files_in(folder: str, on_error: Callable[[str, OSError], None]) -> Iterator[str]:
    def tell(error: OSError) -> None:
        on_error(error.filename or folder, error)

    for root, folders, names in os.walk(folder, onerror=tell):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (os.path.join(root, name) for name in sorted(names) if not name.startswith("."))


def is_json_lines(path: str) -> bool:
    """Whether a path is read line by line rather than whole."""
    return path == "-" or path.lower().endswith(_JSON_LINES)


def units(paths: Iterator[str], max_lines: int, on_file: Callable[[str], None]) -> Iterator[Unit]:
    """What the processes take: a file, or a group of lines. `on_file` is told of each JSON Lines file as it begins."""
    for path in paths:
        if is_json_lines(path):
            on_file(path)
            yield from batches(lines([path]), max_lines)
        else:
            yield path
