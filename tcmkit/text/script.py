"""Traditional and simplified characters (OpenCC)."""

from functools import cache
from typing import Any

_FIRST, _LAST = 0x3400, 0x9FFF
_COMMON = 0xFFFF


@cache
def _converter(config: str) -> Any:
    import opencc

    return opencc.OpenCC(config)


@cache
def _one_to_one() -> dict[int, str]:
    """Each traditional character that has a simplified form of its own in common use, by code point.

    Forms beyond the Basic Multilingual Plane are in nobody's texts: 燀 stays as it is.
    """
    characters = [chr(code) for code in range(_FIRST, _LAST + 1)]
    simplified = _converter("t2s").convert("\n".join(characters)).split("\n")
    return {
        ord(before): after
        for before, after in zip(characters, simplified, strict=True)
        if before != after and len(after) == 1 and ord(after) <= _COMMON
    }


def simplified(text: str) -> str:
    """Simplified characters, with OpenCC's phrases: the length may change."""
    converted: str = _converter("t2s").convert(text)
    return converted


def simplified_in_place(text: str) -> str:
    """Simplified character by character: every offset still points at the same place.

    >>> simplified_in_place("頭痛，脈浮緊")
    '头痛，脉浮紧'
    """
    return text.translate(_one_to_one())
