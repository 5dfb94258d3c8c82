"""Characters of a prescription made uniform, one for one: every offset still points at the same place."""

import unicodedata
from functools import cache

from tcmkit.tables import table
from tcmkit.text.script import simplified_in_place


@cache
def _variants() -> dict[int, str]:
    """Written forms that OpenCC leaves, and full-width signs."""
    forms = {ord(form): plain for form, plain in table("prescription_terms")["variants"]["map"].items()}
    for code in range(0xFF01, 0xFF5F):
        plain = unicodedata.normalize("NFKC", chr(code))
        if plain not in "，；：（）！？":
            forms[code] = plain
    forms.update({ord("："): ":", ord("（"): "(", ord("）"): ")", ord("〔"): "(", ord("〕"): ")", ord("\u3000"): " "})
    forms.update(dict.fromkeys(map(ord, "[【{《「『"), "(") | dict.fromkeys(map(ord, "]】}》」』"), ")"))
    forms.update({ord("ｇ"): "g", ord("∶"): ":", ord("㎎"): " ", ord("\xa0"): " "})
    return forms


def fold(text: str) -> str:
    """The text in simplified characters and plain signs, of the same length.

    >>> fold("製附子１０ｇ（先煎）")
    '制附子10g(先煎)'
    """
    return text if text.isascii() else text.translate(_folded())


@cache
def _folded() -> dict[int, str]:
    """Variants, then simplified characters, then variants again, as one table."""
    codes = sorted({*_variants(), *range(0x3400, 0xA000)})
    plain = simplified_in_place("".join(map(chr, codes)).translate(_variants())).translate(_variants())
    return {code: after for code, after in zip(codes, plain, strict=True) if chr(code) != after}
