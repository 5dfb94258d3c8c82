"""What the moderniser is told."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Options of `tcm modernize`; picklable, so that every process builds the same step from it."""

    max_chars: int = 600
    """Longest passage that a model translates at once."""
    prompt: str | None = None
    """A prompt file of the user's own."""
