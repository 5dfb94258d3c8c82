"""BM25+ over our own tokens (Lv and Zhai, 2011): built by bm25s, scored on its stored columns.

Its weight of a rare token, ln((n + 1) / documents with it), is never below zero, so that two or three candidates rank
right, which BM25Okapi of rank-bm25 gets backwards. What every passage is given alike is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[Any]

K1, B = 1.5, 0.75
"""As bm25s and rank-bm25 have them by default."""


class Sparse(NamedTuple):
    """A matrix of BM25 scores by columns: for each token the passages that hold it, with their scores."""

    data: Floats
    indices: Integers
    indptr: Integers
    vocabulary: Mapping[str, int]
    passages: int

    def scores(self, tokens: Mapping[str, float]) -> Floats:
        """The score of every passage for a query of tokens with weights."""
        total = np.zeros(self.passages, dtype=np.float32)
        for token, weight in tokens.items():
            column = self.vocabulary.get(token)
            if column is not None:
                start, end = self.indptr[column], self.indptr[column + 1]
                np.add.at(total, self.indices[start:end], np.float32(weight) * self.data[start:end])
        return total


def build(documents: Sequence[Sequence[str]]) -> Sparse:
    """The matrix for passages given as tokens."""
    import bm25s

    vocabulary: dict[str, int] = {}
    ids = [[vocabulary.setdefault(token, len(vocabulary)) for token in document] for document in documents]
    vocabulary = vocabulary or {"": 0}
    if not any(ids):
        empty = np.zeros(len(vocabulary) + 1, dtype=np.int64)
        return Sparse(np.zeros(0, np.float32), np.zeros(0, np.int32), empty, vocabulary, len(documents))
    model = bm25s.BM25(method="bm25+", k1=K1, b=B)
    model.index((ids, vocabulary), show_progress=False)
    scores = model.scores
    return Sparse(scores["data"], scores["indices"], scores["indptr"], vocabulary, len(documents))


class Reference:
    """The same by rank-bm25 (BM25Plus): slow, for comparison."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        from rank_bm25 import BM25Plus

        self._passages = len(documents)
        self._model = BM25Plus([list(document) for document in documents] if any(documents) else [[""]], k1=K1, b=B)

    def scores(self, tokens: Mapping[str, float]) -> Floats:
        """The score of every passage for a query of tokens with weights."""
        total = np.zeros(self._passages)
        for token, weight in tokens.items():
            given_to_all = self._model.delta * (self._model.idf.get(token) or 0)
            total += weight * (self._model.get_scores([token]) - given_to_all)
        return total.astype(np.float32)


def tokens_with_weights(forms: Iterable[str], pairs: Iterable[str], form: float, pair: float) -> dict[str, float]:
    """Query tokens: findings in one form, and pairs of characters, each kind with its weight."""
    return {**dict.fromkeys((f"#{two}" for two in pairs), pair), **dict.fromkeys(forms, form)}
