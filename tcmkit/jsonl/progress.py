"""Progress on stderr: a bar on a terminal, a plain line now and then elsewhere, nothing with --quiet."""

import os
import sys
import time
from typing import Any

from tcmkit.language import both

_PLAIN_EVERY = 10.0
_BAR_EVERY = 0.1


def tell(message: str) -> None:
    """A line on stderr. A reader of stderr who has gone does not end the work."""
    try:
        print(message, file=sys.stderr, flush=True)
    except OSError:
        # What could not be written would fail again when the program ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


class Progress:
    """Call `update` as often as you like; it writes seldom."""

    def __init__(self, verb: str, total: int | None, quiet: bool, counted: str = "") -> None:
        """`total` is all that is to be done, None when unknown; `counted` names what is counted."""
        self._verb = verb
        self._total = total
        self._counted = counted or both("records", "条")
        self._quiet = quiet
        self._started = self._last = time.monotonic()
        self._bar: Any = None
        self._task: Any = None
        self._terminal = sys.stderr.isatty()

    def update(self, done: int, records: int) -> None:
        """So much is done (bytes or files of input), and so many records are through."""
        now = time.monotonic()
        if self._quiet or now - self._last < (_BAR_EVERY if self._terminal else _PLAIN_EVERY):
            return
        self._last = now
        if self._terminal:
            self._draw(done, records)
        else:
            self._line(done, records, now)

    def _line(self, done: int, records: int, now: float) -> None:
        share = f" ({100 * done // self._total}%)" if self._total else ""
        rate = records / (now - self._started)
        rates = ((1, "a second", "每秒"), (60, "a minute", "每分钟"), (3600, "an hour", "每小时"))
        seconds, english, chinese = next((of for of in rates if rate * of[0] >= 1), rates[-1])
        pace = f"{rate * seconds:.0f}"
        counted = both(self._counted.removesuffix("s") if records == 1 else self._counted, self._counted)
        said = f"{records} {counted}{share}" + both(f", {pace} {english}", f"，{chinese} {pace} {self._counted}")
        tell(f"tcm {self._verb}: {said}")

    def _draw(self, done: int, records: int) -> None:
        if self._bar is None:
            self._bar = _make_bar(self._counted)
            self._bar.start()
            self._task = self._bar.add_task(f"tcm {self._verb}", total=self._total, records=0)
        self._bar.update(self._task, completed=done, records=records)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _make_bar(counted: str) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    records = TextColumn("{task.fields[records]} " + counted)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), records, TimeRemainingColumn())
    return Bar(*columns, console=Console(stderr=True), transient=True)
