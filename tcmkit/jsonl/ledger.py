"""The books of a run: every record read is kept, dropped with a reason, or rejected with a reason."""

import time
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import version
from platform import python_version
from typing import Any

from tcmkit import __version__
from tcmkit.language import both


@dataclass
class Ledger:
    """Counts of one run. `read == kept + dropped + rejected` always holds."""

    verb: str
    read: int = 0
    kept: int = 0
    written: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    files: dict[str, int] | None = None
    """Files read and rejected, for verbs that read files whole."""
    notes: dict[str, Any] = field(default_factory=dict)
    """What a verb wants to add to the summary: repairs per rule, masked items per kind …"""
    noted: Counter[str] = field(default_factory=Counter)
    """What the steps counted beside the books."""
    started: float = field(default_factory=time.monotonic)

    def add(self, other: "Tally") -> None:
        """Enter the outcome of a batch."""
        self.read += other.read
        self.kept += other.kept
        self.written += other.written
        self.dropped.update(other.dropped)
        self.rejected.update(other.rejected)
        self.noted.update(other.noted)

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.started

    def balance(self) -> str:
        """The last line on stderr."""
        read, kept, written = self.read, self.kept, self.written
        dropped, rejected = _with_reasons(self.dropped), _with_reasons(self.rejected)
        files = ""
        if self.files is not None:
            seen, bad = self.files["read"], self.files["rejected"]
            files = both(f"files read {seen} rejected {bad}; ", f"文件：读入 {seen}，拒收 {bad}；")
        return (
            f"tcm {self.verb}: "
            + files
            + both(
                f"read {read} = kept {kept} + dropped {dropped} + rejected {rejected}; written {written}",
                f"读入 {read} = 保留 {kept} + 丢弃 {dropped} + 拒收 {rejected}；写出 {written}",
            )
        )

    def summary(self, seed: int, exit_status: int) -> dict[str, Any]:
        """The same as JSON, for --summary."""
        return {
            "verb": self.verb,
            "read": self.read,
            "kept": self.kept,
            "dropped": dict(sorted(self.dropped.items())),
            "rejected": dict(sorted(self.rejected.items())),
            "written": self.written,
            **({"files": self.files} if self.files is not None else {}),
            "tokens": {"prompt": 0, "completion": 0},
            **self.notes,
            "seed": seed,
            "seconds": round(self.seconds, 3),
            "exit_status": exit_status,
            "versions": {"tcmkit": __version__, "python": python_version(), "orjson": version("orjson")},
        }


@dataclass
class Tally:
    """The outcome of a batch: small, and cheap to send between processes."""

    read: int = 0
    kept: int = 0
    written: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)
    """What the step counted beside the books: its own attribute `noted`, if it has one."""


def _with_reasons(counts: Counter[str]) -> str:
    """ "3 (too_short 2, duplicate 1)": the largest first."""
    total = counts.total()
    if not total:
        return "0"
    reasons = ", ".join(f"{reason} {n}" for reason, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    return f"{total} ({reasons})"
