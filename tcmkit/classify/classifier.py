"""The step of `tcm classify`: one case in, one prediction out."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

import numpy as np

from tcmkit.clean_tqs import Cleaner
from tcmkit.clean_tqs import Settings as CleanSettings
from tcmkit.errors import RecordError
from tcmkit.records import Drop, Record, findings_of, spans_of

from . import labels
from .deciding import deciding_findings, summary
from .engine import Assessment, Engine
from .settings import Settings
from .store import Trained, load
from .why import why

Made = TypeVar("Made")

THRESHOLD = 0.2
"""Below this score the built-in engine abstains."""


TRUST = 0.3
"""In how common a syndrome is, when the user chooses the labels: they are then not what wards write every day."""
TRUST_AMONG = 0.2
"""The same for candidates drawn up for one case."""


@lru_cache(maxsize=64)
def _trained(names: tuple[str, ...], folder: str) -> Engine:
    return load(folder).engine(names)


@lru_cache(maxsize=64)
def _engine(names: tuple[str, ...], trust: float) -> Engine:
    return Engine(names, trust)


class Classifier:
    """Turns case records into predictions: JingFang's syndrome step, by explicit rules.

    A document that is no case record is dropped with `not_a_record`.
    """

    def __init__(self, settings: Settings, own_labels: tuple[str, ...] | None = None) -> None:
        """`own_labels` are chosen from where the settings ask for TCM-SD's: a model's, which has learned more."""
        self._settings = settings
        self._clean = Cleaner(CleanSettings(only_records=True))
        self.noted: Counter[str] = Counter()
        """`leaked`: records whose text names their own label."""
        self._labels = labels.label_set(settings.labels)
        self._threshold = THRESHOLD
        self._model: Trained | None = load(settings.model) if settings.model else None
        if self._model:
            self._threshold = self._model.threshold
            if settings.labels == "tcmsd":
                self._labels = self._model.labels
        if own_labels:
            self._labels = own_labels
        if settings.threshold is not None:
            self._threshold = settings.threshold

    def __call__(self, record: Record) -> list[Record] | Drop:
        """The prediction. Raises RecordError (`no_text`, `bad_field`, `empty_text`, `no_candidates`)."""
        [result] = self.together([record])
        if isinstance(result, RecordError):
            raise result
        return result

    def together(self, records: Sequence[Record]) -> list[list[Record] | Drop | RecordError]:
        """The same for many records: a network reads them all before each is judged."""
        cases = [_tried(self.case_of, record) for record in records]
        if self._model:
            self._model.prepare([case for case in cases if isinstance(case, dict)])
        return [
            _tried(self._judged, record, case) if isinstance(case, dict) else case
            for record, case in zip(records, cases, strict=True)
        ]

    def _judged(self, record: Record, case: Record) -> list[Record]:
        engine, written = self.engine_for(record)
        return self.predicted(record, case, engine, engine.assess(case), written)

    def engine_for(self, record: Record) -> tuple[Engine, dict[str, str]]:
        """The engine over a record's own candidates, or over all labels; the candidates as they are written.

        Raises RecordError `no_candidates`.
        """
        settings = self._settings
        written = labels.among(record, settings.among) if settings.among else {}
        return self._engine_for(tuple(written)), written

    def predicted(
        self, record: Record, case: Record, engine: Engine, found: Assessment, written: dict[str, str]
    ) -> list[Record]:
        """The prediction that an assessment comes to."""
        label = labels.label_of(record) if any(name in record for name in labels.LABEL_FIELDS) else ""
        self.noted["leaked"] += labels.leaks(label, case["text"])
        return [self._prediction(case, engine, found, written)]

    def _engine_for(self, written: tuple[str, ...]) -> Engine:
        if self._settings.model:
            return _trained(written or self._labels, self._settings.model)
        trust = TRUST_AMONG if written else 1.0 if self._settings.labels == "tcmsd" else TRUST
        return _engine(written or self._labels, trust)

    def case_of(self, record: Record) -> Record | Drop:
        """The record with its findings: as they are if it was cleaned before, else cleaned now."""
        if isinstance(record.get("tqs"), dict) and isinstance(record.get("text"), str):
            findings_of(record)
            spans_of(record, "removed", "category")
            case = record
        else:
            cleaned = self._clean(record)
            if isinstance(cleaned, Drop):
                return cleaned
            case = cleaned[0]
        if not case["text"].strip():
            raise RecordError("empty_text")
        return case

    def _prediction(self, case: Record, engine: Engine, found: Assessment, written: dict[str, str]) -> Record:
        settings, shares = self._settings, found.probabilities
        order = np.argsort(-shares, kind="stable")[: settings.top]
        names = [written.get(engine.labels[i], engine.labels[i]) for i in order]
        score = round(float(shares[order[0]]), 4)
        prediction: Record = {
            **_with_label(case),
            "syndrome": names[0],
            "score": score,
            "candidates": [
                {"syndrome": name, "score": round(float(shares[i]), 4)} for name, i in zip(names, order, strict=True)
            ],
            "abstained": score < self._threshold or not (found.signs or found.diseases),
            "why": why(engine, case, found, int(order[0])),
        }
        if settings.ask:
            prediction["ask"] = summary(found, deciding_findings(engine, case), settings.ask)
        return prediction


def _tried(step: Callable[..., Made], *arguments: Record) -> Made | RecordError:
    try:
        return step(*arguments)
    except RecordError as error:
        return error


def _with_label(case: Record) -> Record:
    """The case; a label that stands in `syndrome` moves to `label`, where the prediction does not overwrite it."""
    if "syndrome" not in case or labels.is_prediction(case) or "label" in case:
        return case
    return {**case, "label": case["syndrome"]}
