"""One form for all writing systems of a record, every offset kept.

Traditional characters become simplified, full-width digits and letters become half-width, half-width
punctuation becomes Chinese punctuation: character by character, so that a span of the folded text
quotes the original.
"""

import re
from functools import cache

from tcmkit.text.script import simplified_in_place

_PUNCTUATION = {
    ",": "，", ";": "；", ":": "：", "?": "？", "!": "！", "(": "（", ")": "）", "[": "（", "]": "）",
    "〔": "（", "〕": "）", "【": "（", "】": "）", "［": "（", "］": "）", "｡": "。", "．": ".", "﹐": "，",
    "﹑": "、", "､": "、", "﹒": ".", "﹔": "；", "﹕": "：", "\u3000": " ", "\t": " ", "\xa0": " ", "～": "~",
    "〜": "~", "∼": "~", "–": "-", "−": "-", "－": "-", "—": "-", "─": "-", "黯": "暗", "癥": "症",
    "\r": "\n", "\u2028": "\n", "\x0b": "\n", "\x0c": "\n", "㖞": "歪", "呙": "歪", "瞤": "瞤", "痠": "酸",
    "欬": "咳", "嘔": "呕", "濇": "涩", "瀒": "涩", "祕": "秘", "閟": "闭", "胷": "胸", "脇": "胁", "脈": "脉",
    "脗": "吻", "衂": "衄", "疎": "疏", "痺": "痹", "皰": "疱", "噯": "嗳", "矇": "蒙", "乾": "干", "黏": "粘",
}  # fmt: skip


@cache
def _folding() -> tuple[dict[str, str], re.Pattern[str]]:
    cjk = "".join(chr(code) for code in range(0x3400, 0xA000))
    folding = {before: after for before, after in zip(cjk, simplified_in_place(cjk), strict=True) if before != after}
    wide = (chr(code) for code in range(0xFF10, 0xFF5B) if chr(code - 0xFEE0).isalnum())
    folding.update({before: chr(ord(before) - 0xFEE0) for before in wide})
    folding.update(_PUNCTUATION)
    return folding, re.compile(f"[{re.escape(''.join(folding))}]")


def fold(text: str) -> str:
    """The text in one form; `len(fold(text)) == len(text)`.

    >>> fold("頭痛,脈浮數;舌紅(Ｔ３８)")
    '头痛，脉浮数；舌红（T38）'
    """
    folding, pattern = _folding()
    return pattern.sub(lambda match: folding[match[0]], text)
