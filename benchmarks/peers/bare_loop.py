"""The least that any reader of old books has to do, on two processes: the floor that ingest is measured against.

    python benchmarks/peers/bare_loop.py OUTPUT BOOKS...

Decode GB18030, split at `<篇名>`, NFKC, write JSON Lines. No filter, no duplicates, no personal data.
"""

import argparse
import multiprocessing
import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import IO

PROCESSES = 2
TAG = "<篇名>"
_out: IO[bytes]


def sections(book: bytes) -> Iterator[tuple[str, str]]:
    """Heading and text of each section that has a text."""
    head, *parts = book.decode("gb18030", errors="replace").split(TAG)
    if head.strip():
        yield "", head.strip()
    for part in parts:
        heading, _, body = part.partition("\n")
        if body.strip():
            yield heading.strip(), body.strip()


def books_in(folders: list[Path]) -> list[Path]:
    """All files of the folders, one folder after another."""
    return [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]


def _start(output: Path) -> None:
    global _out
    _out = (output / f"{os.getpid()}.jsonl").open("wb")


def _write_sections(path: Path) -> int:
    import orjson

    count = 0
    for heading, text in sections(path.read_bytes()):
        document = {"text": unicodedata.normalize("NFKC", text), "source": {"path": str(path), "section": heading}}
        _out.write(orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))
        count += 1
    _out.flush()
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path, help="a folder to make")
    parser.add_argument("books", type=Path, nargs="+", help="folders of books; the same one may come again")
    options = parser.parse_args()
    options.output.mkdir(parents=True)
    with multiprocessing.Pool(PROCESSES, _start, (options.output,)) as pool:
        print(sum(pool.imap_unordered(_write_sections, books_in(options.books), chunksize=4)))
        pool.close()
        pool.join()


if __name__ == "__main__":
    main()
