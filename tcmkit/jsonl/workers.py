"""Work spread over processes, results in the order of the input."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, NamedTuple, TypeVar

from tcmkit.errors import TcmError, UsageError
from tcmkit.language import both

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
        waiting: deque[Future[Result | _Failure]] = deque()
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


class _Failure(NamedTuple):
    """An error on its way to the parent: an exception with a constructor of its own would not get there."""

    message: str
    kind: type[TcmError]


def _start(make_work: Callable[[], Callable[[Any], Any]]) -> None:
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # not the parent's handler
    try:
        _work = make_work()
    except TcmError as error:
        failure = _failure(error)
        _work = lambda _unit: failure  # noqa: E731 - the pool would bury an error that is raised here


def _run(unit: Any) -> Any:
    try:
        return _work(unit)
    except TcmError as error:
        return _failure(error)


def _failure(error: TcmError) -> _Failure:
    return _Failure(str(error), UsageError if isinstance(error, UsageError) else TcmError)


def _result(future: "Future[Result | _Failure]") -> Result:
    result = future.result()
    if isinstance(result, _Failure):
        raise result.kind(result.message)
    return result
