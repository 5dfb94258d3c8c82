"""An answer taken apart: the options' texts in it, the letters, and the rest."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from tcmkit.exam.words import without_markup, without_words

EDGE = " \t\r\n.。,，、;；:：!！?？()（）[]【】《》<>\"'“”‘’「」*_`$-=→·"
_FULL_WIDTH = {code: code - 0xFEE0 for code in (*range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_LETTER = re.compile(r"(?<![A-Za-z])(?:([A-Z](?:[ ,，、;；/&+]*[A-Z])*)|([a-z]))(?![A-Za-z])")
_FIRST_MARK = 0xE000
_MARK = "\ue000-\uf8ff"
_BEFORE_TEXT = re.compile(rf"(?<![A-Za-z])([A-Za-z])[ .．、:：)）(（=-]*([{_MARK}])")
_AFTER_TEXT = re.compile(rf"([{_MARK}]) *[(（]([A-Za-z])[)）]")


@dataclass(frozen=True)
class Parts:
    """What an answer is made of."""

    rest: str
    """The answer, with a character of the private use area in place of each option's text."""
    spoken: str
    """The same without words that hold letters."""
    letters: frozenset[str]
    """Letters that stand by themselves, in a row or listed; not all need be options."""
    texts: dict[str, frozenset[str]]
    """Such a character to the letters that have the text."""
    mismatched: bool
    """Whether a letter stands directly beside another option's text."""
    is_foreign: bool
    """Whether a letter of another script stands there (a Cyrillic В is no B), or one with marks on it."""


def parts_of(text: str, options: Mapping[str, str]) -> Parts:
    """Take the text of an answer block apart."""
    texts, rest = _option_texts(_plain(text), options)
    spoken = without_words(rest)
    letters = frozenset(_letters(spoken))
    pairs = [(match[1], match[2]) for match in _BEFORE_TEXT.finditer(spoken)]
    pairs += [(match[2], match[1]) for match in _AFTER_TEXT.finditer(spoken)]
    mismatched = any(letter.upper() not in texts[mark] for letter, mark in pairs)
    return Parts(rest, spoken, letters, texts, mismatched, any(map(_is_foreign, rest)))


def key_of(text: str) -> str:
    """An option's text as it is compared: width, case, spaces and closing punctuation do not count."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(EDGE)


def _plain(text: str) -> str:
    """Without what cannot be seen, with full-width letters as plain ones."""
    kept = (
        char for char in text if unicodedata.category(char) not in ("Cf", "Co") and not "\ufe00" <= char <= "\ufe0f"
    )
    return without_markup("".join(kept).translate(_FULL_WIDTH)).strip()


def _option_texts(text: str, options: Mapping[str, str]) -> tuple[dict[str, frozenset[str]], str]:
    """The marks that stand for options' texts with the letters that have the text; the answer with these marks."""
    by_key: dict[str, set[str]] = {}
    for letter, option in options.items():
        key = key_of(option)
        if key and key.upper() not in options:
            by_key.setdefault(key, set()).add(letter)
    found: dict[str, frozenset[str]] = {}
    for key in sorted(by_key, key=len, reverse=True):
        mark = chr(_FIRST_MARK + len(found))
        text, times = _pattern(key).subn(mark, text)
        if times:
            found[mark] = frozenset(by_key[key])
    return found, text


@lru_cache(maxsize=4096)
def _pattern(key: str) -> re.Pattern[str]:
    """Finds an option's text, whatever its spaces, width and case; whole numbers, whole words, single characters."""
    inner = r"\s*".join(map(_either_width, key))
    if len(key) == 1 and not key.isascii():
        edge = re.escape(EDGE) + "A-Za-z和与及"
        return re.compile(rf"(?:^|(?<=[{edge}选是为]))(?:{inner})(?=$|[{edge}])")
    before = r"(?<!\d)(?<!\d\.)" if key[0].isdigit() else r"(?<![A-Za-z])" if _is_latin(key[0]) else ""
    after = r"(?!\d)(?!\.\d)" if key[-1].isdigit() else r"(?![A-Za-z])" if _is_latin(key[-1]) else ""
    return re.compile(f"{before}{inner}{after}", re.IGNORECASE)


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalpha()


def _either_width(char: str) -> str:
    wide = chr(ord(char) + 0xFEE0) if 0x21 <= ord(char) <= 0x7E else char
    return re.escape(char) if wide == char else f"[{re.escape(char)}{re.escape(wide)}]"


def _letters(spoken: str) -> Iterator[str]:
    """Letters that stand by themselves, in a row or listed. Small ones in a row only in order: "abd", not "bad"."""
    row = re.sub(r"^(?:.*[:： \u4e00-\u9fff])?([a-z]{2,})$", r"\1", spoken.strip(EDGE))
    if re.fullmatch(r"[a-z]{2,10}", row) and list(row) == sorted(set(row)):
        yield from row.upper()
    for match in _LETTER.finditer(spoken):
        yield from (char.upper() for char in match[0] if char.isalpha())


def _is_foreign(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] == "M" or (category[0] == "L" and not char.isascii() and not _is_han(char))


def _is_han(char: str) -> bool:
    return "CJK UNIFIED" in unicodedata.name(char, "") or char in "〇々"
