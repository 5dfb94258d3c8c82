"""A planted error: what was changed, and what proves that it is wrong."""

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Asked(NamedTuple):
    """A question with its grounded answer."""

    question: str
    answer: str
    source: str
    """Where the answer is grounded: the document of its evidence, or the answer itself."""


class Planted(NamedTuple):
    """answer[start:end], which is `before`, becomes `after`."""

    kind: str
    before: str
    after: str
    start: int
    end: int
    why: str
    """One sentence: what is wrong."""
    source: str
    """What proves it: a table's source, or the evidence."""

    def in_answer(self, answer: str) -> str:
        """The answer with the error in it."""
        return answer[: self.start] + self.after + answer[self.end :]

    @property
    def growth(self) -> int:
        """By how many characters the wrong answer is longer."""
        return len(self.after) - len(self.before)


Planter = Callable[[Asked, random.Random], Iterator[Planted]]
"""Every error of one kind that can be planted in an answer, each proved wrong."""
