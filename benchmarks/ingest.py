"""How long `tcm ingest` takes over a folder of old books, beside a bare loop and datatrove, in one run.

    python benchmarks/ingest.py BOOKS [--copies 10] [--runs 3] [--datatrove-python PATH]

The contestants take turns, so a busy machine slows all of them; the table has medians. "The work" is: split at
`<篇名>`, NFKC, length, exact and near duplicates, masking, JSON Lines out. The bare loop filters nothing and masks
nothing: it is the floor. datatrove needs a Python of its own, see `benchmarks/peers/datatrove_ingest.py`.
"""

import argparse
import tempfile
from pathlib import Path
from typing import NamedTuple

from measure import TCM, Usage, count_lines, figure, measure, mebibytes, medians, remove, say, table

PEERS = Path(__file__).parent / "peers"
OURS = "tcm ingest, the work"
WORK = ("--drop-worst", "0", "--no-department", "--no-screen", "--max-chars", "0")
HEADER = ("2 processes", "wall s", "CPU s", "largest process MiB", "all processes MiB", "documents", "wall ÷ ours")


class Contestant(NamedTuple):
    """A name, the command up to the books, and where its documents come to lie."""

    name: str
    command: tuple[str | Path, ...]
    output: Path


def contestants(scratch: Path, datatrove_python: Path | None) -> list[Contestant]:
    """All that can run here."""
    bare, work, every = scratch / "bare", scratch / "work.jsonl", scratch / "every.jsonl"
    ingest = (*TCM, "ingest", "--jobs", "2")
    listed = [
        Contestant("bare loop: decode, split, NFKC, dump", (TCM[0], PEERS / "bare_loop.py", bare), bare),
        Contestant(OURS, (*ingest, *WORK, "-o", work), work),
        Contestant("tcm ingest, every filter and perplexity", (*ingest, "-o", every), every),
    ]
    if datatrove_python:
        made = scratch / "datatrove"
        command = (datatrove_python, PEERS / "datatrove_ingest.py", made)
        listed.append(Contestant("datatrove, the work", command, made / "documents"))
    return listed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", type=Path, help="a folder of books in GB18030 with <篇名> tags")
    parser.add_argument("--copies", type=int, default=1, help="read the books so many times over")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--datatrove-python", type=Path, help="a Python in which datatrove is installed")
    options = parser.parse_args()
    usages: dict[str, list[Usage]] = {}
    documents: dict[str, int] = {}
    for number in range(options.runs):
        with tempfile.TemporaryDirectory() as scratch:
            for one in contestants(Path(scratch), options.datatrove_python):
                say(f"run {number + 1} of {options.runs}: {one.name}")
                usage = measure([*one.command, *[options.books] * options.copies])
                usages.setdefault(one.name, []).append(usage)
                documents[one.name] = count_lines(one.output)
                remove(one.output)
    median = {name: medians(runs) for name, runs in usages.items()}
    print(table(HEADER, rows(median, documents)))
    for name, usage in median.items():
        if name != OURS:
            figure(OURS, median[OURS].wall, "s", name, usage.wall)


def rows(usages: dict[str, Usage], documents: dict[str, int]) -> list[tuple[str, ...]]:
    """A row for each contestant."""
    ours = usages[OURS].wall
    return [
        (
            name,
            f"{usage.wall:.1f}",
            f"{usage.cpu:.1f}",
            mebibytes(usage.largest),
            mebibytes(usage.tree),
            f"{documents[name]:,}",
            f"{usage.wall / ours:.2f}",
        )
        for name, usage in usages.items()
    ]


if __name__ == "__main__":
    main()
