"""How well `tcm classify fit` learns, against TF-IDF + LinearSVC on the same folds, and how fast it is.

    python benchmarks/classify_fit.py cases.jsonl [--records 43000]

Five stratified folds (a label with fewer than five records falls where it falls), seeds 0, 1 and 42. All that the
model sets (penalty, weights, threshold) is set inside the training part. The baseline is scikit-learn's character
1- to 3-grams and LinearSVC with its defaults. For speed, records of some 300 characters are made by recombining
sentences of the cases, each with the label of its first; seconds are of one process, cases a second of processor time
for the linear part: what it adds to the built-in engine.
"""

import argparse
import json
import random
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from measure import figure

from tcmkit.classify import Classifier, Engine, Lessons, Settings, TrainedEngine, fit, label_of, label_set
from tcmkit.records import Record

SEEDS = (0, 1, 42)
LABELS = label_set("tcmsd")


def folds(names: Any, seed: int) -> list[tuple[Any, Any]]:
    from sklearn.model_selection import StratifiedKFold

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # labels with fewer records than folds
        return list(StratifiedKFold(5, shuffle=True, random_state=seed).split(names, names))


def ours(cases: list[Record], names: Any, train: Any, test: Any) -> tuple[list[str], list[float], float]:
    """Predictions, their scores, and the threshold."""
    lessons = Lessons()
    for place in train:
        lessons.add(str(names[place]), cases[place])
    model = fit(lessons, LABELS).model
    engine = TrainedEngine(LABELS, model)
    shares = [engine.assess(cases[place]).probabilities for place in test]
    return [LABELS[int(row.argmax())] for row in shares], [float(row.max()) for row in shares], model.threshold


def baseline(cases: list[Record], names: Any, train: Any, test: Any) -> list[str]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    weigh = TfidfVectorizer(analyzer="char", ngram_range=(1, 3))
    learned = LinearSVC().fit(weigh.fit_transform([cases[place]["text"] for place in train]), names[train])
    made: list[str] = learned.predict(weigh.transform([cases[place]["text"] for place in test])).tolist()
    return made


def quality(cases: list[Record], names: Any, least: int) -> None:
    """Both on the labels that at least so many records have: one that a single record has can never be learned."""
    from sklearn.metrics import f1_score

    counts = Counter(names.tolist())
    kept_rows = [row for row, name in enumerate(names) if counts[name] >= least]
    cases, names = [cases[row] for row in kept_rows], names[kept_rows]
    print(f"labels with at least {least} records: {len(set(names.tolist()))} labels, {len(names)} records")
    scores: list[float] = []
    for seed in SEEDS:
        made, theirs = np.empty(len(names), object), np.empty(len(names), object)
        sure, kept = np.zeros(len(names)), np.zeros(len(names), bool)
        for train, test in folds(names, seed):
            made[test], sure[test], threshold = ours(cases, names, train, test)
            kept[test] = sure[test] >= threshold
            theirs[test] = baseline(cases, names, train, test)
        right = made == names
        for who, found in (("ours", made), ("TF-IDF + LinearSVC", theirs)):
            score = f1_score(names, found, average="weighted", zero_division=0)
            print(f"seed {seed}: {who}: weighted F1 {score:.3f}, accuracy {(found == names).mean():.3f}")
            scores.append(score)
        what = f"classify fit, weighted F1 in five folds, seed {seed}, labels with at least {least} records"
        figure(what, scores[-2], "", "TF-IDF + LinearSVC", scores[-1])
        print(
            f"    mean score {sure.mean():.3f}; {kept.mean():.2f} of the records above the threshold, "
            f"{right[kept].mean():.3f} of them right"
        )


def speed(records: list[Record], count: int) -> None:
    dice = random.Random(0)
    sentences = [part + "。" for record in records for part in record["text"].split("。") if part.strip()]
    lessons, read = Lessons(), Classifier(Settings())
    started = time.perf_counter()
    cases: list[Record] = []
    while len(lessons.labels) < count:
        record = dice.choice(records)
        text = record["text"][:120]
        while len(text) < 300:
            text += dice.choice(sentences)
        case = read.case_of({"text": text[:300]})
        assert isinstance(case, dict)
        lessons.add(label_of(record), case)
        cases = [*cases[-199:], case]
    between = time.perf_counter()
    model = fit(lessons, LABELS).model
    print(f"{count} records: read in {between - started:.1f} s, fitted in {time.perf_counter() - between:.1f} s")
    engine, plain = TrainedEngine(LABELS, model), Engine(LABELS)
    took = []
    for one in (plain, engine):
        start = time.process_time()
        for _ in range(10):
            for case in cases:
                one.assess(case)
        took.append(time.process_time() - start)
    print(f"linear part: {10 * len(cases) / (took[1] - took[0]):,.0f} cases a second of CPU")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--records", type=int, default=43_000)
    options = parser.parse_args()
    records = [json.loads(line) for line in options.cases.read_text(encoding="utf-8").splitlines()]
    read = Classifier(Settings())
    cases = [case for record in records if isinstance(case := read.case_of(record), dict)]
    for least in (1, 2):
        quality(cases, np.array([label_of(record) for record in records]), least)
    if options.records:
        speed(records, options.records)


if __name__ == "__main__":
    main()
