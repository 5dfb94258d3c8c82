"""Sketches of character 5-grams: a cheap way to find documents that may be near duplicates.

Two parts. Band keys of MinHash values: two documents are candidates when they share one. A bitmap with a bit
for each gram's hash: every bit in which two bitmaps differ is a gram that only one document has, so it bounds
their similarity from above and rules most candidates out. Only `near_dup` decides, on the real 5-grams.
"""

import math
import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

GRAM = 5
BITS = 2048
_MISS = 1e-7
"""Accepted chance that a pair at the threshold is no candidate."""

_SEED = 0x7C3B_11AD
_BLOCK = 1 << 15

Words = NDArray[np.uint64]


def without_space(text: str) -> str:
    """The text as near duplicates compare it."""
    return "".join(text.split())


class Sketch(NamedTuple):
    """What is remembered of a document: band keys, and a bitmap of `BITS` bits in 64-bit words."""

    keys: Words
    bitmap: Words


class Sketcher:
    """Makes the sketches of texts without white space."""

    def __init__(self, threshold: float) -> None:
        """Choose rows and bands so that a pair at the `threshold` (0 to 1) is missed once in ten million."""
        self.rows = 2 if threshold >= 0.75 else 1
        agree = min(threshold, 0.999) ** self.rows
        self.bands = max(2, math.ceil(math.log(_MISS) / math.log1p(-agree)))
        chance = random.Random(_SEED)  # numpy's own would take as long to load as all the rest
        size = self.rows * self.bands
        self._multipliers = np.array([chance.getrandbits(32) | 1 for _ in range(size)], dtype=np.uint32)
        self._offsets = np.array([chance.getrandbits(32) for _ in range(size)], dtype=np.uint32)
        self._powers = np.array([pow(0x9E3779B97F4A7C15, i + 1, 1 << 64) | 1 for i in range(GRAM)], dtype=np.uint64)
        self._band_salt = (np.arange(self.bands, dtype=np.uint64) + np.uint64(1)) * np.uint64(0xD6E8FEB86659FD93)

    def sketches(self, texts: Sequence[str]) -> list[Sketch]:
        """The sketch of each text. Texts are worked on together, up to a block, because most are short."""
        sketches: list[Sketch] = []
        group: list[str] = []
        size = 0
        for text in texts:
            group.append(text)
            size += len(text)
            if size >= _BLOCK:
                sketches += self._of(group)
                group, size = [], 0
        return sketches + (self._of(group) if group else [])

    def _of(self, texts: Sequence[str]) -> list[Sketch]:
        # A text shorter than a gram is padded to one, so every text has a first gram.
        padded = [text.ljust(GRAM, "\0") for text in texts]
        ends = np.cumsum([len(text) for text in padded])
        # reduceat wants a start for every stretch: the grams of each text, and those that reach into the next.
        bounds = np.zeros(2 * len(texts) - 1, dtype=np.intp)
        bounds[2::2] = ends[:-1]
        bounds[1::2] = ends[:-1] - GRAM + 1
        hashes = _gram_hashes("".join(padded), self._powers)
        lowest = self._lowest(hashes, bounds)[:, ::2]
        keys = self._band_keys(lowest.T.reshape(len(texts), self.bands, self.rows))
        return list(map(Sketch, keys, _bitmaps(hashes, bounds)))

    def _band_keys(self, lowest: NDArray[np.uint32]) -> Words:
        key = np.tile(self._band_salt, (len(lowest), 1))
        for row in range(self.rows):
            values: Words = lowest[:, :, row].astype(np.uint64)
            key = _mix(key ^ values)
        return key

    def _lowest(self, hashes: NDArray[np.uint32], bounds: NDArray[np.intp]) -> NDArray[np.uint32]:
        """For each hash function (rows) the lowest value in each stretch (columns)."""
        lowest = np.empty((len(self._multipliers), len(bounds)), dtype=np.uint32)
        permuted = np.empty_like(hashes)
        for i, (multiplier, offset) in enumerate(zip(self._multipliers, self._offsets, strict=True)):
            np.bitwise_xor(hashes, offset, out=permuted)
            np.multiply(permuted, multiplier, out=permuted)
            np.minimum.reduceat(permuted, bounds, out=lowest[i])
        return lowest


def _bitmaps(hashes: NDArray[np.uint32], bounds: NDArray[np.intp]) -> Words:
    """A row of 64-bit words for each text: bit h is set if one of its grams hashes to h."""
    stretch = np.zeros(len(hashes), dtype=np.intp)
    stretch[bounds[1:]] = 1
    stretch = np.cumsum(stretch)
    flags = np.zeros((len(bounds), BITS), dtype=bool)
    flags[stretch, hashes >> np.uint32(32 - BITS.bit_length() + 1)] = True
    return np.packbits(flags[::2], axis=1).view(np.uint64)


def _gram_hashes(text: str, powers: Words) -> NDArray[np.uint32]:
    """A 32-bit hash of each 5-gram."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    count = len(codes) - GRAM + 1
    total = codes[:count] * powers[0]
    for i in range(1, GRAM):
        total += codes[i : i + count] * powers[i]
    return (_mix(total) >> np.uint64(32)).astype(np.uint32)


def _mix(values: Words) -> Words:
    """The finaliser of MurmurHash3: every bit of the input moves every bit of the output."""
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return values ^ (values >> np.uint64(33))
