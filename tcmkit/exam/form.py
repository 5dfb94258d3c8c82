"""The form of a reasoned answer: `<think>…</think><answer>…</answer>` (Ladder-base, answer form).

The released reward of that paper takes an empty think block and two answer blocks for well formed. Here the form
holds only if exactly one think block that says something is followed by exactly one answer block, and nothing else
stands around them but white space.
"""

import re
import unicodedata
from dataclasses import dataclass

TAGS = ("<think>", "</think>", "<answer>", "</answer>")
_WHOLE = re.compile(r"\s*<think>(?P<think>.*?)</think>\s*<answer>(?P<answer>.*?)</answer>\s*", re.DOTALL)
_THINK = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
_TAG = re.compile(r"</?(?:think|answer)>")

# Letters by their category, and blank to the eye.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\ufffc")


@dataclass(frozen=True)
class Blocks:
    """What stands in the answer blocks of a completion."""

    answers: tuple[str, ...]
    """The text of each answer block, in order."""
    inside_thinking: bool
    """Whether one of them stands in a think block, where nothing is answered yet."""


def blocks_of(completion: str) -> Blocks:
    """The answer blocks of a completion, wherever they stand."""
    thoughts = [match.span() for match in _THINK.finditer(completion)]
    found = list(_ANSWER.finditer(completion))
    inside = any(start < match.start() < end for match in found for start, end in thoughts)
    return Blocks(tuple(match[1] for match in found), inside)


def is_well_formed(completion: str) -> bool:
    """Whether the completion has the form. White space is Unicode's; a zero-width character is none.

    >>> is_well_formed("<think>舌红为热</think>\\n<answer>B</answer>")
    True
    >>> is_well_formed("<think> \\u200b</think><answer>B</answer>")
    False
    """
    match = _WHOLE.fullmatch(completion)
    if match is None or _TAG.search(match["think"]) or _TAG.search(match["answer"]):
        return False
    return says_something(match["think"])


def says_something(text: str) -> bool:
    """Whether a text holds anything that can be seen."""
    return any(unicodedata.category(char)[0] in "LNPS" and char not in _BLANK for char in text)


def tags_present(completion: str) -> float:
    """Share of the four tags that stand there exactly once.

    >>> tags_present("<think>a</think><answer>B"), tags_present("<answer>A</answer><answer>B</answer>")
    (0.75, 0.0)
    """
    return sum(completion.count(tag) == 1 for tag in TAGS) / len(TAGS)
