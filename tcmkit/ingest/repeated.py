"""Ids that come twice: kept as given, but who joins by them should know."""

from tcmkit.language import both


class RepeatedIds:
    """How many ids an earlier document had, in memory that does not grow with the input.

    >>> ids = RepeatedIds(most=2)
    >>> for one in (b"a", b"b", b"c", b"c", b"a"):
    ...     ids.watch(one)
    >>> ids.count, ids.is_full
    (1, True)
    """

    def __init__(self, most: int = 250_000) -> None:
        """`most` ids are remembered, the first ones; later ids are compared with them."""
        self._most = most
        self._first: set[bytes] = set()
        self.count = 0
        self.is_full = False

    def watch(self, given: bytes) -> None:
        """Compare an id with the earlier ones."""
        if given in self._first:
            self.count += 1
        elif len(self._first) < self._most:
            self._first.add(given)
        else:
            self.is_full = True

    def said(self) -> str:
        """What the user is told of them."""
        only = both(f" (looked for among the first {self._most:,} ids)", f"（只与最先的 {self._most:,} 个 id 对照）")
        where = only if self.is_full else ""
        return both(
            f"{self.count} documents have an id that an earlier one has{where}; ids are kept as given",
            f"{self.count} 篇文档的 id 与前面的重复{where}；id 按原样保留",
        )
