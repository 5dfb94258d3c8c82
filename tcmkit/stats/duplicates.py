"""Exact duplicates in bounded memory."""

_MOST = 500_000


class Duplicates:
    """Counts texts that were seen before: exactly up to half a million different ones, beyond that from a fair sample.

    The sample holds every text whose fingerprint is below a limit; when it grows too large the limit is halved (the
    distinct sampling of Gibbons, 2001), so each different text has the same chance and its copies are all counted.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._limit = 1 << 64
        self._copies: dict[int, int] = {}

    def add(self, fingerprint: int) -> None:
        """Enter a text by its 64-bit fingerprint."""
        if fingerprint >= self._limit:
            return
        self._copies[fingerprint] = self._copies.get(fingerprint, 0) + 1
        while len(self._copies) > self._most:
            self._limit //= 2
            self._copies = {f: n for f, n in self._copies.items() if f < self._limit}

    @property
    def is_exact(self) -> bool:
        """Whether every text was counted."""
        return self._limit == 1 << 64

    @property
    def count(self) -> int:
        """Texts that had been seen before."""
        seen = sum(self._copies.values()) - len(self._copies)
        return round(seen * ((1 << 64) / self._limit))
