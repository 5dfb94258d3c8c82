"""Ridge regression with exact leave-one-out predictions for every penalty (Allen's PRESS), by one decomposition.

With weights w, G = (XᵀWX + λ)⁻¹ and h_i = w_i x_iᵀ G x_i, what a fit without record i would say of it is
(x_iᵀ G XᵀW T - h_i T_i) / (1 - h_i): Cook and Weisberg, Residuals and Influence in Regression (1982), chapter 2.
So whatever is set on these predictions is set on records that the model has not seen.
"""

import numpy as np
from numpy.typing import NDArray

from .knowledge import Floats

_CHUNK = 4096
_SMALLEST = 1e-9


class Ridge:
    """X (N × D), T (N × K) and weights (N), decomposed once."""

    def __init__(self, rows: NDArray[np.float32], targets: Floats, weights: Floats) -> None:
        self._rows, self._targets, self._weights = rows, targets, weights
        few = len(rows) < rows.shape[1]
        self._sizes, self._axes = _of_records(rows, weights) if few else _of_columns(rows, weights)
        moment = np.zeros((rows.shape[1], targets.shape[1]))
        for chunk in _chunks(len(rows)):
            moment += rows[chunk].T @ (targets[chunk] * weights[chunk, None])
        self._moment: Floats = self._axes.T @ moment

    def coefficients(self, penalty: float) -> Floats:
        """D × K."""
        solved: Floats = self._axes @ (self._moment / (self._sizes + penalty)[:, None])
        return solved

    def left_out(self, penalty: float, chosen: NDArray[np.int64]) -> Floats:
        """Predictions (len(chosen) × K) for these records, each by a fit without it."""
        along = self._rows[chosen] @ self._axes
        shrunk = 1.0 / (self._sizes + penalty)
        own = self._weights[chosen] * ((along**2) @ shrunk)
        fitted = (along * shrunk) @ self._moment
        without: Floats = (fitted - own[:, None] * self._targets[chosen]) / np.maximum(1.0 - own, _SMALLEST)[:, None]
        return without


def _chunks(count: int) -> list[slice]:
    return [slice(start, start + _CHUNK) for start in range(0, count, _CHUNK)]


def _of_records(rows: NDArray[np.float32], weights: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues and eigenvectors of XᵀWX by way of the N × N products of records."""
    scaled = rows * np.sqrt(weights)[:, None]
    sizes, between = np.linalg.eigh(scaled @ scaled.T)
    kept = sizes > _SMALLEST * max(float(sizes[-1]), _SMALLEST)
    return sizes[kept], scaled.T @ (between[:, kept] / np.sqrt(sizes[kept]))


def _of_columns(rows: NDArray[np.float32], weights: Floats) -> tuple[Floats, Floats]:
    """The same by way of the D × D products of columns."""
    products = np.zeros((rows.shape[1], rows.shape[1]))
    for chunk in _chunks(len(rows)):
        scaled = rows[chunk] * np.sqrt(weights[chunk, None]).astype(np.float32)
        products += scaled.T @ scaled
    sizes, axes = np.linalg.eigh(products)
    return np.maximum(sizes, 0.0), axes
