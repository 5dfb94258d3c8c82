"""Similarity by embeddings: a model's, or those of the built-in LSA."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from tcmkit.consult.scoring import Similarity, items_of_the_song, key_issues
from tcmkit.retrieve import lsa_vectors
from tcmkit.tables import table

Vector = npt.NDArray[np.float32]
Embed = Callable[[Sequence[str]], Iterable[Sequence[float]]]
_MOST = 4096
"""Vectors that are kept; then all but the reference are made anew."""


class ByVectors:
    """Cosines of a model's vectors, less what all medical questions have in common.

    The vectors of a language model lie in a narrow cone, so any two texts seem alike; with the mean of a reference (the
    song and all key issues) taken away they do not (Mu and Viswanath, 2018, All-but-the-Top).
    """

    def __init__(self, embed: Embed) -> None:
        """`embed` raises RecordError or TcmError where a text has no vector; so does the similarity then."""
        self._embed = embed
        self._mean: Vector | None = None
        self._known: dict[str, Vector] = {}

    def __call__(self, one: str, other: str) -> float:
        """From 0 to 1."""
        first, second = self._vector(one), self._vector(other)
        return max(0.0, min(1.0, float(first @ second)))

    def _vector(self, text: str) -> Vector:
        if self._mean is None:
            self._mean = self._read_reference()
        if text not in self._known:
            if len(self._known) >= _MOST:
                self._known.clear()
            [raw] = self._embed([text])
            self._known[text] = _unit(np.asarray(raw, dtype=np.float32) - self._mean)
        return self._known[text]

    def _read_reference(self) -> Vector:
        texts = list(dict.fromkeys([*items_of_the_song(), *_all_issues()]))
        vectors = np.array(list(self._embed(texts)), dtype=np.float32)
        mean: Vector = vectors.mean(axis=0)
        self._known |= {text: _unit(vector - mean) for text, vector in zip(texts, vectors, strict=True)}
        return mean


def _all_issues() -> list[str]:
    return [issue for row in table("specialties")["specialties"] for issue in key_issues(row["id"])]


def _unit(vector: Vector) -> Vector:
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / length if length > 0 else vector, dtype=np.float32)


@cache
def lsa() -> Similarity:
    """Cosine by the built-in LSA, whose vectors have no such cone."""
    known: dict[str, Vector] = {}

    def vector(text: str) -> Vector:
        if text not in known:
            if len(known) >= _MOST:
                known.clear()
            known[text] = lsa_vectors([text])[0]
        return known[text]

    def similar(one: str, other: str) -> float:
        return max(0.0, min(1.0, float(vector(one) @ vector(other))))

    return similar
