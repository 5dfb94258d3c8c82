"""Train tcmkit/data/red_flag_weights.json, and say how it does on utterances of rounds that it did not see.

    python tools/train_red_flags.py

The utterances are those of tests/data/red_flag_utterances.txt (our own sentences): rounds of emergencies (+) and of
others (-), in the order in which they were written. Leaving each round out in turn gives the threshold.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tcmkit.safety import alarm, red_flags

ROOT = Path(__file__).resolve().parent.parent
UTTERANCES = ROOT / "tests" / "data" / "red_flag_utterances.txt"
TARGET = ROOT / "tcmkit" / "data" / "red_flag_weights.json"
Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]


def read() -> tuple[list[str], Mask, NDArray[np.int64]]:
    """Texts, which are emergencies, and the round of each."""
    lines = UTTERANCES.read_text(encoding="utf-8").splitlines()
    emergency = np.array([line.startswith("+") for line in lines])
    starts = emergency & ~np.concatenate([[False], emergency[:-1]])
    return [line[1:] for line in lines], emergency, np.cumsum(starts)


def vectors(texts: list[str]) -> tuple[Vector, list[str]]:
    """Rows of ones for the grams that at least two texts hold."""
    sets = [alarm.grams(alarm.normal(red_flags.plain(text))) for text in texts]
    names = sorted(set.union(*sets))
    column = {name: number for number, name in enumerate(names)}
    ones = np.zeros((len(texts), len(names)))
    for row, found in enumerate(sets):
        ones[row, [column[name] for name in found]] = 1
    return ones, names


def scaled(ones: Vector, columns: Mask) -> Vector:
    """The chosen columns, each row of length one."""
    chosen = ones[:, columns]
    return chosen / np.sqrt(np.maximum(1, chosen.sum(axis=1, keepdims=True)))


def fit(rows: Vector, emergency: Mask, strength: float, steps: int = 7) -> tuple[Vector, float]:
    """Weights and bias of a logistic regression with a squared penalty: Newton's method on the Gram matrix."""
    gram = np.hstack([rows @ rows.T, np.ones((len(rows), 1))])
    penalty = np.zeros((len(rows) + 1, len(rows) + 1))
    penalty[:-1, :-1] = gram[:, :-1] / strength
    dual = np.zeros(len(rows) + 1)
    for _ in range(steps):
        chance = 1 / (1 + np.exp(-(gram @ dual)))
        slope = gram.T @ (chance - emergency) + penalty @ dual
        bend = gram.T @ (gram * (chance * (1 - chance))[:, None]) + penalty
        dual -= np.linalg.solve(bend + 1e-8 * np.eye(len(dual)), slope)
    return rows.T @ dual[:-1], float(dual[-1])


def left_out(ones: Vector, emergency: Mask, rounds: NDArray[np.int64], strength: float) -> Vector:
    """The score of each utterance by a model that saw no utterance of its round."""
    scores = np.zeros(len(ones))
    for held in np.unique(rounds):
        seen = rounds != held
        columns = ones[seen].sum(axis=0) >= 2
        weights, bias = fit(scaled(ones[seen], columns), emergency[seen], strength)
        scores[~seen] = scaled(ones[~seen], columns) @ weights + bias
    return scores


def report(scores: Vector, emergency: Mask, rounds: NDArray[np.int64], threshold: float) -> None:
    """Recall and false alarms of each round, of the channel alone."""
    for held in [*np.unique(rounds), None]:
        here = np.ones(len(rounds), bool) if held is None else rounds == held
        recall = (scores[here & emergency] > threshold).mean()
        false = (scores[here & ~emergency] > threshold).mean()
        print(f"round {held if held is not None else 'all'}: recall {recall:.3f}, false alarms {false:.3f}")


def main() -> None:
    """Read, cross-validate, train on everything, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strength", type=float, default=16, help="how little large weights cost")
    parser.add_argument("--false-alarms", type=float, default=0.045, help="part of the others that may sound urgent")
    options = parser.parse_args()
    texts, emergency, rounds = read()
    ones, names = vectors(texts)
    scores = left_out(ones, emergency, rounds, options.strength)
    threshold = float(np.quantile(scores[~emergency], 1 - options.false_alarms))
    report(scores, emergency, rounds, threshold)
    columns = ones.sum(axis=0) >= 2
    weights, bias = fit(scaled(ones, columns), emergency, options.strength)
    kept = zip((name for name, keep in zip(names, columns, strict=True) if keep), weights, strict=True)
    model = {
        "about": "Weights of single characters and pairs for tcmkit.safety.alarm; made by tools/train_red_flags.py.",
        "source": "trained on the utterances of tests/data/red_flag_utterances.txt, written for this project",
        "threshold": round(threshold, 3),
        "bias": round(bias, 3),
        "weights": {name: round(float(weight), 2) for name, weight in kept},
    }
    TARGET.write_text(json.dumps(model, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
