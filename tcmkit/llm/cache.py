"""The call cache: what a model has said is never paid for twice.

One SQLite file. The key is everything that determines a reply (engine, model, messages, schema, sampling) and
nothing else, so the server's address, the number of requests in flight and the verb do not matter. Each reply is
committed by itself: whatever ends the process, only calls in flight are lost. Several runs may share the file. Failures
are never written. Replies may be about patients, so the file is its owner's only.
"""

import os
import sqlite3
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import orjson

from tcmkit.errors import TcmError
from tcmkit.language import both
from tcmkit.llm.protocol import Reply, Request, Usage

_SCHEMA_VERSION = 1
_TABLE = """
CREATE TABLE IF NOT EXISTS calls (
    key BLOB PRIMARY KEY,
    engine TEXT NOT NULL,
    reply BLOB NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    made REAL NOT NULL
) WITHOUT ROWID
"""
_BUSY_SECONDS = 60


def default_path() -> Path:
    """Where replies are kept unless told otherwise: TCM_CACHE, or the user's cache folder."""
    if named := os.environ.get("TCM_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tcmkit" / "calls.sqlite"


def key_of(identity: str, request: Request) -> bytes:
    """32 bytes that stand for the engine and the request."""
    what = {
        "engine": identity,
        "messages": [[message["role"], message["content"]] for message in request.messages],
        "schema": request.schema,
        "sampling": _sampling(request),
        **({"endings": request.endings} if request.endings else {}),
    }
    return blake2b(_canonical(what), digest_size=32).digest()


def _canonical(value: object) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # lone surrogates, which a record may hold
        return repr(value).encode("utf-8", "surrogatepass")


def _sampling(request: Request) -> list[float]:
    """What acts on the reply: a greedy one does not depend on the seed or on what lies beyond the first choice."""
    drawn = request.sampling
    if drawn.temperature == 0:
        return [0, drawn.max_tokens]
    return [drawn.temperature, drawn.max_tokens, drawn.top_p, drawn.seed]


class Stats(NamedTuple):
    """What a cache holds."""

    engine: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    oldest: float
    """Seconds since 1970."""
    newest: float


class Cache:
    """An open call cache. Raises TcmError when the file is none, or cannot be opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with _explained(path):
            _make(path)
            # Autocommit: a reply is on its way to the disk before the next line of ours runs.
            self._db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, cached_statements=16)
            self._begin()
            path.chmod(0o600)  # what SQLite lays beside it takes its rights from it
            # A write-ahead log lets runs read while one writes. NORMAL loses nothing when a process dies, and at most
            # the last replies when the machine does.
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")

    def _begin(self) -> None:
        """Lay out a new file; leave alone what is not ours. Several runs may begin at once."""
        if self._version() == _SCHEMA_VERSION:
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            if self._version() == 0 and not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                self._db.execute(_TABLE)
                self._db.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        finally:
            self._db.execute("COMMIT")
        if self._version() != _SCHEMA_VERSION:
            raise TcmError(
                both(
                    f"call cache {self.path}: made by another program or version; name another file with --cache",
                    f"调用缓存 {self.path}：由其他程序或版本写成；请用 --cache 指定另一个文件",
                )
            )

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def get(self, key: bytes) -> Reply | None:
        """The reply of a finished call, or None. Raises TcmError when the file cannot be read."""
        try:
            row = self._db.execute(_SELECT, (key,)).fetchone()
            if row is None:
                return None
            text, thinking, model, raw = orjson.loads(zlib.decompress(row[0]))
        except (sqlite3.Error, zlib.error, ValueError) as error:
            raise _in_one_line(self.path, error) from None
        return Reply(text, thinking, Usage(row[1], row[2]), model, raw)

    def put(self, identity: str, key: bytes, reply: Reply) -> None:
        """Keep a finished call. Raises TcmError when the disk takes no more."""
        row = (key, identity, _pack(reply), reply.usage.prompt, reply.usage.completion, time.time())
        with _explained(self.path):
            self._db.execute(_INSERT, row)

    def forget(self, key: bytes) -> None:
        """Keep that call no longer. Raises TcmError when the file cannot be written."""
        with _explained(self.path):
            self._db.execute("DELETE FROM calls WHERE key = ?", (key,))

    def stats(self) -> list[Stats]:
        """What is held, engine by engine."""
        rows: Sequence[tuple[str, int, int, int, float, float]] = self._db.execute(
            "SELECT engine, count(*), sum(prompt_tokens), sum(completion_tokens), min(made), max(made)"
            " FROM calls GROUP BY engine ORDER BY engine"
        ).fetchall()
        return [Stats(*row) for row in rows]

    def prune(self, before: float, engine: str | None = None) -> int:
        """Forget calls made before a time (seconds since 1970), of one engine or of all; how many."""
        only, names = ("", ()) if engine is None else (" AND engine = ?", (engine,))
        with _explained(self.path):
            gone = self._db.execute(f"DELETE FROM calls WHERE made < ?{only}", (before, *names)).rowcount
        if gone:
            with suppress(sqlite3.OperationalError):  # a run is writing: the room is used again instead
                self._db.execute("VACUUM")
        return gone

    def close(self) -> None:
        """Close the file."""
        self._db.close()


_SELECT = "SELECT reply, prompt_tokens, completion_tokens FROM calls WHERE key = ?"
_INSERT = "INSERT OR REPLACE INTO calls VALUES (?, ?, ?, ?, ?, ?)"


def _pack(reply: Reply) -> bytes:
    return zlib.compress(orjson.dumps([reply.text, reply.thinking, reply.model, reply.raw]), 1)


def _make(path: Path) -> None:
    """The file exists: a new one is its owner's only, before anything is written into it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Errors of SQLite and of the file system as one line."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise _in_one_line(path, error) from None


def _in_one_line(path: Path, error: Exception) -> TcmError:
    what = getattr(error, "strerror", None) or str(error)
    return TcmError(
        both(
            f"call cache {path}: {what}; name another file with --cache, or run with --no-cache",
            f"调用缓存 {path}：{what}；请用 --cache 指定另一个文件，或加 --no-cache",
        )
    )
