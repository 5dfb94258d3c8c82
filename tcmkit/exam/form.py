"""The form of a reasoned answer: `<think>…</think><answer>…</answer>` (Ladder-base, answer form).

The released reward of that paper takes an empty think block and two answer blocks for well formed. Here the form
holds only if exactly one think block that says something is followed by exactly one answer block, and nothing else
stands around them but white space.
"""

import re
import unicodedata
from collections.abc import Iterator

TAGS = ("<think>", "</think>", "<answer>", "</answer>")
_SPACE = r"[^\S\x1c-\x1f]*"  # Python takes four control characters for white space, Unicode does not
_WHOLE = re.compile(rf"{_SPACE}<think>(?P<think>.*?)</think>{_SPACE}<answer>.*?</answer>{_SPACE}", re.DOTALL)
_THOUGHT = re.compile(r"<think>(?:(?!<think>).)*?</think>", re.DOTALL)

# Letters by their category, and blank to the eye.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\ufffc")


def answers_of(completion: str) -> tuple[list[str], list[str]]:
    """The texts of the answer blocks outside of closed think blocks, and of those within.

    >>> answers_of("<think>not <answer>A</answer></think><answer>B</answer>")
    (['B'], ['A'])
    """
    thought: list[str] = []

    def leave_out(match: re.Match[str]) -> str:
        thought.extend(_answers(match[0]))
        return ""

    return list(_answers(_THOUGHT.sub(leave_out, completion))), thought


def _answers(text: str) -> Iterator[str]:
    """What stands between each opening tag and the next closing one."""
    at = text.find("<answer>")
    while at >= 0:
        begin = at + len("<answer>")
        end = text.find("</answer>", begin)
        if end < 0:
            return
        yield text[begin:end]
        at = text.find("<answer>", end)


def is_well_formed(completion: str) -> bool:
    """Whether the completion has the form. White space is Unicode's; a zero-width character is none.

    >>> is_well_formed("<think>舌红为热</think>\\n<answer>B</answer>")
    True
    >>> is_well_formed("<think> \\u200b</think><answer>B</answer>")
    False
    """
    if any(completion.count(tag) != 1 for tag in TAGS):
        return False
    match = _WHOLE.fullmatch(completion)
    return match is not None and says_something(match["think"])


def says_something(text: str) -> bool:
    """Whether a text holds anything that can be seen."""
    return any(unicodedata.category(char)[0] in "LNPS" and char not in _BLANK for char in text)


def tags_present(completion: str) -> float:
    """Share of the four tags that stand there exactly once.

    >>> tags_present("<think>a</think><answer>B"), tags_present("<answer>A</answer><answer>B</answer>")
    (0.75, 0.0)
    """
    return sum(completion.count(tag) == 1 for tag in TAGS) / len(TAGS)
