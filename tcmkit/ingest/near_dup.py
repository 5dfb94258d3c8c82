"""Near duplicates: candidates by sketch, verified on the real 5-grams, the first one kept.

Memory for each kept document: 12 bytes a band key (16 keys at the default threshold), a bitmap of 256 bytes,
and 16 bytes for its size and its place in the spool. With what merging takes for a moment, a million documents
peak at about 1 GB (`benchmarks/memory.py`). Texts stay on disk.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tcmkit.ingest.sketch import BITS, GRAM, Sketch, Words

Numbers = NDArray[np.uint32]
Positions = NDArray[np.intp]


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

    def find(self, keys: Words) -> tuple[Positions, Numbers]:
        """Positions in `keys` and, side by side, documents that share that key."""
        order = np.argsort(keys, kind="stable")  # sorted needles walk through a level instead of jumping
        needles = keys[order]
        positions: list[Positions] = [np.empty(0, np.intp)]
        documents: list[Numbers] = [np.empty(0, np.uint32)]
        for known, owners in self._levels:
            first = np.searchsorted(known, needles, "left")
            hit = np.flatnonzero(known[np.minimum(first, len(known) - 1)] == needles)
            counts = np.searchsorted(known, needles[hit], "right") - first[hit]
            positions.append(np.repeat(order[hit], counts))
            documents.append(owners[_ranges(first[hit], counts)])
        return np.concatenate(positions), np.concatenate(documents)


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

    def sift(self, batch: Sequence[Candidate], keep: Callable[[int], None]) -> list[bool]:
        """Whether each document of the batch is a near duplicate of one kept before, in the batch or earlier.

        `keep(i)` is called for each that is not, in order, before a later one is compared with it.
        """
        if not batch:
            return []
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
        positions, owners = self._index.find(keys.ravel())
        positions //= keys.shape[1]
        may = self._may_match(
            sizes[positions], self._kept.sizes[owners], bitmaps[positions], self._kept.bitmaps[owners]
        )
        return _grouped(positions[may], owners[may])

    def _alike_within(self, keys: Words, sizes: Positions, bitmaps: Words) -> dict[int, set[int]]:
        """Position in the batch to earlier positions that may be near duplicates of it."""
        later, earlier = _pairs_of_equals(keys)
        may = self._may_match(sizes[later], sizes[earlier], bitmaps[later], bitmaps[earlier])
        return _grouped(later[may], earlier[may])

    def _may_match(
        self, size: Positions, other_size: Positions, bitmap: Words, other_bitmap: Words
    ) -> NDArray[np.bool_]:
        """Whether the bitmaps leave it possible that two documents reach the threshold."""
        different = np.bitwise_count(bitmap ^ other_bitmap).sum(axis=1)
        result: NDArray[np.bool_] = different <= self._may_differ * (size + other_size)
        return result

    def _has_match(self, candidate: Candidate, earlier: Sequence[int]) -> bool:
        if not earlier:
            return False
        mine = grams(candidate.text())
        return any(jaccard(mine, grams(self._text_of(number))) >= self._threshold for number in earlier)


def _pairs_of_equals(keys: Words) -> tuple[Positions, Positions]:
    """Rows that share a key: the later and, side by side, an earlier one."""
    flat = keys.ravel()
    order = np.argsort(flat, kind="stable")
    rows = order // keys.shape[1]
    same = np.flatnonzero(np.diff(flat[order]) == 0)
    later: list[int] = []
    earlier: list[int] = []
    run: list[int] = []
    previous = -2
    for place in same.tolist():
        if place != previous + 1:
            run = [int(rows[place])]
        following = int(rows[place + 1])
        earlier += run
        later += [following] * len(run)
        run.append(following)
        previous = place
    return np.array(later, dtype=np.intp), np.array(earlier, dtype=np.intp)


def _grouped(positions: Positions, others: NDArray[np.integer]) -> dict[int, set[int]]:
    grouped: dict[int, set[int]] = {}
    for position, other in zip(positions.tolist(), others.tolist(), strict=True):
        grouped.setdefault(position, set()).add(other)
    return grouped
