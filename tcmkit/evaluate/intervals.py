"""95% intervals: Wilson's for shares, the bootstrap (Efron, 1979) for means and for paired differences."""

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np

_ROUNDS = 2000
_PAIRED_ROUNDS = 10_000

_Z = 1.959963984540054
"""Of the 95% interval."""


def wilson(right: int, of: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson's), which holds for small numbers and near 0 and 1 too.

    >>> [round(x, 3) for x in wilson(9, 10)]
    [0.596, 0.982]
    """
    if not of:
        return 0.0, 1.0
    share, spread = right / of, _Z * _Z / of
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def shares_differ(only_ours: int, only_theirs: int, of: int) -> dict[str, Any]:
    """Paired bootstrap of the difference of two shares over the same things: difference, 95% interval, two-sided p.

    Only things that one of both got right make a difference, so their numbers are all that is drawn. p is the share of
    draws whose difference is as far from the one found as that is from nothing (the shifted bootstrap: Noreen, 1989).

    >>> shares_differ(0, 0, 5)
    {'difference': 0.0, 'interval_95': [0.0, 0.0], 'p': 1.0, 'of': 5}
    """
    chances = [only_ours / of, only_theirs / of, 1 - (only_ours + only_theirs) / of]
    drawn = np.random.default_rng(0).multinomial(of, chances, size=_PAIRED_ROUNDS)
    return told((only_ours - only_theirs) / of, (drawn[:, 0] - drawn[:, 1]) / of) | {"of": of}


def told(found: float, drawn: Any) -> dict[str, Any]:
    """A difference with what resampling says of it: percentile interval, two-sided p."""
    low, high = np.quantile(drawn, [0.025, 0.975])
    beyond = (np.abs(drawn - found) >= abs(found) - 1e-12).sum()
    return {
        "difference": round(found, 4),
        "interval_95": [round(float(low), 4), round(float(high), 4)],
        "p": round(float((1 + beyond) / (1 + len(drawn))), 4),
    }


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
