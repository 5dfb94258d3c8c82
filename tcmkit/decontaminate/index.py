"""Which evaluation items a text may hold: one pass over the text, whatever their number.

An exact stem is found by itself. A stem with one word changed is found by a part of it that the change spared, or by
the rarest options, which stand there unchanged: at most one word differs in what is looked for.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import ahocorasick_rs

from tcmkit.decontaminate.items import EvalItem

SHORT_STEM = 6
"""A shorter stem is common in running text; where an option is rarer, the option is looked for instead."""
_LONG_STEM = 20
"""From here on parts of the stem are telling enough to be looked for."""


class Places(NamedTuple):
    """Where the traces of one item stand in a text."""

    stems: list[int]
    """Where its stem stands, word for word."""
    parts: list[int]
    """Where a part of its stem stands."""
    options: list[int]
    """Where an option stands."""


_STEM, _PART, _OPTION = 0, 1, 2


class Index:
    """Evaluation items by the traces they leave."""

    def __init__(self, items: Sequence[EvalItem]) -> None:
        self.items = items
        self.by_stem: dict[str, list[int]] = defaultdict(list)
        traces: dict[str, list[tuple[int, int]]] = defaultdict(list)
        common = Counter(option for item in items for option in set(item.options))
        for number, item in enumerate(items):
            self.by_stem[item.stem].append(number)
            for kind, trace in _traces(item, common):
                traces[trace].append((number, kind))
        self._traces = list(traces.values())
        self._automaton = ahocorasick_rs.AhoCorasick(list(traces))

    def places(self, text: str) -> dict[int, Places]:
        """Items of which a trace stands in the folded text, by number."""
        found: dict[int, Places] = {}
        for trace, start, _ in self._automaton.find_matches_as_indexes(text, overlapping=True):
            for number, kind in self._traces[trace]:
                if number not in found:
                    found[number] = Places([], [], [])
                found[number][kind].append(start)
        return found


def _traces(item: EvalItem, common: Counter[str]) -> list[tuple[int, str]]:
    """What is looked for of an item: (kind, text)."""
    size = len(item.stem)
    shortest = 3 if any(len(option) > 2 for option in item.options) else 2
    rarest = sorted({o for o in item.options if len(o) >= shortest}, key=lambda o: (common[o], -len(o), o))[:2]
    traces = [(_OPTION, option) for option in rarest]
    if item.answer and len(item.answer) > 2 and item.answer not in rarest:
        traces.append((_OPTION, item.answer))
    if size >= SHORT_STEM or not rarest or len(rarest[0]) < 4:
        traces.append((_STEM, item.stem))
    count = 4 if size >= 32 else 3 if size >= _LONG_STEM else 2 if size >= SHORT_STEM and not rarest else 0
    for part in range(count):
        start = part * size // count
        traces.append((_PART, item.stem[start : start + min(size // count, 10)]))
    return traces
