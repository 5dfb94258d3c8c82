"""MinHash signatures of character 5-grams: a cheap way to find documents that may be near duplicates.

Only candidates come from here; `near_dup` compares the real 5-grams before anything is dropped.
"""

import math
import re

import numpy as np
from numpy.typing import NDArray

GRAM = 5
_MISS = 1e-7
"""Accepted chance that a pair at the threshold is no candidate."""

_SPACE = re.compile(r"\s+")
_SEED = 0x7C3B_11AD
_BLOCK = 1 << 14

Keys = NDArray[np.uint64]


def without_space(text: str) -> str:
    """The text as near duplicates compare it."""
    return _SPACE.sub("", text)


class Signer:
    """Turns texts into band keys: two texts are candidates when they share one key."""

    def __init__(self, threshold: float) -> None:
        """Choose rows and bands so that a pair at the `threshold` (0 to 1) is missed once in ten million."""
        self.rows = 2 if threshold >= 0.75 else 1
        agree = min(threshold, 0.999) ** self.rows
        self.bands = max(2, math.ceil(math.log(_MISS) / math.log1p(-agree)))
        generator = np.random.default_rng(_SEED)
        size = self.rows * self.bands
        self._multipliers = (generator.integers(1, 1 << 32, size, dtype=np.uint64) | np.uint64(1)).astype(np.uint32)
        self._offsets = generator.integers(0, 1 << 32, size, dtype=np.uint64).astype(np.uint32)
        self._powers = np.array([pow(0x9E3779B97F4A7C15, i + 1, 1 << 64) | 1 for i in range(GRAM)], dtype=np.uint64)
        self._band_salt = (np.arange(self.bands, dtype=np.uint64) + np.uint64(1)) * np.uint64(0xD6E8FEB86659FD93)

    def keys(self, text: str) -> Keys:
        """The band keys of a text without white space: `bands` numbers of 64 bits."""
        hashes = self._gram_hashes(text)
        lowest = np.full(len(self._multipliers), 0xFFFFFFFF, dtype=np.uint32)
        for start in range(0, len(hashes), _BLOCK):  # in blocks, so that a long text takes no more memory
            part = hashes[start : start + _BLOCK]
            np.minimum(lowest, self._lowest(part), out=lowest)
        pairs = lowest.reshape(self.bands, self.rows).astype(np.uint64)
        key = self._band_salt.copy()
        for row in range(self.rows):
            key = _mix(key ^ pairs[:, row])
        return key

    def _lowest(self, hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
        permuted = hashes * self._multipliers[:, None]
        permuted += self._offsets[:, None]
        permuted ^= permuted >> np.uint32(15)
        permuted *= np.uint32(0x2C1B3C6D)
        lowest: NDArray[np.uint32] = permuted.min(axis=1)
        return lowest

    def _gram_hashes(self, text: str) -> NDArray[np.uint32]:
        """A 32-bit hash of each 5-gram; a shorter text is one gram."""
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
        if len(codes) < GRAM:
            codes = np.pad(codes, (0, GRAM - len(codes)))
        count = len(codes) - GRAM + 1
        total = codes[:count] * self._powers[0]
        for i in range(1, GRAM):
            total += codes[i : i + count] * self._powers[i]
        return (_mix(total) >> np.uint64(32)).astype(np.uint32)


def _mix(values: Keys) -> Keys:
    """The finaliser of MurmurHash3: every bit of the input moves every bit of the output."""
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return values ^ (values >> np.uint64(33))
