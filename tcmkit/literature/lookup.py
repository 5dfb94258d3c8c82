"""The reference of a PDF by way of pdf2bib and the network, kept apart from everything else.

pdf2bib rewrites the file it reads, searches the web, prints, keeps settings beside its code and waits without limit.
So it works in a process of its own, on a copy, with all of that switched off, and is ended when its time is up. What
the network gave is kept, and never asked for twice.
"""

import importlib.util
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tcmkit.errors import MissingExtra, TcmError
from tcmkit.language import both
from tcmkit.literature.references import Reference, reference

_SECONDS = 40


def default_path() -> Path:
    """Where answers are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tcmkit" / "literature.sqlite"


class Lookup:
    """Looks references up, and remembers them. One may stand in each process."""

    def __init__(self, cache: Path, offline: bool, seconds: float = _SECONDS) -> None:
        """Raises MissingExtra when the network is wanted and pdf2bib is not there, TcmError for a bad cache."""
        self._offline = offline
        self._seconds = seconds
        if not offline and importlib.util.find_spec("pdf2bib") is None:
            raise MissingExtra(
                both("asking the network for references (or --offline)", "联网查询文献（或加 --offline）"), "pdf"
            )
        try:
            cache.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._path = cache
            os.close(os.open(cache, os.O_CREAT | os.O_RDWR, 0o600))
            cache.chmod(0o600)  # which papers somebody has is nobody else's business
            with closing(self._open()) as db:
                db.execute("CREATE TABLE IF NOT EXISTS found (key TEXT PRIMARY KEY, fields TEXT NOT NULL)")
        except (sqlite3.Error, OSError) as error:
            raise TcmError(both(f"cannot open {cache}: {error}", f"无法打开 {cache}：{error}")) from None

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=30, isolation_level=None)

    def find(self, doi: str, data: bytes) -> tuple[Reference | None, str]:
        """The reference of a PDF, and how it was found (cache, network) or why it was not (offline, no_answer)."""
        key = doi or blake2b(data, digest_size=16).hexdigest()
        with closing(self._open()) as db:
            row = db.execute("SELECT fields FROM found WHERE key = ?", (key,)).fetchone()
        if row:
            return reference(json.loads(row[0])), "cache"
        if self._offline:
            return None, "offline"
        fields = _ask(data, self._seconds)
        if not fields:
            return None, "no_answer"
        with closing(self._open()) as db:
            db.execute("INSERT OR REPLACE INTO found VALUES (?, ?)", (key, json.dumps(fields, ensure_ascii=False)))
        return reference(fields), "network"


def _ask(data: bytes, seconds: float) -> dict[str, str]:
    """The fields that pdf2bib gives for a copy of the file; nothing when it fails or takes too long."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "paper.pdf"
        copy.write_bytes(data)
        command = [sys.executable, "-W", "ignore", "-m", "tcmkit.literature.pdf2bib_process", str(copy)]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            return {}
        answer = copy.with_suffix(".json")
        if done.returncode != 0 or not answer.exists():
            return {}
        return _texts(json.loads(answer.read_text(encoding="utf-8")))


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {str(key): item for key, item in value.items() if isinstance(item, str) and item}
