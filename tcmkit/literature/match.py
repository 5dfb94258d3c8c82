"""A journal's name as a paper gives it, matched to the list of targets."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal, NamedTuple

from tcmkit.literature.targets import Journal

Status = Literal["matched", "ambiguous", "not_a_target", "unknown"]

CERTAIN = 88
"""Least score of a match, out of 100: one or two wrong letters in a title of usual length."""
MARGIN = 6
"""A second journal that comes nearer to the first than this makes the match ambiguous."""

_SMALL_WORDS = {"of", "the", "and", "in", "for", "de", "a", "an"}
_WORD = re.compile(r"[^\W\d_]+|\d+")


class Match(NamedTuple):
    """What the list says of a name."""

    status: Status
    journal: Journal | None
    score: int
    candidates: tuple[tuple[str, int], ...]
    """The two nearest, with their scores."""


def match(name: str, issns: frozenset[str], targets: Sequence[Journal]) -> Match:
    """The target of that ISSN or name; two that are about as near are both named and none is taken."""
    if by_issn := [journal for journal in targets if journal.issns & issns]:
        candidates = tuple((journal.name, 100) for journal in by_issn[:2])
        return Match("matched", by_issn[0], 100, candidates) if len(by_issn) == 1 else _ambiguous(candidates)
    if not name.strip():
        return Match("unknown", None, 0, ())
    ranked = sorted(((_score(name, journal), journal) for journal in targets), key=lambda pair: -pair[0])
    candidates = tuple((journal.name, score) for score, journal in ranked[:2])
    if not ranked or ranked[0][0] < CERTAIN:
        return Match("not_a_target", None, ranked[0][0] if ranked else 0, candidates)
    best, journal = ranked[0]
    second = ranked[1][0] if len(ranked) > 1 else 0
    # The same name with another ISSN is another journal.
    stranger = bool(issns and journal.issns)
    exact_and_alone = best == 100 and second < 100
    if stranger or (second >= CERTAIN - MARGIN and best - second < MARGIN and not exact_and_alone):
        return _ambiguous(candidates)
    return Match("matched", journal, best, candidates)


def _ambiguous(candidates: tuple[tuple[str, int], ...]) -> Match:
    return Match("ambiguous", None, candidates[0][1], candidates)


def plain(name: str) -> str:
    """A name without case, width, accents, quotation marks and punctuation.

    >>> plain("《中医杂志》"), plain("The Journal of Ethnopharmacology.")
    ('中医杂志', 'journal ethnopharmacology')
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name)).casefold()
    words = _WORD.findall("".join(char for char in folded if not unicodedata.combining(char)))
    return " ".join(word for word in words if word not in _SMALL_WORDS)


def _score(name: str, journal: Journal) -> int:
    """100 for the same name, 97 for its abbreviation, else thefuzz's ratio, which is at most 99."""
    wanted = plain(name)
    return max(_score_of(wanted, plain(known)) for known in journal.names)


def _score_of(wanted: str, known: str) -> int:
    from thefuzz import fuzz

    if wanted == known:
        return 100
    if _abbreviates(wanted, known) or _abbreviates(known, wanted):
        return 97
    return min(int(fuzz.ratio(wanted, known)), 99)


def _abbreviates(short: str, long: str) -> bool:
    """Whether each word of `short` begins the word of `long` at its place, as in J Ethnopharmacol."""
    ours, theirs = short.split(), long.split()
    return (
        len(ours) == len(theirs) > 1
        and len(short) < len(long)
        and all(word.startswith(part) for part, word in zip(ours, theirs, strict=True))
    )
