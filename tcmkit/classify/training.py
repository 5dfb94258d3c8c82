"""From labelled cases to a linear model: seconds, no random start, nothing to tune.

Penalty, weights of the opinions and threshold are set on leave-one-out predictions (`ridge`), so each is set on
records that were not learned from.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tcmkit.records import Record

from .diseases import Disease, diseases_of
from .engine import Engine
from .features import WIDTH, Parts, Rarity, Vector, parts_of, vector
from .knowledge import Floats
from .linear import OPINIONS, LinearModel, log, makeup_of
from .names import elements
from .ridge import Ridge
from .signs import Sign, folded, signs_of
from .stacking import Stacked, stack, threshold_of

PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
BALANCE = 1.0
"""A record weighs its class's count to the power of minus this: 1 gives all classes the same say, 0 all records."""
MOST_LEFT_OUT = 4000
"""Leave-one-out predictions for at most so many records, evenly chosen: a few numbers are set on them."""


@dataclass
class Lessons:
    """Training records as they are read: about 10 kB each for 300 characters."""

    labels: list[str] = field(default_factory=list)
    parts: list[Parts] = field(default_factory=list)
    found: list[tuple[list[Sign], list[Disease]]] = field(default_factory=list)
    rarity: Rarity = field(default_factory=Rarity)

    def add(self, label: str, case: Record) -> None:
        """Take in a case with `text` and `tqs`."""
        signs, ill = signs_of(case), diseases_of(folded(case["text"]))
        parts = parts_of(case, signs, ill)
        self.rarity.add(parts)
        self.labels.append(label)
        self.parts.append(parts)
        self.found.append((signs, ill))


@dataclass(frozen=True)
class Fitted:
    """The model, and how it did on the records that each time were left out."""

    model: LinearModel
    records: int
    penalty: float
    loss: float
    """Mean negative log-likelihood."""
    accuracy: float


def fit(lessons: Lessons, labels: tuple[str, ...]) -> Fitted:
    """Learn to choose among `labels`; those of the records stand among them."""
    counts = Counter(lessons.labels)
    seen = tuple(label for label in labels if label in counts)
    place = {label: number for number, label in enumerate(labels)}
    right = np.array([place[label] for label in lessons.labels])
    rarity = lessons.rarity.weights()
    ridge = _ridge(lessons, rarity, seen, makeup_of(labels, tuple(elements()))[right])

    chosen = np.unique(np.linspace(0, len(right) - 1, min(len(right), MOST_LEFT_OUT)).astype(np.int64))
    opinions = _fixed_opinions(lessons, labels, counts, chosen)
    best: tuple[float, Stacked] | None = None
    for penalty in PENALTIES:
        _add_opinions(opinions, ridge.left_out(penalty, chosen), labels, seen)
        made = stack(opinions, right[chosen])
        if best is None or made.loss < best[1].loss:
            best = (penalty, made)
    assert best is not None
    penalty, made = best
    coefficients = ridge.coefficients(penalty).astype(np.float32)
    threshold = threshold_of(made.shares, right[chosen])
    model = LinearModel(labels, seen, rarity, coefficients, made.weights, threshold, tuple(elements()))
    accuracy = float((made.shares.argmax(axis=1) == right[chosen]).mean())
    return Fitted(model, len(right), penalty, made.loss, accuracy)


def _ridge(lessons: Lessons, rarity: Vector, seen: tuple[str, ...], makeup: Floats) -> Ridge:
    """The regression of labels and of elements (`makeup`, a row a record) on the features."""
    counts = Counter(lessons.labels)
    rows = np.empty((len(lessons.parts), WIDTH + 1), dtype=np.float32)
    for row, parts in zip(rows, lessons.parts, strict=True):
        row[:] = vector(parts, rarity)
    share = np.array([counts[label] ** -BALANCE for label in lessons.labels])
    return Ridge(rows, np.hstack([_one_of(lessons.labels, seen), makeup]), share / share.mean())


def _fixed_opinions(
    lessons: Lessons, labels: tuple[str, ...], counts: Counter[str], chosen: NDArray[np.int64]
) -> Floats:
    """OPINIONS × N × S, filled in where no regression is asked: the built-in engine, and what was seen elsewhere."""
    engine = Engine(labels)
    opinions = np.zeros((len(OPINIONS), len(chosen), len(labels)))
    occur = np.array([counts[label] for label in labels])
    for row, number in enumerate(chosen):
        opinions[OPINIONS.index("built_in"), row] = log(engine.judge(*lessons.found[number]).probabilities)
        others = occur - [label == lessons.labels[number] for label in labels]
        opinions[OPINIONS.index("seen"), row] = others > 0
    return opinions


def _add_opinions(opinions: Floats, said: Floats, labels: tuple[str, ...], seen: tuple[str, ...]) -> None:
    """Fill in what the regression said of the labels seen and of the elements."""
    place = {label: number for number, label in enumerate(labels)}
    opinions[OPINIONS.index("linear")][:, [place[label] for label in seen]] = said[:, : len(seen)]
    opinions[OPINIONS.index("elements")] = said[:, len(seen) :] @ makeup_of(labels, tuple(elements())).T


def _one_of(labels: list[str], seen: tuple[str, ...]) -> Floats:
    """N × seen: 1 at the label of each record."""
    place = {label: number for number, label in enumerate(seen)}
    rows = np.zeros((len(labels), len(seen)))
    rows[np.arange(len(labels)), [place[label] for label in labels]] = 1.0
    return rows
