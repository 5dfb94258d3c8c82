"""Work spread over the machines of a Ray cluster, results in the order of the input (`--ray`).

Ray decides where a unit of work runs, and runs it again elsewhere when the machine dies: a unit's result depends on
the unit alone. What is here is the order, the bound on what is under way, and the care for what lands where.
"""

import hashlib
import os
import pickle
import socket
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tcmkit import language
from tcmkit.errors import TcmError
from tcmkit.jsonl.joining import LOCAL, connected
from tcmkit.jsonl.workers import Failure, as_failure, size_of, unwrapped
from tcmkit.language import both

Unit = TypeVar("Unit")
Result = TypeVar("Result")

_RETRIES = 8
"""So many machines may die under one unit."""
_MOST_BYTES = 256 << 20
"""So much input is under way at most, or one unit."""
_LOOK_EVERY = 64
"""Units from one look at the size of the cluster, which may grow and shrink, to the next."""


class Origin(NamedTuple):
    """What another machine needs to do as this process would."""

    fingerprint: str
    language: language.Language
    folder: str

    @classmethod
    def here(cls) -> "Origin":
        """This process."""
        return cls(fingerprint(), language.current(), os.getcwd())

    def enter(self) -> Failure | None:
        """Make this process, on another machine, alike; what is in the way."""
        if self.fingerprint != fingerprint():
            message = both(
                f"{socket.gethostname()} has another tcmkit than this machine: install the same on all",
                f"{socket.gethostname()} 上的 tcmkit 与本机不同：请在所有机器上安装同一版本",
            )
            return Failure(message, TcmError)
        language.use(self.language)
        with suppress(OSError):  # a folder that is not there holds none of the files that the options name
            os.chdir(self.folder)
        return None


def ray_map(
    make_work: Callable[[], Callable[[Unit], Result]], units: Iterable[Unit], address: str, jobs: int
) -> Generator[Result, None, None]:
    """As `workers.ordered_map`, on the cluster at `address` ("local" starts one here); `jobs` 0 uses all of it.

    Raises MissingExtra, and TcmError when the cluster cannot be used or a unit's machines die again and again.
    """
    with connected(address, jobs) as ray:
        state = ray.put(_packed(ray, make_work))
        task = ray.remote(_run).options(num_cpus=1, max_retries=_RETRIES)
        waiting: deque[tuple[Any, int]] = deque()
        held = 0
        for count, unit in enumerate(units):
            if count % _LOOK_EVERY == 0:
                window = _window(ray, address, jobs)
            size = size_of(unit)
            while waiting and (len(waiting) >= window or held + size > _MOST_BYTES):
                reference, done = waiting.popleft()
                held -= done
                yield _result(ray, reference)
            waiting.append((task.remote(state, unit), size))
            held += size
        while waiting:
            yield _result(ray, waiting.popleft()[0])


def _packed(ray: Any, make_work: Callable[[], Callable[[Any], Any]]) -> bytes:
    made: bytes = ray.cloudpickle.dumps(make_work)
    # The work is pickled apart: unpickling it imports the verb, whose messages are then in the language of that moment.
    return pickle.dumps((*Origin.here(), made))


def _window(ray: Any, address: str, jobs: int) -> int:
    """Units under way at most: enough to keep all processors busy while the oldest one is waited for."""
    if jobs and address != LOCAL:
        return jobs
    return max(2, 4 * int(ray.cluster_resources().get("CPU", 1)))


def _result(ray: Any, reference: Any) -> Any:
    """The unit's result, wherever it was made. Raises what a local process would have raised."""
    try:
        return unwrapped(ray.get(reference))
    except ray.exceptions.RuntimeEnvSetupError as error:
        raise cannot_work(error) from None
    except ray.exceptions.RayTaskError as error:  # before our own code could begin
        raise cannot_work(error.cause if isinstance(error.cause, Exception) else error) from None
    except ray.exceptions.RayError as error:
        kind = type(error).__name__
        raise TcmError(
            both(
                f"Ray gave some lines up ({kind}), perhaps for lack of memory: run again, or give each process more",
                f"Ray 放弃了一组行（{kind}），可能内存不足：请重新运行，或给每个进程更多内存",
            )
        ) from None


def cannot_work(error: Exception) -> TcmError:
    """The one line for a machine that failed before our own code could begin."""
    reason = str(error).strip().rpartition("\n")[2]
    return TcmError(
        both(
            f"a machine of the cluster cannot do the work: {reason}; install the same tcmkit on all",
            f"集群中有机器无法工作：{reason}；请在所有机器上安装同样的 tcmkit",
        )
    )


@cache
def fingerprint() -> str:
    """A digest of the package, code and tables: what another machine must have to write the same bytes."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(path for path in package.rglob("*") if path.suffix in (".py", ".json", ".css", ".txt")):
        digest.update(str(path.relative_to(package)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _run(state: bytes, unit: Any) -> Any:
    """What a worker does with a unit. An error comes back as a value: Ray would write it to its logs."""
    try:
        work = _built(state)
        return work if isinstance(work, Failure) else work(unit)
    except Exception as error:  # raised again where the result is taken
        return as_failure(error)


@lru_cache(maxsize=1)
def _built(state: bytes) -> Any:
    """The work of a run, made once in each process, or the failure to make it."""
    *origin, made = pickle.loads(state)
    if failure := Origin(*origin).enter():
        return failure
    try:
        return pickle.loads(made)()
    except TcmError as error:
        return as_failure(error)
