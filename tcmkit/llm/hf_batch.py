"""Several requests in one batch: what is drawn for each, where each ends, how one is shown as it comes."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import torch

from tcmkit.llm.protocol import Sampling

Stop = Callable[[], bool]
"""Says whether the run has ended."""


class Row:
    """One request of a batch."""

    def __init__(self, prompt: list[int], sampling: Sampling, most: int, opened: str) -> None:
        self.prompt, self.sampling, self.most, self.opened = prompt, sampling, most, opened
        self.random = random.Random(sampling.seed)
        self.said: list[int] = []


class Drawn:
    """Draws the next token of each row that has a temperature, and leaves only that to the greedy choice after it."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def __call__(self, _input_ids: Any, scores: Any) -> Any:
        """Scores in which a drawn token stands alone."""
        for at, row in enumerate(self._rows):
            if row.sampling.temperature > 0:
                chosen = self._choose(scores[at].float(), row)
                scores[at] = float("-inf")
                scores[at, chosen] = 0.0
        return scores

    @staticmethod
    def _choose(scores: Any, row: Row) -> int:
        """By the inverse of the cumulative distribution, the likeliest tokens that together reach top_p."""
        shares, tokens = (scores / row.sampling.temperature).softmax(-1).sort(descending=True, stable=True)
        sums = shares.double().cumsum(-1)
        kept = max(1, int((sums - shares < row.sampling.top_p).sum()))
        at = int(torch.searchsorted(sums[:kept], row.random.random() * float(sums[kept - 1]), right=True))
        return int(tokens[min(at, kept - 1)])


class Limits:
    """Ends each row at its own limit, and all of them when the run ends."""

    def __init__(self, rows: Sequence[Row], width: int, stop: Stop) -> None:
        self._most, self._width, self._stop = [row.most for row in rows], width, stop

    def __call__(self, input_ids: Any, _scores: Any, **_more: Any) -> Any:
        """Whether each row has ended."""
        said, stop = input_ids.shape[1] - self._width, self._stop()
        return torch.tensor([stop or said >= most for most in self._most], device=input_ids.device)


class Listener:
    """What `generate` calls a streamer: takes tokens as they come, gives on whole characters."""

    def __init__(self, decode: Callable[[Sequence[int]], str], put: Callable[[str], None]) -> None:
        self._decode, self._put = decode, put
        self._tokens: list[int] = []
        self._from = self._shown = 0
        self._is_prompt = True

    def put(self, value: Any) -> None:
        """The prompt first, then a token at a time."""
        if self._is_prompt:
            self._is_prompt = False
            return
        self._tokens += value.flatten().tolist()
        new = self._new()
        if new and not new.endswith("\ufffd"):  # else the bytes of a character may still be coming
            self._put(new)
            self._from, self._shown = self._shown, len(self._tokens)

    def _new(self) -> str:
        """Text that has not been shown, decoded with the piece before it, on which spaces may depend."""
        before = self._decode(self._tokens[self._from : self._shown])
        return self._decode(self._tokens[self._from :])[len(before) :]

    def end(self) -> None:
        """`generate` has ended; `flush` follows."""

    def flush(self) -> None:
        """Give on what was held back, less a character of which some bytes never came."""
        if new := self._new().rstrip("\ufffd"):
            self._put(new)
