"""What one clause says, whatever stands around it."""

from typing import NamedTuple

from . import tongue_pulse
from .grammar import CAUSE_ONLY, Parser, Phrase
from .tokens import Token, scan


class Reading(NamedTuple):
    """A clause with its tokens and phrases, offsets counted from the clause's start."""

    text: str
    tokens: list[Token]
    phrases: list[Phrase]
    unread: bool
    """Whether some of it is unknown, or is a laboratory value."""
    measured: bool
    """Whether it holds a laboratory value."""

    @property
    def symptoms(self) -> list[Phrase]:
        """Phrases that are more than time, onset and course."""
        return [p for p in self.phrases if p.dimensions and p.dimensions != CAUSE_ONLY]


def read(clause: str) -> Reading:
    """Tokens and phrases of a folded clause."""
    tokens, unread, measured = scan(clause)
    if "舌" in clause or "苔" in clause or "脉" in clause:
        phrases = _around_regions(clause, tokens)
    else:
        phrases = Parser(clause, tokens).phrases()
    return Reading(clause, tokens, phrases, unread, measured)


def _around_regions(clause: str, tokens: list[Token]) -> list[Phrase]:
    found: list[Phrase] = []
    at = 0
    for region in tongue_pulse.regions(clause, tokens):
        found.extend(_parsed(clause, at, region.start))
        found.extend(tongue_pulse.phrases(clause, region))
        at = region.end
    if at == 0:
        return Parser(clause, tokens).phrases()
    found.extend(_parsed(clause, at, len(clause)))
    return found


def _parsed(clause: str, start: int, end: int) -> list[Phrase]:
    part = clause[start:end]
    if not part:
        return []
    return [p._replace(start=p.start + start, end=p.end + start) for p in Parser(part, scan(part).tokens).phrases()]
