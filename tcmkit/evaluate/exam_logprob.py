"""`tcm eval exam --mode logprob`: the answer is the letter that the model finds likeliest after the question.

Prompt, letters and choice are those of the tasks `cmmlu` and `ceval-valid` of LM Evaluation Harness 0.4.13, the
harness with which ChiMed 2.0 measures; `benchmarks/exam_logprob.py` runs both and compares every number.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tcmkit.errors import RecordError
from tcmkit.evaluate.exam import Example, Judge, Sitting, as_it_is, examples_for
from tcmkit.evaluate.exam_totals import Totals, Verdict
from tcmkit.exam import ExamItem, as_written, read_item
from tcmkit.language import both
from tcmkit.llm import Call, Talk
from tcmkit.records import Record
from tcmkit.tables import table

STYLES = ("cmmlu", "ceval")


class LetterExaminer(Judge):
    """The talk: asks for the log probability of each letter, takes the greatest."""

    def __init__(self, sitting: Sitting, style: str = STYLES[0], totals: Totals | None = None) -> None:
        """`style` is the wording, one of STYLES."""
        super().__init__(totals)
        self._sitting, self._style = sitting, style

    def __call__(self, record: Record) -> Talk:
        """The record with `logprobs` (by the item's own letters), `extracted` and `correct`.

        Raises RecordError for what is no question, `several_answers` where one letter cannot be all of the answer.
        """
        item, sitting = read_item(record), self._sitting
        if item.several:
            raise RecordError("several_answers", both("one letter is chosen in this mode", "此模式只选一个字母"))
        shown = sitting.order(item)
        text = self._prompt(record, item, shown)
        letters = list(shown)
        endings = [table("exam_prompts")["before_letter"] + letter for letter in letters]
        scores = yield Call(({"role": "text", "content": text},), endings=endings, expected_tokens=0)
        chosen = letters[max(range(len(letters)), key=lambda at: (scores[at], -at))]  # the first of equals, as there
        verdict = Verdict(item, frozenset(shown[chosen]), None, shown)
        self.totals.enter(record, verdict)
        made = {
            **record,
            "logprobs": {shown[letter]: score for letter, score in zip(letters, scores, strict=True)},
            "extracted": shown[chosen],
            "correct": verdict.is_right,
            **({"shown": "".join(shown.values())} if sitting.shuffle else {}),
        }
        return [made]

    def _prompt(self, record: Record, item: ExamItem, shown: Mapping[str, str]) -> str:
        words, sitting = table("exam_prompts"), self._sitting
        subject = record.get("subject") or sitting.subject or words["subject"]
        examples = examples_for(record, item, sitting.examples, sitting.shots, sitting.subject)
        parts = [_example(example, words) for example in examples]
        head = str(words["styles"][self._style].format(subject=subject))
        question, options = as_written(record, item)
        return head + "".join(parts) + _question(question, options, shown, words)


def _example(example: Example, words: Mapping[str, Any]) -> str:
    question, options = example.written
    asked = _question(question, options, as_it_is(example.item), words)
    return f"{asked}{words['before_letter']}{example.item.key}{words['between']}"


def _question(question: str, options: Mapping[str, str], shown: Mapping[str, str], words: Mapping[str, Any]) -> str:
    lines: Sequence[str] = [question, *(f"{letter}. {options[own]}" for letter, own in shown.items()), words["answer"]]
    return "\n".join(lines)
