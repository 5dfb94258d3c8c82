"""`tcm eval syndrome`: how well predictions of `tcm classify` agree with the labels.

Weighted precision, recall and F1 are those of JingFang (Yang, Ma et al., 2025): per class, averaged by its share of
the labels. Nothing is scored while training and test share records.
"""

import random
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from tcmkit.classify import label_of, leaks
from tcmkit.errors import RecordError, UsageError
from tcmkit.language import both
from tcmkit.records import Record, content_id
from tcmkit.tables import table

_BINS = 10
_RARE = 10
"""A class with fewer labels belongs to the long tail."""
_PARTS = ("text", "chief_complaint", "description", "medical_history", "detection")
_NOT_TEXT = re.compile(r"\W+")


class Scored(NamedTuple):
    """One record: its label, what was predicted, and how sure."""

    key: str
    """Fingerprint of the text, whatever its punctuation."""
    gold: str
    candidates: tuple[str, ...]
    score: float
    abstained: bool
    leaked: bool


def fingerprint(record: Record) -> str:
    """The same for records with the same letters. Raises RecordError `no_text`."""
    text = "".join(record[part] for part in _PARTS[:1] if isinstance(record.get(part), str))
    text = text or "".join(record[part] for part in _PARTS[1:] if isinstance(record.get(part), str))
    bare = _NOT_TEXT.sub("", text)
    if not bare:
        raise RecordError("no_text")
    return content_id(bare)


class SyndromeScorer:
    """The step: takes predictions in, and says at the end how good they were."""

    def __init__(
        self, train: frozenset[str] = frozenset(), dedup: bool = False, label: str = "", against: Sequence[Scored] = ()
    ) -> None:
        """`train` are fingerprints of the training records; `dedup` leaves those and repeated records out."""
        self.scored: list[Scored] = []
        self.report: Record = {}
        self._train, self._dedup, self._label, self._against = train, dedup, label, against

    def __call__(self, record: Record) -> list[Record]:
        """Take a prediction in. Raises RecordError (`no_label`, `no_prediction`, `no_text`)."""
        self.scored.append(read(record, self._label))
        return []

    def finish(self) -> list[Record]:
        """The report. Raises UsageError when training and test share records, or there is nothing to score."""
        if not self.scored:
            raise UsageError(both("no predictions to score", "没有可评分的预测"))
        shared = sum(one.key in self._train for one in self.scored)
        if shared and not self._dedup:
            raise UsageError(
                both(
                    f"{shared} records of the test stand in --train too: --dedup leaves them out",
                    f"测试集中有 {shared} 条也在 --train 里：--dedup 可将其排除",
                )
            )
        repeated = len(self.scored) - len({one.key for one in self.scored})
        rows = _unique(self.scored, self._train) if self._dedup else self.scored
        if not rows:
            raise UsageError(both("nothing is left without the shared records", "排除重复后没有剩余记录"))
        self.report = {**summary(rows), "shared_with_train": shared, "repeated": repeated}
        if self._against:
            self.report["against"] = bootstrap(rows, self._against)
        return [self.report]


def read(record: Record, label: str = "") -> Scored:
    """A prediction with its label. Raises RecordError (`no_label`, `no_prediction`, `no_text`)."""
    gold = label_of(record, label)
    if not gold:
        raise RecordError("no_label")
    listed = record.get("candidates")
    if not isinstance(listed, list) or not listed or not isinstance(record.get("score"), int | float):
        raise RecordError("no_prediction")
    names = tuple(label_of(one, "syndrome") for one in listed)
    leaked = leaks(gold, str(record.get("text", "")))
    return Scored(fingerprint(record), gold, names, float(record["score"]), bool(record.get("abstained")), leaked)


def _unique(rows: Sequence[Scored], train: frozenset[str]) -> list[Scored]:
    return list({one.key: one for one in reversed(rows) if one.key not in train}.values())[::-1]


def summary(rows: Sequence[Scored]) -> dict[str, Any]:
    """Every figure about some predictions."""
    gold, made = [one.gold for one in rows], [one.candidates[0] for one in rows]
    same = {name: group[0] for group in table("syndromes")["near_duplicate_groups"] for name in group}
    merged = [[same.get(name, name) for name in names] for names in (gold, made)]
    top3 = sum(one.gold in one.candidates[:3] for one in rows) / len(rows)
    return {
        "records": len(rows),
        **agreement(gold, made),
        "top3": round(top3, 4),
        "merging_near_synonyms": agreement(*merged),
        "long_tail": _tail(gold, made),
        "ece": calibration(rows),
        "abstention": abstention(rows),
        "abstained": sum(one.abstained for one in rows),
        "leaked": sum(one.leaked for one in rows),
        "classes": classes(gold, made),
        "confusions": confusions(gold, made),
    }


