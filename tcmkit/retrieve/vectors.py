"""Vectors of any text by the built-in LSA, for verbs that compare texts."""

from collections.abc import Sequence
from functools import cache

from tcmkit.retrieve.dense import Floats, Lsa
from tcmkit.retrieve.store import Index


def lsa_vectors(texts: Sequence[str]) -> Floats:
    """Unit vectors, (n, d), by the LSA of the formulas that the package holds; zero without a known character."""
    return _built_in().embed(texts)


@cache
def _built_in() -> Lsa:
    return Index(None).lsa
