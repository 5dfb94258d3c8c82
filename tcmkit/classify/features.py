"""What the linear engine sees of a case: characters, findings and diseases, hashed into one short vector.

Character n-grams of the raw and of the cleaned text, signs with their polarity and diseases are hashed twice (feature
hashing, Weinberger et al., ICML 2009): into BUCKETS, where it is counted in how many records each occurs (inverse
document frequency), and with a random sign into WIDTH columns, which keeps products of vectors nearly as they are.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tcmkit.records import Record

from .diseases import Disease, diseases
from .signs import Sign, folded, signs

Hashes = NDArray[np.uint32]
Vector = NDArray[np.float32]

LONGEST = 4
"""Characters of the longest n-gram."""
WIDTH = 2048
"""Columns of a vector, before the constant one."""
BUCKETS = 1 << 18
CONSTANT = 0.5
"""The last column, for the intercept."""
SHARES = (0.5, 0.5, 0.2, 0.2)
"""How much of a vector's squared length raw text, clean text, signs and diseases have."""
MOST_CHARACTERS = 20_000
"""What stands further back in a text is not read."""

_FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)
_COLUMN, _SIGN, _BUCKET = np.uint32(WIDTH - 1), np.uint32(WIDTH), np.uint32(32 - 18)
"""Of a hash the lowest bits are its column, the next its sign, the highest its bucket."""


class Parts(NamedTuple):
    """Hashes of a case: what its vector is made of."""

    raw: Hashes
    clean: Hashes
    signs: Hashes
    diseases: Hashes


def parts_of(case: Record, found: list[Sign], ill: list[Disease]) -> Parts:
    """The hashes of a case (with `text`, perhaps `clean_text`) whose signs and diseases are known."""
    raw = folded(case["text"])[:MOST_CHARACTERS]
    clean = case.get("clean_text")
    kept = clean[:MOST_CHARACTERS] if isinstance(clean, str) else raw
    present, denied = _names()[0], _names()[1]
    rows = [(present if sign.present else denied)[sign.row] for sign in found]
    return Parts(n_grams(raw), n_grams(kept), _array(rows), _array([_names()[2][one.row] for one in ill]))


def _array(rows: list[int]) -> Hashes:
    return np.array(rows, dtype=np.uint32)


def n_grams(text: str) -> Hashes:
    """Hashes of all n-grams of 1 to LONGEST characters, each as often as it stands there.

    >>> len(n_grams("舌淡苔白")), n_grams("舌淡")[2] == n_grams("苔舌淡")[4]
    (10, np.True_)
    """
    letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64) + np.uint64(1)
    found = [np.zeros(0, dtype=np.uint32)]
    running = np.zeros(len(letters), dtype=np.uint64)
    for length in range(min(LONGEST, len(letters))):
        running = running[: len(letters) - length] * _FIRST + letters[length:]
        found.append(_mixed(running))
    return np.concatenate(found)


def _mixed(values: NDArray[np.uint64]) -> Hashes:
    """Half as many bits, each depending on every bit of the value."""
    mixed = values * _SECOND
    mixed = (mixed ^ (mixed >> _HALF)) * _SECOND
    return (mixed >> _HALF).astype(np.uint32)


def _named(name: str) -> int:
    return int(n_grams(name * LONGEST)[-1])


@cache
def _names() -> tuple[list[int], list[int], list[int]]:
    """A hash for each sign that is present, each denied, and each disease; by name, so that tables may grow."""
    names = [sign["id"] for sign in signs()]
    ill = [f"disease:{disease['name']}" for disease in diseases()]
    return ([_named(f"+{one}") for one in names], [_named(f"-{one}") for one in names], [_named(one) for one in ill])


def buckets(hashes: Hashes) -> NDArray[np.int64]:
    """The bucket of each hash, in which it is counted."""
    return (hashes >> _BUCKET).astype(np.int64)


def vector(parts: Parts, rarity: Vector) -> Vector:
    """WIDTH + 1 columns: each part at its share of the length, the whole at length 1, then the constant.

    `rarity` has the weight of each bucket, 0 for what training never saw.
    """
    made = np.zeros(WIDTH + 1)
    for hashes, share in zip(parts, SHARES, strict=True):
        if len(hashes):
            weights = rarity[buckets(hashes)] * np.where(hashes & _SIGN, -1.0, 1.0)
            folded = np.bincount((hashes & _COLUMN).astype(np.int64), weights=weights, minlength=WIDTH)
            made[:WIDTH] += folded * (share / max(float(folded @ folded), 1e-12)) ** 0.5
    made /= max(float(made @ made), 1e-12) ** 0.5
    made[WIDTH] = CONSTANT
    return made.astype(np.float32)


class Rarity:
    """Counts in how many records each bucket occurs."""

    def __init__(self) -> None:
        self.records = 0
        self._counts = np.zeros(BUCKETS, dtype=np.int64)

    def add(self, parts: Parts) -> None:
        """Count a record."""
        self.records += 1
        seen = np.zeros(BUCKETS, dtype=bool)
        for hashes in parts:
            seen[buckets(hashes)] = True
        self._counts += seen

    def weights(self) -> Vector:
        """1 + log((1 + records) / (1 + count)), 0 for what no record had."""
        weights = 1.0 + np.log((1 + self.records) / (1 + self._counts))
        return np.where(self._counts > 0, weights, 0.0).astype(np.float32)
