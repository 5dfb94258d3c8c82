"""Thinking blocks: taken out before a reply is read, kept for those who ask."""

import re
from typing import NamedTuple

_BLOCK = re.compile(r"<think(?:ing)?>(.*?)</think(?:ing)?>", re.DOTALL)
_OPEN = re.compile(r"<think(?:ing)?>")
_CLOSE = re.compile(r"</think(?:ing)?>")
_TAGS = ("<think>", "<thinking>", "</think>", "</thinking>")


class Split(NamedTuple):
    """A reply and what was thought before it."""

    text: str
    thinking: str


def split(text: str) -> Split:
    """The answer without its thinking blocks.

    Some templates open the block in the prompt, so a reply may hold only the end mark; and a reply that was cut
    short may hold only the beginning: then there is no answer.

    >>> split("<think>甲</think>乙"), split("甲</think>乙"), split("<think>甲")
    (Split(text='乙', thinking='甲'), Split(text='乙', thinking='甲'), Split(text='', thinking='甲'))
    """
    thoughts = _BLOCK.findall(text)
    rest = _BLOCK.sub("", text)
    if close := _CLOSE.search(rest):
        thoughts.insert(0, rest[: close.start()])
        rest = rest[close.end() :]
    if opened := _OPEN.search(rest):
        thoughts.append(rest[opened.end() :])
        rest = rest[: opened.start()]
    return Split(rest.strip(), "\n".join(part.strip() for part in thoughts))


class Filter:
    """Takes thinking blocks out of a stream of pieces; holds back what may be the beginning of a mark."""

    def __init__(self) -> None:
        self._held = ""
        self._inside = False
        self._begun = False

    def feed(self, piece: str) -> str:
        """What may be shown of the stream so far and has not been shown."""
        self._held += piece
        shown = ""
        while self._held:
            mark = (_CLOSE if self._inside else _OPEN).search(self._held)
            if mark:
                shown += "" if self._inside else self._held[: mark.start()]
                self._held = self._held[mark.end() :]
                self._inside = not self._inside
                continue
            keep = _possible_mark(self._held)
            if not self._inside:
                shown += self._held[: len(self._held) - keep]
            self._held = self._held[len(self._held) - keep :]
            break
        if not self._begun:
            shown = shown.lstrip()
            self._begun = bool(shown)
        return shown

    def end(self) -> str:
        """What was held back and turned out to be no mark."""
        held, self._held = self._held, ""
        return "" if self._inside else held


def _possible_mark(text: str) -> int:
    """Length of the end of `text` that may be the beginning of a mark."""
    for size in range(min(len(text), max(map(len, _TAGS)) - 1), 0, -1):
        if any(tag.startswith(text[-size:]) for tag in _TAGS):
            return size
    return 0
