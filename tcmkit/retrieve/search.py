"""Dual-stage retrieval (JingFang, DSRS): a filter by syndrome, then sparse and dense search, fused.

Stage one infers organs and qualities from the findings and keeps the formulas that name them; stage two ranks those
by BM25 on the findings and by dense vectors on the raw words.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from tcmkit.retrieve import elements
from tcmkit.retrieve.forms import bigrams, forms_in, tokens_of
from tcmkit.retrieve.fusion import CONVEX, RRF, Array, Signals, Weights, convex, reciprocal_rank
from tcmkit.retrieve.query import Query
from tcmkit.retrieve.settings import Settings
from tcmkit.retrieve.sparse import Reference, tokens_with_weights
from tcmkit.retrieve.store import Index

FEW, FEW_SHARE = 30, 0.05
"""Stage one is softened until so many formulas remain, or this share of a small index."""
POOL = 2000
"""Stage two looks at so many of them: those with the highest BM25."""
_FORM, _PAIR = 1.0, 0.3
"""Weights of a finding in one form and of a pair of characters."""
_STRONG = 0.5
"""An element is taken for the filter from this share of the strongest evidence."""


class Found(NamedTuple):
    """An item of the index with its score, and what the filter had to give up to reach it."""

    place: int
    score: float
    softened: tuple[str, ...]


class Searcher:
    """Searches one index."""

    def __init__(self, index: Index, settings: Settings) -> None:
        self._index = index
        self._settings = settings
        self._starts = np.asarray(index.passages[:-1])
        self._masks = np.asarray(index.masks)
        places = np.arange(len(elements.names()))
        bits = (self._masks[:, None] >> places & 1).astype(np.float32)
        self._bits = bits / np.sqrt(np.maximum(bits.sum(axis=1, keepdims=True), 1))
        self._priors = np.asarray(index.priors)

    @cached_property
    def _reference(self) -> Reference:
        texts = (text for place in range(len(self._index)) for text in self._index.texts(place))
        return Reference([tokens_of(text) for text in texts])

    def search(self, query: Query, top: int) -> list[Found]:
        """The best items, best first; none for a query of which nothing is known."""
        tokens = tokens_with_weights((form.token for form in query.forms), bigrams(query.clean), _FORM, _PAIR)
        matrix = self._reference if self._settings.bm25 == "rank-bm25" else self._index.sparse
        sparse = np.maximum.reduceat(matrix.scores(tokens), self._starts) if len(self._starts) else np.zeros(0)
        evidence = self.evidence(query)
        candidates, softened = self._stage_one(evidence)
        pool = _highest(sparse, candidates, POOL)
        if not len(pool) or not (query.forms or sparse[pool].any()):
            return []
        scores = self._stage_two(query, sparse[pool], evidence, pool)
        best = np.lexsort((pool, -scores))[:top]
        return [Found(int(pool[place]), float(scores[place]), softened) for place in best]

    def evidence(self, query: Query) -> Array:
        """How much the findings speak for each element (sum of log lifts); named syndromes speak loudest."""
        known = self._index.sparse.vocabulary
        columns = [known[form.token] for form in query.forms if form.token in known]
        total = np.maximum(self._index.lifts[columns].astype(np.float32).sum(axis=0), 0)
        strongest = float(total.max(initial=0.0)) or 1.0
        for name in query.syndromes:
            mask = elements.mask_of_syndrome(name)
            total[[place for place in range(len(total)) if mask >> place & 1]] += 2 * strongest
        return np.asarray(total)

    def _stage_one(self, evidence: Array) -> tuple[Array, tuple[str, ...]]:
        """Which items pass, and what was given up: first the organ, then the quality.

        An item of which no element is known passes: nothing speaks against it.
        """
        everything = np.ones(len(self._masks), dtype=bool)
        if self._settings.single_stage:
            return everything, ()
        organs = _strong(evidence, elements.locations_mask())
        qualities = _strong(evidence, ~elements.locations_mask())
        unknown = self._masks == 0
        has_organ, has_quality = (self._masks & organs) != 0, (self._masks & qualities) != 0
        steps = ((has_organ & has_quality, ()), (has_quality, ("organ",)), (has_organ, ("quality",)))
        enough = min(FEW, FEW_SHARE * len(self._masks))
        for passing, softened in steps:
            if int(passing.sum()) >= enough:
                return passing | unknown, softened
        return everything, ("organ", "quality")

    def _stage_two(self, query: Query, sparse: Array, evidence: Array, pool: Array) -> Array:
        """The fused scores of the pool."""
        signals = Signals(
            sparse=sparse,
            dense=self._dense(query.raw, pool),
            elements=self._bits[pool] @ (evidence / (float(np.linalg.norm(evidence)) or 1.0)),
            classic=self._priors[pool],
        )
        return self._fused(signals)

    def _dense(self, text: str, pool: Array) -> Array:
        """The highest similarity of any passage of each item."""
        dense = self._index.dense
        [vector] = dense.embed([text])
        starts, ends = self._index.passages[pool], self._index.passages[pool + 1]
        lengths = ends - starts
        offsets = np.cumsum(lengths) - lengths
        rows = np.arange(int(lengths.sum())) - np.repeat(offsets - starts, lengths)
        return np.asarray(np.maximum.reduceat(dense.vectors[rows] @ vector, offsets))

    def _fused(self, signals: Signals) -> Array:
        single = self._settings.single_stage
        match self._settings.fusion:
            case "sparse":
                return signals.sparse
            case "dense":
                return signals.dense
            case "convex":
                return convex(signals, Weights(CONVEX.sparse, CONVEX.dense) if single else CONVEX)
            case _:
                return reciprocal_rank(signals, Weights() if single else RRF)


def _highest(scores: Array, candidates: Array, most: int) -> Array:
    """Places of the candidates with the highest scores, in no order."""
    places = np.flatnonzero(candidates)
    if len(places) <= most:
        return places
    return np.asarray(places[np.argpartition(-scores[places], most)[:most]])


def _strong(evidence: Array, among: int) -> int:
    """The elements, as a mask, with strong evidence among some."""
    own = np.array([value if among >> place & 1 else 0.0 for place, value in enumerate(evidence)])
    best = float(own.max(initial=0.0))
    return sum(1 << place for place, value in enumerate(own) if best > 0 and value >= _STRONG * best)


def matched(query: Query, text: str) -> list[dict[str, str]]:
    """Findings of the query that a text has too, in the words of both."""
    words = {form.token: form.text for form in forms_in(text)}
    pairs = {form.text: words[form.token] for form in query.forms if form.token in words and form.token[1:2] != ":"}
    pairs |= {form.text: words[form.token] for form in query.forms if form.token in words and form.token[0] in "tcp"}
    return [{"query": said, "formula": has} for said, has in pairs.items()]
