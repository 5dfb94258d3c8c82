"""A prescription, or a patient's words, and what `tcm check` finds in them."""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from tcmkit.records.base import Span

Status = Literal["block", "warn", "not_checked", "note", "clean"]
Severity = Literal["block", "warn", "not_checked", "note"]


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


class SafetyFinding(TypedDict):
    """One thing that a physician must know."""

    code: str
    """What was found: see `tcm check --explain`."""
    severity: Severity
    field: str
    """The field that the spans count in: prescription, text, patient, or what the input calls it (处方)."""
    herbs: list[HerbSpan]
    message: str
    """One sentence, in the language in force."""
    source: str
    """What the finding rests on, with the edition of the Pharmacopoeia."""
    rule: NotRequired[str]
    """Which rule of the table: the medicine group, the red flag."""
    spans: NotRequired[list[Span]]
    """What was quoted from the patient's words."""
    nearest: NotRequired[list[str]]
    """For an unknown name: known names like it."""


class Safety(TypedDict):
    """The result of the check."""

    status: Status
    findings: list[SafetyFinding]


class Checked(TypedDict):
    """A prescription, or a patient's words, with what was found: made by `tcm check`."""

    prescription: NotRequired[str | list[Any] | dict[str, Any]]
    """A text, a list of texts, or a list of objects with herb and dose."""
    patient: NotRequired[str | dict[str, Any]]
    """age, sex, pregnant, medications."""
    text: NotRequired[str]
    """The patient's own words."""
    safety: Safety
