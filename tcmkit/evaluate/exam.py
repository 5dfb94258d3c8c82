"""`tcm eval exam`: how many examination questions a model answers right, and how.

The answer is read by the same strict parser that the reward of the training uses (`tcmkit.exam`), so a model cannot
look better here than it was taught.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from tcmkit.errors import RecordError
from tcmkit.exam import ExamItem, extract, is_well_formed, read_answer, read_item
from tcmkit.language import both
from tcmkit.llm import Call, Talk, load
from tcmkit.records import Record, content_id

_NO_ANSWER = ("llm_cut_short", "llm_empty", "llm_refused")
"""A model that does not come to an end, says nothing or refuses has not answered: that is no fault of the question."""

_Z = 1.959963984540054
"""Of the 95% interval."""


def wilson(right: int, of: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson's), which holds for small numbers and near 0 and 1 too.

    >>> [round(x, 3) for x in wilson(9, 10)]
    [0.596, 0.982]
    """
    if not of:
        return 0.0, 1.0
    share, spread = right / of, _Z * _Z / of
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass
class Score:
    """Right answers, by whatever the questions are sorted by."""

    of: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, is_right: bool) -> None:
        """Enter one question."""
        self.of[name] += 1
        self.right[name] += is_right

    def table(self) -> dict[str, dict[str, float | int]]:
        """Name to questions, right ones, accuracy."""
        return {
            name: {"questions": count, "right": self.right[name], "accuracy": round(self.right[name] / count, 4)}
            for name, count in sorted(self.of.items())
        }


class Judge:
    """Judges completions and keeps the totals."""

    def __init__(self, *, needs_form: bool = True) -> None:
        """With `needs_form` answers stand in answer blocks; without, the whole completion is the answer."""
        self._needs_form = needs_form
        self._all = Score()
        self._subjects = Score()
        self._types = Score()
        self._places: Counter[str] = Counter()
        self._unread = 0
        self._formless = 0

    def judged(self, record: Record, item: ExamItem, completion: str, shown: Mapping[str, str] | None = None) -> Record:
        """The record with `completion`, `extracted`, `correct`, `format_ok`.

        `shown` is letter shown to letter of the item, where the options were shuffled.
        """
        options = {letter: item.options[own] for letter, own in shown.items()} if shown else item.options
        read = (extract if self._needs_form else read_answer)(completion, options, several=item.several)
        named = frozenset(shown[letter] for letter in read) if shown and read else read
        is_right = named == item.answer
        format_ok = is_well_formed(completion)
        self._enter(record, item, is_right, read, format_ok)
        return {
            **record,
            "completion": completion,
            "extracted": "".join(sorted(named)) if named else None,
            "correct": is_right,
            "format_ok": format_ok,
            **({"shown": "".join(shown.values())} if shown else {}),
        }

    def _enter(
        self, record: Record, item: ExamItem, is_right: bool, read: frozenset[str] | None, format_ok: bool
    ) -> None:
        self._all.add("all", is_right)
        self._types.add("several" if item.several else "single", is_right)
        if isinstance(subject := record.get("subject") or record.get("source"), str):
            self._subjects.add(subject, is_right)
        self._unread += read is None
        self._formless += not format_ok
        if read and not item.several:
            self._places.update(read)

    @property
    def notes(self) -> Mapping[str, Any]:
        """The totals, for the summary."""
        right, of = self._all.right["all"], self._all.of["all"]
        low, high = wilson(right, of)
        return {
            "exam": {
                "questions": of,
                "right": right,
                "accuracy": round(right / of, 4) if of else None,
                "interval_95": [round(low, 4), round(high, 4)],
                "no_answer": self._unread,
                "format_failures": self._formless,
                "by_type": self._types.table(),
                "by_subject": self._subjects.table(),
                "letters_chosen": dict(sorted(self._places.items())),
            }
        }

    def remarks(self) -> Sequence[str]:
        """The totals, for people."""
        right, of = self._all.right["all"], self._all.of["all"]
        if not of:
            return [both("no question was answered", "没有作答的题")]
        low, high = wilson(right, of)
        said = both(
            f"{right} of {of} right: {right / of:.4f} (95% {low:.4f} to {high:.4f});"
            f" no answer {self._unread}, not in the form {self._formless}",
            f"{of} 题答对 {right}：{right / of:.4f}（95% 区间 {low:.4f} 至 {high:.4f}）；"
            f"未给出答案 {self._unread}，格式不符 {self._formless}",
        )
        return [said]


class Scorer(Judge):
    """The step for completions already made: lines with question, options, answer, completion."""

    def __call__(self, record: Record) -> list[Record]:
        """The line, judged. Raises RecordError for what is no question, or has no completion."""
        item = read_item(record)
        completion = record.get("completion")
        if not isinstance(completion, str):
            raise RecordError("no_completion")
        return [self.judged(record, item, completion)]

    def finish(self) -> list[Record]:
        """Nothing is held back."""
        return []


class Examiner(Judge):
    """The talk: puts the question, reads the answer."""

    def __init__(
        self, prompt: str | None, examples: Sequence[Record] = (), *, shuffle: bool = False, seed: int = 0
    ) -> None:
        """`examples` are shown before each question (few-shot). `shuffle` puts the options in another order.

        Raises UsageError for a prompt that cannot be used.
        """
        super().__init__()
        self._prompt = load("exam", prompt)
        self._examples = tuple(read_item(record) for record in examples)
        self._shuffle = shuffle
        self._seed = seed

    def __call__(self, record: Record) -> Talk:
        """Ask, and judge the answer. Raises RecordError for what is no question."""
        item = read_item(record)
        shown = self._order(item)
        asked = _shown(item, shown)
        messages = list(self._prompt.messages({"question": asked}, count="若干个" if item.several else "一个"))
        examples = [
            message
            for example in self._examples
            for message in (
                {"role": "user", "content": _shown(example, {letter: letter for letter in example.options})},
                {"role": "assistant", "content": f"<think>…</think><answer>{example.key}</answer>"},
            )
        ]
        messages[1:1] = examples  # type: ignore[assignment]
        try:
            completion = yield Call(tuple(messages), raw=True, expected_tokens=200)
        except RecordError as error:
            if error.reason not in _NO_ANSWER:
                raise
            completion = ""
        return [self.judged(record, item, completion, shown if self._shuffle else None)]

    def _order(self, item: ExamItem) -> dict[str, str]:
        """Letter shown to letter of the item."""
        letters = list(item.options)
        order = letters[:]
        if self._shuffle:
            random.Random(f"{self._seed}\x1f{content_id(item.question, *item.options.values())}").shuffle(order)
        return dict(zip(letters, order, strict=True))


def _shown(item: ExamItem, shown: Mapping[str, str]) -> str:
    """Question and options as the model reads them."""
    return "\n".join([item.question, *(f"{letter}. {item.options[own]}" for letter, own in shown.items())])
