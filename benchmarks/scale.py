"""What each per-record verb costs: records and megabytes a second of processor time, model calls and their tokens.

    python benchmarks/scale.py BOOKS RECORDS [--records 4000] [--runs 3]
    python benchmarks/scale.py BOOKS RECORDS --ray [--records 20000]

BOOKS is a folder of old books, RECORDS are case records with a `text` each; they are repeated until there are enough.
The first form runs every verb on one process, and on the first 64 lines alone: the difference counts, so what
starting costs is taken off. Medians; a second is one of processor time, so other work on the machine counts little.
Calls and tokens are what `--estimate` counts. The second form runs one verb by the local pool and by Ray, on one
local node and on two, by turns: seconds of the clock, those of an empty run beside them.
"""

import argparse
import itertools
import json
import os
import re
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from measure import TCM, count_lines, measure, say, table

STREAMS = ("--drop-worst", "0")
SOMEWHERE = ("--llm", "openai:m", "--base-url", "http://127.0.0.1:9/v1", "--estimate")
CHIMED = 204.4e6
"""Characters of ChiMed 2.0."""
FEW = 64
HERBS = ("黄芪", "当归", "川芎", "桂枝", "白芍", "甘草", "黑顺片", "法半夏", "茯苓", "陈皮", "麻黄", "杏仁")


class Job(NamedTuple):
    """A verb, its options, and the file that it reads."""

    verb: str
    options: tuple[str, ...]
    file: Path

    @property
    def name(self) -> str:
        return " ".join((self.verb, *self.options))


def repeated(source: Path, target: Path, count: int) -> Path:
    """So many lines, those of the source over and over."""
    lines = source.read_bytes().splitlines(keepends=True)
    target.write_bytes(b"".join(itertools.islice(itertools.cycle(lines), count)))
    return target


def prescriptions(target: Path, count: int) -> Path:
    """Lines of eight herbs each with doses, no two alike in a row."""
    with target.open("w", encoding="utf-8") as lines:
        for number in range(count):
            taken = (HERBS[(number * step + step) % len(HERBS)] for step in range(1, 9))
            text = "，".join(f"{herb}{3 + (number + place) % 20}g" for place, herb in enumerate(taken))
            lines.write(json.dumps({"id": str(number), "prescription": text}, ensure_ascii=False) + "\n")
    return target


def jobs(books: Path, records: Path, folder: Path, count: int) -> list[Job]:
    """Every verb with an input of about `count` records, made by the verbs before it."""
    made = {name: folder / f"{name}.jsonl" for name in ("documents", "cases", "questions")}
    measure([*TCM, "ingest", books, *STREAMS, "-o", made["documents"]])
    documents = repeated(made["documents"], folder / "documents-n.jsonl", count)
    raw = repeated(records, folder / "records-n.jsonl", count)
    measure([*TCM, "clean-tqs", raw, "-o", made["cases"]])
    measure([*TCM, "gen-qa", documents, "--keep-duplicates", "-o", made["questions"]])
    questions = repeated(made["questions"], folder / "questions-n.jsonl", count)
    return [
        Job("ingest", STREAMS, made["documents"]),
        Job("ingest", (), made["documents"]),
        Job("screen", (), documents),
        Job("modernize", (), documents),
        Job("clean-tqs", (), raw),
        Job("classify", (), made["cases"]),
        Job("gen-qa", ("--keep-duplicates",), documents),
        Job("gen-prefs", (), questions),
        Job("check", (), prescriptions(folder / "prescriptions.jsonl", count)),
        Job("retrieve", (), made["cases"]),
    ]


def characters(path: Path) -> int:
    """Characters of text in a file of lines: strings of the fields that the verbs read."""
    fields = ("text", "prescription", "question", "answer")
    with path.open(encoding="utf-8") as lines:
        return sum(len(record.get(name) or "") for record in map(json.loads, lines) for name in fields)


