"""The program run as its users run it, and a few things to feed it with."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
TCM = (sys.executable, "-W", "error", "-m", "tcmkit")
ECHO = (sys.executable, "-W", "error", str(ROOT / "tests" / "echo_verb.py"), "echo")
ASK = (sys.executable, "-W", "error", str(ROOT / "tests" / "ask_verb.py"), "ask")
_OF_THE_USER = ("LANG", "LANGUAGE", "TCM_LANG", "OPENAI_API_KEY", "OPENAI_BASE_URL", "PYTHONUTF8", "PYTHONWARNINGS")

AS_READ = (
    "--drop-worst",
    "0",
    "--near-dup",
    "0",
    "--no-exact-dup",
    "--min-chars",
    "0",
    "--no-department",
    "--pii",
    "keep",
)
"""Options of `tcm ingest` that leave documents as they were read."""


@dataclass(frozen=True)
class Ended:
    """A process that has ended."""

    status: int
    out: bytes
    err: str

    @property
    def records(self) -> list[Any]:
        """The lines of stdout, parsed."""
        return read_lines(self.out)

    @property
    def messages(self) -> list[str]:
        """The lines of stderr."""
        return self.err.splitlines()


Run = Callable[..., Ended]


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without what would change messages or reach out, and with what a test wants."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _OF_THE_USER and not name.startswith("LC_") and not name.lower().endswith("_proxy")
    }
    path = os.pathsep.join(filter(None, (str(ROOT), kept.get("PYTHONPATH"))))
    return {**kept, "PYTHONPATH": path, **(changes or {})}


@contextmanager
def running(
    command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None, seconds: float = 60, **more: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose streams are pipes. It is over at the end, and after a minute (or `seconds`) whatever happens."""
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process = subprocess.Popen(list(command), cwd=cwd, env=environment(env), **{**pipes, **more})
    watchdog = threading.Timer(seconds, process.kill)
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                with suppress(OSError):  # what a closed pipe could not take
                    stream.close()


def interrupt(process: subprocess.Popen[bytes], number: int = signal.SIGINT, group: bool = False) -> str:
    """Send the signal, to all of its group or to it alone, wait for the end; what was said on stderr meanwhile.

    Once more if nothing happens: what comes in the moment before a blocking call is seen only after the call.
    """
    for patience in (10, 10):
        (os.killpg if group else os.kill)(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            break
    return (process.stderr.read() if process.stderr else b"").decode("utf-8")


def _runner(command: Sequence[str], folder: Path) -> Run:
    def run(
        *args: str | Path,
        stdin: bytes | str = b"",
        env: Mapping[str, str] | None = None,
        timeout: float = 120,
        **more: Any,
    ) -> Ended:
        data = stdin.encode("utf-8") if isinstance(stdin, str) else stdin
        own_cache = {"TCM_CACHE": str(folder / "calls.sqlite"), **(env or {})}
        with running([*command, *map(str, args)], folder, own_cache, **more) as process:
            out, err = process.communicate(data, timeout)
        return Ended(process.returncode, out or b"", (err or b"").decode("utf-8"))

    return run


@pytest.fixture
def tcm(tmp_path: Path) -> Run:
    """`tcm(*args, stdin=…, env=…)` in a folder of its own."""
    return _runner(TCM, tmp_path)


@pytest.fixture
def echo(tmp_path: Path) -> Run:
    """The same for `tests/echo_verb.py`: the pipe of every verb, and a step that does as it is told."""
    return _runner(ECHO, tmp_path)


@pytest.fixture(scope="session")
def tiny(pytestconfig: pytest.Config) -> Path:
    """The folder of the tiny model (tests/tiny_model.py)."""
    return _made(pytestconfig, "tiny_model.py")


@pytest.fixture(scope="session")
def candidate(pytestconfig: pytest.Config) -> Path:
    """The folder of a model that can sit an examination, and knows nothing (tests/exam_model.py)."""
    return _made(pytestconfig, "exam_model.py", "tiny_model.py")


def _made(pytestconfig: pytest.Config, *scripts: str) -> Path:
    """The folder that the first script makes, again when a script has changed, once for all workers."""
    assert pytestconfig.cache
    script = ROOT / "tests" / scripts[0]
    read = b"".join((ROOT / "tests" / name).read_bytes() for name in scripts)
    folder = pytestconfig.cache.mkdir(f"{script.stem}-{blake2b(read, digest_size=6).hexdigest()}")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            subprocess.run([sys.executable, script, folder], check=True, env=environment({"HF_HUB_OFFLINE": "1"}))
            (folder / "made").touch()
    return folder


@pytest.fixture(scope="session")
def _warmed(tiny: Path) -> Iterator[None]:
    pytest.importorskip("trl")
    from tests import warm

    warm.import_all(tiny / "hf")
    with warm.forked_workers():
        yield


@pytest.fixture
def warm(_warmed: None, tmp_path: Path) -> Any:
    """`tcm` for training, in a fork of this process: `tests.warm.Warm` in a folder of its own."""
    from tests.warm import Warm

    return Warm(tmp_path)


@pytest.fixture
def ask(tmp_path: Path) -> Run:
    """The same for `tests/ask_verb.py`: a verb that asks a model what each record says."""
    return _runner(ASK, tmp_path)


def jsonl(records: Iterable[Any]) -> bytes:
    """Records as lines."""
    return b"".join(json.dumps(record, ensure_ascii=False).encode("utf-8") + b"\n" for record in records)


def read_lines(data: bytes | Path) -> list[Any]:
    """Lines as records."""
    raw = data.read_bytes() if isinstance(data, Path) else data
    return [json.loads(line) for line in raw.splitlines()]


def read_json(path: Path) -> Any:
    """A file with one JSON value."""
    return json.loads(path.read_text(encoding="utf-8"))
