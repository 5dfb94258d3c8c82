"""How much each opinion about a case counts: a softmax of their weighted sum, fitted by Newton's method.

Stacked generalisation (Wolpert 1992) on leave-one-out opinions. The weights set the sharpness of the probabilities
too, as temperature scaling does (Guo et al., ICML 2017).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .knowledge import Floats

START = (5.0, 0.5, 0.5, 0.5)
"""Weights before any record is seen: linear, built-in, elements, seen in training."""
LEAST = (0.0, 0.3, 0.0, 0.0)
"""No opinion is turned round; the built-in engine keeps a say, for it alone tells labels never seen apart."""
_HOLD = 0.05
"""How strongly the start holds: few records cannot make it sure of itself."""
_STEPS = 40
_LONGEST = 4.0
_ENOUGH = 1e-7


class Stacked(NamedTuple):
    """The weights, and what they make of the records that they were fitted on."""

    weights: Floats
    shares: Floats
    """N × S probabilities."""
    loss: float
    """Mean negative log-likelihood, natural logarithm."""


def stack(
    opinions: Floats,
    right: NDArray[np.int64],
    at_first: tuple[float, ...] = START,
    at_least: tuple[float, ...] = LEAST,
) -> Stacked:
    """Fit. `opinions` is K × N × S, `right` (N) the column of each record's label; K weights to begin with."""
    weights = start = np.array(at_first)
    least = np.array(at_least)
    records = np.arange(len(right))
    for _ in range(_STEPS):
        shares = softmax_rows(np.tensordot(weights, opinions, 1))
        expected = np.einsum("kns,ns->kn", opinions, shares)
        slope = (expected - opinions[:, records, right]).sum(axis=1) + _HOLD * (weights - start)
        bend = np.einsum("kns,lns,ns->kl", opinions, opinions, shares, optimize=True) - expected @ expected.T
        free = (weights > least) | (slope < 0)
        step = np.zeros_like(weights)
        step[free] = np.linalg.solve((bend + _HOLD * np.eye(len(start)))[np.ix_(free, free)], slope[free])
        before, weights = weights, np.maximum(weights - np.clip(step, -_LONGEST, _LONGEST), least)
        if np.abs(weights - before).max() < _ENOUGH:
            break
    shares = softmax_rows(np.tensordot(weights, opinions, 1))
    return Stacked(weights, shares, float(-np.log(np.maximum(shares[records, right], 1e-300)).mean()))


def softmax_rows(scores: Floats) -> Floats:
    """Shares that sum to one in each row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def threshold_of(shares: Floats, right: NDArray[np.int64]) -> float:
    """The score below which the model had better abstain: where right less wrong answers are most.

    >>> threshold_of(np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]]), np.array([0, 0, 1]))
    0.7
    """
    order = np.argsort(-shares.max(axis=1), kind="stable")
    scores = shares.max(axis=1)[order]
    gain = np.cumsum(np.where(shares.argmax(axis=1)[order] == right[order], 1, -1))
    best = int(gain.argmax())
    if best + 1 == len(scores):
        return 0.0
    return round(float(scores[best] + scores[best + 1]) / 2, 4)
