"""One order from several: reciprocal rank fusion and convex combination."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

RANK_CONSTANT = 60
"""k of reciprocal rank fusion (Cormack, Clarke and Buettcher, 2009)."""


class Weights(NamedTuple):
    """How much each signal counts."""

    sparse: float = 1.0
    dense: float = 1.0
    classic: float = 0.0


RRF = Weights(1.0, 1.0, 0.05)
"""classic raises the fused score by this share for the most classic formula."""
CONVEX = Weights(1.0, 1.0, 0.1)


class Signals(NamedTuple):
    """Scores of the candidates, one array each, higher is better."""

    sparse: Array
    dense: Array
    classic: Array


def ranks(scores: Array) -> Array:
    """1 for the highest; equal scores share the better rank, so that order on disk decides nothing.

    >>> ranks(np.array([0.5, 2.0, 0.5])).tolist()
    [2, 1, 2]
    """
    ordered = np.sort(scores)
    return np.asarray(len(scores) - np.searchsorted(ordered, scores, side="right") + 1)


def reciprocal_rank(signals: Signals, weights: Weights) -> Array:
    """The sum of 1 / (k + rank) over the lists."""
    fused = weights.sparse / (RANK_CONSTANT + ranks(signals.sparse))
    fused = fused + weights.dense / (RANK_CONSTANT + ranks(signals.dense))
    return np.asarray(fused * (1 + weights.classic * signals.classic))


def convex(signals: Signals, weights: Weights) -> Array:
    """The weighted mean of the scores, BM25 as a share of the best."""
    best = float(signals.sparse.max(initial=0.0))
    total = weights.sparse * signals.sparse / (best or 1.0) + weights.dense * signals.dense
    total = total + weights.classic * signals.classic
    return np.asarray(total / sum(weights))
