"""Finding many terms at once in Chinese text, longest match first."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar

import ahocorasick_rs

Value = TypeVar("Value")

_SURROGATE = re.compile("[\ud800-\udfff]")
_SMALL = 20_000
"""Up to so many terms the faster automaton is small enough (about 2 KB a term)."""


class Match(NamedTuple, Generic[Value]):
    """A term found at text[start:end], with the value it was filed under."""

    start: int
    end: int
    value: Value


class Lexicon(Generic[Value]):
    """Terms with a value each, found in one pass whatever their number.

    >>> herbs = Lexicon({"附子": "aconite", "白附子": "typhonium"})
    >>> [(m.start, m.end, m.value) for m in herbs.find("白附子三钱，附子一两")]
    [(0, 3, 'typhonium'), (6, 8, 'aconite')]
    """

    def __init__(self, terms: Mapping[str, Value], *, quick_to_build: bool = False) -> None:
        """With `quick_to_build` the automaton is the one that is ready soonest: for a program that reads one text."""
        self._quick = quick_to_build
        self._terms = [term for term in terms if term]
        self._values = [terms[term] for term in self._terms]

    @cached_property
    def _longest(self) -> ahocorasick_rs.AhoCorasick:
        return self._automaton(ahocorasick_rs.MatchKind.LeftmostLongest)

    @cached_property
    def _every(self) -> ahocorasick_rs.AhoCorasick:
        return self._automaton(ahocorasick_rs.MatchKind.Standard)

    def _automaton(self, kind: ahocorasick_rs.MatchKind) -> ahocorasick_rs.AhoCorasick:
        fast = ahocorasick_rs.Implementation.DFA if len(self._terms) <= _SMALL and not self._quick else None
        return ahocorasick_rs.AhoCorasick(self._terms, matchkind=kind, implementation=fast)

    def find(self, text: str) -> Iterator[Match[Value]]:
        """Leftmost, longest, non-overlapping matches, in order."""
        return map(Match._make, self.spans(text))

    def spans(self, text: str) -> list[tuple[int, int, Value]]:
        """What `find` finds, as plain tuples (start, end, value): for callers that ask about every clause."""
        try:
            found = self._longest.find_matches_as_indexes(text)
        except UnicodeEncodeError:
            found = self._longest.find_matches_as_indexes(_encodable(text))
        values = self._values
        return [(start, end, values[term]) for term, start, end in found]

    def find_all(self, text: str) -> Iterator[Match[Value]]:
        """Every match, overlapping ones too, by end position."""
        for term, start, end in self._every.find_matches_as_indexes(_encodable(text), overlapping=True):
            yield Match(start, end, self._values[term])

    def terms_in(self, text: str) -> set[str]:
        """The terms that stand in the text, each once."""
        return set(self._longest.find_matches_as_strings(_encodable(text)))


def _encodable(text: str) -> str:
    """The text, lone surrogates replaced: no term holds one, and UTF-8 cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text
