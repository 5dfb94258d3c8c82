"""A consultation, turn by turn."""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from tcmkit.records.cases import Finding


class Turn(TypedDict):
    """One thing said in a consultation."""

    round: int
    """0 is what the patient came with."""
    role: Literal["patient", "doctor", "red_flag"]
    text: str
    dimension: NotRequired[str]
    """What a question asks about, or an answer answers."""
    bits: NotRequired[float]
    """What the question was expected to tell about the syndrome; with a model, its score."""
    reason: NotRequired[str]
    by: NotRequired[str]
    """The agent of a model-led team that proposed the question."""
    rule: NotRequired[str]
    source: NotRequired[str]


class Consulted(TypedDict):
    """A consultation from complaint to advice."""

    turns: list[Turn]
    rounds: int
    ended: str
    """sufficient, unclear, rounds, patient, red_flag."""
    covered: list[str]
    """Dimensions that something is known of."""
    tqs: dict[str, list[Finding]]
    told: str
    """All that was said, as statements; the findings count its characters."""
    advice: dict[str, Any] | None
    """Record, syndrome, principle, formulas with their safety, what was not asked; null after a red flag."""
    asked_by: NotRequired[dict[Literal["model", "built_in"], int]]
    """Questions by the model that leads, and by the built-in engine in its place; `answered_by` alike of a patient."""
    answered_by: NotRequired[dict[Literal["model", "rules"], int]]
    trace: NotRequired[list[dict[str, Any]]]
    """What each agent of a model-led team did."""


class Transcript(TypedDict):
    """A case with its consultation: made by `tcm consult --patient`."""

    consultation: Consulted
    text: NotRequired[str]
    """The case that the patient played."""
