"""How a batch is spread: the user says how many examples a step sees, the rest is worked out here."""

from dataclasses import dataclass

MOST_AT_ONCE = 4
"""Examples at once on a device where nobody says."""


@dataclass(frozen=True)
class Spread:
    """`processes` times `per_device` times `accumulation` examples make a step."""

    processes: int
    per_device: int
    accumulation: int

    @property
    def effective(self) -> int:
        """Examples that a step sees."""
        return self.processes * self.per_device * self.accumulation


def spread(batch: int, processes: int, most: int = MOST_AT_ONCE) -> Spread:
    """The spread nearest to `batch` examples a step, with at most `most` at once on a device.

    Exact when the processes divide the batch; else the nearest that they do divide (`effective` says which).

    >>> spread(64, 3, 8)
    Spread(processes=3, per_device=7, accumulation=3)
    >>> spread(12, 2)
    Spread(processes=2, per_device=3, accumulation=2)
    """
    share = max(1, round(batch / processes))
    per_device = max(size for size in range(1, min(share, most) + 1) if share % size == 0)
    return Spread(processes, per_device, share // per_device)
