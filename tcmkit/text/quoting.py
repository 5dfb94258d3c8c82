"""Where a quotation stands in its source: what a model says it quotes is found there, or it is no quotation.

First the very characters. Where they are not, blanks and characters that have no width do not count (models drop line
breaks), nor does full or half width (models write ， for ,). Nothing else is forgiven: not a variant character, not a
word left out. What is given back are the source's own characters.
"""

import unicodedata
from collections.abc import Callable
from functools import cached_property

Span = tuple[int, int]
_UNSEEN = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Cs"})


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN


def one_width(character: str) -> str:
    """Half width for full width, where Unicode knows the one as a form of the other.

    >>> one_width("，"), one_width("Ａ"), one_width("｡"), one_width("脉")
    (',', 'A', '。', '脉')
    """
    if unicodedata.decomposition(character).startswith(("<wide>", "<narrow>")):
        return unicodedata.normalize("NFKC", character)
    return character


class Quotable:
    """A text that is quoted from.

    >>> source = Quotable("头痛,恶 寒。头痛")
    >>> source.find("头痛"), source.find("头痛，恶寒"), source.find("脉浮")
    ((0, 2), (0, 6), None)
    >>> source.find("头痛", lambda span: span[0] > 0)
    (7, 9)
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def find(self, quotation: str, wanted: Callable[[Span], bool] = lambda _: True) -> Span | None:
        """The first place of a quotation that is wanted; None when there is none, or nothing is quoted."""
        quotation = quotation.strip()
        if not quotation:
            return None
        return self._first(self._text, quotation, wanted, None) or self._first_plain(quotation, wanted)

    def __contains__(self, quotation: str) -> bool:
        """Whether it stands there at all."""
        return self.find(quotation) is not None

    def _first_plain(self, quotation: str, wanted: Callable[[Span], bool]) -> Span | None:
        text, places = self._plain
        sought, _ = _plain(quotation)
        return self._first(text, sought, wanted, places) if sought else None

    @staticmethod
    def _first(text: str, sought: str, wanted: Callable[[Span], bool], places: list[int] | None) -> Span | None:
        at = text.find(sought)
        while at >= 0:
            end = at + len(sought)
            span = (at, end) if places is None else (places[at], places[end - 1] + 1)
            if wanted(span):
                return span
            at = text.find(sought, at + 1)
        return None

    @cached_property
    def _plain(self) -> tuple[str, list[int]]:
        return _plain(self._text)


def _plain(text: str) -> tuple[str, list[int]]:
    """The text in one width without what is not seen, and where each character of it stands."""
    seen = {character: "" if _is_unseen(character) else one_width(character) for character in set(text)}
    kept = [(at, plain) for at, character in enumerate(text) if (plain := seen[character])]
    return "".join(plain for _, plain in kept), [at for at, plain in kept for _ in plain]
