"""Filters that look at one document alone. Each gives a reason to drop it, or None."""

import re

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
