"""Near duplicates: candidates by sketch, verified on the real 5-grams, the first one kept.

Memory for each kept document: 12 bytes a band key (16 keys at the default threshold), a bitmap of 256 bytes,
and 16 bytes for its size and its place in the spool. With what merging takes for a moment, a million documents
peak at about 1 GB (`benchmarks/memory.py`). Texts stay on disk.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tcmkit.ingest.sketch import BITS, GRAM, Sketch, Words

Numbers = NDArray[np.uint32]
Positions = NDArray[np.intp]
_Known = tuple[NDArray[np.int64], Words]
"""Sizes and bitmaps, by position or number."""

_PAIRS = 1 << 18
_BLOCK = 1 << 12
BATCH = 128
"""So many documents are looked up at once; among them every two are compared by key."""


def grams(text: str) -> frozenset[str]:
    """The character 5-grams of a text without white space; a shorter text is one gram."""
    return frozenset(text[i : i + GRAM] for i in range(max(1, len(text) - GRAM + 1)))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of common grams among all grams of two sets, 0 to 1."""
    common = len(one & other)
    return common / (len(one) + len(other) - common)


class Candidate(NamedTuple):
    """A document to compare: its length and text without white space (the text on demand), its sketch."""

    size: int
    sketch: Sketch
    text: Callable[[], str]


class _KeyIndex:
    """Key to document numbers, in sorted arrays that are merged as they grow (a log-structured merge tree)."""

    def __init__(self) -> None:
        self._levels: list[tuple[Words, Numbers]] = []

    def add(self, keys: Words, documents: Numbers) -> None:
        """Enter keys with the document that each belongs to."""
        order = np.argsort(keys, kind="stable")
        self._levels.append((keys[order], documents[order]))
        while len(self._levels) > 1 and len(self._levels[-2][0]) < 2 * len(self._levels[-1][0]):
            self._levels.append(_merged(self._levels.pop(), self._levels.pop()))

    def find(self, keys: Words) -> Iterator[tuple[Positions, Numbers]]:
        """Positions in `keys` and, side by side, documents that share that key; in blocks of bounded size."""
        order = np.argsort(keys, kind="stable")  # sorted needles walk through a level instead of jumping
        needles = keys[order]
        for known, owners in self._levels:
            first = np.searchsorted(known, needles, "left")
            hit = np.flatnonzero(known[np.minimum(first, len(known) - 1)] == needles)
            counts = np.searchsorted(known, needles[hit], "right") - first[hit]
            for block in _blocks(counts):
                some = hit[block]
                yield np.repeat(order[some], counts[block]), owners[_ranges(first[some], counts[block])]


def _blocks(counts: Positions) -> Iterator[slice]:
    """Stretches whose counts add up to about `_PAIRS` at most (one count that is larger stands alone)."""
    start = total = 0
    for place, count in enumerate(counts.tolist()):
        if total and total + count > _PAIRS:
            yield slice(start, place)
            start, total = place, 0
        total += count
    if total:
        yield slice(start, len(counts))


