"""Train tcmkit/data/red_flag_weights.json, and say how it does on utterances that it did not see.

    python tools/train_red_flags.py

The utterances are those of tests/data/red_flag_utterances.txt (our own sentences): rounds of emergencies (+) and of
others (-), in the order in which they were written. Leaving every third out in turn gives the threshold.
The file also holds which characters each concept of the rules needs, so that most are not looked for in most words.
"""

import argparse
import json
import re
from collections import Counter
from itertools import product
from pathlib import Path
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcmkit.safety import alarm
from tcmkit.safety.words import CHINESE, ENGLISH, Lexicon, Words

ROOT = Path(__file__).resolve().parent.parent
UTTERANCES = ROOT / "tests" / "data" / "red_flag_utterances.txt"
TARGET = ROOT / "tcmkit" / "data" / "red_flag_weights.json"
MOST_WAYS = 40
"""Ways of one concept to need characters; where there are more, some need fewer."""
LEAST = 0.1
"""Smaller weights are left out: they change no score by much."""
Vector = NDArray[np.float32]
Mask = NDArray[np.bool_]


def read() -> tuple[list[str], Mask, NDArray[np.int64]]:
    """Texts, which are emergencies, and the round of each."""
    lines = UTTERANCES.read_text(encoding="utf-8").splitlines()
    emergency = np.array([line.startswith("+") for line in lines])
    starts = emergency & ~np.concatenate([[False], emergency[:-1]])
    return [line[1:] for line in lines], emergency, np.cumsum(starts)


def joined(ways: list[frozenset[str]]) -> list[frozenset[str]]:
    """The ways without those that need what another needs and more; none at all where one needs nothing."""
    least: list[frozenset[str]] = []
    for way in sorted(set(ways), key=lambda way: (len(way), sorted(way))):
        if not any(other <= way for other in least):
            least.append(way)
    return least


def ways(parsed: Any) -> list[frozenset[str]]:
    """The sets of characters of which a text must hold one to match a parsed pattern."""
    found = [frozenset[str]()]
    for kind, value in parsed:
        here = ways_of(kind, value)
        both = (
            joined([one | other for one, other in product(found, here)])
            if len(here) * len(found) > 1
            else ([found[0] | here[0]])
        )
        if len(both) <= MOST_WAYS:
            found = both
    return found


def ways_of(kind: Any, value: Any) -> list[frozenset[str]]:
    """The same for one node; a node that can match without any of its characters needs none."""
    if kind is _constants.LITERAL:
        return [frozenset(chr(value))]
    if kind is _constants.SUBPATTERN:
        return ways(value[-1])
    if kind is _constants.BRANCH:
        return joined([way for branch in value[1] for way in ways(branch)])
    if kind in (_constants.MAX_REPEAT, _constants.MIN_REPEAT) and value[0] > 0:
        return ways(value[2])
    if kind is _constants.IN and all(part is _constants.LITERAL for part, _ in value):
        return [frozenset(chr(code)) for _, code in value]
    return [frozenset()]


def needs(lexicon: Lexicon, common: Counter[str]) -> dict[str, list[str]]:
    """For each concept the ways to match it, the rarest character first; concepts that may need none are left out."""
    found = {}
    for name, patterns in lexicon.table["concepts"].items():
        needed = joined([way for text in patterns for way in ways(_parser.parse(lexicon.source(text)))])
        if all(needed):
            found[name] = ["".join(sorted(way, key=lambda one: (common[one], one))) for way in needed]
    return found


def features(texts: list[str]) -> tuple[list[dict[str, float]], list[str]]:
    """For each text its features with their values, and the names of those that at least two texts hold."""
    read = [Words(text, CHINESE if re.search("[\u3400-\u9fff]", text) else ENGLISH) for text in texts]
    asserted = [words.asserted for words in read]
    counts = Counter(
        name
        for words, found in zip(read, asserted, strict=True)
        for name in alarm.grams(words.text) | alarm.concepts(found)
    )
    names = sorted(name for name, count in counts.items() if count >= 2)
    known = dict.fromkeys(names)
    return [alarm.values(words.text, found, known) for words, found in zip(read, asserted, strict=True)], names


def matrix(rows: list[dict[str, float]], names: list[str]) -> Vector:
    """The values of the features, a row for each text."""
    column = {name: number for number, name in enumerate(names)}
    made = np.zeros((len(rows), len(names)), np.float32)
    for number, row in enumerate(rows):
        made[number, [column[name] for name in row]] = list(row.values())
    return made


