"""Search in all vectors: FAISS against numpy, and BM25 against rank-bm25."""

from pathlib import Path

import numpy as np
import pytest

from tcmkit.retrieve import nearest
from tcmkit.retrieve.dense import unit
from tcmkit.retrieve.nearest import FILE, Nearest, write_faiss
from tcmkit.retrieve.sparse import Reference, build


def vectors_like_texts(count: int = 3000, dimensions: int = 32) -> np.ndarray:
    """Unit vectors around a few hundred topics, as those of texts are."""
    random = np.random.default_rng(1)
    topics = random.standard_normal((200, dimensions))
    near = topics[random.integers(0, 200, count)] + 0.5 * random.standard_normal((count, dimensions))
    return unit(near.astype(np.float32))


def recall(found: Nearest, vectors: np.ndarray, most: int = 10) -> float:
    exact = [set(np.argsort(-(vectors @ vector), kind="stable")[:most].tolist()) for vector in vectors[:200]]
    return float(
        np.mean(
            [len(own & set(found.search(v, most).tolist())) / most for own, v in zip(exact, vectors[:200], strict=True)]
        )
    )


@pytest.mark.parametrize(("flat", "kind"), [(100_000, "IndexPQFastScan"), (1000, "IndexHNSWSQ")])
def test_faiss_finds_what_an_exact_search_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flat: int, kind: str
) -> None:
    pytest.importorskip("faiss")
    monkeypatch.setattr(nearest, "SMALL", 500)
    monkeypatch.setattr(nearest, "FLAT", flat)
    vectors = vectors_like_texts()
    write_faiss(vectors, tmp_path)
    found = Nearest(vectors, tmp_path)
    assert type(found._proposer).__name__ == kind
    assert recall(found, vectors) >= 0.99
    first = (tmp_path / FILE).read_bytes()
    write_faiss(vectors, tmp_path)
    assert (tmp_path / FILE).read_bytes() == first


def test_without_faiss_numpy_searches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "SMALL", 500)
    monkeypatch.setattr(nearest, "has_faiss", lambda: False)
    vectors = vectors_like_texts(1000)
    write_faiss(vectors, tmp_path)
    assert list(tmp_path.iterdir()) == []
    found = Nearest(vectors, tmp_path)
    assert recall(found, vectors) == 1
    assert found.search(vectors[7], 5)[0] == 7
    assert len(found.search(vectors[7], 5000)) == 1000
    assert len(found.search(np.zeros(32, np.float32), 5)) == 0


def test_few_vectors_need_no_faiss(tmp_path: Path) -> None:
    vectors = vectors_like_texts(100)
    write_faiss(vectors, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert recall(Nearest(vectors, tmp_path), vectors) == 1


@pytest.mark.parametrize("count", [1, 2, 3, 7, 60])
def test_the_built_bm25_is_that_of_rank_bm25(count: int) -> None:
    random = np.random.default_rng(count)
    documents = [[f"t{number % 30}" for number in random.zipf(1.5, size=random.integers(0, 20))] for _ in range(count)]
    built, reference = build(documents), Reference(documents)
    for _ in range(20):
        tokens = {f"t{number}": float(random.uniform(0.1, 2)) for number in random.integers(0, 33, 6)}
        np.testing.assert_allclose(built.scores(tokens), reference.scores(tokens), atol=1e-4)


def test_few_candidates_rank_right() -> None:
    two = build([["咳嗽", "痰黄"], ["胁痛"]]).scores({"咳嗽": 1.0, "痰黄": 1.0})
    assert two[0] > two[1] == 0
    three = build([["咳嗽", "痰黄"], ["咳嗽", "痰白"], ["咳嗽"]]).scores({"咳嗽": 1.0, "痰黄": 1.0})
    assert three[0] > three[2] > 0
    assert three[0] > three[1] > 0
