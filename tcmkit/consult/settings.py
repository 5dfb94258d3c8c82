"""What a consultation is told."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tcmkit.llm import ModelOptions


@dataclass(frozen=True)
class Settings:
    """Options of `tcm consult`; can be pickled."""

    role: Literal["practitioner", "self"] = "practitioner"
    """Who answers. Of a patient alone no pulse is asked, and a tongue is marked as described by the patient."""
    max_rounds: int = 9
    """JingFang's consultations took 9.09 rounds on average."""
    per_round: int = 2
    """Questions in one round: a specialist proposes one or two (JingFang, each round)."""
    specialists: int = 1
    """Most specialists that the manager of a model-led team may choose."""
    proposals: int = 2
    """Most questions that a member proposes in a round (JingFang: one or two). At the terminal one: somebody waits."""
    max_turns: int = 1
    """Rounds of review and rewriting of questions that score low."""
    generalist: bool = True
    """Ask for what the Ten Questions Song wants to know, whatever the specialty."""
    random_questions: bool = False
    """Ask in random order: for comparison."""
    fixed_order: bool = False
    """Ask in the order of the Ten Questions Song: for comparison."""
    single_stage: bool = False
    """Look for formulas without the filter by syndrome: for comparison."""
    stop_at_red_flag: bool = True
    """Only a simulated patient, or a practitioner at the terminal, may be asked on after a red flag."""
    formulas: int = 3
    trace: Path | None = None
    """A file for every step of the loop."""
    embed: "ModelOptions | None" = None
    """The model whose vectors questions are scored by; None is what is at hand."""
    language: Literal["en", "zh"] = "zh"
    seed: int = 0
