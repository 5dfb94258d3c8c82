"""What `tcm check` adds to a record."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

Status = Literal["block", "warn", "not_checked", "clean"]
Severity = Literal["block", "warn", "not_checked"]

RANK: dict[str, int] = {"clean": 0, "not_checked": 1, "warn": 2, "block": 3}
"""A status is the worst severity among the findings; clean is no finding at all."""


class HerbSpan(TypedDict):
    """A herb of the prescription, quoted."""

    name: str
    """The name that the tables know it by."""
    text: str
    """The quotation."""
    start: int
    end: int
    """Code points of the prescription; of the item when the prescription is a list."""
    item: NotRequired[int]
    """Which item, when the prescription is a list."""


class WordSpan(TypedDict):
    """A quotation of the patient's words."""

    text: str
    start: int
    end: int


class SafetyFinding(TypedDict):
    """One thing that a physician must know."""

    code: str
    """What was found: see `tcm check --explain`."""
    severity: Severity
    field: Literal["prescription", "text", "patient"]
    """The field that the spans count in."""
    herbs: list[HerbSpan]
    message: str
    """One sentence, in the language in force."""
    source: str
    """What the finding rests on, with the edition of the Pharmacopoeia."""
    rule: NotRequired[str]
    """Which rule of the table: the medicine group, the red flag."""
    spans: NotRequired[list[WordSpan]]
    """What was quoted from the patient's words."""
    nearest: NotRequired[list[str]]
    """For an unknown name: known names like it."""


class Safety(TypedDict):
    """The result of the check."""

    status: Status
    findings: list[SafetyFinding]
