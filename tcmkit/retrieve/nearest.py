"""The vectors nearest to one: by numpy over all of them, or by FAISS, which proposes and leaves the scores to numpy.

Measured on 80,000 vectors of 128 dimensions, one thread: numpy 9 ms a query, a flat FAISS index 3.3 ms, IVF of 256
lists 0.6 ms with recall 0.967 (of the ten nearest), HNSW of 32 links 0.4 ms with 0.998 but half a minute to build.
Product quantisation to 4 bits for 2 dimensions, scanned in registers (Andre, Kermarrec and Le Scouarnec, 2017; FAISS
"fast scan"), takes a second to build and 0.3 ms to scan, and 0.9995 of the true ten are among its first 200: so that is
what flat means here. The scan grows with the vectors; above `FLAT` of them HNSW is used, whose search hardly does.
"""

from contextlib import contextmanager
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]

SMALL = 10_000
"""Fewer vectors are scanned before FAISS is imported."""
FLAT = 100_000
"""More are searched by HNSW."""
_PROPOSED, _LEAST_PROPOSED = 8, 200
"""FAISS proposes so many times what is wanted, and no fewer than so many."""
_LINKS, _WIDTH = 32, 256
"""HNSW: links of a vector, and candidates kept in a search."""
FILE = "dense.faiss"


def has_faiss() -> bool:
    """Whether the extra [dense] or [gpu] is installed; they share one module."""
    return find_spec("faiss") is not None


@contextmanager
def _one_thread() -> "Iterator[Any]":
    """FAISS with one thread: the same index each time, and no waiting for others in a query of a millisecond."""
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield faiss
    finally:
        faiss.omp_set_num_threads(before)


def write_faiss(vectors: Floats, folder: Path) -> None:
    """Write FAISS's own file for vectors of unit length, (n, d), where it is installed and there are enough."""
    if len(vectors) < SMALL or not has_faiss():
        return
    with _one_thread() as faiss:
        made = faiss.index_factory(vectors.shape[1], _recipe(*vectors.shape), faiss.METRIC_INNER_PRODUCT)
        step = max(1, len(vectors) // 20_000)
        made.train(np.ascontiguousarray(vectors[::step]))
        made.add(np.ascontiguousarray(vectors))
        faiss.write_index(made, str(folder / FILE))


def _recipe(count: int, dimensions: int) -> str:
    """FAISS's name for the kind of index; an odd number of dimensions cannot be paired."""
    if count > FLAT:
        return f"HNSW{_LINKS}_SQ8"
    return f"PQ{dimensions // 2}x4fs" if dimensions % 2 == 0 else "SQ8"


class Nearest:
    """Searches all vectors of an index."""

    def __init__(self, vectors: Floats, folder: Path) -> None:
        """`vectors` (n, d) have unit length; FAISS's file may stand in `folder`."""
        self._vectors = vectors
        self._path = folder / FILE

    @cached_property
    def _proposer(self) -> Any:
        """What FAISS searches, on the GPU where there is one; None for numpy."""
        if len(self._vectors) < SMALL or not has_faiss():
            return None
        import faiss

        if hasattr(faiss, "StandardGpuResources") and faiss.get_num_gpus() > 0:
            return _on_gpu(faiss, self._vectors)
        if not self._path.is_file():  # made where FAISS was not installed
            return None
        found = faiss.read_index(str(self._path))
        if hasattr(found, "hnsw"):
            found.hnsw.efSearch = _WIDTH
        return found

    def search(self, vector: Floats, most: int) -> Places:
        """The places of the `most` highest cosines to a unit vector, highest first, equal ones in order of place."""
        most = min(most, len(self._vectors))
        if not vector.any():
            return np.zeros(0, np.int64)
        if self._proposer is None:
            scores = self._vectors @ vector
            places = np.argpartition(-scores, most - 1)[:most]
            scores = scores[places]
        else:
            places = self._proposed(vector, max(_PROPOSED * most, _LEAST_PROPOSED))
            scores = self._vectors[places] @ vector
        return np.asarray(places[np.lexsort((places, -scores))[:most]])

    def _proposed(self, vector: Floats, most: int) -> Places:
        with _one_thread():
            _, [places] = self._proposer.search(vector[None], min(most, len(self._vectors)))
        return np.asarray(places[places >= 0])


def _on_gpu(faiss: Any, vectors: Floats) -> Any:
    """An exact index of all vectors in the memory of the first GPU."""
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(np.ascontiguousarray(vectors))
    return faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), 0, flat)
