"""`tcm eval exam`: how many examination questions a model answers right, and how.

The answer is read by the same strict parser that the reward of the training uses (`tcmkit.exam`), so a model cannot
look better here than it was taught.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tcmkit.errors import RecordError
from tcmkit.evaluate.exam_totals import Totals, Verdict
from tcmkit.exam import ExamItem, as_written, conversation, extract, is_well_formed, listed, read_item
from tcmkit.language import both
from tcmkit.llm import Call, ChatMessage, Talk, load
from tcmkit.records import Record, content_id

_NO_ANSWER = ("llm_cut_short", "llm_empty", "llm_refused")
"""A model that does not come to an end, says nothing or refuses has not answered: that is no fault of the question."""


class Judge:
    """Judges completions and keeps the totals."""

    def __init__(self, totals: Totals | None = None) -> None:
        self.totals = totals or Totals()

    def judged(self, record: Record, item: ExamItem, completion: str, shown: Mapping[str, str] | None = None) -> Record:
        """The record with `completion`, `extracted`, `correct`, `format_ok`.

        `shown` is letter shown to letter of the item, where the options were shuffled.
        """
        options = {letter: item.options[own] for letter, own in shown.items()} if shown else item.options
        read = extract(completion, options, several=item.several)
        named = frozenset(shown[letter] for letter in read) if shown and read else read
        verdict = Verdict(item, named, is_well_formed(completion), shown or as_it_is(item))
        self.totals.enter(record, verdict)
        return {
            **record,
            "completion": completion,
            "extracted": "".join(sorted(named)) if named else None,
            "correct": verdict.is_right,
            "format_ok": verdict.format_ok,
            **({"shown": "".join(shown.values())} if shown else {}),
        }

    @property
    def notes(self) -> Mapping[str, Any]:
        """The totals, for the summary."""
        return {"exam": self.totals.table()}

    def remarks(self) -> Sequence[str]:
        """The totals, for people."""
        return self.totals.remarks()


class Scorer(Judge):
    """The step for completions already made: lines with question, options, answer, completion."""

    def __call__(self, record: Record) -> list[Record]:
        """The line, judged. Raises RecordError for what is no question, or has no completion.

        A line that has `shown` was answered with its options in that order.
        """
        item = read_item(record)
        completion = record.get("completion")
        if not isinstance(completion, str):
            raise RecordError("no_completion")
        return [self.judged(record, item, completion, _shown_before(record, item))]

    def finish(self) -> list[Record]:
        """Nothing is held back."""
        return []


def as_it_is(item: ExamItem) -> dict[str, str]:
    """Letter shown to letter of the item, where nothing is moved."""
    return {letter: letter for letter in item.options}


def _shown_before(record: Record, item: ExamItem) -> dict[str, str] | None:
    """The order in which the options were shown when the line was made; None where it was their own."""
    order = record.get("shown")
    if order is None:
        return None
    if not isinstance(order, str) or sorted(order) != sorted(item.options):
        raise RecordError(
            "bad_shown", both("the letters of the options in the order shown were expected", "应为选项字母，按显示顺序")
        )
    return dict(zip(item.options, order, strict=True))


class Example(NamedTuple):
    """A question shown with its answer."""

    item: ExamItem
    subject: str
    thinking: str
    written: tuple[str, dict[str, str]]
    """Question and options as they stand in the file."""

    @property
    def identity(self) -> str:
        """The same for the same question, whatever the order of its options."""
        return identity_of(self.item)


def identity_of(item: ExamItem) -> str:
    """The same for the same question, whatever the order of its options."""
    return content_id(item.question, *sorted(item.options.values()))


def read_example(record: Record) -> Example:
    """An example as it stands on a line. Raises RecordError for what is no question with an answer."""
    explained, subject = record.get("explanation"), record.get("subject")
    thinking = explained.strip() if isinstance(explained, str) else ""
    item = read_item(record)
    return Example(item, subject if isinstance(subject, str) else "", thinking, as_written(record, item))


def examples_for(
    record: Record, item: ExamItem, examples: Sequence[Example], count: int, subject: str = ""
) -> list[Example]:
    """The first examples of the question's subject (of any, if none is of it), never the question itself.

    `subject` is that of questions that name none. This is the harness's `first_n`, which CMMLU and C-Eval use.
    """
    named = record.get("subject") or subject
    own = identity_of(item)
    fit = [example for example in examples if example.subject == named] or list(examples)
    return [example for example in fit if example.identity != own][:count]


@dataclass(frozen=True)
class Sitting:
    """How an examination is put to a model."""

    examples: tuple[Example, ...] = ()
    """Questions to show with their answers (few-shot)."""
    shots: int = 5
    """How many of them at most before each question."""
    shuffle: bool = False
    """Put the options in another order."""
    seed: int = 0
    prompt: str | None = None
    """A file to use in place of the task's own prompt."""
    subject: str = ""
    """Subject of questions that name none."""

    def order(self, item: ExamItem) -> dict[str, str]:
        """Letter shown to letter of the item; by the seed and the question alone."""
        letters = list(item.options)
        order = letters[:]
        if self.shuffle:
            random.Random(f"{self.seed}\x1f{content_id(item.question, *item.options.values())}").shuffle(order)
        return dict(zip(letters, order, strict=True))


class Examiner(Judge):
    """The talk: puts the question, reads the answer."""

    def __init__(self, sitting: Sitting, totals: Totals | None = None) -> None:
        """Raises UsageError for a prompt that cannot be used."""
        super().__init__(totals)
        self._sitting = sitting
        self._prompt = load("exam", sitting.prompt)

    def __call__(self, record: Record) -> Talk:
        """Ask, and judge the answer. Raises RecordError for what is no question."""
        item, sitting = read_item(record), self._sitting
        shown = sitting.order(item)
        messages = conversation(self._prompt, item, shown)
        examples = examples_for(record, item, sitting.examples, sitting.shots, sitting.subject)
        messages[1:1] = [message for example in examples for message in _turns(example)]
        try:
            completion = yield Call(tuple(messages), raw=True, expected_tokens=200)
        except RecordError as error:
            if error.reason not in _NO_ANSWER:
                raise
            completion = ""
        return [self.judged(record, item, completion, shown if sitting.shuffle else None)]


def _turns(example: Example) -> list[ChatMessage]:
    item = example.item
    answer = f"<think>{example.thinking or '…'}</think><answer>{item.key}</answer>"
    return [
        {"role": "user", "content": listed(item, as_it_is(item))},
        {"role": "assistant", "content": answer},
    ]
