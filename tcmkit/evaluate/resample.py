"""Intervals of figures that are made of sums, by the Poisson bootstrap: constant memory however many lines there are.

Instead of drawing so many lines out of all, each line is counted a Poisson(1) number of times in each resample, so it
may be forgotten at once (Hanley & MacGibbon, 2006; Chamandy et al., 2012).
"""

from typing import Any

import numpy as np

_ROUNDS = 2000
_BLOCK = 128


class Resampled:
    """Sums of the rows entered: `total`, and what they are in each of 2,000 resamples."""

    def __init__(self, width: int) -> None:
        """Rows have `width` numbers."""
        self._total = np.zeros(width)
        self._drawn = np.zeros((_ROUNDS, width))
        self._rows: list[Any] = []
        self._rng = np.random.default_rng(0)

    def add(self, row: Any) -> None:
        """Enter a row."""
        self._rows.append(row)
        if len(self._rows) == _BLOCK:
            self._settle()

    def _settle(self) -> None:
        if self._rows:
            block = np.array(self._rows, dtype=float)
            self._total += block.sum(axis=0)
            self._drawn += self._rng.poisson(1.0, (_ROUNDS, len(block))) @ block
            self._rows = []

    @property
    def total(self) -> Any:
        """The sums of all rows."""
        self._settle()
        return self._total

    @property
    def drawn(self) -> Any:
        """The sums in each resample, one row each."""
        self._settle()
        return self._drawn
