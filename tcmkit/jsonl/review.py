"""A sample of what a run decided, for people to judge (ChiMed 2.0: "samples are reviewed by hand")."""

import heapq
import random

from tcmkit.jsonl import codec
from tcmkit.jsonl.sink import Sink


class Review:
    """A uniform sample of decisions: lines that were written and records that were dropped.

    Each decision draws a number and the smallest `size` of them stay (a reservoir), so memory holds the sample alone
    and the same run draws the same sample whatever the number of processes. They are written in the order of their
    numbers, which is random: who reads only the first lines has read a sample too.
    """

    def __init__(self, size: int, path: str, seed: int) -> None:
        """Raises OutputError when the file cannot be written. The file is its owner's only."""
        self._size = size
        self._sink = Sink(path, private=True)
        self._draws = {name: random.Random(f"{seed} {name}") for name in ("kept", "dropped")}
        self._order = 0
        self._sample: list[tuple[float, int, str, bytes]] = []

    def saw(self, decision: str, line: bytes) -> None:
        """One decision, `kept` or `dropped`, with its line as it is written."""
        drawn = -self._draws[decision].random()
        self._order += 1
        if len(self._sample) < self._size:
            heapq.heappush(self._sample, (drawn, self._order, decision, line))
        elif self._size and drawn > self._sample[0][0]:
            heapq.heapreplace(self._sample, (drawn, self._order, decision, line))

    def finish(self) -> None:
        """Write the sample and give the file its name. Raises as a Sink does."""
        for _drawn, _order, decision, line in sorted(self._sample, reverse=True):
            mark = {"review": {"decision": decision, "right": None, "remark": ""}}
            self._sink.write(codec.dump({**mark, **codec.parse(line), **mark}))
        self._sink.finish()

    def discard(self) -> None:
        """Leave nothing behind."""
        self._sink.discard()
