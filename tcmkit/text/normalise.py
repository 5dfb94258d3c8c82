"""Unicode and white space made uniform, without harm to what a physician reads.

NFKC would turn ℃ into °C, 10² into 102, Ⅱ into II and ， into a half-width comma. What it does well
(full-width letters and digits, compatibility ideographs, ligatures, odd spaces) is done here; symbols,
units, numerals of every kind and Chinese punctuation stay.
"""

import re
import unicodedata
from functools import cache

# Blocks in which NFKC is applied character by character. (Compatibility ideographs change under NFC already.)
_BLOCKS = (
    (0x00A0, 0x00A1),  # no-break space
    (0x2000, 0x200B),  # spaces of all widths
    (0x202F, 0x2030),
    (0x2E80, 0x2FE0),  # CJK radicals used as characters
    (0xFB00, 0xFB07),  # Latin ligatures
    (0xFF10, 0xFF1A),  # full-width digits
    (0xFF21, 0xFF3B),
    (0xFF41, 0xFF5B),
    (0xFF66, 0xFFA0),  # half-width kana
)
_FULL_WIDTH_SIGNS = "％＋－＝＜＞／．＠＃＆＊＿"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_CONTROLS = "".join(map(chr, (*range(0x00, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0))))
_LINE_ENDS = re.compile(r"\r+\n|[\r\x0b\x0c\x85\u2028\u2029]")
_LINE_END_CHARACTERS = "\r\x0b\x0c\x85\u2028\u2029"


@cache
def _translation() -> tuple[re.Pattern[str], dict[int, str]]:
    """A pattern for every character to replace, and what each becomes."""
    table: dict[int, str] = {}
    for first, after in _BLOCKS:
        for code in range(first, after):
            becomes = unicodedata.normalize("NFKC", chr(code))
            if becomes != chr(code):
                table[code] = becomes
    table.update({ord(sign): unicodedata.normalize("NFKC", sign) for sign in _FULL_WIDTH_SIGNS})
    table.update({ord(character): "" for character in _INVISIBLE + _CONTROLS})
    pattern = "[" + "".join(map(re.escape, map(chr, table))) + "]"
    return re.compile(pattern), table


def line_ends(text: str) -> str:
    """Every kind of line end as a line feed."""
    return _LINE_ENDS.sub("\n", text) if any(map(text.__contains__, _LINE_END_CHARACTERS)) else text


def characters(text: str) -> str:
    """Characters made uniform; white space between them is left alone.

    >>> characters("Ｔ：３８．５℃，１０²，第Ⅱ型")
    'T：38.5℃，10²，第Ⅱ型'
    """
    # The ratio sign stands for a colon in scanned and converted books: so often that it has a pass of its own.
    text = text.replace("∶", "：").replace("\u3000", " ")
    pattern, table = _translation()
    text = pattern.sub(lambda match: table[ord(match[0])], text)
    return unicodedata.normalize("NFC", text)  # last, for what has become neighbours now


def spaces(text: str) -> str:
    """Runs of blanks as one, none at either end of a line, at most one empty line in a row."""
    text = text.replace("\t", " ")
    for many, few in (("  ", " "), (" \n", "\n"), ("\n ", "\n"), ("\n\n\n", "\n\n")):
        while many in text:
            text = text.replace(many, few)
    return text.strip()


def normalise(text: str) -> str:
    """Line ends, characters and spaces made uniform."""
    return spaces(characters(line_ends(text)))


@cache
def _half_width() -> dict[int, str]:
    signs = [*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B), *map(ord, _FULL_WIDTH_SIGNS)]
    return {code: unicodedata.normalize("NFKC", chr(code)) for code in signs}


def half_width(text: str) -> str:
    """Full-width digits, letters and signs as plain ones, one for one: every offset still points at the same place.

    >>> half_width("ｇｕｏ＠ｅ．ｃｏｍ，１３８")
    'guo@e.com，138'
    """
    return text.translate(_half_width())
