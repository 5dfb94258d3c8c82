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
NEAR, POOL = 2000, 500
"""Stage one looks at so many passages with the highest BM25, stage two at so many of the formulas that pass."""
LIKE = 30
"""As many items whose vectors are nearest among all join the pool of stage two."""
NEAREST = 20
"""Passages that say by their syndromes which organs and qualities are meant."""
STRONG = 0.1
"""An organ or a quality counts in the filter from this share of the strongest."""
_FORM, _PAIR = 1.0, 0.3
"""Weights of a finding in one form and of a pair of characters."""
AGREED = 1.0
"""A passage for just the syndrome that a record names counts by this share more than its words alone."""
_STEEP = 4
"""The nearer a passage, the more it says: its BM25 to this power."""


class Found(NamedTuple):
    """An item of the index with its score, and what the filter had to give up to reach it."""

    place: int
    score: float
    softened: tuple[str, ...]
    meant: tuple[str, ...]
    """Organs and qualities that the query is taken to mean, strongest first."""


class Searcher:
    """Searches one index."""

    def __init__(self, index: Index, settings: Settings) -> None:
        self._index = index
        self._settings = settings
        self._starts = np.asarray(index.passages[:-1])
        self._of_passages = np.asarray(index.masks)
        self._owners = np.repeat(np.arange(len(self._starts)), np.diff(index.passages))
        self._priors = np.asarray(index.priors)
        self._embedder = index.embedder(settings.embed)

    @cached_property
    def _reference(self) -> Reference:
        texts = (text for place in range(len(self._index)) for text in self._index.texts(place))
        return Reference([tokens_of(text) for text in texts])

    def search(self, query: Query, top: int) -> list[Found]:
        """The best items, best first; none for a query of which nothing is known."""
        agreed = self._agreed(query)
        passages = self._sparse(query) * agreed
        near = _highest(passages, NEAR)
        vector = self._vector(query)
        like = self._like(vector)
        items = _distinct(np.concatenate((self._owners[near], like)))
        rows, offsets = self._rows(items)
        sparse = np.maximum.reduceat(passages[rows], offsets)
        if not (query.forms or sparse.any() or (self._embedder and len(like))):
            return []
        evidence = self._evidence(query, passages, near)
        passing, softened = self._stage_one(evidence, self._of_passages[rows], offsets)
        kept = np.flatnonzero(passing)
        best = _highest(sparse[kept], POOL)
        kept = _distinct(np.concatenate((kept[best], kept[np.isin(items[kept], like)]))) if len(like) else kept[best]
        pool = items[kept]
        scores = self._stage_two(vector, agreed, sparse[kept], pool)
        best = np.lexsort((pool, -scores))[:top]
        meant = tuple(_in_order(evidence))
        return [Found(int(pool[place]), float(scores[place]), softened, meant) for place in best]

    def _sparse(self, query: Query) -> Array:
        """BM25 of every passage."""
        tokens = tokens_with_weights((form.token for form in query.forms), bigrams(query.clean), _FORM, _PAIR)
        matrix = self._reference if self._settings.bm25 == "rank-bm25" else self._index.sparse
        return matrix.scores(tokens)

    def _agreed(self, query: Query) -> Array:
        """What the words of each passage are multiplied by: more, the nearer its syndrome is to those of the record.

        Near is the cosine of their elements, so that another name of a syndrome is the same. A factor, no filter: a
        syndrome concluded from little does not beat a formula that has far more of the findings.
        """
        total = np.zeros(len(self._of_passages))
        if query.syndromes and not self._settings.single_stage:
            masks = self._of_passages
            lengths = np.bitwise_count(masks)
            for name, weight in query.syndromes.items():
                own = elements.mask_of_syndrome(name)
                shared, both = np.bitwise_count(masks & own), np.sqrt(lengths * float(own.bit_count()))
                total += weight * shared / np.maximum(both, 1.0)
            total /= max(1.0, sum(query.syndromes.values()))
        return np.asarray(1.0 + AGREED * total)

    def shared(self, found: Found) -> list[str]:
        """Organs and qualities that the query is taken to mean and the item names, strongest first."""
        start, end = self._index.passages[found.place : found.place + 2]
        own = elements.named(int(np.bitwise_or.reduce(self._of_passages[start:end])))
        return [name for name in found.meant if name in own]

    def _evidence(self, query: Query, passages: Array, near: Array) -> Array:
        """How much speaks for each element: the syndromes of the nearest passages, and those that the record names."""
        near = near[_highest(passages[near], NEAREST)]
        weights = (passages[near] / (float(passages[near].max(initial=0.0)) or 1.0)) ** _STEEP
        total = weights @ _bits(self._of_passages[near]) if len(near) else np.zeros(len(elements.names()))
        loudest = float(total.max(initial=0.0)) or 1.0
        likeliest = max(query.syndromes.values(), default=1.0)
        for name, weight in query.syndromes.items():
            total = total + 2 * weight / likeliest * loudest * _bits(np.array([elements.mask_of_syndrome(name)]))[0]
        return np.asarray(total)

    def _stage_one(self, evidence: Array, masks: Array, offsets: Array) -> tuple[Array, tuple[str, ...]]:
        """Which items pass by a passage of theirs, and what was given up: the organ, then the quality."""
        everything = np.ones(len(offsets), dtype=bool)
        if self._settings.single_stage:
            return everything, ()
        has_organ = _shares(masks, _strong(evidence, elements.locations_mask()), elements.locations_mask())
        has_quality = _shares(masks, _strong(evidence, ~elements.locations_mask()), ~elements.locations_mask())
        steps = ((has_organ & has_quality, ()), (has_quality, ("organ",)), (has_organ, ("quality",)))
        enough = min(FEW, FEW_SHARE * len(self._starts))
        for passing, softened in steps:
            items = np.logical_or.reduceat(passing, offsets)
            if int(items.sum()) >= enough:
                return items, softened
        return everything, ("organ", "quality")

    def _rows(self, items: Array) -> tuple[Array, Array]:
        """The passages of some items one after another, and where those of each begin."""
        starts, ends = self._index.passages[items], self._index.passages[items + 1]
        lengths = ends - starts
        offsets = np.cumsum(lengths) - lengths
        return np.arange(int(lengths.sum())) - np.repeat(offsets - starts, lengths), offsets

    def _vector(self, query: Query) -> Array:
        """The raw words as a vector."""
        maker = self._embedder or self._index.lsa
        return np.asarray(maker.embed([query.raw])[0])

    def _like(self, vector: Array) -> Array:
        """The items whose vectors are nearest among all.

        Where vectors are counts of characters, BM25 has found their neighbours already: then the pool is left to it,
        which halves the time of a query and changed no figure.
        """
        most = LIKE if self._settings.fusion == "dense" or (self._embedder and self._settings.fusion != "sparse") else 0
        return self._owners[self._index.nearest.search(vector, most)] if most else np.zeros(0, np.int64)

    def _stage_two(self, vector: Array, agreed: Array, sparse: Array, pool: Array) -> Array:
        """The fused scores of the pool."""
        signals = Signals(
            sparse=sparse,
            dense=self._dense(vector, pool, agreed),
            classic=self._priors[pool],
        )
        return self._fused(signals)

    def _dense(self, vector: Array, pool: Array, agreed: Array) -> Array:
        """The highest similarity of any passage of each item, times how far it agrees."""
        rows, offsets = self._rows(pool)
        return np.asarray(np.maximum.reduceat(self._index.vectors[rows] @ vector * agreed[rows], offsets))

    def similarity(self, query: Query, place: int) -> float:
        """The cosine of the raw words of the query and an item, 0 to 1."""
        alone = np.ones(len(self._of_passages))
        return max(0.0, float(self._dense(self._vector(query), np.array([place]), alone)[0]))

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


