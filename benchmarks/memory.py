"""Whether memory stays the same when the input grows tenfold, and what the filters that must remember cost.

    python benchmarks/memory.py BOOKS [--copies 10] [--jobs 2] [--documents 262144] [--only stats,convert]

Resident size, peak of the sum over all processes, for one and for many copies of the input: folders for ingest, a
stream on stdin for the other verbs. Duplicate filters have to remember what they have seen. Their cost is measured
apart: peak with the filter less peak without it, over made-up documents, then extrapolated to a million. The number
of documents is a power of two because the index has just merged all it has by then: its highest point.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from measure import TCM, count_lines, figure, measure, mebibytes, say, table

NO_DUPLICATES = ("--no-exact-dup", "--no-url-dup", "--near-dup", "0")
STREAMS = ("--drop-worst", "0")
CHARACTERS = 40
LATER = ("stats", "convert", "gen-prefs", "decontaminate")
EXAM = Path(__file__).resolve().parent.parent / "examples" / "sample" / "exam.jsonl"
MILLION = 1_000_000
_BLOCK = 1 << 20


def peak(arguments: Sequence[str | Path], feed: Iterator[bytes] | None = None) -> int:
    """Bytes at the highest point of a run of tcm; of the largest process where there is no /proc."""
    say(f"tcm {' '.join(map(str, arguments[:1]))} …")
    usage = measure([*TCM, *arguments], feed)
    return usage.largest if usage.tree is None else usage.tree


def repeated(path: Path, copies: int) -> Iterator[bytes]:
    """The bytes of a file, again and again."""
    for _ in range(copies):
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                yield block


def made_up(count: int) -> Iterator[bytes]:
    """Documents that no filter takes for duplicates: characters drawn at random."""
    draw = random.Random(0)
    characters = [chr(code) for code in range(0x4E00, 0x9FA0)]
    for number in range(count):
        document = {"id": str(number), "text": "".join(draw.choices(characters, k=CHARACTERS))}
        yield json.dumps(document, ensure_ascii=False).encode() + b"\n"


def verb_rows(books: Path, copies: int, jobs: int, scratch: Path, only: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Each verb, or those named, with one copy of its input and with many."""
    documents = scratch / "documents.jsonl"
    output = ("--jobs", str(jobs), "-o", scratch / "output.jsonl")
    measure([*TCM, "ingest", books, *STREAMS, *NO_DUPLICATES, *output[:2], "-o", documents])
    if only:
        yield from later_rows(documents, copies, output, scratch, only)
        return
    ingests = {"ingest, no duplicate filter": (*STREAMS, *NO_DUPLICATES), "ingest, every filter": ()}
    for name, filters in ingests.items():
        one, many = (peak(["ingest", *[books] * count, *filters, *output]) for count in (1, copies))
        yield compared(name, one, many)
    for verb in ("clean-tqs", "gen-qa"):
        one, many = (peak([verb, *output], repeated(documents, count)) for count in (1, copies))
        yield compared(f"{verb}, {count_lines(documents):,} documents a copy", one, many)
    yield from later_rows(documents, copies, output, scratch, LATER)


def later_rows(
    documents: Path, copies: int, output: Sequence[str | Path], scratch: Path, verbs: Sequence[str]
) -> Iterator[tuple[str, ...]]:
    """What follows the questions: each on what it is made for."""
    questions = scratch / "questions.jsonl"
    measure([*TCM, "gen-qa", documents, "-o", questions])
    commands: dict[str, tuple[Path, list[str | Path]]] = {
        "stats": (documents, ["stats"]),
        "convert": (questions, ["convert", "--to", "alpaca"]),
        "convert to csv": (questions, ["convert", "--to", "csv"]),
        "gen-prefs": (questions, ["gen-prefs"]),
        "decontaminate": (documents, ["decontaminate", "--against", EXAM]),
    }
    for name, (lines, command) in commands.items():
        if name.split()[0] in verbs:
            one, many = (peak([*command, *output], repeated(lines, count)) for count in (1, copies))
            yield compared(f"{name}, {count_lines(lines):,} lines a copy", one, many)


def compared(name: str, one: int, many: int) -> tuple[str, ...]:
    figure(f"memory of {name}: many copies", many / 2**20, "MiB", "one copy", one / 2**20)
    return name, mebibytes(one), mebibytes(many), f"{many / one:.2f}"


def index_rows(count: int, scratch: Path) -> Iterator[tuple[str, ...]]:
    """What the filters remember, for a million documents."""
    ingest = ("ingest", *STREAMS, "--no-department", "--no-screen", "--max-chars", "0", "-o", scratch / "index.jsonl")
    nothing = peak([*ingest, *NO_DUPLICATES], made_up(count))
    near = peak([*ingest, "--no-exact-dup", "--no-url-dup"], made_up(count))
    exact = peak([*ingest, "--no-url-dup", "--near-dup", "0"], made_up(count))
    for name, size in {"near-duplicate index": near, "exact-duplicate digests": exact}.items():
        extrapolated = (size - nothing) * MILLION / count
        label = f"{name}, a million documents (extrapolated from {mebibytes(size - nothing)} MiB for {count:,})"
        yield label, mebibytes(round(extrapolated)), "–", "–"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", type=Path, help="a folder of books")
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--documents", type=int, default=1 << 18, help="so many for the cost of the filters")
    parser.add_argument("--only", default="", help=f"only these, joined by commas: {', '.join(LATER)}")
    options = parser.parse_args()
    only = options.only.split(",") if options.only else ()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        rows = [
            *verb_rows(options.books, options.copies, options.jobs, scratch, only),
            *(() if only else index_rows(options.documents, scratch)),
        ]
    print(table(("peak memory", "1 copy MiB", f"{options.copies} copies MiB", "ratio"), rows))


if __name__ == "__main__":
    main()
