"""What `tcm check` adds to a record; the types themselves stand with the other line types."""

from tcmkit.records import HerbSpan, Safety, SafetyFinding, Severity, Status
from tcmkit.records import Span as WordSpan

__all__ = ["RANK", "HerbSpan", "Safety", "SafetyFinding", "Severity", "Status", "WordSpan"]

RANK: dict[str, int] = {"clean": 0, "note": 1, "not_checked": 2, "warn": 3, "block": 4}
"""A status is the worst severity among the findings; clean is no finding at all."""
