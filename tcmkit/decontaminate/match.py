"""Whether a text holds an evaluation item of which it shows traces.

The verdict weighs stem and options together, so that neither a stem that half of all examinations use (下列哪项不是…)
nor a set of options that a dozen questions share is enough by itself:

- stem word for word and most options near it, in any order: the item;
- stem with about one word changed and all options near it: the item, unless a negation came or went;
- stem word for word, long and telling, or the whole question of a record that shows no options: the item;
- stem word for word with other options, or all options with another stem: a different item.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from tcmkit.decontaminate.fold import SEAM, folded
from tcmkit.decontaminate.index import SHORT_STEM, Places
from tcmkit.decontaminate.items import INLINE_OPTION, EvalItem, negations, without_polarity

_ENOUGH_OPTIONS = 0.6
_TELLING = 16
"""A stem of this length and more, most of it no stock phrase, is known without its options."""
_ONE_FIELD = 12
"""A shorter stem is compared with the whole of a question, a longer one with the best part."""
_ALONE = 20
"""So much of a stem is beyond doubt whatever stands beside it."""


class View:
    """A training record as the comparison sees it."""

    def __init__(self, strings: Iterable[str], has_options: bool) -> None:
        """Of a record with these strings; `has_options` when it holds a field of options."""
        self._raw = [string for string in strings if string]
        self._has_options = has_options
        self.text = folded(SEAM.join(string.replace("\n", " ") for string in self._raw))
        """All its strings, folded, with seams between."""
        self.wholes = frozenset(part for part in self.text.split(SEAM) if len(part) <= 400)
        """The short ones among them: a question may be one as a whole."""

    @cached_property
    def shows_options(self) -> bool:
        """Whether the record shows options, in a field or lettered in its text."""
        return self._has_options or any(len(INLINE_OPTION.findall(string)) > 2 for string in self._raw)


class Match(NamedTuple):
    """How well an item was found."""

    exact: bool
    """Stem and all options word for word."""
    edits: int
    """Characters by which the stem differs."""
    options: int
    """How many of its options stand near it."""


def match(item: EvalItem, places: Places, view: View) -> Match | None:
    """The item in the text, or None. `places` says where traces of it stand."""
    for start in places.stems:
        if found := _with_stem(item, start, view):
            return found
    seen: list[int] = []
    for start in (*places.parts, *places.options):
        if all(abs(start - other) > 40 for other in seen):
            seen.append(start)
            if found := _around(item, start, view):
                return found
    return None


def match_whole(item: EvalItem, view: View) -> Match | None:
    """The item whose stem is one of the record's strings as a whole, in a record that shows no options of its own."""
    if len(item.stem) < 3 or item.weight < 2:
        return None
    shown = [option for option in item.options if option in view.text]
    if view.shows_options:
        return Match(True, 0, len(shown)) if item.options and len(shown) == len(item.options) else None
    answered = bool(item.answer) and item.answer in view.wholes
    return Match(True, 0, 0) if item.weight >= 4 or answered or not item.options else None


def _near(item: EvalItem, start: int, end: int, text: str) -> str:
    """The text around a stem in which its options would stand, each with its letter."""
    reach = item.reach
    return text[max(0, start - reach) : start] + SEAM + text[end : end + reach]


def _options_in(item: EvalItem, near: str) -> int:
    return sum(option in near for option in item.options)


def _with_stem(item: EvalItem, start: int, view: View) -> Match | None:
    end = start + len(item.stem)
    near = _near(item, start, end, view.text)
    found = _options_in(item, near)
    count = len(item.options)
    if count and found >= _ENOUGH_OPTIONS * count:
        length = len(item.stem) + sum(len(option) for option in item.options if option in near)
        if length >= (6 if view.shows_options else 14):
            return Match(found == count, 0, found)
    if len(item.stem) >= _ALONE and item.weight >= 12:
        return Match(not view.shows_options, 0, found)
    if view.shows_options and count:
        return None
    if len(item.stem) >= _TELLING and item.weight >= 10:
        return Match(True, 0, found)
    answered = item.answer and item.answer in view.text[end : end + len(item.answer) + 10]
    if answered and item.weight >= 6 and len(item.stem) + len(item.answer) >= 14:
        return Match(True, 0, found)
    return None


