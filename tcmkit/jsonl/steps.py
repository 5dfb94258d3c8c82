"""Per-record verbs: every line through a step (DESIGN, section 1)."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from tcmkit.jsonl import codec
from tcmkit.jsonl.batch import Step, StepRunner, batches
from tcmkit.jsonl.inputs import lines
from tcmkit.jsonl.progress import Progress
from tcmkit.jsonl.run import Options, Run, conduct
from tcmkit.jsonl.source import Line, check_no_folders, total_bytes
from tcmkit.jsonl.workers import spread
from tcmkit.records import Record


@dataclass(frozen=True)
class Hooks:
    """What a verb does otherwise than most at the two ends of the run."""

    source: Callable[[], Iterator[Line]] | None = None
    """Lines from elsewhere than the JSON Lines of `options.inputs`."""
    take: Callable[[bytes], None] | None = None
    """Takes the lines that a batch gave; they are not written."""
    at_end: Callable[[Run], None] | None = None
    """Called when every line has been read, before the outputs get their names."""


def run_steps(
    verb: str, make_step: Callable[[], Step], options: Options, unique_by: str = "", hooks: Hooks | None = None
) -> int:
    """Run a per-record verb: every line through `make_step()`, on `options.jobs` processes or the
    cluster `options.ray`; the exit status.

    Input order is kept, and the bytes written are the same whatever the number of processes and machines. With
    `unique_by`, the name of a text field, only the first line with each text there is written: the one thing here
    that costs memory by the record (about 90 bytes each).
    """
    hooks = hooks or Hooks()

    def body(run: Run) -> None:
        run.take = hooks.take
        source = itertools.islice(hooks.source() if hooks.source else lines(options.inputs), options.limit)
        groups = batches(source, max_lines=1 if options.line_buffered else 256)
        make_runner = partial(_make_runner, make_step, run.wants_dropped, unique_by, options.strict)
        progress = Progress(verb, total_bytes(options.inputs), options.quiet)
        done = 0
        try:
            with closing(spread(make_runner, groups, options)) as outcomes:
                for outcome in outcomes:
                    run.accept(outcome)
                    done += outcome.size
                    progress.update(done, run.ledger.read)
        finally:
            progress.close()
        if hooks.at_end:
            hooks.at_end(run)

    if not hooks.source:
        check_no_folders(options.inputs)
    return conduct(verb, options, body)


def run_one(verb: str, make_step: Callable[[], Step], record: Record, options: Options) -> int:
    """Run a per-record verb on one record that stands on the command line; the exit status."""

    def body(run: Run) -> None:
        runner = _make_runner(make_step, run.wants_dropped, "", options.strict)
        run.accept(runner([Line("-", 1, codec.dump(record))]))

    return conduct(verb, options, body)


def _make_runner(make_step: Callable[[], Step], keep_dropped: bool, unique_by: str, strict: bool) -> StepRunner:
    return StepRunner(make_step(), keep_dropped, unique_by, strict)