def fit(rows: Vector, emergency: Mask, strength: float, steps: int = 12) -> tuple[Vector, float]:
    """Weights and bias of a logistic regression with a squared penalty: Newton's method by conjugate gradients.

    Lin, Weng and Keerthi, "Trust Region Newton Method for Large-Scale Logistic Regression" (JMLR 2008), section 2,
    without the trust region: the loss is convex and the steps are few.
    """
    gram = rows @ rows.T + np.float32(1)
    dual = np.zeros(len(rows), np.float32)
    for _ in range(steps):
        chance = 1 / (1 + np.exp(-(gram @ dual)))
        curve = np.maximum(chance * (1 - chance), np.float32(1e-6))
        target = (gram @ dual) + (emergency.astype(np.float32) - chance) / curve
        dual = solved(gram, 1 / (curve * np.float32(strength)), target, dual)
    return rows.T @ dual, float(dual.sum())


def solved(gram: Vector, ridge: Vector, target: Vector, start: Vector) -> Vector:
    """The solution of (gram + ridge) x = target by conjugate gradients, preconditioned by its diagonal."""
    diagonal = gram.diagonal() + ridge
    found = start.copy()
    rest = target - gram @ found - ridge * found
    turned = rest / diagonal
    along, size = turned.copy(), rest @ turned
    for _ in range(400):
        if np.linalg.norm(rest) < 1e-4 * np.linalg.norm(target):
            break
        image = gram @ along + ridge * along
        step = size / (along @ image)
        found, rest = found + step * along, rest - step * image
        turned = rest / diagonal
        size, before = rest @ turned, size
        along = turned + (size / before) * along
    return found


def left_out(rows: Vector, emergency: Mask, options: argparse.Namespace) -> Vector:
    """The score of each utterance by a model that saw no utterance of its fold."""
    scores = np.zeros(len(rows), np.float32)
    folds = np.arange(len(rows)) % options.folds
    for held in range(options.folds):
        seen = folds != held
        weights, bias = fit(rows[seen], emergency[seen], options.strength)
        scores[~seen] = rows[~seen] @ weights + bias
    return scores


def report(scores: Vector, emergency: Mask, rounds: NDArray[np.int64], threshold: float) -> None:
    """Recall and false alarms of each round, of the channel alone."""
    for held in [*np.unique(rounds), None]:
        here = np.ones(len(rounds), bool) if held is None else rounds == held
        recall = (scores[here & emergency] > threshold).mean()
        false = (scores[here & ~emergency] > threshold).mean()
        print(f"round {held if held is not None else 'all'}: recall {recall:.3f}, false alarms {false:.3f}")


def write(model: dict[str, Any]) -> None:
    """The table, one line for each part."""
    lines = (f" {json.dumps(key)}: {json.dumps(part, ensure_ascii=False)}" for key, part in model.items())
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main() -> None:
    """Read, find what the concepts need, cross-validate, train on everything, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strength", type=float, default=16, help="how little large weights cost")
    parser.add_argument("--false-alarms", type=float, default=0.034, help="part of the others that may sound urgent")
    parser.add_argument("--folds", type=int, default=3, help="parts of the utterances that are left out in turn")
    parser.add_argument("--only-needs", action="store_true", help="say anew what concepts need, and train nothing")
    options = parser.parse_args()
    texts, emergency, rounds = read()
    common = Counter(character for text in texts for character in text)
    needed = {lexicon.name: needs(lexicon, common) for lexicon in (CHINESE, ENGLISH)}
    model: dict[str, Any] = {
        "about": "Weights for tcmkit.safety.alarm, and what concepts need; made by tools/train_red_flags.py.",
        "source": "trained on the utterances of tests/data/red_flag_utterances.txt, written for this project",
        "needs": needed,
        "threshold": 0.0,
        "bias": 0.0,
        "weights": {},
    }
    if options.only_needs:
        write(json.loads(TARGET.read_text(encoding="utf-8")) | {"needs": needed})
        return
    write(model)
    values, names = features(texts)
    rows = matrix(values, names)
    scores = left_out(rows, emergency, options)
    threshold = float(np.quantile(scores[~emergency], 1 - options.false_alarms))
    report(scores, emergency, rounds, threshold)
    weights, bias = fit(rows, emergency, options.strength)
    kept = {name: round(float(weight), 2) for name, weight in zip(names, weights, strict=True)}
    model |= {"threshold": round(threshold, 3), "bias": round(bias, 3)}
    model["weights"] = {name: weight for name, weight in kept.items() if abs(weight) >= LEAST}
    write(model)


if __name__ == "__main__":
    main()
