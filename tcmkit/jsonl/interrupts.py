"""Ctrl-C and a polite kill, kept from tearing a step in two."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interrupts:
    """Turns the signals into KeyboardInterrupt; while `held`, only when the step is over.

    A second signal is not held: whoever presses Ctrl-C twice wants out of a write that does not end.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._is_waiting = False
        self._stop: Callable[[], object] | None = None
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> "Interrupts":
        for number in _SIGNALS:
            if signal.getsignal(number) is signal.SIG_IGN:
                continue  # nohup, or a background job: the caller has decided
            try:
                self._previous[number] = signal.signal(number, self._interrupt)
            except ValueError:  # not in the main thread
                break
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if self._stop:
            stop, self._stop = self._stop, None
            stop()
            return
        if self._depth and not self._is_waiting:
            self._is_waiting = True
            return
        raise KeyboardInterrupt

    @contextmanager
    def calling(self, stop: Callable[[], object]) -> Iterator[None]:
        """Call `stop` at the first signal in place of raising: an event loop must not be torn in two either."""
        self._stop = stop
        try:
            yield
        finally:
            self._stop = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold signals back; what came meanwhile is raised at the end of the outermost step."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        if self._is_waiting and not self._depth:
            self._is_waiting = False
            raise KeyboardInterrupt
