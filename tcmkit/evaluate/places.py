"""Position bias: whether a model likes a place among the options, whatever stands there.

Asked of questions with one right answer. The places are those that the model saw: with shuffled options a preference
for a place is one, without shuffling it may be the examiners' own. The standard deviation of the recalls by place is
the measure of Zheng et al., "Large Language Models Are Not Robust Multiple Choice Selectors" (ICLR 2024).
"""

from collections import Counter
from math import sqrt
from typing import Any

import numpy as np

from tcmkit.evaluate.intervals import wilson
from tcmkit.exam.items import LETTERS

_ROUNDS = 10_000
_NONE = -1


class Places:
    """Counts of (options, place of the right one, place chosen): constant, however many questions."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[int, int, int]] = Counter()

    def add(self, options: int, right: str, chosen: str | None) -> None:
        """Enter a question: how many options, the letter at which the right one was shown, the letter chosen."""
        self._counts[options, LETTERS.index(right), LETTERS.index(chosen) if chosen else _NONE] += 1

    def table(self) -> dict[str, Any] | None:
        """Each place with the accuracy where the right option stood there and how often it was chosen; the tests.

        `expected` is how often it would be chosen if wrong choices fell on the other places alike; `p_accuracy` and
        `p_choice` are the chances of differences as large without any bias (10,000 draws each). None of no question.
        """
        if not self._counts:
            return None
        width = max(options for options, _right, _chosen in self._counts)
        of, right, chosen = self._by_place(width)
        expected = np.diag(self._crossed(width)) + self._wrong_expected(width)
        rows: list[dict[str, Any]] = []
        for place in range(width):
            count, hits = int(of[place]), int(right[place])
            low, high = wilson(hits, count)
            rows.append(
                {
                    "place": LETTERS[place],
                    "questions": count,
                    "right": hits,
                    "accuracy": round(hits / count, 4) if count else None,
                    "interval_95": [round(low, 4), round(high, 4)] if count else None,
                    "chosen": int(chosen[place]),
                    "expected": round(float(expected[place]), 1),
                }
            )
        shares = [row["accuracy"] for row in rows if row["accuracy"] is not None]
        mean = sum(shares) / len(shares)
        return {
            "places": rows,
            "recall_std": round(sqrt(sum((share - mean) ** 2 for share in shares) / len(shares)), 4),
            "p_accuracy": self._p_accuracy(),
            "p_choice": self._p_choice(width),
        }

    def _crossed(self, width: int, options: int | None = None) -> Any:
        """Questions by place of the right option and place chosen, of so many options or of all; integers."""
        counts = np.zeros((width, width), dtype=np.int64)
        for (number, right, chosen), count in self._counts.items():
            if chosen != _NONE and options in (None, number):
                counts[right, chosen] += count
        return counts

    def _by_place(self, width: int) -> tuple[Any, Any, Any]:
        """By place: questions whose right option stood there, those answered right, choices of it."""
        of = np.zeros(width, dtype=np.int64)
        for (_options, right, _chosen), count in self._counts.items():
            of[right] += count
        crossed = self._crossed(width)
        return of, np.diag(crossed), crossed.sum(axis=0)

    def _wrong(self) -> Counter[tuple[int, int]]:
        """Wrong choices by number of options and place of the right one."""
        wrong: Counter[tuple[int, int]] = Counter()
        for (options, right, chosen), count in self._counts.items():
            if chosen not in (_NONE, right):
                wrong[options, right] += count
        return wrong

    def _wrong_expected(self, width: int) -> Any:
        return sum((count * _others(*group, width) for group, count in self._wrong().items()), np.zeros(width))

    def _p_choice(self, width: int) -> float | None:
        """Of wrong choices: chance that they fall so unevenly on the places where the right option does not stand."""
        wrong = self._wrong()
        if not wrong:
            return None
        expected = self._wrong_expected(width)
        crossed = self._crossed(width)
        found = (crossed - np.diag(np.diag(crossed))).sum(axis=0)
        rng = np.random.default_rng(0)
        drawn = np.zeros((_ROUNDS, width))
        for group, count in sorted(wrong.items()):
            drawn += rng.multinomial(count, _others(*group, width), size=_ROUNDS)
        return _p(_distance(found, expected), _distance(drawn, expected))

    def _p_accuracy(self) -> float | None:
        """Chance that accuracy differs so much between the places, within questions of the same number of options."""
        rng = np.random.default_rng(0)
        observed, told = 0.0, False
        simulated: Any = np.zeros(_ROUNDS)
        for options in sorted({number for number, _right, _chosen in self._counts}):
            of: Any = np.zeros(options, dtype=np.int64)
            for (number, place, _chosen), count in self._counts.items():
                if number == options:
                    of[place] += count
            right = np.diag(self._crossed(options, options))
            total, hits = int(of.sum()), int(right.sum())
            if not 0 < hits < total or (of > 0).sum() < 2:
                continue
            told = True
            expected = of * hits / total
            observed += float(_distance(right, expected))
            drawn = rng.multivariate_hypergeometric(of, hits, size=_ROUNDS, method="marginals")
            simulated += _distance(drawn, expected)
        return _p(observed, simulated) if told else None


def _others(options: int, right: int, width: int) -> Any:
    """Equal shares on the places of a question where the right option does not stand."""
    shares = np.zeros(width)
    shares[:options] = 1 / (options - 1)
    shares[right] = 0.0
    return shares


def _distance(found: Any, expected: Any) -> Any:
    """Pearson's chi-squared, over the places where anything is expected."""
    used = expected > 0
    return ((found[..., used] - expected[used]) ** 2 / expected[used]).sum(axis=-1)


def _p(observed: float, simulated: Any) -> float:
    """Share of draws as far off, the observation itself among them (Davison & Hinkley, 1997, section 4.2)."""
    return round(float((1 + (simulated >= observed - 1e-9).sum()) / (1 + len(simulated))), 4)
