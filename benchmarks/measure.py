"""Run a command and measure it: time, processor time and memory of the whole process tree.

Every benchmark runs its contestants through `measure`, so that they are measured alike. Memory is the resident
size. `largest` is the peak of the largest process and exact: the kernel keeps it. `tree` is the peak of the sum
over all processes, sampled; pages that forked processes share count in each of them, so it is an upper bound.

A process begins with its parent's peak in its books, so a script that reports memory stays small: it imports
neither tcmkit nor numpy.
"""

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

TCM = (sys.executable, "-m", "tcmkit")
"""The command `tcm` of the Python that runs the benchmark."""

SAMPLING_SECONDS = 0.05
_DONE = (0, 3)  # 3: done, but some records were rejected
_PROC = Path("/proc")
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Usage:
    """What a run took: seconds, and bytes of memory; `tree` is None where there is no /proc."""

    wall: float
    cpu: float
    largest: int
    tree: int | None


def measure(command: Sequence[str | Path], feed: Iterable[bytes] | None = None) -> Usage:
    """Run the command to its end, its stdin fed from `feed`; what it prints is thrown away.

    Raises SystemExit, with the last lines of its stderr, when it fails.
    """
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.DEVNULL if feed is None else subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,  # how the sampler knows the tree, orphans included
        )
        sampler = _Sampler(process.pid)
        try:
            if process.stdin is not None and feed is not None:
                _feed(process.stdin, feed)
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, 15)
            raise
        finally:
            peak = sampler.stop()
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in _DONE:
            raise SystemExit(_failure(command, process.returncode, errors))
    return Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _MAXRSS_UNIT, peak)


def _feed(stdin: IO[bytes], blocks: Iterable[bytes]) -> None:
    """Write everything; a command that stops reading has its reasons, and its exit status tells them."""
    with contextlib.suppress(BrokenPipeError), stdin:
        for block in blocks:
            stdin.write(block)


def _failure(command: Sequence[str | Path], status: int, errors: IO[bytes]) -> str:
    errors.seek(0)
    last = errors.read().decode("utf-8", "replace").splitlines()[-10:]
    return "\n".join([f"exit status {status}: {' '.join(map(str, command))}", *last])


class _Sampler:
    """Adds up the resident sizes of all processes of a session, again and again, in a thread."""

    def __init__(self, session: int) -> None:
        self._session = str(session)
        self._peak = 0
        self._stopping = threading.Event()
        self._works = (_PROC / "self/stat").exists()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        if self._works:
            self._thread.start()

    def stop(self) -> int | None:
        """The highest sum in bytes."""
        self._stopping.set()
        if not self._works:
            return None
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        page = os.sysconf("SC_PAGE_SIZE")
        while not self._stopping.wait(SAMPLING_SECONDS):
            self._peak = max(self._peak, page * sum(map(self._pages, filter(str.isdigit, os.listdir(_PROC)))))

    def _pages(self, process: str) -> int:
        """Resident pages of a process, 0 if it is not of the session or has ended."""
        try:
            stat = Path(_PROC, process, "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return 0
        fields = stat[stat.rindex(")") + 2 :].split()  # a name may hold blanks: count from behind it
        return int(fields[21]) if fields[3] == self._session else 0


def medians(usages: Sequence[Usage]) -> Usage:
    """The median of each number."""
    trees = [usage.tree for usage in usages if usage.tree is not None]
    return Usage(
        statistics.median(usage.wall for usage in usages),
        statistics.median(usage.cpu for usage in usages),
        round(statistics.median(usage.largest for usage in usages)),
        round(statistics.median(trees)) if trees else None,
    )


def count_lines(path: Path) -> int:
    """Lines of a file, or of all .jsonl files in a folder."""
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    total = 0
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                total += block.count(b"\n")
    return total


def remove(path: Path) -> None:
    """Delete a file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def mebibytes(size: int | None) -> str:
    """The size for a table; a dash if it could not be measured."""
    return "–" if size is None else f"{size / (1 << 20):,.0f}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, the first column to the left and the numbers to the right."""
    rules = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, rules, *rows])


def say(message: str) -> None:
    """Progress, on stderr."""
    print(message, file=sys.stderr, flush=True)


def figure(what: str, ours: float, unit: str, beside: str = "", theirs: float | None = None) -> None:
    """Hand a figure to `benchmarks/everything.py`, which says by TCM_FIGURES where; alone, a script only prints.

    `beside` and `theirs`: what a user would take instead, and its figure in the same unit in the same run.
    """
    if path := os.environ.get("TCM_FIGURES"):
        line = {"what": what, "ours": ours, "unit": unit, "beside": beside, "theirs": theirs}
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
