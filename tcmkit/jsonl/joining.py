"""Joining a Ray cluster, or starting one for a single run, and leaving nothing of that behind (`--ray`)."""

import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tcmkit.errors import MissingExtra, TcmError
from tcmkit.language import both

LOCAL = "local"
"""The address of a cluster that is started for this run alone."""
_OBJECT_STORE = 512 << 20
_PATIENCE = 5.0
_PROBE_SECONDS = 120
_TRIES = 3
_LONGEST_FOLDER = 25
"""Characters of the folder for sockets: the system allows 107 for a socket's whole path."""
_AUTH_MODE, _TOKEN = "RAY_AUTH_MODE", "RAY_AUTH_TOKEN"
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # A busy machine takes its time to start a dozen processes.
    "RAY_raylet_start_wait_time_s": "45",
    "RAY_agent_register_timeout_ms": "120000",
}


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
    _check_reachable(address)
    _let_in(address)
    ray = _imported()
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
    """Show a cluster the token if it lets nobody in without; one of our own has a new one, so that only we get in.

    `ray start` asks for a token where there is one (~/.ray/auth_token), `ray.cluster_utils` never does; `ray.init`
    shows none to an address, and the one it finds to `auto`.
    """
    if _AUTH_MODE in os.environ:
        return
    if address == LOCAL:
        os.environ |= {_AUTH_MODE: "token", _TOKEN: secrets.token_hex(32)}
    elif _has_token():
        os.environ[_AUTH_MODE] = "token" if _turns_away(address) else "disabled"


def _has_token() -> bool:
    return _TOKEN in os.environ or f"{_TOKEN}_PATH" in os.environ or (Path.home() / ".ray" / "auth_token").exists()


def _turns_away(address: str) -> bool:
    """Whether the cluster does not let us in without a token; Ray does not say why. Another process finds out, for Ray
    makes up its mind once, and not from the folder we are in, where a file may be called like a package.

    A cluster that asks for none must be shown none: we would ask for one in turn when it calls back, and it would take
    the processes that we hold there for given up.
    """
    join = "import sys, ray; ray.init(address=sys.argv[1], log_to_driver=False)"
    command = [sys.executable, "-P", "-c", join, address]
    environment = {**os.environ, **_ENVIRONMENT, _AUTH_MODE: "disabled"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=_PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


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
