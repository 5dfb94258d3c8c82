"""Tokens drawn for a batch of answers, each answer by a seed of its own.

What is drawn for an answer depends on its own seed and on what the model says, not on how many processes there are,
which other answers stand in the batch, or what was drawn before: so a resumed run and a spread one draw the same.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch


class Draws:
    """A processor of scores for `generate` with greedy choice: leaves the drawn token of each row, and only that."""

    def __init__(self, seeds: Sequence[int], most: int, temperature: float, top_p: float) -> None:
        self._temperature, self._top_p = temperature, top_p
        self._at = 0
        rows = [torch.rand(most, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) for seed in seeds]
        self._numbers = torch.stack(rows)

    def __call__(self, _input_ids: Any, scores: Any) -> Any:
        """Scores in which a drawn token stands alone, among the likeliest that together reach top_p."""
        shares, tokens = (scores.float() / self._temperature).softmax(-1).sort(dim=-1, descending=True, stable=True)
        sums = shares.double().cumsum(-1)
        kept = ((sums - shares) < self._top_p).sum(-1, keepdim=True).clamp(min=1)
        numbers = self._numbers[:, self._at].to(scores.device)[:, None]
        self._at += 1
        reached = numbers * sums.gather(-1, kept - 1)
        chosen = tokens.gather(-1, torch.searchsorted(sums, reached, right=True).minimum(kept - 1))
        return torch.full_like(scores, float("-inf")).scatter_(-1, chosen, 0.0)


def seed_of(*parts: object) -> int:
    """A number made of the parts.

    >>> seed_of(0, 3, 1) == seed_of(0, 3, 1) != seed_of(0, 31)
    True
    """
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1


@contextmanager
def drawing(model: Any, draws: Draws) -> Iterator[None]:
    """While it lasts, `model.generate` draws by these numbers."""
    generate = model.generate

    def drawn(*args: Any, **more: Any) -> Any:
        return generate(*args, **more, logits_processor=[draws])

    model.generate = drawn
    try:
        yield
    finally:
        del model.generate
