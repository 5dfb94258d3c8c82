"""Rewards for examination questions (Ladder-base: correctness, format and tags, weighted 5 : 1 : 1).

Each is a pure function of a batch, as TRL's GRPOTrainer calls it: completions in, one number from 0 to 1 for each out.
The weights stand beside them, not in them, so that each can be logged apart. A completion is a text or a list of
messages.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tcmkit.exam import extract, is_well_formed, tags_present

WEIGHTS = {"correctness": 5.0, "well_formed": 1.0, "tags": 1.0}
"""The paper's weights, by the name of the function."""

Completion = str | Sequence[Mapping[str, Any]]


def text_of(completion: Completion) -> str:
    """The text of a completion in either of TRL's formats: of its last message, if it is a conversation."""
    return completion if isinstance(completion, str) else str(completion[-1]["content"])


def correctness(
    completions: Sequence[Completion], answer: Sequence[str], options: Sequence[Mapping[str, str]], **_columns: Any
) -> list[float]:
    """1 for exactly the right letters, else 0; the form does not matter.

    `answer` holds the right letters of each question ("B", "ABD"), `options` its letters and texts.

    >>> correctness(["<answer>选B</answer>", "<answer>A或B</answer>"], ["B", "B"], [{"A": "寒", "B": "热"}] * 2)
    [1.0, 0.0]
    """
    return [
        float(extract(text_of(completion), _known(choices), several=len(right) > 1) == frozenset(right))
        for completion, right, choices in zip(completions, answer, options, strict=True)
    ]


def _known(choices: Mapping[str, str | None]) -> dict[str, str]:
    """Without the letters that other questions of the table have: Arrow fills them with None."""
    return {letter: text for letter, text in choices.items() if text is not None}


def well_formed(completions: Sequence[Completion], **_columns: Any) -> list[float]:
    """1 for one think block that says something, then one answer block, and nothing else.

    >>> well_formed(["<think>苔黄</think><answer>B</answer>", "<answer>B</answer>"])
    [1.0, 0.0]
    """
    return [float(is_well_formed(text_of(completion))) for completion in completions]


def tags(completions: Sequence[Completion], **_columns: Any) -> list[float]:
    """A quarter for each of the four tags that stands there exactly once.

    >>> tags(["<think>苔黄</think>B", "<think><think>"])
    [0.5, 0.0]
    """
    return [tags_present(text_of(completion)) for completion in completions]
