"""Examination questions as they come: stray spaces, options as a list or by letter, several answers, no answer."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from tcmkit.errors import RecordError
from tcmkit.exam.answer import read_answer
from tcmkit.language import both
from tcmkit.records import Record

LETTERS = "ABCDEFGHIJ"
_LABEL = re.compile(r"^\s*[(（]?([A-J])[)）]?\s*[.．、:：)）]\s*", re.IGNORECASE)
_FEWEST, _MOST = 2, len(LETTERS)


@dataclass(frozen=True)
class ExamItem:
    """A question that can be asked and judged."""

    question: str
    options: dict[str, str]
    """Letter to text, from A on."""
    answer: frozenset[str]
    """The right letters."""

    @property
    def several(self) -> bool:
        """Whether more than one option is right."""
        return len(self.answer) > 1

    @property
    def key(self) -> str:
        """The right letters in order.

        >>> ExamItem("?", {"A": "x", "B": "y"}, frozenset("BA")).key
        'AB'
        """
        return "".join(sorted(self.answer))


def read_item(record: Record, *, need_answer: bool = True) -> ExamItem:
    """The item in a record with `question`, `options` (a list, or letter to text) and `answer`.

    The fields of CMMLU (`Question A B C D Answer`) and C-Eval (`question A B C D answer`) are read too.
    Raises RecordError: `no_question`, `no_options`, `bad_options`, `no_answer`, `bad_answer`.
    """
    question, given, key = _fields(record)
    if not isinstance(question, str) or not question.strip():
        raise RecordError("no_question")
    options = _options(given)
    answer = _answer(key, options)
    if need_answer and not answer:
        raise RecordError("no_answer")
    return ExamItem(_tidy(question), options, answer)


def _fields(record: Record) -> tuple[Any, Any, Any]:
    """Question, options and answer as they are written."""
    question, answer = (record.get(name, record.get(name.title())) for name in ("question", "answer"))
    options = record.get("options")
    if options is None and "A" in record:
        options = {letter: record[letter] for letter in LETTERS if record.get(letter) is not None}
    return question, options, answer


def as_written(record: Record, item: ExamItem) -> tuple[str, dict[str, str]]:
    """Question and options without any tidying but at the question's ends: what LM Evaluation Harness shows a model."""
    question, options, _answer = _fields(record)
    if isinstance(options, dict):
        return str(question).strip(), {str(letter).strip().upper(): str(text) for letter, text in options.items()}
    return str(question).strip(), item.options


def _tidy(text: str) -> str:
    """Without spaces at the ends and runs of them within."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _options(value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        pairs = sorted((str(letter).strip().upper(), text) for letter, text in value.items())
        if [letter for letter, _text in pairs] != list(LETTERS[: len(pairs)]):
            raise RecordError("bad_options", both("letters from A on, without a gap", "选项字母应从 A 起，不可跳过"))
        value = [text for _letter, text in pairs]
    if not isinstance(value, list):
        raise RecordError("no_options")
    texts = [_option_text(text) for text in value]
    while texts and not texts[-1]:
        texts.pop()
    if texts and all(_LABEL.match(text) for text in texts):
        labels = [_LABEL.match(text) for text in texts]
        if [match[1].upper() for match in labels if match] == list(LETTERS[: len(texts)]):
            texts = [_LABEL.sub("", text) for text in texts]
    if not _FEWEST <= len(texts) <= _MOST:
        raise RecordError(
            "bad_options",
            both(
                f"{len(texts)} options; {_FEWEST} to {_MOST} are usable",
                f"有 {len(texts)} 个选项；可用 {_FEWEST} 至 {_MOST} 个",
            ),
        )
    if not all(texts) or len(set(texts)) < len(texts):
        raise RecordError("bad_options", both("an option is empty, or two are the same", "有空选项，或两个选项相同"))
    return dict(zip(LETTERS, texts, strict=False))


def _option_text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RecordError("bad_options", both("an option is no text", "有选项不是文本"))
    return _tidy(str(value))


def _answer(value: Any, options: dict[str, str]) -> frozenset[str]:
    """The right letters: `B`, `ABD`, `A,C`, a list of them, an option's text, `答案：B`. Empty when none is given."""
    if isinstance(value, list):
        value = "".join(str(part) for part in value)
    if value is None or (isinstance(value, str) and not value.strip()):
        return frozenset()
    if not isinstance(value, str):
        raise RecordError("bad_answer", both("letters were expected", "应为选项字母"))
    by_text = {text: letter for letter, text in options.items()}
    if letter := by_text.get(_tidy(value)):
        return frozenset(letter)
    letters = re.sub(r"[\s,，、;；.。/]", "", unicodedata.normalize("NFKC", value)).upper()
    if letters and set(letters) <= set(options):
        return frozenset(letters)
    if named := read_answer(value, options, several=True):
        return named
    raise RecordError(
        "bad_answer", both(f"not among the options {''.join(options)}", f"不在选项 {''.join(options)} 之中")
    )
