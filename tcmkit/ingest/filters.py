"""Filters that look at one document alone. Each gives a reason to drop it, or None."""

import re
from functools import cache
from typing import NamedTuple

from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon

_WORDS = r"0-9A-Za-z\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff□"
_MARKS = r"，。、；：？！（）《》“”‘’「」『』【】〔〕…·,.;:?!()\"'%/\s-"
_NEITHER = re.compile(f"[^{_WORDS}{_MARKS}]")
_MARK = re.compile(f"[{_MARKS}]")


def too_short(text: str, min_chars: int) -> bool:
    """Fewer than `min_chars` characters that are not white space."""
    return len(text) < min_chars or (len(text) < 4 * min_chars and len("".join(text.split())) < min_chars)


def is_non_text(text: str, min_share: float) -> bool:
    """Too few letters, Chinese characters and digits among what is neither punctuation nor blank.

    >>> is_non_text("----+----+----|||", 0.5), is_non_text("头痛，发热。", 0.5)
    (True, False)
    """
    others = len(_NEITHER.findall(text))
    if others * 4 < len(text) and text.count("\ufffd") <= 0.05 * len(text):
        return False  # the usual case, without counting the marks
    words = len(text) - others - len(_MARK.findall(text))
    return text.count("\ufffd") > 0.05 * len(text) or words < min_share * max(words + others, 1)


class _Code(NamedTuple):
    code: str
    patterns: tuple[re.Pattern[str], ...]


class _Cue(NamedTuple):
    code: str
    strong: bool


@cache
def _cues() -> tuple[Lexicon[_Cue], dict[str, _Cue], tuple[_Code, ...]]:
    """Plain cues with what they stand for, and the patterns of each code."""
    cues: dict[str, _Cue] = {}
    codes: list[_Code] = []
    for row in table("inappropriate")["codes"]:
        cues.update({cue: _Cue(row["code"], strong=False) for cue in row["weak"]})
        cues.update({cue: _Cue(row["code"], strong=True) for cue in row["strong"]})
        codes.append(_Code(row["code"], tuple(map(re.compile, row["patterns"]))))
    return Lexicon(cues), cues, tuple(codes)


def inappropriate(text: str) -> str | None:
    """The code of insult, hate or a miracle cure, by the table `inappropriate`; None for the rest."""
    lexicon, cues, codes = _cues()
    found = [cues[term] for term in sorted(lexicon.terms_in(text))]
    if strong := next((cue.code for cue in found if cue.strong), None):
        return strong
    for code, patterns in codes:
        weak = sum(cue.code == code for cue in found)
        if weak and weak + sum(pattern.search(text) is not None for pattern in patterns) >= 2:
            return code
    return None
