"""Work spread over the machines of a Ray cluster, results in the order of the input (`--ray`).

Ray decides where a unit of work runs, and runs it again elsewhere when the machine dies: a unit's result depends on
the unit alone. What is here is the order, the bound on what is under way, and the care for what lands where.
"""

import hashlib
import logging
import os
import pickle
import secrets
import shutil
import signal
import socket
import tempfile
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tcmkit import language
from tcmkit.errors import MissingExtra, TcmError
from tcmkit.jsonl.workers import Failure, as_failure, size_of, unwrapped
from tcmkit.language import both

Unit = TypeVar("Unit")
Result = TypeVar("Result")

LOCAL = "local"
"""The address of a cluster that is started for this run alone."""
_RETRIES = 8
"""So many machines may die under one unit."""
_MOST_BYTES = 256 << 20
"""So much input is under way at most, or one unit."""
_LOOK_EVERY = 64
"""Units from one look at the size of the cluster, which may grow and shrink, to the next."""
_OBJECT_STORE = 512 << 20
_PATIENCE = 5.0
_TRIES = 3
_LONGEST_FOLDER = 25
"""Characters of the folder for sockets: the system allows 107 for a socket's whole path."""


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


_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # A busy machine takes its time to start a dozen processes.
    "RAY_raylet_start_wait_time_s": "45",
    "RAY_agent_register_timeout_ms": "120000",
}
_AUTH_MODE, _TOKEN = "RAY_AUTH_MODE", "RAY_AUTH_TOKEN"


def _imported() -> Any:
    """The package, told to be quiet, patient and to report to nobody."""
    os.environ.update(_ENVIRONMENT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import ray
            import ray.exceptions
            import ray.util.scheduling_strategies
    except ImportError:
        raise MissingExtra("--ray", "ray") from None
    return ray


@contextmanager
def connected(address: str, jobs: int) -> Iterator[Any]:
    """The package, connected to the cluster; one started for this run is gone afterwards, with all it wrote.

    Raises MissingExtra, and TcmError when the cluster cannot be used.
    """
    _let_in(address)
    ray = _imported()
    _check_reachable(address)
    folder = _private_folder() if address == LOCAL else ""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    own = {"num_cpus": jobs or None, "include_dashboard": False, "object_store_memory": _OBJECT_STORE}
    try:
        try:
            _begin(ray, address, {"_temp_dir": f"{folder}/ray", **own} if folder else {"address": address})
        finally:
            for number, handler in handlers.items():
                with suppress(ValueError):  # not in the main thread: then they were not changed either
                    signal.signal(number, handler)
        yield ray
    finally:
        ray.shutdown()
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def _begin(ray: Any, address: str, where: dict[str, Any]) -> None:
    """Connect. Ray gives parts of a new node 15 seconds to start, which a busy machine may exceed: it has more tries.

    Raises TcmError.
    """
    for left in reversed(range(_TRIES if address == LOCAL else 1)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ray.init(log_to_driver=False, logging_level=logging.CRITICAL, **where)
            return
        except Exception as error:  # a node that does not come up in time raises Exception itself
            ray.shutdown()
            if not left:
                raise _cannot_use(address, error) from None


def _let_in(address: str) -> None:
    """Show a cluster the token that it may ask for; one of our own has a new one, so that nobody else gets in.

    `ray start` asks for a token where there is one (~/.ray/auth_token); `ray.init` with an address shows none unless
    told to. A cluster that asks for none takes it all the same.
    """
    if _AUTH_MODE in os.environ:
        return
    if address == LOCAL:
        os.environ |= {_AUTH_MODE: "token", _TOKEN: secrets.token_hex(32)}
    elif _TOKEN in os.environ or f"{_TOKEN}_PATH" in os.environ or (Path.home() / ".ray" / "auth_token").exists():
        os.environ[_AUTH_MODE] = "token"


def _private_folder() -> str:
    """Where Ray keeps sockets, logs and what memory cannot hold. Only its owner can look in, unlike Ray's own."""
    system = tempfile.gettempdir()
    return tempfile.mkdtemp(prefix="tcm-ray-", dir=system if len(system) <= _LONGEST_FOLDER else "/tmp")


def _check_reachable(address: str) -> None:
    """Raise TcmError at once for a place where nobody listens; Ray itself would try for minutes."""
    if address.startswith("ray://"):
        raise TcmError(
            both(
                f"--ray {address}: run tcm on a machine of the cluster, and write auto or HOST:PORT",
                f"--ray {address}：请在集群的一台机器上运行 tcm，并写 auto 或 HOST:PORT",
            )
        )
    host, colon, port = address.rpartition(":")
    if address in (LOCAL, "auto"):
        return
    if not colon or not port.isdigit():
        raise TcmError(
            both(f"--ray {address}: write local, auto or HOST:PORT", f"--ray {address}：请写 local、auto 或 HOST:PORT")
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise _cannot_use(address, error) from None


def _cannot_use(address: str, error: Exception) -> TcmError:
    reason = str(error).partition("\n")[0].rstrip(". ")
    if address == LOCAL:
        return TcmError(both(f"Ray cannot start here: {reason}", f"无法在本机启动 Ray：{reason}"))
    return TcmError(
        both(
            f"no Ray cluster to be used at {address}: {reason}; start one with  ray start --head  or use --ray local",
            f"{address} 没有可用的 Ray 集群：{reason}；可用  ray start --head  启动，或改用 --ray local",
        )
    )


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
    except TcmError as error:
        return as_failure(error)
    except Exception:
        return Failure(traceback.format_exc(), RuntimeError)


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
