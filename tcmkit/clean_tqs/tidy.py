"""The whole record once more: questions at its end, identity, duplicates, neighbours joined."""

import re
from bisect import bisect_left
from functools import cache

from . import cues
from .tokens import Clause
from .trim import trimmed
from .weave import Piece, Spot, Woven

_BETWEEN = re.compile(r"[，。；：！？、\s.“”\"'（）]*")
_DATE = re.compile(r"(?:19|20)\d\d(?:年|[-/.])\d{1,2}(?:月|[-/.])\d{1,2}日?")
_LMP = re.compile(r"(?:月经|LMP|PMP|经期|经水|行经)[^。；\n]{0,12}$")
_ANONYMOUS = re.compile(r"(?:某某?|××?|XX?|\*\*?|[○〇]{2})(?=[，。；：、（ \n男女]|$)")
"""What stands for the rest of a name: 某某, ××."""
_NAME_AFTER = re.compile(r"(?:患者|病人|姓名|[，。；：\n（ ])$|^$")
_ANONYMOUS_MARK = re.compile(r"[某×X*○〇]")
_ASKS = re.compile(r"[如怎请什何断疗辨辩能]")
"""A letter of every question."""
_LONG_NUMBER = re.compile(r"\d\d{5}")
_MIN_SENTENCE = 15
_TAIL = 60
_ENDS_SENTENCE = frozenset("。！？\n")
_TONGUE_PULSE = frozenset({"tongue", "pulse"})


@cache
def _surnames() -> frozenset[str]:
    return frozenset(cues.noise()["surnames"])


def tidy(folded: str, clauses: list[Clause], woven: Woven) -> Woven:
    """Findings that overlap nothing removed, each once; removed parts joined to maximal runs."""
    removed = woven.removed
    question = _question(folded)
    if question is not None:
        removed = [piece for piece in removed if piece[0] < question[0]]
        removed.append(question)
    removed = removed + _duplicates(folded, clauses, woven)
    removed += _identity(folded, removed)
    spots = sorted(set(woven.spots))
    removed = _joined(folded, removed, [spot[0] for spot in spots])
    stated = woven.stated
    if stated:
        stated = _joined(folded, [p for p in stated if not _touching(removed, p[0], p[1])], [])
    interpreted: list[Piece] = []
    spots = sorted(set(trimmed(folded, spots, interpreted)))
    if interpreted:
        stated = sorted({*stated, *interpreted})
    gone = sorted(removed + stated)
    if gone:
        spots = [spot for spot in spots if not _touching(gone, spot[0], spot[1])]
    return Woven(spots, removed, stated, woven.drugs)


def _touching(pieces: list[Piece], start: int, end: int) -> bool:
    """Whether a span overlaps one of the pieces, which are sorted and do not overlap each other."""
    at = bisect_left(pieces, (end,)) - 1
    return at >= 0 and pieces[at][1] > start


def _question(folded: str) -> Piece | None:
    tail_from = max(0, len(folded) - _TAIL)
    if _ASKS.search(folded, tail_from) is None:
        return None
    match = cues.pattern("questions").search(folded, tail_from)
    if match is None:
        return None
    start = match.start()
    while start < match.end() and folded[start] in "，。；、！？ \n.":
        start += 1
    return (start, match.end(), "administrative") if match.end() > start else None


def _identity(folded: str, removed: list[Piece]) -> list[Piece]:
    spans: list[tuple[int, int]] = []
    if _ANONYMOUS_MARK.search(folded):
        for match in _ANONYMOUS.finditer(folded):
            at = match.start() - 1
            if at >= 0 and folded[at] in _surnames() and _NAME_AFTER.search(folded, max(0, at - 2), at):
                spans.append((at, match.end()))
    if "号" in folded or "@" in folded or _LONG_NUMBER.search(folded):
        spans += [match.span() for match in cues.pattern("identity_patterns").finditer(folded)]
    if "20" in folded or "19" in folded:
        for match in _DATE.finditer(folded):
            if not _LMP.search(folded, max(0, match.start() - 20), match.start()):
                spans.append(match.span())
    return [
        (start, end, "identity")
        for start, end in spans
        if not any(start < piece[1] and piece[0] < end for piece in removed)
    ]


def _duplicates(folded: str, clauses: list[Clause], woven: Woven) -> list[Piece]:
    """Tongue and pulse told twice in the same words, and sentences told twice."""
    seen: dict[str, int] = {}
    found: list[Piece] = []
    for start, end, least in sorted(_tongue_runs(clauses, woven.spots) + _sentences(clauses)):
        first = seen.setdefault(folded[start:end], end)
        if first <= start and end - start >= least:
            found.append((start, end, "duplicate"))
    return found


def _tongue_runs(clauses: list[Clause], spots: list[Spot]) -> list[tuple[int, int, int]]:
    """Runs of at least two clauses that speak of tongue and pulse: start, end, least length."""
    spoken = sorted({spot[0] for spot in spots if spot[2] in _TONGUE_PULSE})
    if len(spoken) < 2:
        return []
    starts = [clause[0] for clause in clauses]
    indexes = sorted({bisect_left(starts, at + 1) - 1 for at in spoken})
    runs: list[tuple[int, int, int]] = []
    first = 0
    for place, index in enumerate(indexes):
        if place + 1 == len(indexes) or indexes[place + 1] != index + 1:
            if place > first:
                runs.append((clauses[indexes[first]][0], clauses[index][1], 0))
            first = place + 1
    return runs


def _sentences(clauses: list[Clause]) -> list[tuple[int, int, int]]:
    """Sentences: start, end, least length."""
    units: list[tuple[int, int, int]] = []
    start = -1
    end = 0
    for clause_start, end, mark in clauses:
        if start < 0:
            start = clause_start
        if mark in _ENDS_SENTENCE:
            units.append((start, end, _MIN_SENTENCE))
            start = -1
    if start >= 0:
        units.append((start, end, _MIN_SENTENCE))
    return units


def _joined(folded: str, pieces: list[Piece], starts: list[int]) -> list[Piece]:
    """Neighbours of one category as one piece; what overlaps an earlier piece is cut to what is left.

    Pieces with a finding between them (`starts`, sorted) stay apart.
    """
    joined: list[Piece] = []
    last_start, last_end, last_category = 0, 0, ""
    for piece in sorted(pieces):
        start, end, category = piece
        if start < last_end:
            if end <= last_end:
                continue
            start = last_end
        if category == last_category and _belongs(folded, last_end, start, category, starts):
            joined[-1] = (last_start, end, category)
        else:
            joined.append((start, end, category))
            last_start, last_category = start, category
        last_end = end
    return joined


def _belongs(folded: str, last_end: int, start: int, category: str, starts: list[int]) -> bool:
    """Whether nothing worth keeping stands between two pieces of one category."""
    if category == "identity" or not _BETWEEN.fullmatch(folded, last_end, start):
        return False
    at = bisect_left(starts, last_end)
    return at == len(starts) or starts[at] >= start
