"""How a batch is spread: the user says how many examples a step sees, the rest is worked out here."""

from dataclasses import dataclass
from math import gcd

MOST_AT_ONCE = 4
"""Examples at once on a device where nobody says."""


@dataclass(frozen=True)
class Spread:
    """`processes` times `per_device` times `accumulation` rows make a step."""

    processes: int
    per_device: int
    accumulation: int
    group: int = 1
    """Rows that an example comes to: the answers that are drawn to a question."""

    @property
    def effective(self) -> int:
        """Examples that a step sees."""
        return self.processes * self.per_device * self.accumulation // self.group


def spread(batch: int, processes: int, most: int = MOST_AT_ONCE, group: int = 1) -> Spread:
    """The spread nearest to `batch` examples of `group` rows a step, with at most `most` rows at once on a device.

    Exact when the processes divide the rows; else the nearest that they do divide (`effective` says which).

    >>> spread(64, 3, 8)
    Spread(processes=3, per_device=7, accumulation=3, group=1)
    >>> spread(12, 4, 8, group=6).effective
    12
    """
    unit = processes // gcd(processes, group)
    share = max(1, round(batch / unit)) * unit * group // processes
    per_device = max(size for size in range(1, min(share, most) + 1) if share % size == 0)
    return Spread(processes, per_device, share // per_device, group)
