"""What a user can choose about converting."""

from dataclasses import dataclass

CONTENTS = ("alpaca", "sharegpt", "messages", "trl")
"""How a line says what was asked and answered."""
TABLES = ("parquet", "csv", "hf")
"""What lines are kept in: any line fits."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of `tcm convert`."""

    to: str
    """One of CONTENTS or TABLES."""
    origin: str | None = None
    """The same for the input; None: told by the file's name and by each line's fields."""
