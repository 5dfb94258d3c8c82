"""What a user can choose about statistics."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of `tcm stats`."""

    tokenizer: str | None = None
    """A tokenizer.json; None: characters only."""
    as_json: bool = False
    html: str | None = None
    """Write a page here."""
    top: int = 20
    """How many sources are shown."""
