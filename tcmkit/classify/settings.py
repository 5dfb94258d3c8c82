"""What a user can choose about classifying."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of `tcm classify`."""

    labels: str = "tcmsd"
    """The syndromes to choose from: `tcmsd` (148), `all` that the tables know, or a file with a name a line."""
    among: str = ""
    """A field of the record that holds its candidates, or a list of names joined by commas; "" for all labels."""
    top: int = 5
    """How many candidates to write."""
    threshold: float | None = None
    """Abstain below this score; None takes the model's own, or THRESHOLD."""
    ask: int = 0
    """How many deciding findings to name."""
    model: str | None = None
    """Folder of a model that `tcm classify fit` made; None is the built-in engine."""
