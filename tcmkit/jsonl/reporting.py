"""Steps that speak of the run as a whole, once it is over."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from tcmkit.jsonl.run import Run


@runtime_checkable
class Counting(Protocol):
    """A step that counts what the run's summary shall say."""

    @property
    def notes(self) -> Mapping[str, Any]:
        """Subject to counts, at the end of the run."""
        ...


@runtime_checkable
class Remarking(Protocol):
    """A step that has something to say about the run as a whole, on stderr before the balance."""

    def remarks(self) -> Sequence[str]:
        """The lines."""
        ...


def report(run: Run, step: object) -> None:
    """Enter what the step has counted in the summary, and say its remarks."""
    if isinstance(step, Counting):
        run.ledger.notes |= step.notes
    if isinstance(step, Remarking) and not run.options.quiet:
        for line in step.remarks():
            run.say(line)
