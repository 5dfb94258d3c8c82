"""`tcm eval text`: how near predictions come to their references (the metrics of Ladder-base and JingFang).

Metrics of a run are made of sums over its lines, so nothing of a line is kept but where two runs are compared.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from tcmkit.errors import RecordError
from tcmkit.evaluate.bert_score import BertScore
from tcmkit.evaluate.intervals import told
from tcmkit.evaluate.pairing import mismatch
from tcmkit.evaluate.resample import Resampled
from tcmkit.evaluate.text_scores import COLUMNS, METRICS, Scores, value
from tcmkit.evaluate.text_tokens import tokenizer
from tcmkit.language import both
from tcmkit.records import Record, content_id

FIELDS = ("prediction", "reference", "id")
_AT_ONCE = 32
_BERT = slice(COLUMNS.index("bert_precision"), len(COLUMNS))


@dataclass(frozen=True)
class Settings:
    """How texts are compared."""

    names: Mapping[str, str] = field(default_factory=dict)
    """Field of ours to the input's, of FIELDS."""
    tokens: str = "zh"
    bert: str | None = None
    """Folder of a model for BERTScore."""
    layer: int | None = None

    def name(self, ours: str) -> str:
        """The input's field."""
        return self.names.get(ours, ours)


class Pair(NamedTuple):
    """A prediction with its references."""

    prediction: str
    references: tuple[str, ...]
    key: str


def read(record: Record, settings: Settings) -> Pair:
    """The pair in a record: `prediction`, and `reference` or `references`, a text or several.

    Raises RecordError: `no_prediction`, `no_reference`.
    """
    prediction = record.get(settings.name("prediction"))
    if not isinstance(prediction, str):
        raise RecordError("no_prediction")
    given = record.get(settings.name("reference"))
    if given is None and "reference" not in settings.names:
        given = record.get("references")
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or not listed or not all(isinstance(one, str) and one.strip() for one in listed):
        raise RecordError("no_reference")
    if isinstance(own := record.get(settings.name("id")), str | int):
        return Pair(prediction, tuple(listed), content_id(str(own), *listed))
    rest = [f"{name}={record[name]}" for name in sorted(record) if name not in (settings.name("prediction"), "scores")]
    return Pair(prediction, tuple(listed), content_id(*rest))


class Scorer:
    """Makes the rows of pairs, BERTScore included where there is a model."""

    def __init__(self, settings: Settings) -> None:
        """Raises MissingExtra, UsageError."""
        self._scores = Scores(tokenizer(settings.tokens))
        self.bert = BertScore(settings.bert, settings.layer) if settings.bert else None
        self.signature = f"case:mixed|eff:no|tok:{settings.tokens}|smooth:exp|sacrebleu:{self._scores.version}"

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics there are."""
        return tuple(name for name in METRICS if self.bert or not name.startswith("bert"))

    def rows(self, pairs: Sequence[Pair]) -> list[Any]:
        """A row for each."""
        rows = [self._scores.row(pair.prediction, pair.references) for pair in pairs]
        if self.bert:
            for row, found in zip(rows, self.bert.scores([pair[:2] for pair in pairs]), strict=True):
                row[_BERT] = found
        return rows


class Other:
    """Another run: its rows by item, given out once each."""

    def __init__(self, scorer: Scorer, pairs: Iterable[Pair]) -> None:
        listed = list(pairs)
        self._rows: dict[str, Any] = {}
        for at in range(0, len(listed), _AT_ONCE):
            part = listed[at : at + _AT_ONCE]
            self._rows.update(zip((pair.key for pair in part), scorer.rows(part), strict=True))
        self._twice = len(listed) - len(self._rows)
        self._missing = self._found = 0
        self.sums = Resampled(2 * len(COLUMNS))

    def enter(self, key: str, row: Any) -> None:
        """Enter a row of this run beside the other's."""
        other = self._rows.pop(key, None)
        if other is None:
            self._missing += 1
            return
        self._found += 1
        self.sums.add(np.concatenate([row, other]))

    @property
    def fault(self) -> str:
        """Why the two cannot be compared; empty where they can."""
        return mismatch(self._missing or int(not self._found), len(self._rows), self._twice)

    def table(self, metrics: Sequence[str]) -> dict[str, Any]:
        """The difference in each metric (ours less theirs), its interval and p, by paired bootstrap."""
        if self.fault:
            return {"refused": self.fault}
        width, found = len(COLUMNS), {}
        for name in metrics:
            ours, theirs = value(name, self.sums.total[:width]), value(name, self.sums.total[width:])
            drawn = [value(name, sums[:width]) - value(name, sums[width:]) for sums in self.sums.drawn]
            found[name] = {"other": round(theirs, 4), **told(ours - theirs, np.array(drawn))}
        return {"lines": self._found, **found}


