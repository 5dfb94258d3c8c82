"""What a worker tells the process that started it: JSON lines on the stdout it was given.

A line is {"event": NAME, …}. Whatever else writes to stdout in a worker (libraries do) goes to stderr, which is the
log. The other way there is one pipe, the worker's stdin: "stop" asks it to save and end, its end means that the
starting process is gone, and then the worker ends too.
"""

import os
import select
import threading
from collections.abc import Callable
from typing import Any

from tcmkit.jsonl.codec import dump


class Channel:
    """The worker's end. Of several processes one speaks for all; each may say that it failed."""

    def __init__(self, speaks: bool) -> None:
        """Take stdout away from everybody else."""
        self._speaks = speaks
        self._out = os.dup(1)
        os.dup2(2, 1)

    def tell(self, event: str, **more: Any) -> None:
        """Send an event, if this process speaks."""
        if self._speaks:
            self._send(event, more)

    def say(self, message: str) -> None:
        """A line for the user."""
        self.tell("say", message=message)

    def warn(self, message: str) -> None:
        """A line for the user from whichever process it is."""
        self._send("say", {"message": message})

    def fail(self, message: str, status: int) -> None:
        """Say why this process ends."""
        self._send("failed", {"message": message, "status": status})

    def _send(self, event: str, more: dict[str, Any]) -> None:
        data = dump({"event": event, **more})
        while data:
            try:
                data = data[os.write(self._out, data) :]
            except OSError:  # nobody reads any more
                return


def listen(stop: Callable[[], None], reads: bool) -> None:
    """Watch stdin in a thread: "stop" calls `stop`; its end ends this process at once.

    Several processes share the pipe: one of them `reads`, the others only see its end.
    """
    threading.Thread(target=_listen, args=(stop, reads), daemon=True).start()


def _listen(stop: Callable[[], None], reads: bool) -> None:
    poll = select.poll()
    poll.register(0, select.POLLIN if reads else 0)
    while True:
        for _, seen in poll.poll():
            if seen & select.POLLIN:
                if not os.read(0, 64):
                    os._exit(1)
                stop()
            elif seen:
                os._exit(1)
