"""The books of an examination: accuracy with intervals, by type, subject and field, form, place, another run."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tcmkit.errors import RecordError
from tcmkit.evaluate.intervals import shares_differ, wilson
from tcmkit.evaluate.pairing import mismatch
from tcmkit.evaluate.places import Places
from tcmkit.exam import ExamItem, read_item
from tcmkit.language import both
from tcmkit.records import Record, content_id

_SUBJECTS = ("subject", "source")


class Verdict(NamedTuple):
    """What became of one question."""

    item: ExamItem
    named: frozenset[str] | None
    """The item's letters that were answered; None for no answer."""
    format_ok: bool | None
    """None where no form was asked for."""
    shown: Mapping[str, str]
    """Letter shown to letter of the item."""

    @property
    def is_right(self) -> bool:
        """Whether exactly the right letters were answered: a part of them is wrong."""
        return self.named == self.item.answer

    @property
    def credit(self) -> float:
        """Share of the right letters found, nothing with a wrong one among them (the rule for missed options)."""
        return len(self.named) / len(self.item.answer) if self.named and self.named <= self.item.answer else 0.0


@dataclass
class Score:
    """Right answers, by whatever the questions are sorted by."""

    of: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, is_right: bool) -> None:
        """Enter one question."""
        self.of[name] += 1
        self.right[name] += is_right

    def table(self) -> dict[str, dict[str, Any]]:
        """Name to questions, right ones, accuracy, its interval."""
        return {name: share(self.right[name], count) for name, count in sorted(self.of.items())}


def share(right: int, of: int) -> dict[str, Any]:
    """Questions, right ones, accuracy with Wilson's 95% interval.

    >>> share(9, 10)
    {'questions': 10, 'right': 9, 'accuracy': 0.9, 'interval_95': [0.5958, 0.9821]}
    """
    low, high = wilson(right, of)
    accuracy = round(right / of, 4) if of else None
    return {"questions": of, "right": right, "accuracy": accuracy, "interval_95": [round(low, 4), round(high, 4)]}


class Pairing:
    """Question by question beside another run of the same examination."""

    def __init__(self, others: Iterable[tuple[str, bool]]) -> None:
        """`others` are the questions of the other run, as `paired` reads them."""
        listed = list(others)
        self._open = dict(listed)
        self._repeated = len(listed) - len(self._open)
        self._missing = self._both = self._ours = self._theirs = self._of = 0

    def add(self, key: str, is_right: bool) -> None:
        """Enter a question of this run."""
        other = self._open.pop(key, None)
        if other is None:
            self._missing += 1
            return
        self._of += 1
        self._both += is_right and other
        self._ours += is_right and not other
        self._theirs += other and not is_right

    @property
    def fault(self) -> str:
        """Why the two cannot be compared; empty where they hold the same questions, each once."""
        return mismatch(self._missing or int(not self._of), len(self._open), self._repeated)

    def table(self) -> dict[str, Any]:
        """Accuracies, the difference (ours less theirs) with interval and p by paired bootstrap."""
        if self.fault:
            return {"refused": self.fault}
        ours, theirs = self._both + self._ours, self._both + self._theirs
        return {
            "accuracy": round(ours / self._of, 4),
            "other_accuracy": round(theirs / self._of, 4),
            "only_here_right": self._ours,
            "only_there_right": self._theirs,
            **shares_differ(self._ours, self._theirs, self._of),
        }


def key_of(record: Record) -> str:
    """What tells a question from others: its id, else its content. Raises RecordError for what is no question."""
    if isinstance(given := record.get("id"), str | int):
        return str(given)
    item = read_item(record)
    return content_id(item.question, *item.options.values())


def paired(record: Record) -> tuple[str, bool]:
    """A line of another run: its key, and whether it is right. Raises RecordError `no_verdict`."""
    if not isinstance(right := record.get("correct"), bool):
        raise RecordError(
            "no_verdict",
            both(
                "no field correct: give what tcm eval exam wrote", "没有字段 correct：请给出 tcm eval exam 写出的文件"
            ),
        )
    return key_of(record), right


