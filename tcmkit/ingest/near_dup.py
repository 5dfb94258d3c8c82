"""Near duplicates: candidates by MinHash, verified on the real 5-grams, the first one kept.

Memory: 12 bytes for each band key of a kept document, 16 keys at the default threshold, and 8 bytes for its
place in the spool: 0.2 GB for a million documents. The texts themselves stay on disk.
"""

from array import array
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tcmkit.ingest.minhash import GRAM, Keys


def grams(text: str) -> frozenset[str]:
    """The character 5-grams of a text without white space; a shorter text is one gram."""
    return frozenset(text[i : i + GRAM] for i in range(max(1, len(text) - GRAM + 1)))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of common grams among all grams of two sets, 0 to 1."""
    common = len(one & other)
    return common / (len(one) + len(other) - common)


class Candidate(NamedTuple):
    """A document to compare: its length and text without white space (the text on demand), its band keys."""

    size: int
    keys: Keys
    text: Callable[[], str]


class _KeyIndex:
    """Key to document numbers, in sorted arrays that are merged as they grow (a log-structured merge tree)."""

    def __init__(self) -> None:
        self._levels: list[tuple[Keys, NDArray[np.uint32]]] = []

    def add(self, keys: Keys, documents: NDArray[np.uint32]) -> None:
        order = np.argsort(keys, kind="stable")
        self._levels.append((keys[order], documents[order]))
        while len(self._levels) > 1 and len(self._levels[-2][0]) < 2 * len(self._levels[-1][0]):
            self._levels.append(_merged(self._levels.pop(), self._levels.pop()))

    def find(self, keys: Keys) -> tuple[NDArray[np.intp], NDArray[np.uint32]]:
        """Positions in `keys` and, side by side, documents that share that key."""
        positions, documents = [np.empty(0, np.intp)], [np.empty(0, np.uint32)]
        for known, owners in self._levels:
            first = np.searchsorted(known, keys, "left")
            counts = np.searchsorted(known, keys, "right") - first
            hit = np.flatnonzero(counts)
            if len(hit):
                positions.append(np.repeat(hit, counts[hit]))
                ranges = [owners[first[i] : first[i] + counts[i]] for i in hit]
                documents.append(np.concatenate(ranges))
        return np.concatenate(positions), np.concatenate(documents)


def _merged(
    one: tuple[Keys, NDArray[np.uint32]], other: tuple[Keys, NDArray[np.uint32]]
) -> tuple[Keys, NDArray[np.uint32]]:
    keys = np.concatenate((one[0], other[0]))
    order = np.argsort(keys, kind="stable")
    return keys[order], np.concatenate((one[1], other[1]))[order]


class NearDuplicates:
    """Says of each document whether an earlier, kept one is nearly the same."""

    def __init__(self, threshold: float, text_of: Callable[[int], str]) -> None:
        """`text_of(n)` gives back the text (without white space) of the n-th kept document."""
        self._threshold = threshold
        self._text_of = text_of
        self._index = _KeyIndex()
        self._sizes = array("L")

    def sift(self, batch: Sequence[Candidate], keep: Callable[[int], None]) -> list[bool]:
        """Whether each document of the batch is a near duplicate of one kept before, in the batch or earlier.

        `keep(i)` is called for each that is not, in order, before a later one is compared with it.
        """
        if not batch:
            return []
        flat = np.concatenate([candidate.keys for candidate in batch])
        bands = len(flat) // len(batch)
        alike = self._alike_before(flat, bands)
        alike_within = _alike_within(flat, bands)
        numbers: dict[int, int] = {}
        for i, candidate in enumerate(batch):
            earlier = alike.get(i, set()) | {numbers[j] for j in alike_within.get(i, ()) if j in numbers}
            if not self._has_match(candidate, sorted(earlier)):
                numbers[i] = len(self._sizes)
                self._sizes.append(candidate.size)
                keep(i)
        if numbers:
            owners = np.repeat(np.array(list(numbers.values()), dtype=np.uint32), bands)
            self._index.add(np.concatenate([batch[i].keys for i in numbers]), owners)
        return [i not in numbers for i in range(len(batch))]

    def _alike_before(self, flat: Keys, bands: int) -> dict[int, set[int]]:
        """Position in the batch to the kept documents that share a key with it."""
        alike: dict[int, set[int]] = {}
        positions, owners = self._index.find(flat)
        for position, owner in zip((positions // bands).tolist(), owners.tolist(), strict=True):
            alike.setdefault(position, set()).add(owner)
        return alike

    def _has_match(self, candidate: Candidate, earlier: Sequence[int]) -> bool:
        if not earlier:
            return False
        mine = grams(candidate.text())
        return any(
            # A set of grams is never larger than the text, so most are ruled out by length alone.
            self._sizes[number] >= self._threshold * len(mine)
            and jaccard(mine, grams(self._text_of(number))) >= self._threshold
            for number in earlier
        )


def _alike_within(flat: Keys, bands: int) -> dict[int, set[int]]:
    """Position in the batch to earlier positions that share a key with it."""
    order = np.argsort(flat, kind="stable")
    is_same = np.diff(flat[order]) == 0
    alike: dict[int, set[int]] = {}
    # Equal keys stand side by side; each is linked to all before it in its run.
    run: list[int] = []
    for place in np.flatnonzero(is_same).tolist():
        first, second = int(order[place]) // bands, int(order[place + 1]) // bands
        if place == 0 or not is_same[place - 1]:
            run = [first]
        alike.setdefault(second, set()).update(run)
        run.append(second)
    return alike
