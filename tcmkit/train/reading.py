"""The inputs read, checked, counted and written as rows for the worker, before anything is trained."""

import hashlib
import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tcmkit.errors import InputError
from tcmkit.jsonl import Outcome, Run, Step, codec
from tcmkit.jsonl.batch import StepRunner, batches
from tcmkit.jsonl.inputs import lines
from tcmkit.jsonl.progress import Progress
from tcmkit.jsonl.source import Line, total_bytes
from tcmkit.jsonl.workers import ordered_map
from tcmkit.language import both
from tcmkit.records import Record
from tcmkit.text.decode import file_name

from .lessons import CUT, Packer

NAMED_CUT = 5


@dataclass
class Lessons:
    """What was read: rows on disk, and what is said of them."""

    rows: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    """What the step noted: tokens, learned, cut."""
    sha256: str = ""
    """Of the rows: the same lines, tokenizer, template and limit give the same."""
    cut: list[str] = field(default_factory=list)
    """Where the first of those stand that were cut."""
    first: Record | None = None
    """The first line that gave a row."""


def read_lessons(run: Run, make_step: Callable[[], Step], target: Path, pack: int = 0) -> Lessons:
    """Every line of the run's inputs through a step; the rows go to the file `target`, each with its `place`.

    `make_step` gives one row for a line (it can be pickled: `--jobs`). With `pack`, rows of so many tokens are filled.
    The books are the run's. Raises InputError when no line can be used.
    """
    digest = hashlib.sha256()
    lessons = Lessons()
    packer = Packer(pack) if pack else None
    with target.open("wb") as file:
        target.chmod(0o600)

        def put(row: dict[str, Any]) -> None:
            digest.update(codec.dump({name: value for name, value in row.items() if name != "place"}))
            file.write(codec.dump(row))
            lessons.rows += 1

        for place, row in _rows(run, make_step, lessons):
            if row.pop(CUT, False) and len(lessons.cut) < NAMED_CUT:
                lessons.cut.append(place)
            for full in packer.add(place, row["input_ids"]) if packer else [{"place": place, **row}]:
                put(full)
        for full in packer.rest() if packer else []:
            put(full)
    lessons.sha256 = digest.hexdigest()
    lessons.counts = dict(sorted(run.ledger.noted.items()))
    if not lessons.rows:
        raise _empty(run)
    return lessons


def _rows(run: Run, make_step: Callable[[], Step], lessons: Lessons) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row with the place of its line."""
    options = run.options
    waiting: deque[list[Line]] = deque()
    progress = Progress(run.ledger.verb, total_bytes(options.inputs), options.quiet)
    done = 0

    def groups() -> Iterator[list[Line]]:
        for group in batches(itertools.islice(lines(options.inputs), options.limit), max_lines=256):
            # Bytes are kept only until there is an example to show.
            waiting.append([line._replace(raw=b"") for line in group] if lessons.first else list(group))
            yield group

    run.take = lambda _lines: None
    try:
        for outcome in ordered_map(
            partial(_make_runner, make_step, run.wants_dropped, options.strict), groups(), options.processes
        ):
            run.accept(outcome)
            kept = _kept(waiting.popleft(), outcome)
            if kept and lessons.first is None:
                lessons.first = codec.parse(kept[0].raw)
            for line, made in zip(kept, outcome.lines.splitlines(), strict=True):
                yield _place(line), codec.parse(made)
            done += outcome.size
            progress.update(done, run.ledger.read)
    finally:
        progress.close()


def _make_runner(make_step: Callable[[], Step], keep_dropped: bool, strict: bool) -> StepRunner:
    return StepRunner(make_step(), keep_dropped, strict=strict)


def _kept(group: list[Line], outcome: Outcome) -> list[Line]:
    """The lines that gave a row."""
    without = {(reject.path, reject.number) for reject in outcome.rejects} | outcome.lines_dropped
    return [line for line in group if (line.path, line.number) not in without]


def _place(line: Line) -> str:
    """Where a line stands: qa.jsonl:12."""
    return f"{'stdin' if line.path == '-' else file_name(line.path)}:{line.number}"


def _empty(run: Run) -> InputError:
    reasons = ", ".join(f"{reason} {count}" for reason, count in run.ledger.rejected.most_common(3))
    read = run.ledger.read
    if not read:
        return InputError(both("no data: the input is empty", "没有数据：输入为空"))
    return InputError(
        both(
            f"no data: none of {read} lines can be trained on ({reasons}); --rejects FILE shows them",
            f"没有数据：{read} 行都不能用于训练（{reasons}）；--rejects FILE 可查看",
        )
    )
