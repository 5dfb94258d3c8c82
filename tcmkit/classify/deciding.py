"""Which finding would decide: the one whose answer is expected to say most about the syndrome.

Expected information I(S; F) = H(S) - Σ_f P(f) H(S | f) in bits, with P(sign | syndrome) from the tables.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tcmkit.records import Record

from .engine import Assessment, Engine
from .knowledge import Floats
from .names import canonical
from .signs import signs

_SELDOM = -2.2
"""Log-odds of a sign in a syndrome that it does not belong to: about one in ten."""
_TYPICAL, _SPEAKS = 2.0, 0.6
_LEAST, _MOST = 0.03, 0.9
_TOLD_LATER = frozenset(("tongue", "pulse"))


class Deciding(NamedTuple):
    """A finding that nobody has told yet, and what asking for it is worth."""

    sign: str
    """Id of `syndrome_signs`."""
    dimension: str
    """One of the 19 dimensions of the Ten Questions Song."""
    bits: float
    """Expected information about the syndrome."""


def deciding_findings(
    engine: Engine, case: Record, between: tuple[str, ...] = (), can_examine: bool = True
) -> list[Deciding]:
    """What would decide, best first: among all syndromes as likely as they are now, or only those in `between`.

    `case` has `text` and `tqs`; signs that it tells of are left out. `can_examine` False leaves tongue and
    pulse out: a chat cannot feel a pulse. Raises KeyError for a name in `between` that is no label of the engine.
    """
    found = engine.assess(case)
    shares = found.probabilities
    if between:
        columns = [_column(engine, name) for name in between]
        only = np.zeros_like(shares)
        only[columns] = np.maximum(shares[columns], 1e-6)
        shares = only / only.sum()
    bits = information(*_chances(engine), shares)
    told = {sign.row for sign in found.signs}
    rows = [
        Deciding(sign["id"], sign["dimension"], round(float(bits[number]), 4))
        for number, sign in enumerate(signs())
        if number not in told and (can_examine or sign["dimension"] not in _TOLD_LATER)
    ]
    return sorted(rows, key=lambda row: -row.bits)


def _column(engine: Engine, name: str) -> int:
    label = canonical(name)
    if label not in engine.labels:
        raise KeyError(name)
    return engine.labels.index(label)


@lru_cache(maxsize=8)
def _chances(engine: Engine) -> tuple[Floats, Floats]:
    """Chances and their entropies: they do not depend on the case, and a consultation wants them each round."""
    likely = chances(engine)
    return likely, _entropy(likely)


def chances(engine: Engine) -> Floats:
    """F × S: how likely a sign is in a syndrome."""
    known = engine.known
    odds = _SELDOM + _TYPICAL * known.typical + _SPEAKS * known.speaks @ known.makeup.T
    likely: Floats = np.clip(1.0 / (1.0 + np.exp(-odds)), _LEAST, _MOST)
    return likely


def information(likely: Floats, entropy: Floats, shares: Floats) -> Floats:
    """F: expected information of each sign, in bits; `entropy` is that of `likely`, F × S too.

    >>> likely = np.array([[1.0, 0.0], [0.5, 0.5]])
    >>> [round(float(bits), 2) for bits in information(likely, _entropy(likely), np.array([0.5, 0.5]))]
    [1.0, 0.0]
    """
    overall = likely @ shares
    bits: Floats = np.maximum(_entropy(overall) - entropy @ shares, 0.0)
    return bits


def _entropy(chance: Floats) -> Floats:
    safe = np.clip(chance, 1e-12, 1 - 1e-12)
    bits: Floats = -(safe * np.log2(safe) + (1 - safe) * np.log2(1 - safe))
    return bits


def summary(found: Assessment, asked: list[Deciding], count: int) -> list[Record]:
    """The first few as plain records; nothing when the case is already decided."""
    if found.probabilities.max() > _MOST:
        return []
    return [row._asdict() for row in asked[:count]]
