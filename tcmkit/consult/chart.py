"""The record as it grows: what was said, what it shows, what was asked and remains open."""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from tcmkit.clean_tqs import Cleaner, is_denial
from tcmkit.clean_tqs import Settings as CleanSettings
from tcmkit.consult.wholes import widened
from tcmkit.records import Record
from tcmkit.tables import table

Answered = Literal["told", "denied", "unknown"]


_BETWEEN = "[^，。；不无未没]{0,4}"


@cache
def dimensions() -> dict[str, Record]:
    """The 19 dimensions of the Ten Questions Song by id, in its order, by the names that a record shows."""
    names = table("key_points")["names"]
    return {row["id"]: {**row, **names.get(row["id"], {})} for row in table("ten_questions")["dimensions"]}


@cache
def _cleaner() -> Cleaner:
    return Cleaner(CleanSettings())


@cache
def _told_as(sign: str) -> re.Pattern[str]:
    otherwise = table("lay_answers")["said_as"].get(sign)
    # What a sign says of its topic may stand behind more of it: 带下量多色黄.
    own = re.escape(sign[:2]) + "".join(_BETWEEN + re.escape(letter) for letter in sign[2:])
    return re.compile(f"{own}|{otherwise}" if otherwise else own)


@dataclass
class Chart:
    """What is known of the patient. Nothing is ever taken out but by `undo` of the whole consultation."""

    text: str = ""
    """All that was said, in the words of whoever said it, one statement a line."""
    asked: dict[str, Answered] = field(default_factory=dict)
    """Dimension to how it was answered."""
    child: bool | None = None
    """Whether the patient is a child, where the age was asked; else the words are looked at."""
    male: bool | None = None
    may_be_pregnant: bool = False
    """Whether it was said that the patient is, or could be, pregnant."""
    put: set[str] = field(default_factory=set)
    """Signs that an answered question named: who was asked about them has said what there is to say."""
    _case: Record | None = None

    def tell(self, statement: str) -> None:
        """Add a statement."""
        statement = statement.strip()
        if statement:
            self.text += statement + ("" if statement[-1] in "。！？!?；;" else "。") + "\n"
            self._case = None

    def mark(self, dimension: str, how: Answered) -> None:
        """A question on this dimension was answered. What was told once stays told."""
        if self.asked.get(dimension) != "told":
            self.asked[dimension] = how

    @property
    def case(self) -> Record:
        """The record with its findings, as `tcm clean-tqs` gives it."""
        if self._case is None:
            self._case = _cleaned(self.text)
        return self._case

    @property
    def findings(self) -> dict[str, list[Any]]:
        """Findings by dimension."""
        found: dict[str, list[Any]] = self.case["tqs"]
        return found

    def tells(self, sign: str) -> bool:
        """Whether a sign of `syndrome_signs` was complained of, in its own words or in others of the table."""
        present = [one["text"] for found in self.findings.values() for one in found if one["polarity"] == "present"]
        return any(_told_as(sign).search(text) and not is_denial(text) for text in present)

    def is_whole(self, dimension: str) -> bool:
        """Whether all was told of a tongue (body and coating) or of a pulse: who describes one leaves nothing out."""
        told = [one["text"] for one in self.findings.get(dimension, ())]
        if dimension == "tongue":
            return any("苔" in text for text in told) and any(
                text.partition("苔")[0].strip("舌少无没有什么啥几乎") for text in told
            )
        return dimension == "pulse" and bool(told)

    def covered(self) -> list[str]:
        """Dimensions that something is known of, in the order of the song."""
        known = {name for name, how in self.asked.items() if how != "unknown"} | set(self.findings)
        return [name for name in dimensions() if name in known]

    def unclear(self) -> list[str]:
        """Dimensions that were asked about without a clear answer, and of which nothing is known."""
        known = set(self.covered())
        return [name for name in self.asked if name not in known]

    def open(self) -> list[str]:
        """Dimensions that nobody has asked about and nothing is known of."""
        return [name for name in dimensions() if name not in self.asked and name not in self.findings]


def _cleaned(text: str) -> Record:
    if not text.strip():
        return {"text": text, "tqs": {}}
    cleaned = _cleaner()({"text": text})
    case = cleaned[0] if isinstance(cleaned, list) else {"text": text}
    findings: Any = case.get("tqs") or {}
    return {**case, "tqs": widened(text, findings)}


def understood(statement: str) -> dict[str, list[Any]]:
    """What a single statement shows, by dimension."""
    found: dict[str, list[Any]] = _cleaned(statement)["tqs"]
    return found
