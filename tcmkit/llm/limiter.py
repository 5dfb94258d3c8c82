"""How many requests may be in flight: as many as the user allows, fewer while the server says that it is too much."""

import asyncio
from collections import deque
from contextlib import suppress
from types import TracebackType


class Limiter:
    """Lets at most `limit` through. Halved when the server is overrun, one more after each round that went well.

    That is the rule by which TCP shares a line: additive increase, multiplicative decrease.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(most)
        self.answered = 0
        """Requests that were answered."""
        self._inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._held_until = 0.0
        self._round = 0

    async def __aenter__(self) -> int:
        """Wait for a place; the number of the round in which it was given, for `overrun`."""
        if self._inside < int(self.limit):
            self._inside += 1
        else:
            await self._turn()
        pause = self._held_until - asyncio.get_running_loop().time()
        if pause > 0:
            try:
                await asyncio.sleep(pause)
            except asyncio.CancelledError:
                self._leave()
                raise
        return self._round

    async def _turn(self) -> None:
        """Wait in line. A place is handed over: who is woken has it, so that each place wakes one."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                with suppress(ValueError):  # it may have been passed over already
                    self._waiting.remove(turn)
            else:
                self._leave()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        self._inside -= 1
        self._wake()

    def _wake(self) -> None:
        while self._waiting and self._inside < int(self.limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self._inside += 1
                turn.set_result(None)

    def went_well(self) -> None:
        """A request was answered."""
        self.answered += 1
        if self.limit < self.most:
            self.limit = min(self.most, self.limit + 1 / self.limit)
            self._wake()

    def overrun(self, began: int, after: float | None) -> None:
        """The server asked for less, and perhaps for a pause of `after` seconds.

        Requests sent together are refused together: only one that began in the present round says something new.
        """
        if began == self._round:
            self.limit = max(1.0, self.limit / 2)
            self._round += 1
        if after:
            self._held_until = max(self._held_until, asyncio.get_running_loop().time() + after)
