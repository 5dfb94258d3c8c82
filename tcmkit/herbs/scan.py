"""The signs of a prescription told apart: amounts, Chinese, Latin, brackets, separators."""

import re
from functools import cache

from tcmkit.herbs.amounts import RANGE, alternatives, grams_of
from tcmkit.herbs.names import names
from tcmkit.tables import table

_FIGURE = rf"\d+(?:\.\d+)?(?:/\d+)?(?:{RANGE}\d+(?:\.\d+)?)?"


@cache
def _tails(unit: str) -> tuple[list[str], list[str]]:
    """What makes a herb's name of a unit that begins one: 6升 is no amount before 麻.

    The first are not names themselves; the second are (3片姜黄 is three slices and another herb, 片 姜黄 is one).
    """
    tails = [name[len(unit) :] for name in names() if name.startswith(unit) and len(name) > len(unit)]
    return [tail for tail in tails if tail not in names()], tails


def _units(words: list[str]) -> str:
    """A pattern for a unit behind a figure that does not begin the next herb's name."""
    found = []
    for word in sorted(words, key=len, reverse=True):
        alone, behind_space = _tails(word)
        if not behind_space:
            found.append(rf"[ ]?{re.escape(word)}")
            continue
        near = f"(?!{alternatives(alone)})" if alone else ""
        found.append(rf"{re.escape(word)}{near}|[ ]{re.escape(word)}(?!{alternatives(behind_space)})")
    return "|".join(found)


@cache
def scanner() -> re.Pattern[str]:
    """Numbers with their units, Chinese, Latin, brackets, separators; anything else is a sign of its own."""
    terms = table("prescription_terms")
    return re.compile(
        rf"(?P<weight>{_FIGURE}(?:{_units(list(grams_of()))})(?![a-zA-Z])"
        r"(?:\d+(?:\.\d+)?(?:钱|分)|[一二三四五六七八九]?(?:钱|分))?半?)"
        rf"|(?P<taking>{_FIGURE}(?:{_units(terms['regimen'])})(?![a-zA-Z]))"
        rf"|(?P<pieces>{_FIGURE}(?:{_units(terms['counts'])})(?![a-zA-Z]))"
        rf"|(?P<figure>{_FIGURE})|(?P<chinese>[\u3400-\u9fff〇]+)|(?P<latin>[A-Za-z]+)"
        r"|(?P<times>(?<=[g克])[ ]?[×*xX][ ]?\d+(?![\d.]|\s*[剂付副帖贴天日]))"
        r"|(?P<stop>[。；;\n]+)|(?P<comma>[，,])|(?P<open>\()|(?P<close>\))"
        r"|(?P<break>[\s、:.·•*×xX+/|~—_\-=#\"'“”‘’!！?？<>①-⑳]+)"
        r"|(?P<sign>.)",
        re.DOTALL,
    )
