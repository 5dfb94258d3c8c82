"""What the generator can be told."""

from dataclasses import dataclass
from difflib import get_close_matches

from tcmkit.errors import UsageError
from tcmkit.language import both

KINDS = ("herb", "formula", "acupoint", "disease", "syndrome", "case", "definition", "choice", "given")
"""What a question can be about: each is a value of the field `kind`.

`choice` is multiple choice, `given` a question that the input brought along.
"""


@dataclass(frozen=True)
class Settings:
    """Options of `tcm gen-qa`; can be pickled, so that workers are built from it."""

    per_doc: int | None = None
    """At most so many questions a record, those of different kinds and aspects first; None for all."""
    kinds: tuple[str, ...] = ()
    """Only these kinds; all of them when empty."""
    seed: int = 0
    """Settles the order of options and the choice of wrong ones, together with the record's id."""

    def __post_init__(self) -> None:
        """Raise UsageError for a kind that does not exist or a count below one."""
        known_kinds(self.kinds, KINDS)
        if self.per_doc is not None and self.per_doc < 1:
            raise UsageError(both("--per-doc must be at least 1", "--per-doc 至少为 1"))


def known_kinds(kinds: tuple[str, ...], known: tuple[str, ...]) -> None:
    """Raise UsageError for a kind that is none of those known; the message names the nearest."""
    for kind in kinds:
        if kind not in known:
            near = get_close_matches(kind, known, 1)
            hint = both(f" (did you mean {near[0]}?)", f"（是否指 {near[0]}？）") if near else ""
            listed = ", ".join(known)
            raise UsageError(
                both(f"no such kind: {kind}{hint}; there are {listed}", f"没有这种类型：{kind}{hint}；可用：{listed}")
            )
