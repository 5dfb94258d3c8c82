"""Dense vectors with nothing to download: TF-IDF of character 1-2 grams and a truncated SVD (LSA).

The SVD is the randomised one of Halko, Martinsson and Tropp (2011, section 4.4), fitted on a sample of the rows. Two
products of a sparse and a dense matrix are all that it asks for, so no library of sparse matrices is needed.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

DIMENSIONS = 128
GRAMS = 8192
"""At most so many grams: the most frequent."""
_SAMPLE = 10_000
_BLOCK = 2000
_POWER_ITERATIONS = 2
_HAN = re.compile(r"[\u3400-\u9fff]+")


def grams(text: str) -> Counter[str]:
    """Chinese characters and pairs of neighbours, with their counts."""
    counts: Counter[str] = Counter()
    for run in _HAN.findall(text):
        counts.update(run)
        counts.update(run[i : i + 2] for i in range(len(run) - 1))
    return counts


class Lsa(NamedTuple):
    """The projection."""

    basis: Floats
    """Grams x dimensions; the IDF is multiplied in."""
    idf: Floats
    vocabulary: Mapping[str, int]

    def embed(self, texts: Sequence[str]) -> Floats:
        """Unit vectors of texts, (n, d); zero for a text without a known gram."""
        return np.stack([_projected(grams(text), self) for text in texts])


def _projected(counts: Counter[str], lsa: Lsa) -> Floats:
    known = [(lsa.vocabulary[gram], count) for gram, count in counts.items() if gram in lsa.vocabulary]
    if not known:
        return np.zeros(lsa.basis.shape[1], dtype=np.float32)
    places = np.array([place for place, _ in known])
    weights = (1 + np.log(np.array([count for _, count in known], dtype=np.float32))) * lsa.idf[places]
    weights /= np.linalg.norm(weights)
    return unit(weights @ lsa.basis[places])


def unit(vectors: Floats) -> Floats:
    """The same at length 1, (n, d) or (d,); zero stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)


class _Matrix(NamedTuple):
    """A sparse matrix by rows: where each row begins, and the column and value of each entry."""

    starts: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int64]
    values: Floats

    def rows(self, first: int, last: int) -> "_Matrix":
        """Some neighbouring rows."""
        begin, end = self.starts[first], self.starts[last]
        return _Matrix(self.starts[first : last + 1] - begin, self.columns[begin:end], self.values[begin:end])

    def times(self, other: Floats) -> Floats:
        """The product with a dense matrix, some rows at a time: their entries' rows of it, gathered and summed."""
        parts = [self.rows(at, min(at + _BLOCK, self.height))._times(other) for at in range(0, self.height, _BLOCK)]
        return np.concatenate(parts) if parts else np.zeros((0, other.shape[1]), np.float32)

    def _times(self, other: Floats) -> Floats:
        product = np.zeros((self.height, other.shape[1]), np.float32)
        filled = np.flatnonzero(np.diff(self.starts))  # reduceat does not know of rows without entries
        if len(filled):
            gathered = other[self.columns]
            gathered *= self.values[:, None]
            product[filled] = np.add.reduceat(gathered, self.starts[filled])
        return product

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self.starts) - 1

    def transposed(self, width: int) -> "_Matrix":
        """The same by columns, of which there are `width`."""
        order = np.argsort(self.columns, kind="stable")
        rows = np.repeat(np.arange(self.height), np.diff(self.starts))
        starts = np.concatenate([[0], np.cumsum(np.bincount(self.columns, minlength=width))])
        return _Matrix(starts, rows[order], self.values[order])


def _counted(texts: Sequence[str]) -> tuple[_Matrix, dict[str, int], Floats]:
    """TF-IDF rows of unit length, the column of each gram, and the IDF."""
    counted = [grams(text) for text in texts]
    frequency: Counter[str] = Counter()
    for counts in counted:
        frequency.update(counts.keys())
    kept = sorted(frequency, key=lambda gram: (-frequency[gram], gram))[:GRAMS]
    vocabulary = {gram: place for place, gram in enumerate(kept)}
    found = np.array([frequency[gram] for gram in kept], dtype=np.float32)
    idf = (np.log((1 + len(texts)) / (1 + found)) + 1).astype(np.float32)
    known = [[(vocabulary[gram], n) for gram, n in counts.items() if gram in vocabulary] for counts in counted]
    starts = np.cumsum([0, *map(len, known)])
    columns = np.array([place for row in known for place, _ in row], dtype=np.int64)
    values = 1 + np.log(np.array([count for row in known for _, count in row], dtype=np.float32))
    values *= idf[columns]
    squares = np.concatenate([[0], np.cumsum(values.astype(np.float64) ** 2)])
    lengths = np.sqrt(squares[starts[1:]] - squares[starts[:-1]])
    values /= np.repeat(np.where(lengths > 0, lengths, 1), np.diff(starts))
    return _Matrix(starts, columns, values.astype(np.float32)), vocabulary, idf


def build(texts: Sequence[str], dimensions: int = DIMENSIONS, seed: int = 0) -> tuple[Lsa, Floats]:
    """The projection fitted on the texts, and the texts in it, (n, d) at unit length; always the same for a seed."""
    matrix, vocabulary, idf = _counted(texts)
    random = np.random.default_rng(seed)
    step = max(1, -(-matrix.height // _SAMPLE))
    sample = _every(matrix, step)
    basis = _basis(sample, max(1, len(vocabulary)), dimensions, random)
    return Lsa(basis, idf, vocabulary), unit(matrix.times(basis))


def _every(matrix: _Matrix, step: int) -> _Matrix:
    """Every so manieth row."""
    if step == 1:
        return matrix
    chosen = np.arange(0, matrix.height, step)
    lengths = np.diff(matrix.starts)[chosen]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    entries = np.arange(starts[-1]) + np.repeat(matrix.starts[chosen] - starts[:-1], lengths)
    return _Matrix(starts, matrix.columns[entries], matrix.values[entries])


def _basis(sample: _Matrix, width: int, dimensions: int, random: np.random.Generator) -> Floats:
    """The leading right singular vectors of the sample."""
    wanted = min(dimensions, width, max(1, sample.height))
    by_columns = sample.transposed(width)
    start = random.standard_normal((width, min(wanted + 8, width)), dtype=np.float32)
    for _ in range(_POWER_ITERATIONS + 1):
        orthogonal, _ = np.linalg.qr(start)
        start = by_columns.times(sample.times(orthogonal))
    left, _, _ = np.linalg.svd(start, full_matrices=False)
    return np.ascontiguousarray(left[:, :wanted], dtype=np.float32)
