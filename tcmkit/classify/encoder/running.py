"""Rows of tokens through a network: alike in length together, so that little is padding."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Network = Callable[[Ids, Ids], NDArray[np.float32]]
"""N × T tokens, N × T 1 where a token counts, to N × classes logits."""

MOST_ROWS = 32


def logits_of(network: Network, rows: Sequence[list[int]], pad: int, most_tokens: int) -> NDArray[np.float32]:
    """N × classes, in the order of the rows; at most `most_tokens` at once, padding included."""
    found: dict[int, NDArray[np.float32]] = {}
    for group in groups([len(row) for row in rows], most_tokens):
        ids, mask = padded([rows[place] for place in group], pad)
        found.update(zip(group, network(ids, mask), strict=True))
    return np.stack([found[place] for place in range(len(rows))])


def groups(lengths: Sequence[int], most_tokens: int) -> Iterator[list[int]]:
    """Places of rows of like length.

    >>> list(groups([9, 2, 3, 8], 18))
    [[1, 2], [3, 0]]
    """
    group: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: lengths[place]):
        longest = max(lengths[place], 1)
        is_full = len(group) >= MOST_ROWS or (len(group) + 1) * longest > most_tokens
        if group and (is_full or longest > 2 * max(lengths[group[0]], 1)):
            yield group
            group = []
        group.append(place)
    if group:
        yield group


def padded(rows: Sequence[list[int]], pad: int) -> tuple[Ids, Ids]:
    """Tokens and mask."""
    width = max(1, *map(len, rows))
    ids = np.full((len(rows), width), pad, dtype=np.int64)
    mask = np.zeros_like(ids)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
        mask[number, : max(len(row), 1)] = 1
    return ids, mask
