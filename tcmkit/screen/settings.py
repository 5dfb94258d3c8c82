"""What the screener is told."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Options of `tcm screen`; picklable, so that every process builds the same step from it."""

    keep: bool = False
    """Keep flagged records, with their verdict, instead of dropping them."""
    max_chars: int = 2000
    """Longest piece that a model is shown at once."""
    prompt: str | None = None
    """A prompt file of the user's own."""
