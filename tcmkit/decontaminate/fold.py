"""The form in which texts are compared: what punctuation, width, case, script and spacing change is gone."""

import unicodedata

from tcmkit.tables import table
from tcmkit.text.script import simplified_in_place

SEAM = "\n"
"""Stands between the strings of a record: no item is found across it."""


class _Folds(dict[int, str]):
    """Each character's folded form, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = simplified_in_place(unicodedata.normalize("NFKC", character)).casefold()
        plain = "".join(table("decontaminate")["variants"].get(c, c) for c in plain)
        folded = character if character == SEAM else "".join(c for c in plain if c.isalnum())
        self[code] = folded
        return folded


_FOLDS = _Folds()


def folded(text: str) -> str:
    """Letters, digits and Chinese characters alone: NFKC, simplified, lower case. A line feed stays (SEAM).

    >>> folded("治療（ＡＢ）：氣虛、 血瘀？")
    '治疗ab气虚血瘀'
    """
    return text.translate(_FOLDS)
