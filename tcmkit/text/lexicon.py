"""Finding many terms at once in Chinese text, longest match first."""

from collections.abc import Iterator, Mapping
from typing import Generic, NamedTuple, TypeVar

import ahocorasick

Value = TypeVar("Value")


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

    def __init__(self, terms: Mapping[str, Value]) -> None:
        self._automaton = ahocorasick.Automaton()
        for term, value in terms.items():
            if term:
                self._automaton.add_word(term, (len(term), value))
        self._empty = len(self._automaton) == 0
        self._automaton.make_automaton()

    def find(self, text: str) -> Iterator[Match[Value]]:
        """Leftmost, longest, non-overlapping matches, in order."""
        if self._empty:
            return
        for end, (length, value) in self._automaton.iter_long(text):
            yield Match(end + 1 - length, end + 1, value)

    def find_all(self, text: str) -> Iterator[Match[Value]]:
        """Every match, overlapping ones too, by end position."""
        if self._empty:
            return
        for end, (length, value) in self._automaton.iter(text):
            yield Match(end + 1 - length, end + 1, value)
