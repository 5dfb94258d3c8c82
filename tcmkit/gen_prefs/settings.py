"""What a user can choose about preferences."""

from dataclasses import dataclass

KINDS = ("dose", "pair", "syndrome", "herb", "red_flag", "contradiction", "missing_part")
"""Every kind of planted error."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of `tcm gen-prefs --llm rules`."""

    seed: int = 0
    kinds: tuple[str, ...] = KINDS
    balance_length: bool = False
    """Take errors that keep the length; of two that do not, a longer and a shorter one with equal chance."""
