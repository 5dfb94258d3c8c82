"""How large, how fast and how good: one row of the table for each form of the model."""

import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from tcmkit.export.verify import Computes

LONGEST, MOST = 256, 1024
"""Tokens of a text, and of all of them, on which perplexity is measured."""
_PROMPT, _GENERATED = 256, 32
_AT_ONCE = 64  # a row of the vocabulary's size for each


def judge(model: Computes, rows: Sequence[Sequence[int]]) -> tuple[float, list[Any]]:
    """Perplexity over every token but the first of each row, and the likeliest next tokens."""
    surprise, count, choices = 0.0, 0, []
    for row in rows:
        scores = model.logits(row)
        choices.append(scores.argmax(axis=1))
        for at in range(0, len(row) - 1, _AT_ONCE):
            following = list(row[at + 1 : at + 1 + _AT_ONCE])
            surprise += _surprise(scores[at : at + len(following)], following)
        count += len(row) - 1
    return math.exp(min(surprise / count, 700.0)), choices


def _surprise(scores: Any, tokens: list[int]) -> float:
    """Minus the sum of the log probabilities of these tokens, each after its row of scores."""
    top = scores.max(axis=1)
    total = top + np.log(np.exp(scores - top[:, None]).sum(axis=1, dtype=np.float64))
    return float((total - scores[np.arange(len(tokens)), tokens]).sum())


def agreement(choices: Sequence[Any], right: Sequence[Any]) -> float:
    """The share of places at which the same token is the likeliest."""
    same = sum(int((ours == theirs).sum()) for ours, theirs in zip(choices, right, strict=True))
    return same / sum(map(len, right))


def speeds(model: Computes, rows: Sequence[Sequence[int]], context: int) -> dict[str, float]:
    """Tokens a second of a prompt, and of what follows."""
    prompt = [token for row in rows for token in row][: min(_PROMPT, context - _GENERATED)]
    model.read(prompt[:8])  # the first call also makes room
    began = time.perf_counter()
    token = int(model.read(prompt).argmax())
    read = time.perf_counter()
    for _ in range(_GENERATED):
        token = int(model.extend(token).argmax())
    done = time.perf_counter()
    return {
        "prompt_tokens_s": round(len(prompt) / (read - began), 1),
        "generated_tokens_s": round(_GENERATED / (done - read), 1),
    }


def row_of(name: str, size: int, model: Computes, rows: Sequence[Sequence[int]], context: int) -> "Row":
    """Measure one form of the model."""
    perplexity, choices = judge(model, rows)
    return Row(
        {
            **{"model": name, "size": size, "load_s": round(model.load_s, 3)},
            **speeds(model, rows, context),
            "perplexity": round(perplexity, 4),
        },
        choices,
    )


class Row:
    """A line of the table, and what its agreement with another is counted from."""

    def __init__(self, figures: dict[str, Any], choices: list[Any]) -> None:
        self.figures, self._choices = figures, choices

    def agree_with(self, original: "Row") -> None:
        """Enter how often both would say the same next."""
        self.figures["top1_agreement"] = round(agreement(self._choices, original._choices), 4)
