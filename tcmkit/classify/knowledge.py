"""What the built-in engine knows, as arrays over a set of labels.

Rows of `syndrome_elements`, `syndrome_signs`, `syndrome_profiles` and `diseases` become matrices once, when an
engine is made; a record is then a few sums of rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

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
_SAME = 0.95
"""Names whose makeup is so much alike show the same signs."""
_UNLIKE = 8.0
"""How fast a name that no disease lists loses what the names like it have."""


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


@lru_cache(maxsize=64)
def knowledge(labels: tuple[str, ...]) -> Knowledge:
    """The tables over these labels (canonical names)."""
    makeup = _makeup(labels)
    return Knowledge(labels, makeup, _speaks(), _typical(labels, makeup), _common(labels), _of_disease(labels, makeup))


def _makeup(names: Sequence[str]) -> Floats:
    """What each name is made of, a row a name."""
    column = {name: number for number, name in enumerate(elements())}
    rows = np.zeros((len(names), len(column)))
    for number, name in enumerate(names):
        for element, weight in elements_of(name).items():
            rows[number, column[element]] = weight
    return rows


@cache
def _speaks() -> Floats:
    column = {name: number for number, name in enumerate(elements())}
    rows = np.zeros((len(signs()), len(column)))
    for number, sign in enumerate(signs()):
        for element, weight in sign["elements"].items():
            rows[number, column[element]] = weight
    return rows


def _alike(some: Floats, others: Floats) -> Floats:
    """Cosine of the makeup of each of some names and each of the others."""
    lengths = np.linalg.norm(some, axis=1)[:, None] * np.linalg.norm(others, axis=1)
    cosines: Floats = some @ others.T / np.maximum(lengths, 1e-9)
    return cosines


@cache
def _profiles() -> tuple[dict[str, int], Floats, Floats]:
    """Rows of the profiles by name, their makeup, and their signs with what `syndrome_cardinal` adds (F × profiles)."""
    profiles: dict[str, str] = table("syndrome_profiles")["profiles"]
    number = {sign["id"]: index for index, sign in enumerate(signs())}
    typical = np.zeros((len(signs()), len(profiles)))
    cardinal = table("syndrome_cardinal")["profiles"]
    for column, (name, listed) in enumerate(profiles.items()):
        further = cardinal[name]["signs"] if name in cardinal else ""
        for sign in (*listed.split(), *further.split()):
            typical[number[sign], column] = 1.0
    return {name: row for row, name in enumerate(profiles)}, _makeup(list(profiles)), typical


def _typical(labels: tuple[str, ...], makeup: Floats) -> Floats:
    """Signs of each label's profile; a label without one takes that of a name made of the same."""
    rows, theirs, typical = _profiles()
    own = np.zeros((len(signs()), len(labels)))
    strange = []
    for column, label in enumerate(labels):
        if label in rows:
            own[:, column] = typical[:, rows[label]]
        else:
            strange.append(column)
    if strange:
        alike = _alike(makeup[strange], theirs)
        for column, likeness, nearest in zip(strange, alike.max(axis=1), alike.argmax(axis=1), strict=True):
            if likeness >= _SAME:
                own[:, column] = typical[:, nearest]
    return own


def _common(labels: tuple[str, ...]) -> Floats:
    """A syndrome that the table does not place is rare."""
    levels = table("syndrome_elements")["commonness"]
    level = {name: int(step) for step, names in levels.items() for name in names.split()}
    weights = np.array([_BASE ** level.get(bare(label), 1) for label in labels])
    shares: Floats = weights / weights.sum()
    return shares


@cache
def _listed() -> tuple[dict[str, int], Floats, Floats]:
    """Columns of the names that diseases list, their makeup, and the weight of each in each disease (D × names)."""
    groups = (("common", _COMMON), ("possible", _POSSIBLE), ("rare", _RARE))
    names = {canonical(name): 0 for row in diseases() for group, _ in groups for name in row[group].split()}
    column = {name: number for number, name in enumerate(names)}
    weights = np.zeros((len(diseases()), len(column)))
    for number, disease in enumerate(diseases()):
        for group, weight in groups:
            for name in disease[group].split():
                weights[number, column[canonical(name)]] = weight
                weight *= _NEXT
    return column, _makeup(list(column)), weights


def _of_disease(labels: tuple[str, ...], makeup: Floats) -> Floats:
    """Shares of the labels in each disease; a name that no disease lists takes part of what names like it have."""
    column, theirs, weights = _listed()
    own = np.zeros((len(diseases()), len(labels)))
    strange = [number for number, label in enumerate(labels) if label not in column]
    for number, label in enumerate(labels):
        if label in column:
            own[:, number] = weights[:, column[label]]
    if strange:
        part = np.exp(-_UNLIKE * (1.0 - _alike(makeup[strange], theirs)))
        for number, parts in zip(strange, part, strict=True):
            own[:, number] = (weights * parts).max(axis=1)
    totals = own.sum(axis=1, keepdims=True)
    shares: Floats = own / np.maximum(totals, 1e-9)
    return shares