def _distinct(places: Array) -> Array:
    """Places in order, each once: as np.unique, which would load numpy.ma for it, a tenth of a cold start."""
    ordered = np.sort(places)
    return ordered[np.flatnonzero(np.diff(ordered, prepend=-1))]


def _highest(scores: Array, most: int) -> Array:
    """Places of the highest scores, in no order."""
    if len(scores) <= most:
        return np.arange(len(scores))
    return np.asarray(np.argpartition(-scores, most)[:most])


def _shares(masks: Array, strong: int, among: int) -> Array:
    """Which masks name a strong element, or none at all among these: then nothing speaks against them."""
    return np.asarray(((masks & strong) != 0) | ((masks & among) == 0))


def _bits(masks: Array) -> Array:
    """Masks as rows of zeros and ones."""
    return np.asarray((masks[:, None] >> np.arange(len(elements.names())) & 1).astype(np.float32))


def _in_order(evidence: Array) -> list[str]:
    """The elements with strong evidence, strongest first."""
    strong = _strong(evidence, -1)
    order = np.argsort(-evidence, kind="stable").tolist()
    return [elements.names()[place] for place in order if strong >> place & 1]


def _strong(evidence: Array, among: int) -> int:
    """The elements, as a mask, with strong evidence among some."""
    own = {place: value for place, value in enumerate(evidence.tolist()) if value > 0 and among >> place & 1}
    least = STRONG * max(own.values(), default=0.0)
    return sum(1 << place for place, value in own.items() if value >= least)


def matched(query: Query, text: str, whose: str = "formula") -> list[dict[str, str]]:
    """Findings of the query that a text has too, in the words of both; `whose` names those of the text."""
    words = {form.token: form.text for form in forms_in(text)}
    pairs = {form.text: words[form.token] for form in query.forms if form.token in words and form.token[1:2] != ":"}
    pairs |= {form.text: words[form.token] for form in query.forms if form.token in words and form.token[0] in "tcp"}
    return [{"query": said, whose: has} for said, has in pairs.items()]
