"""How many records a second clean-tqs and gen-qa manage on one core, alone and through the command.

    tcm ingest BOOKS -o documents.jsonl
    python benchmarks/verbs.py documents.jsonl records.jsonl [--records 20000] [--characters 300] [--runs 3]

RECORDS are case records with a `text` each. Longer ones are cut at the last sentence end before --characters, and
all are repeated with new ids until there are enough. "Step" is processor time of the step alone on parsed records;
"command" is the whole of `tcm VERB FILE -o FILE` on one process, start included. Medians.
"""

import argparse
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from measure import TCM, Usage, figure, measure, medians, say, table

from tcmkit import clean_tqs, gen_qa
from tcmkit.errors import RecordError
from tcmkit.records import Drop, Record

Step = Callable[[Record], Sequence[Record] | Drop]
BATCH = 500
SENTENCE_END = "。；;\n"
HEADER = (
    "1 process",
    "input",
    "mean characters",
    "with a result",
    "step: per CPU s",
    "step: characters per CPU s",
    "command: per wall s",
    "command: per CPU s",
    "command: wall s",
)


class StepTime(NamedTuple):
    """Processor seconds of a step over some records, and how many gave a result."""

    seconds: float
    records: int
    characters: int
    with_result: int


def cut(text: str, characters: int) -> str:
    """The text up to the last sentence end within so many characters."""
    if len(text) <= characters:
        return text
    end = max(text.rfind(mark, 0, characters) for mark in SENTENCE_END) + 1
    return text[: end or characters]


def write_records(source: Path, target: Path, count: int, characters: int) -> None:
    """So many records with running ids, the texts of the source over and over."""
    texts = [cut(record["text"], characters) for record in read(source)]
    with target.open("w", encoding="utf-8") as lines:
        for number, text in enumerate(itertools.islice(itertools.cycle(texts), count)):
            lines.write(json.dumps({"id": str(number), "text": text}, ensure_ascii=False) + "\n")


def read(path: Path) -> Iterator[Record]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def step_time(step: Step, records: Iterable[Record], gave: Callable[[Sequence[Record]], bool]) -> StepTime:
    """Run the step over all records; only the step is timed."""
    seconds = 0.0
    count = characters = with_result = 0
    source = iter(records)
    while batch := list(itertools.islice(source, BATCH)):
        started = time.process_time()
        results = [tried(step, record) for record in batch]
        seconds += time.process_time() - started
        count += len(batch)
        characters += sum(len(record["text"]) for record in batch)
        with_result += sum(map(gave, results))
    return StepTime(seconds, count, characters, with_result)


def tried(step: Step, record: Record) -> Sequence[Record]:
    """What the record gave; nothing if it was dropped or rejected."""
    try:
        result = step(record)
    except RecordError:
        return ()
    return () if isinstance(result, Drop) else result


def row(verb: str, step: Step, path: Path, gave: Callable[[Sequence[Record]], bool], runs: int) -> tuple[str, ...]:
    """The line of one verb, the two ways of measuring by turns."""
    alone: list[StepTime] = []
    whole: list[Usage] = []
    tried(step, next(read(path)))  # tables are read at first use
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(runs):
            say(f"run {number + 1} of {runs}: {verb}")
            alone.append(step_time(step, read(path), gave))
            whole.append(measure([*TCM, verb, path, "-o", Path(scratch, "output.jsonl")]))
    seconds = statistics.median(one.seconds for one in alone)
    command = medians(whole)
    records, characters, with_result = alone[0][1:]
    figure(f"{verb}, one process, the step alone", records / seconds, "records a second of CPU")
    return (
        verb,
        f"{records:,}",
        f"{characters / records:,.0f}",
        f"{with_result / records:.1%}",
        f"{records / seconds:,.0f}",
        f"{characters / seconds:,.0f}",
        f"{records / command.wall:,.0f}",
        f"{records / command.cpu:,.0f}",
        f"{command.wall:.1f}",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path, help="documents for gen-qa, as ingest writes them")
    parser.add_argument("records", type=Path, help="case records for clean-tqs")
    parser.add_argument("--records", dest="count", type=int, default=20_000)
    parser.add_argument("--characters", type=int, default=300)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        records = Path(scratch, "records.jsonl")
        write_records(options.records, records, options.count, options.characters)
        cleaner, generator = clean_tqs.Cleaner(clean_tqs.Settings()), gen_qa.Generator(gen_qa.Settings())
        rows = [
            row("clean-tqs", cleaner, records, lambda made: any(case.get("tqs") for case in made), options.runs),
            row("gen-qa", generator, options.documents, bool, options.runs),
        ]
    print(table(HEADER, rows))


if __name__ == "__main__":
    main()