class Totals:
    """Everything that is counted; constant in memory but for the names of subjects and the other run."""

    def __init__(self, fields: Sequence[str] = (), others: Iterable[tuple[str, bool]] | None = None) -> None:
        """Tables are made for each of `fields` too; `others` is another run to compare with."""
        self._fields = {name: Score() for name in fields}
        self._subjects, self._types, self._options = Score(), Score(), Score()
        self._right = self._of = self._unread = self._formless = 0
        self._several: Counter[str] = Counter()
        self._credit = 0.0
        self._asked_for_form = False
        self._places = Places()
        self._pairing = None if others is None else Pairing(others)

    def enter(self, record: Record, verdict: Verdict) -> None:
        """Enter one question."""
        item, is_right = verdict.item, verdict.is_right
        self._of += 1
        self._right += is_right
        self._unread += verdict.named is None
        if verdict.format_ok is not None:
            self._asked_for_form = True
            self._formless += not verdict.format_ok
        self._types.add("several" if item.several else "single", is_right)
        self._options.add(str(len(item.options)), is_right)
        if name := next((record[name] for name in _SUBJECTS if isinstance(record.get(name), str)), None):
            self._subjects.add(name, is_right)
        for name, score in self._fields.items():
            if isinstance(value := record.get(name), str | int):
                score.add(str(value), is_right)
        (self._enter_several if item.several else self._enter_place)(verdict)
        if self._pairing:
            self._pairing.add(key_of(record), is_right)

    def _enter_several(self, verdict: Verdict) -> None:
        named, answer = verdict.named or frozenset(), verdict.item.answer
        self._credit += verdict.credit
        self._several["exact"] += verdict.is_right
        self._several["too_few"] += bool(named) and named < answer
        self._several["with_a_wrong_one"] += bool(named - answer)
        self._several["no_answer"] += not named

    def _enter_place(self, verdict: Verdict) -> None:
        places = {own: letter for letter, own in verdict.shown.items()}
        (right,) = verdict.item.answer
        chosen = next((places[letter] for letter in verdict.named or ()), None)
        self._places.add(len(places), places[right], chosen)

    @property
    def fault(self) -> str:
        """Why the comparison that was asked for cannot be made; empty where it can."""
        return self._pairing.fault if self._pairing else ""

    def table(self) -> dict[str, Any]:
        """The totals, for the summary."""
        return {
            **share(self._right, self._of),
            "interval": "wilson",
            "no_answer": self._unread,
            **({"format_failures": self._formless} if self._asked_for_form else {}),
            "by_type": self._types.table(),
            "by_subject": self._subjects.table(),
            "by_options": self._options.table(),
            **({"by_field": {name: score.table() for name, score in self._fields.items()}} if self._fields else {}),
            "several": self._several_table(),
            "position": self._places.table(),
            **({"compare": self._pairing.table()} if self._pairing else {}),
        }

    def _several_table(self) -> dict[str, Any] | None:
        """Questions with several right options: all of them or nothing is what counts; the partial credit stands by."""
        of = self._types.of["several"]
        if not of:
            return None
        return {"questions": of, **self._several, "partial_credit": round(self._credit / of, 4)}

    def remarks(self) -> Sequence[str]:
        """The totals, for people."""
        table = self.table()
        if not self._of:
            return [both("no question was answered", "没有作答的题")]
        low, high = table["interval_95"]
        form = (
            both(f", not in the form {self._formless}", f"，格式不符 {self._formless}") if self._asked_for_form else ""
        )
        said = [
            both(
                f"{self._right} of {self._of} right: {self._right / self._of:.4f} (95% {low:.4f} to {high:.4f});"
                f" no answer {self._unread}{form}",
                f"{self._of} 题答对 {self._right}：{self._right / self._of:.4f}（95% 区间 {low:.4f} 至 {high:.4f}）；"
                f"未给出答案 {self._unread}{form}",
            )
        ]
        if self._pairing and not self.fault:
            found = table["compare"]
            low, high = found["interval_95"]
            of_it = f"{found['difference']:+.4f} (95% {low:+.4f} … {high:+.4f}, p {found['p']:g})"
            said.append(both(f"against --compare {of_it}", f"与 --compare 之差 {of_it}"))
        return said
