"""`tcm` in a fork of the tests' own process, so that PyTorch and TRL are imported once and not for each run.

The command line, the pipe between it and its worker, the signals and the exit statuses are the real ones: only the
new interpreter is saved. `test_sft.py::test_two_processes_give_what_one_gives` and the examples start real ones.
"""

import contextlib
import gc
import os
import signal
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.conftest import Ended, environment


def import_all(model: Path) -> None:
    """What a run of training imports, and what loading a model for the first time makes."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import matplotlib.figure  # noqa: F401
        import peft  # noqa: F401
        import torch
        import trl
        from datasets import Dataset  # noqa: F401

        torch.set_num_threads(1)
        for name in ("SFTTrainer", "SFTConfig", "DPOTrainer", "DPOConfig", "GRPOTrainer", "GRPOConfig"):
            getattr(trl, name)
        import tcmkit.train.loading
        import tcmkit.train.watch
        from tcmkit.cli.app import command_of

        tcmkit.train.loading.transformers.AutoModelForCausalLM.from_pretrained(model)
        tcmkit.train.watch.torch.set_num_threads(1)
        for verb in ("sft", "dpo"):
            command_of(verb)
    gc.collect()
    gc.freeze()  # a fork neither copies nor looks through what is here


class Forked:
    """A child that runs a function on streams of its own; the part of Popen that is needed."""

    def __init__(self, work: Callable[[], int], out: Any, err: Any, env: Mapping[str, str], stdin: int = -1) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            status = 70
            try:
                os.setsid()
                for name in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(name, signal.default_int_handler if name == signal.SIGINT else signal.SIG_DFL)
                for source, target in ((stdin, 0), (out, 1), (err, 2)):
                    os.dup2(os.open(os.devnull, os.O_RDONLY) if source == -1 else source, target)
                os.closerange(3, 256)
                sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
                os.environ.clear()
                os.environ.update(env)
                warnings.resetwarnings()
                warnings.simplefilter("ignore")
                status = work()
            except SystemExit as left:
                status = int(left.code or 0)
            except BaseException:
                traceback.print_exc()
            finally:
                with contextlib.suppress(OSError, ValueError):
                    sys.stdout.flush()
                    sys.stderr.flush()
                os._exit(status)

    def poll(self) -> int | None:
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, seconds: float = 120) -> int:
        end = time.monotonic() + seconds
        while self.poll() is None:
            if time.monotonic() > end:
                self.kill()
                raise TimeoutError
            time.sleep(0.01)
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


class Worker(Forked):
    """Takes the place of the new interpreter that `launch` starts."""

    def __init__(self, words: list[str], stderr: Any, env: Mapping[str, str], **_more: Any) -> None:
        from tcmkit.train.worker import main

        assert words[1:3] == ["-m", "tcmkit.train.worker"]
        self._to, self._from = os.pipe(), os.pipe()
        super().__init__(lambda: main(words[-1]), self._from[1], stderr.fileno(), env, self._to[0])
        os.close(self._to[0])
        os.close(self._from[1])
        self.stdin, self.stdout = os.fdopen(self._to[1], "wb"), os.fdopen(self._from[0], "rb")


def command_line(args: tuple[str | Path, ...], folder: Path, before: Callable[[], object] | None) -> Callable[[], int]:
    """The program, in `folder`, on these arguments."""

    def work() -> int:
        from tcmkit.cli import main

        os.chdir(folder)
        if before:
            before()
        sys.argv = ["tcm", *map(str, args)]
        main()
        return 0

    return work


class Warm:
    """`warm(*args)` runs `tcm` to its end; `warm.started(*args)` lets a test meddle with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0

    def started(self, *args: str | Path, before: Callable[[], object] | None = None, **env: str) -> Forked:
        """The program, running; its streams go to files. `before` is called in its process."""
        self._count += 1
        self.out, self.err = (self.folder / f"std{name}.{self._count}" for name in ("out", "err"))
        with self.out.open("wb") as out, self.err.open("wb") as err:
            return Forked(command_line(args, self.folder, before), out.fileno(), err.fileno(), environment(env))

    def ended(self, process: Forked, seconds: float = 120) -> Ended:
        """What it wrote, when it is over."""
        status = process.wait(seconds)
        return Ended(status, self.out.read_bytes(), self.err.read_text(encoding="utf-8"))

    def __call__(self, *args: str | Path, **env: str) -> Ended:
        return self.ended(self.started(*args, **env))


def waited(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """What the condition gives once it gives something."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)
    return found


@contextlib.contextmanager
def forked_workers() -> Iterator[None]:
    """Workers are forks while it lasts."""
    from tcmkit.train import launch

    class Subprocess:
        PIPE = subprocess.PIPE
        Popen = Worker

    real = launch.subprocess
    launch.subprocess = Subprocess  # type: ignore[assignment]
    try:
        yield
    finally:
        launch.subprocess = real