def _around(item: EvalItem, start: int, view: View) -> Match | None:
    """The item in the neighbourhood of a trace: a stem too short to be looked for by itself, or a changed one."""
    size = len(item.stem)
    reach = 2 * size + item.reach
    low = max(0, start - reach)
    if size < SHORT_STEM:
        at = view.text.find(item.stem, low, start + reach)
        if at >= 0 and (found := _with_stem(item, at, view)):
            return found
    return _with_changed_stem(item, view.text[low : start + reach], view)


def _with_changed_stem(item: EvalItem, region: str, view: View) -> Match | None:
    size = len(item.stem)
    found = _options_in(item, region)
    all_shown = bool(item.options) and found == len(item.options)
    if not all_shown and size < 8:
        return None
    aligned = fuzz.partial_ratio_alignment(item.stem, region, score_cutoff=50 if all_shown else 75)
    if aligned is None or len(region) < size // 2:
        return None
    stem_start, stem_end, edits = _tightened(item.stem, region, aligned.dest_start, aligned.dest_end)
    if size < _ONE_FIELD:
        edits = max(edits, _edits_of_field(item, region, stem_start))
    allowed = max(3, size * 6 // 100) if size >= _ONE_FIELD else 2 if size > 4 else 1
    if edits > allowed or _is_flipped(item, region[stem_start:stem_end]):
        return None
    if not item.options or not all_shown:
        return _without_options(item, view, edits) if edits <= max(3, size // 30) else None
    near = _near(item, stem_start, stem_end, region)
    found = _options_in(item, near)
    enough = len(item.stem) - edits + sum(map(len, item.options)) >= (6 if view.shows_options else 14)
    return Match(False, edits, found) if enough and found == len(item.options) else None


def _edits_of_field(item: EvalItem, region: str, start: int) -> int:
    """Edits between a short stem and the whole string in which it was found, if that is a question and no more.

    Else the end of a question about something else would do: 可引起 of 霍乱可引起.
    """
    first = region.rfind(SEAM, 0, start + 1) + 1
    last = region.find(SEAM, start)
    field = region[first : last if last >= 0 else len(region)]
    if len(field) > 3 * len(item.stem) or _options_in(item, field):
        return 0
    return Levenshtein.distance(item.stem, field)


def _is_flipped(item: EvalItem, other: str) -> bool:
    """Whether a stem differs in nothing but its negation: another question, with another answer."""
    return (negations(other) - item.negations) % 2 == 1 and without_polarity(other) == without_polarity(item.stem)


def _without_options(item: EvalItem, view: View, edits: int) -> Match | None:
    """A changed stem beside which not all options stand: only a long one is known, or one with its answer."""
    if view.shows_options and item.options:
        return None
    long = len(item.stem) >= _ALONE and item.weight >= 12
    answered = bool(item.answer) and item.answer in view.wholes and item.weight >= 4 and edits <= 2
    return Match(False, edits, 0) if long or answered else None


def _tightened(stem: str, region: str, start: int, end: int) -> tuple[int, int, int]:
    """The alignment's span with the fewest edits when either end may move by a few characters, and the edits."""
    best = (start, end, Levenshtein.distance(stem, region[start:end]))
    for first in range(max(0, start - 3), start + 4):
        for last in range(end - 3, min(len(region), end + 3) + 1):
            if first < last and best[2]:
                edits = Levenshtein.distance(stem, region[first:last], score_cutoff=best[2])
                if edits < best[2]:
                    best = (first, last, edits)
    return best
