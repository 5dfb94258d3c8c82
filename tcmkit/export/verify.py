"""Whether what was written is the model that it was made from. Each check refuses, or says what it compared."""

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tcmkit.errors import TcmError
from tcmkit.export import corpus
from tcmkit.export.vocabulary import Vocabulary
from tcmkit.language import both

if TYPE_CHECKING:
    from tcmkit.export.runner import Runner

_COMPARED, _LONGEST = 256, 64
_CONTINUED = 24


class Refused(TcmError):
    """What was written is not what it was made from."""


class Computes(Protocol):
    """A model that gives scores: transformers' or llama.cpp's."""

    load_s: float

    def logits(self, tokens: Sequence[int]) -> Any:
        """Scores after each token, in a row for each."""

    def read(self, tokens: Sequence[int]) -> Any:
        """Scores after the last token, as fast as it goes."""

    def extend(self, token: int) -> Any:
        """Scores after one more token."""


def _refused(what: str, chinese: str) -> Refused:
    return Refused(
        both(
            f"verification failed, nothing was kept: {what}; --format safetensors writes the model as it is",
            f"验证未通过，未保留任何文件：{chinese}；--format safetensors 可原样写出模型",
        )
    )


def rows_of(vocabulary: Vocabulary, texts: Sequence[str], longest: int, most: int) -> list[list[int]]:
    """The texts as tokens, each cut at `longest`, `most` tokens in all; such as say nothing of what follows are out."""
    rows: list[list[int]] = []
    for text in texts:
        row = list(vocabulary.tokenizer(text).input_ids)[: min(longest, most)]
        if len(row) > 1:
            rows.append(row)
            most -= len(row)
        if most < 2:
            break
    return rows


def check_tokens(runner: "Runner", vocabulary: Vocabulary, texts: Sequence[str]) -> dict[str, Any]:
    """The same numbers for each text. Raises Refused.

    Where the tokenizer brings text into the form NFC first, llama.cpp is given it in that form: it has no such step.
    """
    tokens = changed = 0
    for number, text in enumerate(texts, 1):
        right = list(vocabulary.tokenizer(text).input_ids)
        normal = unicodedata.normalize("NFC", text) if vocabulary.normalises else text
        changed += normal != text
        tokens += len(right)
        if runner.tokens(normal, marked=True) != right:
            raise _refused(
                f"text {number} of {len(texts)} of the corpus is other tokens in llama.cpp than in transformers",
                f"语料第 {number} 条（共 {len(texts)} 条）在 llama.cpp 中的词元与 transformers 不同",
            )
    return {"texts": len(texts), "tokens": tokens, "equal": True, "not_nfc": changed}


def check_template(runner: "Runner", vocabulary: Vocabulary) -> dict[str, Any]:
    """The same text, and the same tokens, for conversations. Raises Refused."""
    if not vocabulary.template:
        return {"conversations": 0, "equal": None}
    compared = 0
    for messages in corpus.conversations():
        for reply in (False, True):
            right = vocabulary.rendered(messages, reply)
            if right is None:
                continue
            compared += 1
            numbers = list(vocabulary.tokenizer(right, add_special_tokens=False).input_ids)
            if runner.rendered(messages, reply) != right or runner.tokens(right, marked=False) != numbers:
                raise _refused(
                    "the chat template gives another text in llama.cpp than in transformers",
                    "对话模板在 llama.cpp 中的结果与 transformers 不同",
                )
    return {"conversations": compared, "equal": True}


def check_ends(runner: "Runner", vocabulary: Vocabulary) -> dict[str, Any]:
    """Every token that ends a reply does so in the file. Raises Refused."""
    for end in vocabulary.ends:
        if not runner.ends(end):
            raise _refused(
                f"token {end} ends a reply in transformers and not in llama.cpp",
                f"词元 {end} 在 transformers 中结束回答，在 llama.cpp 中不结束",
            )
    return {"tokens": list(vocabulary.ends), "equal": True}


class Judgement:
    """What the original says of a few rows and prompts, kept so that it need not stay in memory."""

    def __init__(self, original: Computes, vocabulary: Vocabulary, texts: Sequence[str]) -> None:
        """Let the original compute."""
        self._rows = rows_of(vocabulary, texts, _LONGEST, _COMPARED)
        self._logits = [original.logits(row) for row in self._rows]
        self._prompts = [list(vocabulary.tokenizer(prompt).input_ids) for prompt in corpus.prompts()]
        self._continued = [_continue(original, prompt) for prompt in self._prompts]

    def check_logits(self, made: Computes, tolerance: float, rounding: float = 0.0) -> dict[str, Any]:
        """The same scores, but for `tolerance`, and `rounding`, a share of the largest score. Raises Refused."""
        apart = [np.abs(made.logits(row) - right).max() for row, right in zip(self._rows, self._logits, strict=True)]
        largest = max(float(np.abs(right).max()) for right in self._logits)
        worst = float(max(apart))
        tolerance = max(tolerance, rounding * largest)
        if not worst <= tolerance:  # also where it is no number
            raise _refused(
                f"logits are {worst:.2g} apart from transformers', and {tolerance:.2g} is allowed (--tolerance)",
                f"logits 与 transformers 相差 {worst:.2g}，允许 {tolerance:.2g}（--tolerance）",
            )
        return {
            **{"max_difference": worst, "tolerance": tolerance, "largest": largest},
            "tokens": sum(map(len, self._rows)),
        }

    def check_greedy(self, made: Computes, tolerance: float) -> dict[str, Any]:
        """The same continuation of each prompt, up to where two tokens were as good as equal. Raises Refused."""
        compared = 0
        for prompt, (right, margins) in zip(self._prompts, self._continued, strict=True):
            said, _ = _continue(made, prompt)
            same = next((at for at, pair in enumerate(zip(said, right, strict=True)) if pair[0] != pair[1]), len(right))
            compared += same
            if same < len(right) and margins[same] > 2 * tolerance:
                raise _refused(
                    f"greedy decoding says another token after {same} than transformers",
                    f"贪心解码在 {same} 个词元后与 transformers 不同",
                )
        return {"prompts": len(self._prompts), "tokens": compared, "equal": True}


def _continue(model: Computes, prompt: Sequence[int]) -> tuple[list[int], list[float]]:
    """The likeliest next tokens, and how far each is above the second."""
    said: list[int] = []
    margins: list[float] = []
    row = model.read(prompt)
    for _ in range(_CONTINUED):
        second, first = np.partition(row, -2)[-2:]
        margins.append(float(first - second))
        said.append(int(row.argmax()))
        row = model.extend(said[-1])
    return said, margins
