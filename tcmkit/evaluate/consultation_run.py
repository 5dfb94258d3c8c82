"""The steps of `tcm eval consult`: measure each transcript, let a model judge it, keep the totals."""

from collections.abc import Mapping, Sequence
from typing import Any

from tcmkit.errors import RecordError
from tcmkit.evaluate import consultation_judge as judging
from tcmkit.evaluate.consultation import Measurer, Transcript
from tcmkit.evaluate.consultation_totals import against, shares, totals
from tcmkit.evaluate.intervals import mean
from tcmkit.language import both
from tcmkit.llm import Talk
from tcmkit.records import Record

_SHOWN = (
    *("rounds", "rounds_to_90", "dimensions", "key_points"),
    *("accuracy", "accuracy_full_record", "similarity", "bleu1"),
)


class ConsultationScorer:
    """Measures transcripts; with a second set, by the key of their case, compares."""

    def __init__(self, measurer: Measurer, others: Sequence[tuple[Transcript, Record]] = ()) -> None:
        """`others` are transcripts with their measures."""
        self._measurer = measurer
        self._made: dict[str, Record] = {}
        self._others = {read.key: (read, measures) for read, measures in others}

    def __call__(self, record: Record) -> list[Record]:
        """The record with `measures`. Raises RecordError, see `Measurer`; `repeated` for a case that came before."""
        return [{**record, "measures": self._measured(record)[1]}]

    def _measured(self, record: Record) -> tuple[Transcript, Record]:
        read, measures = self._measurer(record)
        if read.key in self._made:
            raise RecordError(
                "repeated",
                both("a transcript of this id, or of this text, came before", "相同 id 或相同文本的记录前面已有"),
            )
        self._made[read.key] = measures
        return read, measures

    def finish(self) -> list[Record]:
        """Nothing is held back."""
        return []

    @property
    def report(self) -> dict[str, Any]:
        """The totals."""
        made = {key: self._made[key] for key in sorted(self._made)}
        found = totals(list(made.values()))
        if self._others:
            found["against"] = against(made, {key: measures for key, (_, measures) in self._others.items()})
            found["others"] = totals([measures for _, measures in self._others.values()])
        return found

    @property
    def notes(self) -> Mapping[str, Any]:
        """The totals, for the summary."""
        return {"consultations": self.report}

    def remarks(self) -> Sequence[str]:
        """The totals, for people."""
        found = self.report
        if not found["transcripts"]:
            return [both("no transcript could be measured", "没有可评测的记录")]
        said = [_line(name, found[name]) for name in _SHOWN if found[name]["mean"] is not None]
        curve = ", ".join(f"{row['round']}: {row['dimensions']}" for row in found["by_round"])
        said.append(both(f"dimensions by round: {curve}", f"各轮覆盖的维度：{curve}"))
        for name in _SHOWN if self._others else ():
            if found["against"][name]["mean"] is not None:
                said.append(_line(both(f"against, {name}", f"相比：{name}"), found["against"][name]))
        return said


class JudgedScorer(ConsultationScorer):
    """The same as a talk: a model judges too, each transcript by itself or, with a second set, pair by pair."""

    def __init__(
        self, measurer: Measurer, others: Sequence[tuple[Transcript, Record]] = (), prompt: str | None = None
    ) -> None:
        """`prompt` is a file in place of the package's."""
        super().__init__(measurer, others)
        self._prompt = prompt
        self._outcomes: dict[str, dict[str, str]] = {}
        self._marks: dict[str, dict[str, int]] = {}

    def __call__(self, record: Record) -> Talk:  # type: ignore[override]
        """The record with `measures` and `judged`. Raises RecordError as above, and what a reply can go wrong with."""
        read, measures = self._measured(record)
        judged: Record = {}
        try:
            if not self._others:
                judged = self._marks[read.key] = yield from judging.marks(read, self._prompt)
            elif read.key in self._others:
                other = self._others[read.key][0]
                judged = self._outcomes[read.key] = yield from judging.outcomes(read, other, self._prompt)
        except RecordError:
            del self._made[read.key]  # a line that is rejected is in no total
            raise
        return [{**record, "measures": measures, **({"judged": judged} if judged else {})}]

    @property
    def report(self) -> dict[str, Any]:
        """The totals, with the judge's."""
        found = super().report
        marks = [self._marks[key] for key in sorted(self._marks)]
        outcomes = [self._outcomes[key] for key in sorted(self._outcomes)]
        if marks:
            found["judged"] = {name: mean([one[name] for one in marks]) for name in judging.DIMENSIONS}
        if outcomes:
            found["judged"] = {name: shares([one[name] for one in outcomes]) for name in judging.DIMENSIONS}
        return found

    def remarks(self) -> Sequence[str]:
        """The totals, for people."""
        said = [*super().remarks()]
        for name, found in self.report.get("judged", {}).items():
            if "win" in found:
                parts = [f"{kind} {found[kind]['share']} {found[kind]['interval_95']}" for kind in found]
                said.append(both(f"judge, {name}: {', '.join(parts)}", f"评判：{name}：{', '.join(parts)}"))
            else:
                said.append(_line(both(f"judge, {name}", f"评判：{name}"), found))
        return said


def _line(name: str, found: Mapping[str, Any]) -> str:
    low, high = found["interval_95"]
    return both(f"{name} {found['mean']} (95% {low} to {high})", f"{name} {found['mean']}（95% 区间 {low} 至 {high}）")
