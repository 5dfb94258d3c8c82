"""What a user can choose about decontamination."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of `tcm decontaminate`."""

    against: tuple[str, ...]
    """JSON Lines files of the evaluation items."""
