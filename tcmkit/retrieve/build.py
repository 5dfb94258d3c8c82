"""From rows of a table to the contents of an index."""

import math
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tcmkit.records import Formula, Record
from tcmkit.retrieve import dense, elements, sparse
from tcmkit.retrieve.forms import tokens_of
from tcmkit.retrieve.formulas import Row
from tcmkit.retrieve.merge import Passage, formula_of, key_of, merged, passages_of, uses
from tcmkit.retrieve.store import Contents
from tcmkit.tables import table

if TYPE_CHECKING:
    from tcmkit.retrieve.engine import Embedder


class Passages(NamedTuple):
    """What items are found by, one or more each."""

    words: list[list[str]]
    """For BM25."""
    raw: list[list[str]]
    """For dense vectors; as many for each item."""


def contents_of_formulas(rows: Sequence[Row], embedder: "Embedder | None" = None) -> Contents:
    """The index of a table of formulas: merged, with passages, elements and priors."""
    groups = merged(rows)
    formulas = [formula_of(group) for group in groups]
    passages = [passages_of(group) for group in groups]
    masks = [_masks(formula, told) for formula, told in zip(formulas, passages, strict=True)]
    priors = [_prior(formula, len(group)) for formula, group in zip(formulas, groups, strict=True)]
    texts = [[passage.text for passage in told] for told in passages]
    items: list[Record] = [dict(formula) for formula in formulas]
    return embedded(contents("formulas", items, Passages(texts, texts), masks, priors), embedder, texts)


def contents(
    kind: str, items: list[Record], passages: Passages, masks: Sequence[Sequence[int]], priors: Sequence[float]
) -> Contents:
    """The index of items that are described by one or more passages each, with the elements of each passage."""
    lsa, vectors = dense.build([text for own in passages.raw for text in own])
    words = [text for own in passages.words for text in own]
    return Contents(
        kind=kind,
        items=items,
        texts=passages.words,
        masks=np.array([mask for own in masks for mask in own], dtype=np.int64),
        priors=np.array(priors, dtype=np.float32),
        sparse=sparse.build([tokens_of(text) for text in words]),
        vectors=vectors,
        lsa=lsa,
    )


def embedded(made: Contents, embedder: "Embedder | None", raw: list[list[str]]) -> Contents:
    """The same with the vectors of a model, if one is named."""
    if embedder is None:
        return made
    vectors = embedder.embed_all([text for own in raw for text in own])
    return made._replace(vectors=vectors, lsa=None, engine=embedder.origin)


def _masks(formula: Formula, passages: Sequence[Passage]) -> list[int]:
    """Elements by passage: those of the syndrome of a textbook use, else those of the syndromes and functions."""
    own = 0
    for text in (*formula["syndromes"], formula["functions"]):
        own |= elements.mask_of_syndrome(text)
    own = own or elements.mask_of_syndrome(formula["indications"])
    return [elements.mask_of_syndrome(passage.syndrome) if passage.syndrome else own for passage in passages]


def _prior(formula: Formula, sources: int) -> float:
    """How classic a formula is: textbooks use it, and several tables hold it. 0 to 1."""
    known = len(uses().get(key_of(formula["name"]), ()))
    is_variant = any(word in formula["name"] for word in table("formula_terms")["variant_words"].split())
    score = 0.5 * math.sqrt(min(1.0, known / 3)) + 0.2 * (known > 0 or key_of(formula["name"]) in _own_names())
    return score + 0.3 * min(1.0, math.log2(sources) / 3) - 0.1 * is_variant


@cache
def _own_names() -> frozenset[str]:
    return frozenset(key_of(row["name"]) for row in table("formulas")["formulas"])
