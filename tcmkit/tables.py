"""The tables of the field, read once from tcmkit/data/*.json."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """The table `tcmkit/data/NAME.json`. Treat it as read-only: it is shared.

    Raises FileNotFoundError when the package holds no such table.
    """
    text = files("tcmkit").joinpath("data", f"{name}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def dimensions() -> list[str]:
    """The 19 dimension ids, in the order of the Ten Questions table."""
    return [row["id"] for row in table("ten_questions")["dimensions"]]
