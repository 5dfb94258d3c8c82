"""A pipe of verbs fed from a stream made on the fly: the memory of each process over time, and all their balances.

A module of `reliability.py`, no script. Memory is the resident size of each process, looked at twice a second. What
stands after the first tenth of the input has gone in is compared with what stands after all of it: a verb that
remembers what it has read grows from the one to the other.
"""

import contextlib
import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from measure import TCM, mebibytes, say

_SAMPLING_SECONDS = 0.5
_DONE = (0, 3)  # 3: done, but some records were rejected
_BOUNDED = 64 << 20
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Stage:
    """A verb of the pipe: its arguments, and what was seen of it."""

    arguments: tuple[str, ...]
    early: int = 0
    """Highest resident size, bytes, while the first tenth of the input went in."""
    late: int = 0
    """The same from then on to the end."""
    summary: dict[str, Any] = field(default_factory=dict)
    fed: int = 0
    """Bytes that went into the pipe after the first tenth."""

    @property
    def held(self) -> bool:
        """Whether memory stayed as it was, but for tables that are loaded when needed and caches of bounded size.

        Of what went in after the first tenth less than a twentieth may stay: a small run shows nothing otherwise.
        """
        return self.late <= 1.15 * self.early + min(_BOUNDED, 0.05 * self.fed)

    def said(self) -> str:
        """Memory, for a table."""
        return f"`{self.arguments[0]}` {mebibytes(self.early)} and {mebibytes(self.late)} MB"


class Pipeline:
    """`tcm A | tcm B | …`, each with a summary of its own; `lines` is what came out of the last."""

    def __init__(self, verbs: Sequence[Sequence[str]], place: Path) -> None:
        """The verbs with their arguments, and the folder that they run in."""
        self.stages = [Stage(tuple(verb)) for verb in verbs]
        self.lines = 0
        self.seconds = 0.0
        self.fed = 0
        self._place = place
        self._late = False
        self._over = threading.Event()

    def run(self, feed: Iterable[bytes], size: float) -> None:
        """Send everything through; `size` is how many bytes that will be. Raises SystemExit when a verb fails."""
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            processes = self._start(folder)
            first, last = processes[0].stdin, processes[-1].stdout
            assert first
            assert last
            threads = [
                threading.Thread(target=self._watch, args=(processes,), daemon=True),
                threading.Thread(target=self._write, args=(first, feed, size), daemon=True),
            ]
            for thread in threads:
                thread.start()
            while block := last.read(1 << 20):
                self.lines += block.count(b"\n")
            statuses = [process.wait() for process in processes]
            self._over.set()
            threads[0].join()
            self.seconds = time.perf_counter() - started
            for number, (stage, status) in enumerate(zip(self.stages, statuses, strict=True)):
                stage.fed = self.fed * 9 // 10
                if status not in _DONE:
                    errors = (folder / f"{number}.err").read_text(encoding="utf-8", errors="replace")
                    raise SystemExit(f"exit status {status}: tcm {' '.join(stage.arguments)}\n{errors[-2000:]}")
                stage.summary = json.loads((folder / f"{number}.json").read_text(encoding="utf-8"))

    def _start(self, folder: Path) -> "list[subprocess.Popen[bytes]]":
        processes: list[subprocess.Popen[bytes]] = []
        for number, stage in enumerate(self.stages):
            named = ["--summary", str(folder / f"{number}.json"), "--rejects", str(folder / f"{number}.bad"), "--quiet"]
            source = processes[-1].stdout if processes else subprocess.PIPE
            with (folder / f"{number}.err").open("wb") as errors:
                command = [*TCM, *stage.arguments, *named]
                pipes: dict[str, Any] = {"stdin": source, "stdout": subprocess.PIPE, "stderr": errors}
                processes.append(subprocess.Popen(command, cwd=self._place, **pipes))
            if len(processes) > 1 and processes[-2].stdout:
                processes[-2].stdout.close()  # the next verb has it: when that goes, this one shall learn of it
        return processes

    def _write(self, stdin: IO[bytes], feed: Iterable[bytes], size: float) -> None:
        """Feed the first verb, and say now and then how far it is."""
        tenth = 1
        with contextlib.suppress(BrokenPipeError), stdin:
            for block in feed:
                stdin.write(block)
                self.fed += len(block)
                self._late = self.fed > size / 10
                if tenth < 10 and self.fed > tenth * size / 10:
                    say(f"{self.fed / 1e9:.2f} of {size / 1e9:g} GB: " + ", ".join(map(Stage.said, self.stages)))
                    tenth += 1

    def _watch(self, processes: "Sequence[subprocess.Popen[bytes]]") -> None:
        while not self._over.wait(_SAMPLING_SECONDS):
            for stage, process in zip(self.stages, processes, strict=True):
                size = resident(process.pid)
                if self._late:
                    stage.late = max(stage.late, size)
                else:
                    stage.early = max(stage.early, size)

    def wrong(self, fed: int) -> Iterator[str]:
        """What does not hold of the balances, when so many lines were fed."""
        before = fed
        for stage in self.stages:
            books, verb = stage.summary, stage.arguments[0]
            dropped, rejected = sum(books["dropped"].values()), sum(books["rejected"].values())
            if books["read"] != before:
                yield f"{verb} read {books['read']} of {before}"
            if books["read"] != books["kept"] + dropped + rejected:
                yield f"{verb}: {books['read']} is not {books['kept']} + {dropped} + {rejected}"
            before = books["written"]
        if before and self.lines != before:  # `stats` writes a report
            yield f"{self.lines} lines came out of {before}"


def resident(pid: int) -> int:
    """Bytes of memory of a process, 0 when it is over."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0
