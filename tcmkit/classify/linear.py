"""The linear engine: what records taught, on top of what the built-in engine knows.

The score of a syndrome s is a weighted sum of opinions; its softmax is the probability:

    linear · R_s                ridge regression of the label on the features (only labels seen in training)
    + built-in · log P(s)       the built-in engine
    + elements · (makeup_s · Ê)   ridge regression of the label's elements: rare labels learn from those like them
    + seen · [s was seen in training]

A label that training never saw has the built-in engine's opinion and the elements'.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from tcmkit.records import Record

from .engine import Assessment, Engine, softmax
from .features import Vector, parts_of, vector
from .knowledge import Floats
from .names import elements_of

OPINIONS = ("linear", "built_in", "elements", "seen")
"""Whose opinions are weighed, in this order."""


@dataclass(frozen=True)
class LinearModel:
    """What `tcm classify fit` has learned."""

    labels: tuple[str, ...]
    """All that it chooses from."""
    seen: tuple[str, ...]
    """Those that occurred in training."""
    rarity: Vector
    """Weight of each bucket of the features."""
    coefficients: Vector
    """(WIDTH + 1) × (seen labels, then elements)."""
    weights: Floats
    """Of the opinions, in the order above."""
    threshold: float
    """Abstain below this score."""
    elements: tuple[str, ...]
    """Columns of the elements: those of the package that made it."""

    alone = False
    """Several processes may each have it."""

    def engine(self, labels: tuple[str, ...]) -> Engine:
        """The engine that chooses among `labels`."""
        return TrainedEngine(labels, self)

    def prepare(self, cases: Sequence[Record]) -> None:
        """Nothing: a case is read when it is judged."""


def shared(labels: tuple[str, ...], seen: tuple[str, ...]) -> tuple[list[int], list[int]]:
    """Places of the labels that both have: in the one, and in the other.

    >>> shared(("寒", "热", "虚"), ("虚", "寒"))
    ([0, 2], [1, 0])
    """
    place = {name: number for number, name in enumerate(seen)}
    known = [(here, place[label]) for here, label in enumerate(labels) if label in place]
    return [here for here, _ in known], [there for _, there in known]


def makeup_of(labels: tuple[str, ...], columns: tuple[str, ...]) -> Floats:
    """What each label is made of, at length 1 (labels × elements); zeros for a name of other words."""
    place = {name: number for number, name in enumerate(columns)}
    rows = np.zeros((len(labels), len(columns)))
    for row, label in zip(rows, labels, strict=True):
        for element, weight in elements_of(label).items():
            row[place[element]] = weight
    made: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return made


class TrainedEngine(Engine):
    """The built-in engine with a model's opinion added."""

    def __init__(self, labels: tuple[str, ...], model: LinearModel) -> None:
        super().__init__(labels)
        self._model = model

    @cached_property
    def _columns(self) -> tuple[list[int], list[int]]:
        """Where the labels seen in training stand: here, and in the model."""
        return shared(self.labels, self._model.seen)

    @cached_property
    def _makeup(self) -> Floats:
        return makeup_of(self.labels, self._model.elements)

    def assess(self, case: Record) -> Assessment:
        """As the built-in engine does; the probabilities are the model's."""
        found = super().assess(case)
        return replace(found, probabilities=self.weighed(case, found))

    def weighed(self, case: Record, found: Assessment) -> Floats:
        """S: the probabilities, from the built-in engine's assessment."""
        model, (here, there) = self._model, self._columns
        said = vector(parts_of(case, found.signs, found.diseases), model.rarity) @ model.coefficients
        linear, built_in, of_elements, seen = model.weights
        scores = built_in * log(found.probabilities) + of_elements * (self._makeup @ said[len(model.seen) :])
        scores[here] += linear * said[there] + seen
        return softmax(scores)


def log(shares: Floats) -> Floats:
    """Logarithm, also of what is nearly nothing."""
    logs: Floats = np.log(np.maximum(shares, 1e-12))
    return logs
