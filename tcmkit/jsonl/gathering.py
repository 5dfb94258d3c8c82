"""Runs of a step that looks at several records together: the windows of a paper, the cases of a group."""

import itertools
from collections.abc import Callable, Sequence
from typing import Protocol

from tcmkit.jsonl import codec
from tcmkit.jsonl.batch import Outcome, StepRunner, batches
from tcmkit.jsonl.inputs import lines
from tcmkit.jsonl.ledger import Tally
from tcmkit.jsonl.progress import Progress
from tcmkit.jsonl.reporting import report
from tcmkit.jsonl.run import Options, Run, conduct
from tcmkit.jsonl.source import check_no_folders, total_bytes
from tcmkit.records import Drop, Record


class GatheringStep(Protocol):
    """A step that may keep something of a record back until later ones have come."""

    def __call__(self, record: Record) -> Sequence[Record] | Drop:
        """What can be written now; a record that was taken in counts as kept, whatever comes of it."""
        ...

    def finish(self) -> Sequence[Record]:
        """What is left to write when the input has ended."""
        ...


def run_gathering(verb: str, make_step: Callable[[], GatheringStep], options: Options) -> int:
    """As `run_steps`, in one process, with the step's last word at the end; the exit status."""

    def body(run: Run) -> None:
        step = make_step()
        runner = StepRunner(step, run.wants_dropped, strict=options.strict)
        progress = Progress(verb, total_bytes(options.inputs), options.quiet)
        done = 0
        source = itertools.islice(lines(options.inputs), options.limit)
        try:
            for group in batches(source, max_lines=1 if options.line_buffered else 256):
                outcome = runner(group)
                run.accept(outcome)
                done += outcome.size
                progress.update(done, run.ledger.read)
            last = [codec.dump(record) for record in step.finish()]
            run.accept(Outcome(b"".join(last), Tally(written=len(last))))
            report(run, step)
        finally:
            progress.close()

    check_no_folders(options.inputs)
    return conduct(verb, options, body)
