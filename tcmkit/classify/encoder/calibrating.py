"""Weights of the opinions and the threshold for abstaining, set on the validation part."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tcmkit.records import Record

from ..engine import Engine
from ..knowledge import Floats
from ..linear import log
from ..stacking import softmax_rows, stack, threshold_of
from .lessons import judged
from .model import OPINIONS, EncoderModel, Network, centred

START = (1.0, 0.3, 0.5)
"""Weights before any record is seen: encoder, built-in, seen in training."""
LEAST = (0.0, 0.05, 0.0)
"""The built-in engine keeps a say, for it alone tells labels never seen apart."""


class Taught(Protocol):
    """What calibrating wants to know of a lesson."""

    labels: tuple[str, ...]
    seen: tuple[str, ...]
    pad: int
    most: int
    cleaned: bool


def calibrated(lesson: Taught, rows: list[Record], said: NDArray[Any], looks: Record) -> tuple[EncoderModel, Record]:
    """The model, and how it did on the validation rows of which its network `said` these logits."""
    weights, threshold, figures = np.array(START), 0.0, dict(looks)
    if rows:
        place = {label: number for number, label in enumerate(lesson.labels)}
        right = np.array([place[row["label"]] for row in rows])
        made = stack(_opinions(lesson, rows, said), right, START, LEAST)
        weights, threshold = made.weights, threshold_of(made.shares, right)
        chosen = made.shares.argmax(axis=1)
        columns = np.array([place[label] for label in lesson.seen])
        alone = columns[said.argmax(axis=1)]
        figures |= {
            "validation_records": len(rows),
            "accuracy": round(float((chosen == right).mean()), 4),
            "weighted_f1": round(weighted_f1(right, chosen), 4),
            "loss": round(made.loss, 4),
            "network_alone_accuracy": round(float((alone == right).mean()), 4),
            "network_alone_weighted_f1": round(weighted_f1(right, alone), 4),
        }
    return _model(lesson, weights, threshold), figures


def _model(lesson: Taught, weights: Floats, threshold: float) -> EncoderModel:
    network = Network(Path(), lesson.most, lesson.pad)
    return EncoderModel(
        lesson.labels, lesson.seen, weights, threshold, lesson.most, lesson.pad, lesson.cleaned, network
    )


def _opinions(lesson: Taught, rows: list[Record], said: NDArray[Any]) -> Floats:
    """OPINIONS × N × S."""
    engine = Engine(lesson.labels)
    place = {label: number for number, label in enumerate(lesson.labels)}
    columns = [place[label] for label in lesson.seen]
    opinions = np.zeros((len(OPINIONS), len(rows), len(lesson.labels)))
    opinions[OPINIONS.index("encoder")][:, columns] = centred(said)
    opinions[OPINIONS.index("seen")][:, columns] = 1.0
    for number, row in enumerate(rows):
        opinions[OPINIONS.index("built_in"), number] = log(engine.judge(*judged(row)).probabilities)
    return opinions


def weighted_f1(right: NDArray[np.int64], said: NDArray[np.int64]) -> float:
    """F1 of each class, averaged by its share of the labels (JingFang).

    >>> weighted_f1(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1]))
    0.4583333333333333
    """
    total = 0.0
    for one in np.unique(right):
        hits = int(((right == one) & (said == one)).sum())
        total += 2 * hits / int((right == one).sum() + (said == one).sum()) * int((right == one).sum())
    return total / len(right)


def mean_loss(right: NDArray[np.int64], logits: NDArray[Any]) -> float:
    """Mean negative log-likelihood of the rows whose class is known (not -1); 0 without any."""
    known = np.flatnonzero(right >= 0)
    shares = softmax_rows(logits[known].astype(np.float64))
    found = -np.log(np.maximum(shares[np.arange(len(known)), right[known]], 1e-300))
    return float(found.mean()) if len(known) else 0.0
