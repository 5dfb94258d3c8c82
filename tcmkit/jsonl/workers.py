"""Work spread over processes, results in the order of the input."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any, TypeVar

Unit = TypeVar("Unit")
Result = TypeVar("Result")

_work: Callable[[Any], Any]


def ordered_map(
    make_work: Callable[[], Callable[[Unit], Result]], units: Iterable[Unit], jobs: int
) -> Iterator[Result]:
    """`work(unit)` for every unit, in order, where `work = make_work()` is built once in each process.

    With one job all happens here. With more, at most four units a process are under way, so memory stays
    bounded however fast the input is. An exception in a worker is raised here, at its unit's place.
    """
    if jobs <= 1:
        yield from map(make_work(), units)
        return
    context = multiprocessing.get_context("fork" if os.name == "posix" else "spawn")
    with ProcessPoolExecutor(jobs, context, initializer=_start, initargs=(make_work,)) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for unit in units:
                waiting.append(pool.submit(_run, unit))
                if len(waiting) >= 4 * jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _start(make_work: Callable[[], Callable[[Any], Any]]) -> None:
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    _work = make_work()


def _run(unit: Any) -> Any:
    return _work(unit)
