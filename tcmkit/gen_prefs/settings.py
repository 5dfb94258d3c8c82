"""What a user can choose about preferences."""

from dataclasses import dataclass
from typing import get_args

from tcmkit.errors import UsageError
from tcmkit.language import both
from tcmkit.records import ErrorKind

KINDS: tuple[str, ...] = get_args(ErrorKind)
"""Every kind of planted error."""

LONGEST = 100
"""Characters of an answer at most (ChiMed 2.0, advanced processing, step 4)."""

TEMPERATURES = (0.2, 1.0)
"""At which one engine answers twice: once nearly at its best, once at large."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of `tcm gen-prefs --llm rules`."""

    seed: int = 0
    kinds: tuple[str, ...] = KINDS
    balance_length: bool = False
    """Take errors that keep the length; of two that do not, a longer and a shorter one with equal chance."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Options of `tcm gen-prefs` with models."""

    answering: tuple[str, ...]
    """The one or two engines that answer, by name."""
    judge: str | None = None
    """The engine that judges; the first that answers when None."""
    temperatures: tuple[float, float] | None = None
    """Of the first and the second answer; with one engine both are then drawn, whatever stands in the line."""
    given_first: bool = False
    """The first answer is the line's own; a line without one is rejected."""
    max_chars: int = LONGEST
    balance_length: bool = False
    """Drop what would make the chosen answers longer more often than shorter, or the other way round."""
    prompt: str | None = None
    """A file to use in place of the prompt for an answer."""
    judge_prompt: str | None = None

    def __post_init__(self) -> None:
        """Raise UsageError for choices that do not go together."""
        if len(self.answering) > 1 and self.given_first:
            raise UsageError(both("--given-first leaves room for one --llm", "--given-first 只能配一个 --llm"))
        if self.temperatures and self.given_first:
            raise UsageError(
                both("--temperatures and --given-first do not go together", "--temperatures 与 --given-first 不能同用")
            )
        if len(set(self.answering)) < len(self.answering):
            raise UsageError(
                both(
                    "--llm: twice the same; use --temperatures 0.2,1.0", "--llm：两个相同；请用 --temperatures 0.2,1.0"
                )
            )

    @property
    def engines(self) -> tuple[str, ...]:
        """Every engine of the run, each once: a judge that answers too is loaded once."""
        return tuple(dict.fromkeys((*self.answering, self.judge or self.answering[0])))

    @property
    def judging(self) -> int:
        """The place of the judge among the engines."""
        return self.engines.index(self.judge or self.answering[0])
