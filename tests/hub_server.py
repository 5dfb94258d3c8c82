"""A hub on this machine that sends one file, well or badly."""

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Hub(ThreadingHTTPServer):
    """What it sends, how it misbehaves, and what it was asked."""

    daemon_threads = True

    def __init__(self, content: bytes, **how: Any) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.cuts: list[int] = how.get("cuts", [])
        """Bytes after which each of the first answers breaks off."""
        self.statuses: list[int] = how.get("statuses", [])
        """Statuses of the first answers."""
        self.ranges: bool = how.get("ranges", True)
        self.etag: str = how.get("etag", "")
        self.linked: str = how.get("linked", "")
        self.to: str = how.get("to", "")
        """Where each request is sent on to."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self._answer(send=False)

    def do_GET(self) -> None:
        self._answer(send=True)

    def _answer(self, send: bool) -> None:
        hub = self.server
        hub.asked.append((self.command, self.path, dict(self.headers)))
        if hub.to:
            return self._end(302, {"Location": hub.to + self.path, "X-Linked-Etag": hub.linked})
        if hub.statuses:
            return self._end(hub.statuses.pop(0), {})
        headers = {name: value for name, value in (("ETag", hub.etag), ("X-Linked-Etag", hub.linked)) if value}
        start, size = self._start(), len(hub.content)
        if start is not None and start >= size:
            return self._end(416, {"Content-Range": f"bytes */{size}"})
        if start is not None:
            headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        self._end(200 if start is None else 206, {**headers, "Content-Length": str(size - (start or 0))})
        if send:
            rest = hub.content[start or 0 :]
            self.wfile.write(rest[: hub.cuts.pop(0)] if hub.cuts else rest)
        return None

    def _start(self) -> int | None:
        """The byte to begin at, where a part is wanted and can be given."""
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = self.headers.get("If-Range") in (None, self.server.etag)
        return int(wanted[1]) if wanted and self.server.ranges and same else None

    def _end(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Nothing."""


def quoted_sha256(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()}"'


@contextmanager
def hub_with(content: bytes, **how: Any) -> Iterator[Hub]:
    """The hub on a port of this machine."""
    with Hub(content, **how) as hub:
        thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()
