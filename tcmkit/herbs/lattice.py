"""A stretch of Chinese read as words of a prescription: the cheapest path through everything that could stand there.

Whole names win over their parts (one word costs less than two), and what no word covers is kept as
unknown, together with any name that touches it: 假附子 is not 附子.
"""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from tcmkit.herbs.amounts import chinese_amount, chinese_grams
from tcmkit.herbs.names import Herb, found_words
from tcmkit.tables import table

_UNKNOWN = 10.0
_AMOUNT = 1.2
_LONGEST_FORMULA = 12
_PLAIN = {"herb1": "herb", "usage1": "usage", "glue": "usage"}


class Piece(NamedTuple):
    """A word in its place; `kind` as in `Word`, or amount, formula, unknown."""

    kind: str
    start: int
    end: int
    herb: Herb | None = None
    grams: float | None = None


class _Step(NamedTuple):
    end: int
    kind: str
    cost: float
    herb: Herb | None = None


@cache
def _formula_end() -> re.Pattern[str]:
    suffixes = sorted(table("prescription_terms")["formula_suffix"], key=len, reverse=True)
    return re.compile("|".join(suffixes))


@cache
def _glue() -> frozenset[str]:
    """Words of one character that may stand right before a herb: 加附子, 与半夏."""
    return frozenset(table("prescription_terms")["glue"])


def _amount_steps(text: str, start: int) -> list[_Step]:
    match = chinese_amount().match(text, start)
    if match is None:
        return []
    ends = {match.end()}
    if match[0].endswith("半") and len(match[0]) > 2:
        ends.add(match.end() - 1)
    return [_Step(end, "amount", _AMOUNT) for end in ends]


def _steps(text: str, formulas: bool) -> list[list[_Step]]:
    """What could begin at each position."""
    steps: list[list[_Step]] = [[_Step(at + 1, "unknown", _UNKNOWN)] for at in range(len(text))]
    for start, end, readings in found_words(text):
        for word in readings:
            short = end - start == 1 and word.kind in ("herb", "usage")
            glue = word.kind == "usage" and text[start:end] in _glue()
            kind = "glue" if glue else f"{word.kind}1" if short else word.kind
            steps[start].append(_Step(end, kind, word.cost, word.herb))
    for at, character in enumerate(text):
        if character in "零一二三四五六七八九十百半两钱斤壹贰叁肆伍陆柒捌玖拾廿卅俩仨":
            steps[at].extend(_amount_steps(text, at))
    if formulas:
        for match in _formula_end().finditer(text):
            for start in range(max(0, match.start() - _LONGEST_FORMULA), match.start()):
                length = match.end() - start
                if length > 2:
                    steps[start].append(_Step(match.end(), "formula", 1.5 + 0.8 * length))
    return steps


def _allowed(before: str, kind: str) -> bool:
    """A prefix leads to a herb, a suffix follows one; 水 before 半夏 makes another name, 加 does not."""
    if before == "prefix":
        return kind in ("herb", "prefix", "unknown")
    if before == "usage1":
        return kind not in ("herb", "herb1", "prefix")
    if kind == "formula":
        return before not in ("herb", "suffix", "usage1")
    return kind != "suffix" or before in ("herb", "suffix")


def _path(text: str, formulas: bool) -> list[Piece]:
    """The cheapest reading of the whole text (Viterbi over positions and the kind of the last word)."""
    steps = _steps(text, formulas)
    best: list[dict[str, tuple[float, int, str, Herb | None]]] = [{} for _ in range(len(text) + 1)]
    best[0][""] = (0.0, -1, "", None)
    for at in range(len(text)):
        for before, (cost, *_) in best[at].items():
            for end, kind, price, herb in steps[at]:
                if not _allowed(before, kind):
                    continue
                known = best[end].get(kind)
                if known is None or cost + price < known[0]:
                    best[end][kind] = (cost + price, at, before, herb)
    ends = {kind: value for kind, value in best[-1].items() if kind != "prefix"}
    kind = min(ends or best[-1], key=lambda key: best[-1][key][0])
    pieces: list[Piece] = []
    at = len(text)
    while at > 0:
        _, start, before, herb = best[at][kind]
        grams = chinese_grams(text[start:at]) if kind == "amount" else None
        pieces.append(Piece(_PLAIN.get(kind, kind), start, at, herb, grams))
        at, kind = start, before
    return pieces[::-1]


def _merge_unknown(pieces: list[Piece]) -> list[Piece]:
    """Unknown characters and the names that touch them become one unknown name."""
    merged: list[Piece] = []
    touching = ("unknown", "herb", "prefix", "suffix")
    run: list[Piece] = []
    for piece in [*pieces, Piece("end", -1, -1)]:
        inside = run and run[-1].kind == "unknown" and piece.kind == "usage" and piece.end - piece.start == 1
        if piece.kind in touching or inside:
            run.append(piece)
            continue
        if any(part.kind == "unknown" for part in run):
            merged.append(Piece("unknown", run[0].start, run[-1].end))
        else:
            merged.extend(run)
        run = []
        if piece.kind != "end":
            merged.append(piece)
    return merged


@lru_cache(maxsize=1 << 15)
def read(text: str) -> tuple[Piece, ...]:
    """The words of a stretch of Chinese characters, covering it from end to end.

    >>> [(p.kind, p.herb.name if p.herb else "") for p in read("白附片黑顺片各三钱")]
    [('herb', '附子'), ('herb', '附子'), ('each', ''), ('amount', '')]
    """
    pieces = _path(text, formulas=False)
    if any(piece.kind == "unknown" for piece in pieces):
        pieces = _merge_unknown(_path(text, formulas=True))
    return tuple(pieces)
