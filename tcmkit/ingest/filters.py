"""Filters that look at one document alone. Each gives a reason to drop it, or None."""

import re
from functools import cache
from typing import NamedTuple

from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon

_SPACE = re.compile(r"\s+")
_TEXT = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffffA-Za-z0-9]")
_MARKS = re.compile(r"[，。、；：？！（）《》“”‘’「」『』【】〔〕…·,.;:?!()\"'%/\-\s□]")


def too_short(text: str, min_chars: int) -> bool:
    """Fewer than `min_chars` characters that are not white space."""
    return len(text) < min_chars or len(_SPACE.sub("", text)) < min_chars


def is_non_text(text: str, min_share: float) -> bool:
    """Too few letters, Chinese characters and digits among what is neither punctuation nor blank.

    >>> is_non_text("----+----+----|||", 0.5), is_non_text("头痛，发热。", 0.5)
    (True, False)
    """
    rest = len(text) - len(_MARKS.findall(text))
    letters = len(_TEXT.findall(text))
    return text.count("\ufffd") > 0.05 * len(text) or letters < min_share * max(rest, 1)


class _Code(NamedTuple):
    code: str
    patterns: tuple[re.Pattern[str], ...]


@cache
def _cues() -> tuple[Lexicon[tuple[str, bool, str]], tuple[_Code, ...]]:
    """Plain cues as (code, is it strong, cue), and the patterns of each code."""
    terms: dict[str, tuple[str, bool, str]] = {}
    codes: list[_Code] = []
    for row in table("inappropriate")["codes"]:
        terms.update({cue: (row["code"], False, cue) for cue in row["weak"]})
        terms.update({cue: (row["code"], True, cue) for cue in row["strong"]})
        codes.append(_Code(row["code"], tuple(map(re.compile, row["patterns"]))))
    return Lexicon(terms), tuple(codes)


def inappropriate(text: str) -> str | None:
    """The code of insult, hate or a miracle cure, by the table `inappropriate`; None for the rest."""
    lexicon, codes = _cues()
    weak: dict[str, set[str]] = {}
    for match in lexicon.find(text):
        code, strong, cue = match.value
        if strong:
            return code
        weak.setdefault(code, set()).add(cue)
    if not weak:
        return None
    for code, patterns in codes:
        cues = weak.get(code, set())
        if cues and len(cues) + sum(pattern.search(text) is not None for pattern in patterns) >= 2:
            return code
    return None
