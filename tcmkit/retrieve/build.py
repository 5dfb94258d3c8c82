"""From rows of a table to the contents of an index."""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np

from tcmkit.records import Formula, Record
from tcmkit.retrieve import dense, elements, sparse
from tcmkit.retrieve.forms import tokens_of
from tcmkit.retrieve.formulas import Row
from tcmkit.retrieve.merge import Passage, formula_of, key_of, merged, passages_of, uses
from tcmkit.retrieve.store import Array, Contents
from tcmkit.tables import table

_DOUBT = 5.0
"""Findings seen less often than this speak little for any element."""


def contents_of_formulas(rows: Sequence[Row]) -> Contents:
    """The index of a table of formulas: merged, with passages, elements and priors."""
    groups = merged(rows)
    formulas = [formula_of(group) for group in groups]
    passages = [passages_of(group) for group in groups]
    masks = [_mask(formula, told) for formula, told in zip(formulas, passages, strict=True)]
    priors = [_prior(formula, len(group)) for formula, group in zip(formulas, groups, strict=True)]
    texts = [[passage.text for passage in told] for told in passages]
    return contents("formulas", [dict(formula) for formula in formulas], texts, masks, priors)


def contents(
    kind: str, items: list[Record], passages: list[list[str]], masks: Sequence[int], priors: Sequence[float]
) -> Contents:
    """The index of items that are described by one or more passages each."""
    texts = [text for own in passages for text in own]
    matrix = sparse.build([tokens_of(text) for text in texts])
    owners = np.repeat(np.arange(len(items)), [len(own) for own in passages])
    bits = np.array(masks, dtype=np.int64)
    return Contents(
        kind=kind,
        items=items,
        texts=passages,
        masks=bits,
        priors=np.array(priors, dtype=np.float32),
        lifts=_lifts(matrix, bits[owners]),
        sparse=matrix,
        dense=dense.build(texts),
    )


def _mask(formula: Formula, passages: Sequence[Passage]) -> int:
    """Elements that the data name: in syndromes, in functions, in the syndromes of textbook uses."""
    told = [*formula["syndromes"], formula["functions"]]
    told += [passage.text.split("。")[1] for passage in passages if passage.kind == "knowledge"]
    mask = 0
    for text in told:
        mask |= elements.mask_of_syndrome(text)
    return mask or elements.mask_of_syndrome(formula["indications"])


def _prior(formula: Formula, sources: int) -> float:
    """How classic a formula is: textbooks use it, and several tables hold it. 0 to 1."""
    known = len(uses().get(key_of(formula["name"]), ()))
    is_variant = any(word in formula["name"] for word in table("formula_terms")["variant_words"].split())
    score = 0.5 * math.sqrt(min(1.0, known / 3)) + 0.2 * (known > 0 or key_of(formula["name"]) in _sample_names())
    return score + 0.3 * min(1.0, math.log2(sources) / 3) - 0.1 * is_variant


@cache
def _sample_names() -> frozenset[str]:
    return frozenset(key_of(row["name"]) for row in table("formulas_sample")["formulas"])


def _lifts(matrix: sparse.Sparse, masks: Array) -> Array:
    """For each token and element the log of how much more often they meet than by chance; passages without are out."""
    known = masks != 0
    names = elements.names()
    lengths = np.diff(matrix.indptr)
    tokens = np.repeat(np.arange(len(lengths)), lengths)
    own = masks[matrix.indices]
    counted = np.bincount(tokens[own != 0], minlength=len(lengths)).astype(np.float32)
    lifts = np.zeros((len(lengths), len(names)), dtype=np.float32)
    for place in range(len(names)):
        share = float((masks[known] >> place & 1).mean()) if known.any() else 0.0
        if share > 0:
            together = np.bincount(tokens[(own >> place & 1) != 0], minlength=len(lengths))
            lifts[:, place] = np.log((together + _DOUBT * share) / (counted + _DOUBT) / share)
    return lifts.astype(np.float16)