def _ranges(starts: Positions, counts: Positions) -> Positions:
    """0 1 2, 7 8 for starts 0, 7 and counts 3, 2."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(counts.sum())


def _merged(one: tuple[Words, Numbers], other: tuple[Words, Numbers]) -> tuple[Words, Numbers]:
    keys = np.concatenate((one[0], other[0]))
    order = np.argsort(keys, kind="stable")
    return keys[order], np.concatenate((one[1], other[1]))[order]


class _Kept:
    """Sizes and bitmaps of the kept documents, by number."""

    def __init__(self) -> None:
        self.sizes = np.empty(1024, np.int64)
        self.bitmaps = np.empty((1024, BITS // 64), np.uint64)
        self.count = 0

    def add(self, size: int, bitmap: Words) -> int:
        """Remember a document; its number."""
        if self.count == len(self.sizes):
            self.sizes = np.concatenate((self.sizes, np.empty_like(self.sizes)))
            self.bitmaps = np.concatenate((self.bitmaps, np.empty_like(self.bitmaps)))
        self.sizes[self.count] = size
        self.bitmaps[self.count] = bitmap
        self.count += 1
        return self.count - 1


class NearDuplicates:
    """Says of each document whether an earlier, kept one is nearly the same."""

    def __init__(self, threshold: float, text_of: Callable[[int], str]) -> None:
        """`text_of(n)` gives back the text (without white space) of the n-th kept document."""
        self._threshold = threshold
        # Sets of sizes a and b with Jaccard >= t differ in at most (1 - t) / (1 + t) * (a + b) members.
        self._may_differ = (1 - threshold) / (1 + threshold)
        self._text_of = text_of
        self._index = _KeyIndex()
        self._kept = _Kept()

    def sift(self, documents: Sequence[Candidate], keep: Callable[[int], None]) -> list[bool]:
        """Whether each document is a near duplicate of one kept before, among these or earlier.

        `keep(i)` is called for each that is not, in order, before a later one is compared with it.
        """
        verdicts: list[bool] = []
        for start in range(0, len(documents), BATCH):
            verdicts += self._sift(documents[start : start + BATCH], lambda i, start=start: keep(start + i))  # type: ignore[misc]
        return verdicts

    def _sift(self, batch: Sequence[Candidate], keep: Callable[[int], None]) -> list[bool]:
        keys = np.stack([candidate.sketch.keys for candidate in batch])
        sizes = np.array([candidate.size for candidate in batch])
        bitmaps = np.stack([candidate.sketch.bitmap for candidate in batch])
        alike = self._alike_before(keys, sizes, bitmaps)
        alike_within = self._alike_within(keys, sizes, bitmaps)
        numbers: dict[int, int] = {}
        for i, candidate in enumerate(batch):
            earlier = alike.get(i, set()) | {numbers[j] for j in alike_within.get(i, ()) if j in numbers}
            if not self._has_match(candidate, sorted(earlier)):
                numbers[i] = self._kept.add(candidate.size, candidate.sketch.bitmap)
                keep(i)
        if numbers:
            owners = np.repeat(np.fromiter(numbers.values(), np.uint32, len(numbers)), keys.shape[1])
            self._index.add(keys[list(numbers)].ravel(), owners)
        return [i not in numbers for i in range(len(batch))]

    def _alike_before(self, keys: Words, sizes: Positions, bitmaps: Words) -> dict[int, set[int]]:
        """Position in the batch to the kept documents that may be near duplicates of it."""
        alike: dict[int, set[int]] = {}
        for places, owners in self._index.find(keys.ravel()):
            pairs = np.unique((places // keys.shape[1]).astype(np.uint64) << np.uint64(32) | owners)
            rows = (pairs >> np.uint64(32)).astype(np.intp)
            others = (pairs & np.uint64(0xFFFFFFFF)).astype(np.intp)
            known_sizes, known_bitmaps = self._kept.sizes, self._kept.bitmaps
            may = self._may_match(rows, others, (sizes, bitmaps), (known_sizes, known_bitmaps))
            for row, other in zip(rows[may].tolist(), others[may].tolist(), strict=True):
                alike.setdefault(row, set()).add(other)
        return alike

    def _alike_within(self, keys: Words, sizes: Positions, bitmaps: Words) -> dict[int, set[int]]:
        """Position in the batch to earlier positions that may be near duplicates of it."""
        alike: dict[int, set[int]] = {}
        for row in range(1, len(keys)):
            others = np.flatnonzero((keys[:row] == keys[row]).any(axis=1))
            if len(others):
                rows = np.full(len(others), row)
                may = self._may_match(rows, others, (sizes, bitmaps), (sizes, bitmaps))
                alike[row] = set(others[may].tolist())
        return alike

    def _may_match(self, rows: Positions, others: Positions, mine: _Known, theirs: _Known) -> NDArray[np.bool_]:
        """Whether sizes and bitmaps leave it possible that two documents reach the threshold."""
        result = np.empty(len(rows), dtype=np.bool_)
        for start in range(0, len(rows), _BLOCK):  # a bitmap is large: few pairs at a time
            row, other = rows[start : start + _BLOCK], others[start : start + _BLOCK]
            different = np.bitwise_count(mine[1][row] ^ theirs[1][other]).sum(axis=1)
            result[start : start + _BLOCK] = different <= self._may_differ * (mine[0][row] + theirs[0][other])
        return result

    def _has_match(self, candidate: Candidate, earlier: Sequence[int]) -> bool:
        if not earlier:
            return False
        mine = grams(candidate.text())
        return any(jaccard(mine, grams(self._text_of(number))) >= self._threshold for number in earlier)
