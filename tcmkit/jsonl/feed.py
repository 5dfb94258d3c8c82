"""Lines read by a thread of their own, for an event loop that must not wait for a slow pipe."""

import asyncio
import threading
from collections import deque
from collections.abc import Iterator

from tcmkit.jsonl.source import Line

_MOST_WAITING = 256


class Feed:
    """Lines as they come. At most 256 wait to be taken, so a fast input does not fill the memory."""

    def __init__(self, source: Iterator[Line]) -> None:
        """Begin reading. Make it inside the event loop that will take the lines."""
        self._source = source
        self._loop = asyncio.get_running_loop()
        self._there_are_some = asyncio.Event()
        self._lines: deque[Line] = deque()
        self._room = threading.Condition()
        self._error: BaseException | None = None
        self._ended = False
        self._closed = False
        # A daemon: a thread that waits for a silent pipe must not keep the program from ending.
        threading.Thread(target=self._read, name="reader", daemon=True).start()

    async def take(self, most: int) -> list[Line]:
        """The lines that have come, at most so many, at least one; none at the end.

        Raises what the reading raised.
        """
        while True:
            with self._room:
                taken = [self._lines.popleft() for _ in range(min(most, len(self._lines)))]
                self._room.notify()
                if taken:
                    return taken
                if self._ended:
                    if self._error:
                        raise self._error
                    return []
                self._there_are_some.clear()
            await self._there_are_some.wait()

    def close(self) -> None:
        """Stop reading as soon as the line under way has come."""
        with self._room:
            self._closed = True
            self._room.notify()

    def _read(self) -> None:
        try:
            for line in self._source:
                with self._room:
                    while len(self._lines) >= _MOST_WAITING and not self._closed:
                        self._room.wait()
                    if self._closed:
                        return
                    self._lines.append(line)
                    self._wake()
        except BaseException as error:  # whatever ends the reading is raised again by `take`
            self._error = error
        finally:
            with self._room:
                self._ended = True
                self._wake()

    def _wake(self) -> None:
        if not self._closed and not self._there_are_some.is_set():
            self._loop.call_soon_threadsafe(self._there_are_some.set)
