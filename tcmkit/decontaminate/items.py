"""The evaluation items: read from their files, folded, with what tells each from others."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tcmkit.decontaminate.fold import folded
from tcmkit.errors import InputError, RecordError
from tcmkit.jsonl import codec
from tcmkit.jsonl.inputs import lines
from tcmkit.jsonl.source import check_inputs, check_no_folders
from tcmkit.language import both
from tcmkit.records import Record
from tcmkit.tables import table
from tcmkit.text.decode import file_name

_STEM_FIELDS = ("question", "Question", "prompt", "instruction", "query", "text")
_OPTION_FIELDS = ("options", "option", "choices")
_ANSWER_FIELDS = ("answer", "Answer", "output", "chosen", "label")
_LETTERS = "ABCDEFGHIJ"
_NUMBERING = re.compile(r"^[\s\d.、．)）]+(?=\D)")
INLINE_OPTION = re.compile(r"(?:^|(?<=[\s　。；;，,、（(）)？?：:]))[A-JＡ-Ｊ]\s*[.．、：:)）]")
"""The letter before an option that stands in running text: `A. `, `B、`, `(C)`."""


@dataclass(frozen=True, slots=True)
class EvalItem:
    """One evaluation item, folded."""

    name: str
    """How it is named to the user: file, line and id, never its text."""
    stem: str
    options: tuple[str, ...]
    answer: str
    """Text of the right answer; empty where the item names none."""
    weight: int
    """Characters of the stem that are no stock phrase of examinations: how much the stem says by itself."""
    negations: int
    reach: int
    """So far from the stem its options may stand, each with a letter: characters."""


@cache
def _stock() -> re.Pattern[str]:
    phrases = sorted(table("decontaminate")["stock_phrases"], key=len, reverse=True)
    return re.compile("|".join(phrases))


@cache
def _negation() -> re.Pattern[str]:
    return re.compile("|".join(table("decontaminate")["negations"]))


def negations(text: str) -> int:
    """How many negations stand in a folded text."""
    return len(_negation().findall(text))


@cache
def _polarity() -> re.Pattern[str]:
    return re.compile("|".join((*table("decontaminate")["negations"], *table("decontaminate")["affirmations"])))


def without_polarity(text: str) -> str:
    """A folded text without the words that affirm or deny.

    >>> without_polarity("下列说法不正确的是") == without_polarity("下列说法正确的是")
    True
    """
    return _polarity().sub("", text)


def read_items(paths: Sequence[str]) -> list[EvalItem]:
    """Every item of the files. Raises InputError for a missing file, a line that is no item, or no item at all."""
    check_inputs(paths)
    check_no_folders(paths)
    items = []
    for line in lines(paths):
        place = f"{file_name(line.path)}:{line.number}"
        try:
            item = item_of(codec.parse(line.raw), place)
        except RecordError as error:
            raise _no_item(place, str(error)) from None
        if item is None:
            raise _no_item(place, "no question, prompt or text")
        items.append(item)
    if not items:
        raise InputError(both("--against: no evaluation item in the files", "--against：文件中没有评测题"))
    return items


def _no_item(place: str, why: str) -> InputError:
    return InputError(
        both(
            f"--against {place}: {why}; correct the line, an unread item could not be looked for",
            f"--against {place}：{why}；请改正此行，读不出的题目无法查找",
        )
    )


def item_of(record: Record, place: str) -> EvalItem | None:
    """The item on a line; None when it asks nothing."""
    raw = _stem(record)
    options = _options(record)
    if not options:
        raw, options = _inline(raw)
    stem = folded(_NUMBERING.sub("", raw)).replace("\n", "")
    if not stem:
        return None
    shown = tuple(text for text in (folded(option).replace("\n", "") for option in options.values()) if text)
    answer = next((record[name] for name in _ANSWER_FIELDS if isinstance(record.get(name), str)), "")
    answer = folded(options.get(answer.strip().upper(), answer)).replace("\n", "")
    own = record.get("id")
    name = f"{place} ({str(own)[:64]})" if isinstance(own, str | int) else place
    reach = sum(map(len, shown)) * 3 // 2 + 8 * len(shown) + 24
    return EvalItem(name, stem, shown, answer, len(_stock().sub("", stem)), negations(stem), reach)


def _stem(record: Record) -> str:
    for name in _STEM_FIELDS:
        value = record.get(name)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, list):
            return _asked(value)
    return _asked(record.get("messages"))


def _asked(messages: Any) -> str:
    """The first thing the user says."""
    turns = messages if isinstance(messages, list) else []
    asked = (turn for turn in turns if isinstance(turn, Mapping) and turn.get("role") == "user")
    return next((str(turn.get("content") or "") for turn in asked), "")


def _options(record: Record) -> dict[str, str]:
    """Options by letter, from a mapping, a list, or fields named A, B, C …"""
    for name in _OPTION_FIELDS:
        value = record.get(name)
        if isinstance(value, Mapping):
            return {str(letter).strip().upper(): str(text) for letter, text in value.items()}
        if isinstance(value, list):
            return dict(zip(_LETTERS, _texts(value), strict=False))
    named = {letter: str(record[letter]) for letter in _LETTERS if isinstance(record.get(letter), str | int | float)}
    return named if len(named) > 1 else {}


def _texts(options: list[Any]) -> Iterator[str]:
    """The texts of a list of options: strings, or objects that hold one."""
    for option in options:
        if isinstance(option, Mapping):
            yield next((str(option[key]) for key in ("value", "text", "content") if key in option), "")
        else:
            yield str(option)


def _inline(raw: str) -> tuple[str, dict[str, str]]:
    """Stem and options of a question that holds its options in running text."""
    marks = list(INLINE_OPTION.finditer(raw))
    if len(marks) < 3:
        return raw, {}
    ends = [mark.start() for mark in marks[1:]] + [len(raw)]
    texts = [raw[mark.end() : end] for mark, end in zip(marks, ends, strict=True)]
    return raw[: marks[0].start()], dict(zip(_LETTERS, texts, strict=False))
