"""What the built-in engine knows, as arrays over a set of labels.

Rows of `syndrome_elements`, `syndrome_signs`, `syndrome_profiles` and `diseases` become matrices once, when an
engine is made; a record is then a few sums of rows.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tcmkit.tables import table

from .diseases import diseases
from .names import bare, canonical, elements, elements_of
from .signs import signs

Floats = NDArray[np.float64]

_COMMON, _POSSIBLE, _RARE = 8.0, 1.6, 0.5
"""Weight of a disease's first common, possible and rare syndrome."""
_NEXT = 0.68
"""Each further one of the same group weighs so much of the one before: the table lists the commoner first."""
_BASE = 2.0
"""One step of commonness is so many times as often."""


@dataclass(frozen=True)
class Knowledge:
    """The tables over `labels`. Shapes: S labels, E elements, F signs, D diseases."""

    labels: tuple[str, ...]
    makeup: Floats
    """S × E: how much an element belongs to a syndrome."""
    speaks: Floats
    """F × E: how much a sign says for an element, negative against."""
    typical: Floats
    """F × S: 1 where the sign is typical of the syndrome, 0 elsewhere."""
    common: Floats
    """S: how often a syndrome is diagnosed, as a share."""
    of_disease: Floats
    """D × S: share of the syndromes in a disease; a row of zeros for a disease without any of these labels."""


@cache
def knowledge(labels: tuple[str, ...]) -> Knowledge:
    """The tables over these labels (canonical names)."""
    names = elements()
    column = {name: number for number, name in enumerate(names)}
    row = {label: number for number, label in enumerate(labels)}
    makeup = np.zeros((len(labels), len(names)))
    for number, label in enumerate(labels):
        for element, weight in elements_of(label).items():
            makeup[number, column[element]] = weight
    speaks = np.zeros((len(signs()), len(names)))
    for number, sign in enumerate(signs()):
        for element, weight in sign["elements"].items():
            speaks[number, column[element]] = weight
    return Knowledge(labels, makeup, speaks, _typical(row), _common(labels), _of_disease(row))


def _typical(row: dict[str, int]) -> Floats:
    profiles: dict[str, str] = table("syndrome_profiles")["profiles"]
    number = {sign["id"]: index for index, sign in enumerate(signs())}
    typical = np.zeros((len(signs()), len(row)))
    for label, column in row.items():
        for sign in profiles.get(label, "").split():
            if sign in number:
                typical[number[sign], column] = 1.0
    return typical


def _common(labels: tuple[str, ...]) -> Floats:
    """A syndrome that the table does not place is rare."""
    levels = table("syndrome_elements")["commonness"]
    level = {name: int(step) for step, names in levels.items() for name in names.split()}
    weights = np.array([_BASE ** level.get(bare(label), 1) for label in labels])
    shares: Floats = weights / weights.sum()
    return shares


def _of_disease(row: dict[str, int]) -> Floats:
    shares = np.zeros((len(diseases()), len(row)))
    for number, disease in enumerate(diseases()):
        for group, first in (("common", _COMMON), ("possible", _POSSIBLE), ("rare", _RARE)):
            weight = first
            for name in disease[group].split():
                column = row.get(canonical(name))
                if column is not None:
                    shares[number, column] = max(shares[number, column], weight)
                weight *= _NEXT
        total = shares[number].sum()
        shares[number] /= total or 1.0
    return shares
