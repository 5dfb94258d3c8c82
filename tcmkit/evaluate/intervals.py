"""95% intervals by the bootstrap (Efron, 1979), for means and for paired differences."""

from collections.abc import Sequence
from typing import Any

import numpy as np

_ROUNDS = 2000


def mean(values: Sequence[float]) -> dict[str, Any]:
    """Mean and percentile interval of resampled means; None where there is nothing.

    >>> mean([1.0, 1.0, 1.0])
    {'mean': 1.0, 'interval_95': [1.0, 1.0], 'of': 3}
    >>> mean([])
    {'mean': None, 'interval_95': None, 'of': 0}
    """
    if not values:
        return {"mean": None, "interval_95": None, "of": 0}
    sample = np.asarray(values, dtype=float)
    drawn = np.random.default_rng(0).integers(0, len(sample), (_ROUNDS, len(sample)))
    low, high = np.quantile(sample[drawn].mean(axis=1), [0.025, 0.975])
    return {
        "mean": round(float(sample.mean()), 4),
        "interval_95": [round(float(low), 4), round(float(high), 4)],
        "of": len(sample),
    }


def difference(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, Any]:
    """Mean of the differences of pairs, and its interval.

    >>> difference([1.0, 2.0], [0.5, 1.5])
    {'mean': 0.5, 'interval_95': [0.5, 0.5], 'of': 2}
    """
    return mean([one - other for one, other in zip(ours, theirs, strict=True)])
