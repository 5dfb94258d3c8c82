"""Lengths in bounded memory: bins that are exact up to 64 and 2% wide above, whatever the number of lines."""

import math
from collections.abc import Mapping
from typing import Any

_EXACT = 64
_GROWTH = math.log(1.02)
_SHOWN = 24
"""Bars of a histogram."""
QUANTILES = (5, 25, 50, 75, 95, 99)


def bin_of(length: int) -> int:
    """The number of the bin that a length falls in."""
    return length if length < _EXACT else _EXACT + int(math.log(length / _EXACT) / _GROWTH)


def start_of(number: int) -> int:
    """The least length of a bin.

    >>> [start_of(bin_of(length)) for length in (7, 63, 64, 1000)]
    [7, 63, 64, 985]
    """
    return number if number < _EXACT else math.ceil(_EXACT * math.exp((number - _EXACT) * _GROWTH))


def distribution(bins: Mapping[int, int], total: int) -> dict[str, Any]:
    """Count, mean, quantiles and a histogram of a role's lengths; quantiles are right within 2%."""
    count = sum(bins.values())
    ordered = sorted(bins)
    quantiles, passed, wanted = {}, 0, list(QUANTILES)
    for number in ordered:
        passed += bins[number]
        while wanted and passed * 100 >= count * wanted[0]:
            quantiles[f"p{wanted.pop(0)}"] = start_of(number)
    least, most = start_of(ordered[0]), start_of(ordered[-1])
    return {
        "count": count,
        "mean": round(total / count, 1),
        "min": least,
        **quantiles,
        "max": most,
        "histogram": _histogram(bins, quantiles["p99"]),
    }


def _histogram(bins: Mapping[int, int], reach: int) -> list[dict[str, int]]:
    """Bars of equal width up to the 99th percentile; the last one holds all that is longer."""
    width = max(1, math.ceil((reach + 1) / _SHOWN))
    counts = [0] * min(_SHOWN, math.ceil((reach + 1) / width))
    for number, count in bins.items():
        counts[min(start_of(number) // width, len(counts) - 1)] += count
    return [{"from": i * width, "to": (i + 1) * width, "count": count} for i, count in enumerate(counts)]
