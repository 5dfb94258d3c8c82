"""Work spread over processes, here or on a cluster, results in the order of the input."""

import multiprocessing
import os
import signal
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, NamedTuple, TypeVar

from tcmkit.errors import TcmError, UsageError
from tcmkit.jsonl.run import Options
from tcmkit.jsonl.source import Line
from tcmkit.language import both

Unit = TypeVar("Unit")
Result = TypeVar("Result")

_work: Callable[[Any], Any]


def spread(
    make_work: Callable[[], Callable[[Unit], Result]], units: Iterable[Unit], options: Options
) -> Generator[Result, None, None]:
    """`work(unit)` for every unit, in order, on the processes or the cluster that the options name."""
    if options.ray is None:
        return ordered_map(make_work, units, options.processes)
    from tcmkit.jsonl.cluster import ray_map

    return ray_map(make_work, units, options.ray, options.jobs)


def ordered_map(
    make_work: Callable[[], Callable[[Unit], Result]], units: Iterable[Unit], jobs: int
) -> Generator[Result, None, None]:
    """`work(unit)` for every unit, in order, where `work = make_work()` is built once in each process.

    With one job all happens here. With more, at most four units a process are under way, so memory stays
    bounded however fast the input is. An exception in a worker is raised here, at its unit's place.
    """
    if jobs <= 1:
        yield from map(make_work(), units)
        return
    context = multiprocessing.get_context("fork" if os.name == "posix" else "spawn")
    with ProcessPoolExecutor(jobs, context, initializer=_start, initargs=(make_work,)) as pool:
        waiting: deque[Future[Result | Failure]] = deque()
        try:
            for unit in units:
                waiting.append(pool.submit(_run, unit))
                if len(waiting) >= 4 * jobs:
                    yield _result(waiting.popleft())
            while waiting:
                yield _result(waiting.popleft())
        except BrokenProcessPool:
            raise TcmError(
                both(
                    "a process died, perhaps for lack of memory: run again with fewer --jobs",
                    "一个进程意外结束，可能内存不足：请减少 --jobs 再运行",
                )
            ) from None
        except BaseException:  # Ctrl-C, --limit reached, a failure: nobody wants what is still being worked on
            # The few units under way are let finish: a process killed in the middle can take the queue with it.
            pool.shutdown(wait=True, cancel_futures=True)
            raise


class Failure(NamedTuple):
    """An error on its way to the parent: an exception with a constructor of its own would not get there."""

    message: str
    kind: type[Exception]


def _start(make_work: Callable[[], Callable[[Any], Any]]) -> None:
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # not the parent's handler
    try:
        _work = make_work()
    except TcmError as error:
        failure = as_failure(error)
        _work = lambda _unit: failure  # noqa: E731 - the pool would bury an error that is raised here


def _run(unit: Any) -> Any:
    try:
        return _work(unit)
    except TcmError as error:
        return as_failure(error)


def as_failure(error: Exception) -> Failure:
    """The error, ready to travel: one of ours as it is, any other with its traceback, which names the fault."""
    if isinstance(error, TcmError):
        return Failure(str(error), UsageError if isinstance(error, UsageError) else TcmError)
    return Failure("".join(traceback.format_exception(error)), RuntimeError)


def _result(future: "Future[Result | Failure]") -> Result:
    return unwrapped(future.result())


def unwrapped(result: "Result | Failure") -> Result:
    """The result of a unit. Raises the error that came in its place."""
    if isinstance(result, Failure):
        raise result.kind(result.message)
    return result


def size_of(unit: Any) -> int:
    """Bytes of input in a unit: lines, or a file that was read for it."""
    if isinstance(unit, Sequence) and unit and isinstance(unit[0], Line):
        return sum(len(line.raw) for line in unit)
    return len(getattr(unit, "data", b""))
