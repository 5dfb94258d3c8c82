"""What `tcm check` adds to a record; the types themselves stand with the other line types."""

from tcmkit.records import HerbSpan, Safety, SafetyFinding, Severity, Status
from tcmkit.records import Span as WordSpan

__all__ = ["RANK", "HerbSpan", "Safety", "SafetyFinding", "Severity", "Status", "WordSpan"]

RANK: dict[str, int] = {"clean": 0, "not_checked": 1, "warn": 2, "block": 3}
"""A status is the worst severity among the findings; clean is no finding at all."""
