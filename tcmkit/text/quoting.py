"""Where a quotation stands in its source: what a model says it quotes is found there, or it is no quotation.

First the very characters. Where they are not, blanks and characters that have no width do not count (models drop line
breaks), nor does full or half width (models write ， for ,). Nothing else is forgiven: not a variant character, not a
word left out. What is given back are the source's own characters.
"""

import unicodedata
from collections.abc import Iterator
from functools import cached_property, lru_cache

Span = tuple[int, int]
_UNSEEN = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Cs"})


def one_width(character: str) -> str:
    """Half width for full width, where Unicode knows the one as a form of the other.

    >>> one_width("，"), one_width("Ａ"), one_width("｡"), one_width("脉")
    (',', 'A', '。', '脉')
    """
    if unicodedata.decomposition(character).startswith(("<wide>", "<narrow>")):
        return unicodedata.normalize("NFKC", character)
    return character


@lru_cache(maxsize=1 << 14)
def _seen(character: str) -> str:
    """What is seen of a character, in one width."""
    return "" if unicodedata.category(character) in _UNSEEN else one_width(character)


class Quotable:
    """A text that is quoted from.

    >>> source = Quotable("头痛,恶 寒。头痛")
    >>> source.find("头痛"), source.find("头痛，恶寒"), source.find("脉浮")
    ((0, 2), (0, 6), None)
    >>> list(source.places("头痛"))
    [(0, 2), (7, 9)]
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def find(self, quotation: str) -> Span | None:
        """The first place of a quotation; None when there is none, or nothing is quoted."""
        return next(self.places(quotation), None)

    def __contains__(self, quotation: str) -> bool:
        """Whether it stands there at all."""
        return self.find(quotation) is not None

    def places(self, quotation: str) -> Iterator[Span]:
        """Every place of a quotation: first those of its very characters, then the others."""
        quotation = quotation.strip()
        exact = set()
        for at in _all(self._text, quotation):
            exact.add((at, at + len(quotation)))
            yield at, at + len(quotation)
        text, places = self._plain
        sought = _plain(quotation)[0]
        for at in _all(text, sought):
            span = places[at], places[at + len(sought) - 1] + 1
            if span not in exact:
                yield span

    @cached_property
    def _plain(self) -> tuple[str, list[int]]:
        return _plain(self._text)


def _all(text: str, sought: str) -> Iterator[int]:
    """Where it stands, overlapping places too; nowhere when nothing is sought."""
    at = text.find(sought) if sought else -1
    while at >= 0:
        yield at
        at = text.find(sought, at + 1)


def _plain(text: str) -> tuple[str, list[int]]:
    """The text in one width without what is not seen, and where each character of it stands."""
    kept = [(at, plain) for at, character in enumerate(text) if (plain := _seen(character))]
    return "".join(plain for _, plain in kept), [at for at, plain in kept for _ in plain]