def classes(gold: Sequence[str], made: Sequence[str]) -> list[dict[str, Any]]:
    """Precision, recall and F1 of each class, the commonest first."""
    labels, guesses = Counter(gold), Counter(made)
    right = Counter(one for one, other in zip(gold, made, strict=True) if one == other)
    rows = []
    for name in sorted(labels | guesses, key=lambda name: (-labels[name], name)):
        precision = right[name] / guesses[name] if guesses[name] else 0.0
        recall = right[name] / labels[name] if labels[name] else 0.0
        f1 = 2 * precision * recall / (precision + recall) if right[name] else 0.0
        row = {"syndrome": name, "support": labels[name], "predicted": guesses[name]}
        rows.append({**row, "precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)})
    return rows


def agreement(gold: Sequence[str], made: Sequence[str]) -> dict[str, float]:
    """Accuracy, the weighted figures of the paper, and the mean F1 of the classes that have labels or predictions.

    >>> agreement(["a", "a", "b"], ["a", "b", "b"])["weighted_f1"]
    0.6667
    """
    rows = classes(gold, made)
    accuracy = sum(one == other for one, other in zip(gold, made, strict=True)) / len(gold)
    weighted = {
        f"weighted_{name}": round(sum(row[name] * row["support"] for row in rows) / len(gold), 4)
        for name in ("precision", "recall", "f1")
    }
    return {"accuracy": round(accuracy, 4), **weighted, "macro_f1": round(sum(r["f1"] for r in rows) / len(rows), 4)}


def _tail(gold: Sequence[str], made: Sequence[str]) -> dict[str, Any]:
    rare = {name for name, count in Counter(gold).items() if count < _RARE}
    pairs = [(one, other) for one, other in zip(gold, made, strict=True) if one in rare]
    right = sum(one == other for one, other in pairs)
    share = round(right / len(pairs), 4) if pairs else None
    return {"below": _RARE, "classes": len(rare), "records": len(pairs), "accuracy": share}


def calibration(rows: Sequence[Scored]) -> float:
    """Expected calibration error over ten bins: how far the scores are from the share that is right."""
    bins: list[list[Scored]] = [[] for _ in range(_BINS)]
    for one in rows:
        bins[min(_BINS - 1, int(one.score * _BINS))].append(one)
    gaps = [abs(sum(one.score for one in part) - sum(one.gold == one.candidates[0] for one in part)) for part in bins]
    return round(sum(gaps) / len(rows), 4)


def abstention(rows: Sequence[Scored]) -> list[dict[str, float]]:
    """Accuracy among the surest tenth of the records, two tenths … all."""
    order = sorted(rows, key=lambda one: -one.score)
    curve = []
    for tenth in range(1, 11):
        part = order[: max(1, round(len(order) * tenth / 10))]
        right = sum(one.gold == one.candidates[0] for one in part)
        curve.append(
            {"coverage": tenth / 10, "accuracy": round(right / len(part), 4), "score": round(part[-1].score, 4)}
        )
    return curve


def confusions(gold: Sequence[str], made: Sequence[str], most: int = 30) -> list[dict[str, Any]]:
    """The commonest errors: label, prediction, how often."""
    wrong = Counter(pair for pair in zip(gold, made, strict=True) if pair[0] != pair[1])
    rows = sorted(wrong.items(), key=lambda row: (-row[1], row[0]))[:most]
    return [{"label": one, "predicted": other, "count": count} for (one, other), count in rows]


def bootstrap(rows: Sequence[Scored], others: Sequence[Scored], rounds: int = 2000) -> dict[str, Any]:
    """Paired bootstrap of the difference in accuracy on the records that both have, with its 95% interval.

    Raises UsageError when they have none in common.
    """
    theirs = {one.key: one for one in others}
    pairs = [(one, theirs[one.key]) for one in rows if one.key in theirs]
    if not pairs:
        raise UsageError(both("--against holds none of these records", "--against 中没有这些记录"))
    gaps = [(a.gold == a.candidates[0]) - (b.gold == b.candidates[0]) for a, b in pairs]
    rng = random.Random(0)
    means = sorted(sum(rng.choices(gaps, k=len(gaps))) / len(gaps) for _ in range(rounds))
    low, high = means[int(0.025 * rounds)], means[int(0.975 * rounds) - 1]
    interval = [round(low, 4), round(high, 4)]
    return {"records": len(pairs), "accuracy_difference": round(sum(gaps) / len(gaps), 4), "interval95": interval}
