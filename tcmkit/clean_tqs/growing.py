"""What a parser of clauses knows while it reads: the phrase that is growing, and what covers it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from tcmkit.records import Polarity

from . import vocabulary as v
from .tokens import Token

CAUSE_ONLY = ("cause",)
_OF_THE_NEXT = re.compile(r"(?:老是?|总是?|一直|天天|整天|还|也|又)$")


class Phrase(NamedTuple):
    """A finding at clause[start:end], under each of its dimensions."""

    start: int
    end: int
    dimensions: tuple[str, ...]
    """Empty: a generic symptom without a site, or what says more about the finding before it (量少, 夜间尤甚): for
    the context to place."""
    polarity: Polarity


class Chunk:
    """A phrase that is still growing."""

    __slots__ = ("answered", "bare", "dimensions", "end", "kind", "quality_from", "region", "start")

    def __init__(self, token: Token, kind: str) -> None:
        self.start, self.end, _ = token
        self.kind = kind
        """head, generic, topic, site, modifier, cause, course"""
        self.dimensions: tuple[str, ...] = ()
        self.region = ""
        self.answered = False
        self.bare = False
        self.quality_from = -1
        """Where the qualities behind the symptom begin."""

    @property
    def open(self) -> bool:
        """Whether a symptom may still come: only sites or qualities were read."""
        return self.kind in ("site", "modifier")


class Growing:
    """One clause, its tokens, and the phrase that is growing at the current token."""

    # What is so at the beginning of every clause; most clauses change little of it.
    _chunk: Chunk | None = None
    _denied = False
    _denied_something = False
    _deny_next = False
    _uncertain = False
    _region = ""
    _topic: tuple[str, ...] = ()
    _joined = False
    _index = 0

    def __init__(self, clause: str, tokens: Sequence[Token]) -> None:
        self._clause = clause
        self._tokens = tokens
        self._phrases: list[Phrase] = []

    def _polarity(self) -> Polarity:
        if self._denied or self._deny_next:
            return "absent"
        return "uncertain" if self._uncertain else "present"

    def _add(self, start: int, end: int, dimensions: tuple[str, ...]) -> None:
        polarity: Polarity = "present" if dimensions == CAUSE_ONLY else self._polarity()
        self._phrases.append(Phrase(start, end, dimensions, polarity))

    def _flush(self) -> None:
        chunk = self._chunk
        if chunk is None:
            return
        self._chunk = None
        kind = chunk.kind
        if kind in ("head", "generic"):
            self._add(chunk.start, chunk.end, chunk.dimensions)
            self._spent()
        elif kind == "topic":
            if chunk.answered:
                self._add(chunk.start, self._end_of_topic(chunk), chunk.dimensions)
                self._spent()
            self._topic = chunk.dimensions
        elif kind in ("cause", "course"):
            if chunk.answered:
                is_denied = kind == "cause" and self._denied and self._is_right_after_negator(chunk.start)
                polarity: Polarity = "absent" if is_denied else "present"
                self._phrases.append(Phrase(chunk.start, chunk.end, CAUSE_ONLY, polarity))
        elif kind == "site":
            self._region = chunk.region
            if chunk.answered:
                dimensions = v.dimension_at(chunk.region, "*")
                self._add(chunk.start, chunk.end, dimensions)
                self._spent()
        elif kind == "modifier" and chunk.answered:
            self._add(chunk.start, chunk.end, ())

    def _end_of_topic(self, chunk: Chunk) -> int:
        """Its end without the adverb of what is said next: 胃口不好 | 老是出虚汗."""
        adverb = _OF_THE_NEXT.search(self._clause, chunk.start, chunk.end) if chunk.end < len(self._clause) else None
        if adverb is None or any(
            chunk.start < end == adverb.start() for _, end, term in self._tokens if term.kind == v.TOPIC
        ):
            return chunk.end
        return adverb.start()

    def _is_right_after_negator(self, start: int) -> bool:
        """Whether a denial is of what begins here (无外伤, 没有受过外伤), not of what a clause goes on to say."""
        return any(term.kind == v.NEGATOR and start - 2 <= end <= start for _, end, term in self._tokens)

    def _spent(self) -> None:
        self._deny_next = False
        self._uncertain = False
        self._denied_something = self._denied

    def _begin(self, token: Token, kind: str, dimensions: tuple[str, ...] = ()) -> Chunk:
        self._flush()
        self._chunk = chunk = Chunk(token, kind)
        chunk.dimensions = dimensions
        return chunk

    def _extend(self, token: Token, kind: str = "") -> Chunk:
        """Take the token into the open phrase, or begin one; `kind` is what the phrase becomes."""
        chunk = self._chunk
        if chunk is None:
            chunk = self._chunk = Chunk(token, kind or "modifier")
        chunk.end = token[1]
        if kind:
            chunk.kind = kind
        return chunk

    def _word(self, token: Token) -> str:
        return self._clause[token[0] : token[1]]

    def _next(self) -> Token | None:
        """The token behind the current one."""
        index = self._index + 1
        return self._tokens[index] if index < len(self._tokens) else None
