"""How a language model is asked for a syndrome: a text, and the endings that it may have."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from string import ascii_uppercase
from typing import Any, Protocol

import numpy as np

from tcmkit.llm import Call, Prompt, Talk, load
from tcmkit.records import Drop, Record

from ..classifier import Classifier
from ..engine import softmax
from ..labels import leak_remark
from ..pages import check_format, engine_of, refused
from ..settings import Settings

FORMAT = 1
MOST_CHARACTERS = 1500
"""Of a longer text both ends are shown: complaint, and tongue and pulse."""


class Wording(Protocol):
    """How the choice is put."""

    most: int
    """Candidates that can be chosen from at once; the built-in engine's likeliest."""

    def put(self, text: str, names: Sequence[str]) -> tuple[str, list[str]]:
        """The text that the model reads, and the ending that stands for each name."""
        ...


class ByLetters:
    """For a model as it is: the candidates with letters, the likeliest by the built-in engine first.

    Letters are one token, so a case costs one look at the model whatever the number of candidates.
    """

    most = len(ascii_uppercase)

    def __init__(self, prompt: str | None = None) -> None:
        """`prompt` is a file in place of our own prompt. Raises UsageError."""
        self._prompt = load("classify-choice", prompt)

    def put(self, text: str, names: Sequence[str]) -> tuple[str, list[str]]:
        """Plain text that ends before the letter."""
        listed = "\n".join(f"{letter}. {name}" for letter, name in zip(ascii_uppercase, names, strict=False))
        system, user = self._prompt.messages({"text": text}, candidates=listed)
        return f"{system['content']}\n\n{user['content']}", [f" {letter}" for letter in ascii_uppercase[: len(names)]]


class ByNames:
    """For a model that `tcm classify fit --engine llm` taught: the names themselves, as its answer."""

    most = 1 << 20

    def __init__(self, folder: str) -> None:
        """The model's folder. Raises InputError for one that is none, UsageError for one without a template."""
        from tcmkit.train import chat

        name, page = engine_of(folder)
        if name != "llm":
            raise refused(folder, "holds no language model", "中没有语言模型")
        check_format(folder, page, FORMAT)
        self.labels: tuple[str, ...] = tuple(map(str, page["labels"]))
        self._chat = chat.Chat(folder, _template(folder))
        self._prompt = load("classify")

    def put(self, text: str, names: Sequence[str]) -> tuple[str, list[str]]:
        """The conversation up to the answer, and each name with the mark that ends an answer."""
        pieces = self._chat.pieces(messages_of(self._prompt, text, names[0]))
        last = max(number for number, (_, is_answer) in enumerate(pieces) if is_answer)
        mark = pieces[last][0].removeprefix(names[0])
        return "".join(piece for piece, _ in pieces[:last]), [name + mark for name in names]


def _template(folder: str) -> str | None:
    """The chat template in the folder; None lets the tokenizer say."""
    path = Path(folder) / "chat_template.jinja"
    return path.read_text(encoding="utf-8") if path.is_file() else None


def messages_of(prompt: Prompt, text: str, answer: str) -> list[dict[str, Any]]:
    """A case and its syndrome as the conversation that is learned from."""
    asked = [dict(message) for message in prompt.messages({"text": shortened(text)})]
    return [*asked, {"role": "assistant", "content": answer}]


def shortened(text: str) -> str:
    """The text, or its two ends."""
    if len(text) <= MOST_CHARACTERS:
        return text
    return f"{text[: MOST_CHARACTERS // 2]}……{text[-MOST_CHARACTERS // 2 :]}"


class ModelClassifier:
    """The talk of `tcm classify` with a language model; `why` is the built-in engine's."""

    def __init__(self, settings: Settings, wording: Wording) -> None:
        labels = wording.labels if isinstance(wording, ByNames) and settings.labels == "tcmsd" else None
        self._by_rules = Classifier(replace(settings, model=None), labels)
        self._wording = wording

    def __call__(self, record: Record) -> Talk:
        """The prediction. Raises RecordError as Classifier does."""
        case = self._by_rules.case_of(record)
        if isinstance(case, Drop):
            return case
        engine, written = self._by_rules.engine_for(record)
        found = engine.assess(case)
        chosen = np.argsort(-found.probabilities, kind="stable")[: self._wording.most]
        names = [engine.labels[place] for place in chosen]
        text, endings = self._wording.put(shortened(case["text"]), names)
        scores = yield Call(({"role": "text", "content": text},), endings=endings, expected_tokens=0)
        shares = np.zeros(len(engine.labels))
        shares[chosen] = softmax(np.array(scores, dtype=np.float64))
        return self._by_rules.predicted(record, case, engine, replace(found, probabilities=shares), written)

    @property
    def notes(self) -> Mapping[str, int]:
        """`leaked`: records whose text names their own label."""
        return {name: count for name, count in self._by_rules.noted.items() if count}

    def remarks(self) -> list[str]:
        """The warning about them."""
        return [leak_remark(count) for count in self.notes.values()]
