"""How well `tcm modernize` tells classical from modern Chinese on real text.

    python benchmarks/modernize.py DOCUMENTS [RECORDS ...]

DOCUMENTS is what `tcm ingest` made of old books: a document of a dynasty up to the Qing counts as classical, one
without a dynasty is left out. RECORDS are JSON Lines of today (cases, dialogues): the longest text of each is modern.
Everything is split in two halves by the name of its book or by line; the table was written with an eye on the first
half at most, so the second is the figure to quote.
"""

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path

from tcmkit.modernize import style_of
from tcmkit.modernize.doses import measure_of

_SHORTEST = 30


def old_books(path: Path) -> Iterator[tuple[str, int, str]]:
    """Name of the set, half and text of each document of a known dynasty."""
    for line in path.open(encoding="utf-8"):
        document = json.loads(line)
        if measure_of(str(document["meta"].get("dynasty") or "")):
            yield "old books", md5(document["source"].get("title", "").encode()).digest()[0] % 2, document["text"]


def records(path: Path) -> Iterator[tuple[str, int, str]]:
    """The same for each record of today."""
    for number, line in enumerate(path.open(encoding="utf-8")):
        texts = [value for value in json.loads(line).values() if isinstance(value, str)]
        yield path.name, number % 2, max(texts, key=len, default="")


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path)
    parser.add_argument("records", type=Path, nargs="*")
    args = parser.parse_args()
    counts: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    sources = [old_books(args.documents), *map(records, args.records)]
    for source in sources:
        for name, half, text in source:
            if len(text) >= _SHORTEST:
                counts[name, half][style_of(text)] += 1
    print("| set | half | texts | classical | mixed | modern |\n|---|---|---|---|---|---|")
    for (name, half), found in sorted(counts.items()):
        total = found.total()
        shares = " | ".join(f"{found[style] / total:.3f}" for style in ("classical", "mixed", "modern"))
        print(f"| {name} | {('first', 'second')[half]} | {total} | {shares} |")


if __name__ == "__main__":
    main()