def cost_row(job: Job, scratch: Path, runs: int) -> tuple[str, ...]:
    """Processor seconds of the verb less those of a run on a few lines."""
    seconds = []
    few = repeated(job.file, scratch.with_name("few.jsonl"), min(FEW, count_lines(job.file)))
    for number in range(runs):
        say(f"run {number + 1} of {runs}: tcm {job.name}")
        full = measure([*TCM, job.verb, job.file, *job.options, "-q", "-o", scratch])
        start = measure([*TCM, job.verb, few, *job.options, "-q", "-o", scratch])
        seconds.append(full.cpu - start.cpu)
    took, records = statistics.median(seconds), count_lines(job.file) - count_lines(few)
    size, letters = job.file.stat().st_size - few.stat().st_size, characters(job.file) - characters(few)
    return (
        f"`{job.name}`",
        f"{records:,}",
        f"{letters / records:,.0f}",
        f"{records / took:,.0f}",
        f"{size / took / 1e6:.1f}",
        f"{letters / took / 1e6:.2f}",
        f"{took * CHIMED / letters / 60:,.1f}",
    )


def call_row(job: Job, scratch: Path) -> tuple[str, ...] | None:
    """Calls and tokens a record, as the verb's own --estimate counts them; None for a verb that asks no model."""
    command = [*TCM, job.verb, job.file, "--limit", "500", *SOMEWHERE, "-o", str(scratch), "--lang", "en"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    found = re.search(
        r"(\d+) records, (\d+) calls to make, about (\d+) tokens of prompt and (\d+) of reply", done.stderr
    )
    if found is None:
        return None
    records, *rest = (int(number) for number in found.groups())
    return (f"`{job.verb} --llm`", f"{records:,}", *(f"{number / records:,.2f}" for number in rest))


@contextmanager
def cluster(nodes: int) -> Iterator[str]:
    """The address of a Ray cluster of so many nodes of one processor on this machine."""
    with tempfile.TemporaryDirectory(prefix="tcm-ray-") as folder:
        os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_TMPDIR": folder, "RAY_agent_register_timeout_ms": "120000"}
        from ray.cluster_utils import Cluster

        node: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 512 << 20, "include_dashboard": False}
        started = Cluster(True, head_node_args=node)
        try:
            for _ in range(nodes - 1):
                started.add_node(**node)
            started.wait_for_nodes()
            yield str(started.address)
        finally:
            started.shutdown()  # type: ignore[no-untyped-call]


def ray_rows(job: Job, empty: Path, scratch: Path, runs: int) -> Iterator[tuple[str, ...]]:
    """The same verb by the pool and by Ray, everything once in each round."""
    with cluster(2) as two:
        ways = {
            "one process": ("--jobs", "1"),
            "pool of 2": ("--jobs", "2"),
            "--ray local, 1 processor": ("--ray", "local", "--jobs", "1"),
            "--ray local, 2 processors": ("--ray", "local", "--jobs", "2"),
            "--ray, cluster of 2 nodes of 1 processor": ("--ray", two),
        }
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for number in range(runs):
            for name, how in ways.items():
                say(f"run {number + 1} of {runs}: tcm {job.name} {' '.join(how)}")
                full = measure([*TCM, job.verb, job.file, *how, "-q", "-o", scratch]).wall
                nothing = measure([*TCM, job.verb, empty, *how, "-q", "-o", scratch]).wall
                times[name].append((full, nothing))
    records = count_lines(job.file)
    for name, several in times.items():
        whole, start = (statistics.median(pair) for pair in zip(*several, strict=True))
        yield (name, f"{whole:.1f}", f"{start:.1f}", f"{records / max(whole - start, 0.01):,.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", type=Path)
    parser.add_argument("records", type=Path)
    parser.add_argument("--records", dest="count", type=int, default=4000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--ray", action="store_true", help="compare Ray with the local pool instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        empty, scratch = folder / "empty.jsonl", folder / "output.jsonl"
        empty.touch()
        if options.ray:
            raw = repeated(options.records, folder / "records-n.jsonl", options.count)
            rows = ray_rows(Job("clean-tqs", (), raw), empty, scratch, options.runs)
            columns = (f"clean-tqs, {options.count:,} records", "seconds", "of them start and end", "records a second")
            print(table(columns, list(rows)))
            return
        several = jobs(options.books, options.records, folder, options.count)
        head = ("verb", "records", "characters each", "records/s", "MB/s", "M characters/s", "minutes for 204.4 M")
        print(table(head, [cost_row(job, scratch, options.runs) for job in several]))
        calls = [row for job in several[2:] if (row := call_row(job, scratch))]
        print("\n" + table(("verb", "records", "calls each", "prompt tokens each", "reply tokens each"), calls))


if __name__ == "__main__":
    main()
