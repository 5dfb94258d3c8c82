"""What a model can think of while a person types: talks carried on in a thread, one after another."""

import threading
from collections.abc import Callable, Generator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from tcmkit.consult.asking import Question, relevant
from tcmkit.consult.chart import Chart
from tcmkit.consult.team import Team
from tcmkit.errors import RecordError
from tcmkit.llm import Blocking, Call
from tcmkit.records import Record

R = TypeVar("R")
_CHILDREN = "pediatrics"


class Stopped(Exception):
    """Nobody waits for the talk any more."""


class Seen(NamedTuple):
    """What the questions of a round hang on: another state wants other questions."""

    told: str
    dimensions: tuple[str, ...]
    covered: tuple[str, ...]


class Ahead:
    """The first round of a team, begun while the person still says who they are.

    The manager chooses as soon as the complaint is known, the members propose once age and sex are. What is then said
    otherwise makes their questions void, and a child found to be one the choice.
    """

    def __init__(self, model: Blocking, team: Team) -> None:
        self._model, self._team, self._trace = model, team, team.trace
        self._worker = ThreadPoolExecutor(1, "ahead")
        self._stop = threading.Event()
        self._chosen: Future[str] | None = None
        self._asked: tuple[Seen, Future[list[Question]]] | None = None
        self._steps: list[list[Record]] = []

    def choose(self, chart: Chart) -> None:
        """Let the manager choose."""
        if self._chosen is None and not (self._team.members or self._stop.is_set()):
            self._chosen = self._begin(self._team.set_up(chart))

    def propose(self, chart: Chart) -> None:
        """Let the members propose for this record, unless they do already."""
        if self._chosen is None or (self._asked and self._asked[0] == self._seen(chart)):
            return
        self._give_up_the_round()
        self._asked = self._seen(chart), self._begin(self._first_round(chart))

    def is_ready(self, chart: Chart) -> bool:
        """Whether the questions for this record are there."""
        return bool(self._asked and self._asked[0] == self._seen(chart) and self._asked[1].done())

    def take(self, chart: Chart, keep: Callable[[str], None]) -> list[Question] | None:
        """The questions; None where they were not begun for this record.

        Waits for what is under way. `keep` is told the complaint as the manager words it, once the team is chosen: it
        stands whatever becomes of the questions. Raises what a talk raises.
        """
        if self._chosen is None:
            return None
        chosen, asked, self._chosen, self._asked = self._chosen, self._asked, None, None
        try:
            complaint = chosen.result()
            if not _is_another_choice(chart, self._team):
                keep(complaint)
            questions = asked[1].result() if asked and asked[0] == self._seen(chart) else None
        finally:
            self.close()
        for step in self._steps[0] + (self._steps[-1] if questions is not None else []):
            self._trace(step)
        if questions is not None:
            keep(complaint)
        return questions

    def close(self) -> None:
        """Go on with nothing."""
        self._stop.set()
        self._worker.shutdown(wait=False, cancel_futures=True)
        self._team.trace = self._trace

    def _seen(self, chart: Chart) -> Seen:
        return Seen(chart.text, tuple(relevant(chart, self._team.settings)), tuple(chart.covered()))

    def _give_up_the_round(self) -> None:
        if self._asked:
            self._asked[1].cancel()

    def _first_round(self, chart: Chart) -> Generator[Call, Any, list[Question]]:
        if _is_another_choice(chart, self._team):
            yield from self._team.set_up(chart)
        return (yield from self._team.next_questions(chart, ()))

    def _begin(self, talk: Generator[Call, Any, R]) -> Future[R]:
        steps: list[Record] = []
        self._steps.append(steps)
        return self._worker.submit(self._carry_on, talk, steps)

    def _carry_on(self, talk: Generator[Call, Any, R], steps: list[Record]) -> R:
        self._team.trace = steps.append
        try:
            return self._model.finish(self._unless_stopped(talk))
        except CancelledError:
            raise Stopped from None

    def _unless_stopped(self, talk: Generator[Call, Any, R]) -> Generator[Call, Any, R]:
        """The same talk, ended before its next call when nobody waits any more."""
        answer: Any = None
        error: RecordError | None = None
        while not self._stop.is_set():
            try:
                call = talk.throw(error) if error else talk.send(answer)
            except StopIteration as end:
                result: R = end.value
                return result
            try:
                answer, error = (yield call), None
            except RecordError as failed:  # the talk may go on without
                error = failed
        raise Stopped


def _is_another_choice(chart: Chart, team: Team) -> bool:
    """Whether the manager chose before it was known that this is a child."""
    return bool(chart.child) and _CHILDREN not in team.members