class TextScorer:
    """The step: adds `scores` to each line, and keeps the totals."""

    def __init__(self, settings: Settings, others: Iterable[Pair] | None = None) -> None:
        """`others` is another run to compare with. Raises MissingExtra, UsageError."""
        self._settings, self._scorer = settings, Scorer(settings)
        self._sums = Resampled(len(COLUMNS))
        self._lines_sums = np.zeros(2)
        self._other = None if others is None else Other(self._scorer, others)
        self._waiting: list[tuple[Record, Pair]] = []
        self._table: dict[str, Any] | None = None

    def __call__(self, record: Record) -> list[Record]:
        """The lines that are scored by now: with a model some wait for each other. Raises RecordError as `read`."""
        self._waiting.append((record, read(record, self._settings)))
        return self.finish() if not self._scorer.bert or len(self._waiting) == _AT_ONCE else []

    def finish(self) -> list[Record]:
        """The lines that still wait."""
        waiting, self._waiting = self._waiting, []
        made = []
        for (record, pair), row in zip(waiting, self._scorer.rows([pair for _, pair in waiting]), strict=True):
            self._sums.add(row)
            if self._other:
                self._other.enter(pair.key, row)
            scores = {name: round(value(name, row, of_line=True), 4) for name in self._scorer.metrics}
            self._lines_sums += [scores["bleu1"], scores["bleu4"]]
            made.append({**record, "scores": scores})
        return made

    @property
    def fault(self) -> str:
        """Why the comparison that was asked for cannot be made; empty where it can."""
        return self._other.fault if self._other else ""

    def table(self) -> dict[str, Any]:
        """The totals; worked out once, since each resample is looked at for every metric."""
        lines = int(self._sums.total[0])
        if self._table is None or self._table["lines"] != lines:
            self._table = self._worked_out(lines)
        return self._table

    def _worked_out(self, lines: int) -> dict[str, Any]:
        metrics: dict[str, Any] = {}
        for name in self._scorer.metrics if lines else ():
            drawn = [value(name, sums) for sums in self._sums.drawn]
            low, high = np.quantile(drawn, [0.025, 0.975])
            interval = [round(float(low), 4), round(float(high), 4)]
            metrics[name] = {"score": round(value(name, self._sums.total), 4), "interval_95": interval}
        for at, name in enumerate(("bleu1", "bleu4") if lines else ()):
            metrics[name]["mean_of_lines"] = round(float(self._lines_sums[at] / lines), 4)
        return {
            "lines": lines,
            "metrics": metrics,
            "interval": "bootstrap",
            "bleu": self._scorer.signature,
            **({"bert": self._scorer.bert.notes()} if self._scorer.bert else {}),
            **({"compare": self._other.table(self._scorer.metrics)} if self._other else {}),
        }

    @property
    def notes(self) -> Mapping[str, Any]:
        """The totals, for the summary."""
        return {"text": self.table()}

    def remarks(self) -> Sequence[str]:
        """The totals, for people."""
        table = self.table()
        if not table["lines"]:
            return [both("nothing to score", "没有可评的行")]
        figures = ", ".join(f"{name} {one['score']:.4f}" for name, one in table["metrics"].items())
        said = [both(f"{table['lines']} lines: {figures}", f"{table['lines']} 行：{figures}")]
        if self._other and not self.fault:
            compared = table["compare"]
            gaps = ", ".join(
                f"{name} {compared[name]['difference']:+.4f} (p {compared[name]['p']:g})"
                for name in self._scorer.metrics
            )
            said.append(both(f"against --compare: {gaps}", f"与 --compare 之差：{gaps}"))
        return said
