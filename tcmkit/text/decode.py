"""Bytes to text, whatever Chinese encoding they are in."""

import codecs
import re
from typing import NamedTuple

SAMPLE = 1 << 12
_LEAST_SCORE = 0.12
_CANDIDATES = ("utf-8", "gb18030", "big5hkscs", "utf-16-le", "utf-16-be")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

# Frequent characters of modern and classical prose in both scripts, with the usual punctuation:
# text in the right encoding is full of them, text in a wrong one is not.
_COMMON = frozenset(
    "的一是不了人在有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
    "之者也其所以而則则為为於于曰若此乃用主治服水火氣气血寒熱热風风濕湿虛虚實实脈脉湯汤散丸方病證证症藥药"
    "心肝脾肺腎肾胃頭头痛身食二三四五六七八九十兩两錢钱升分每日味各右上下入煎甘草白黃黄如無无令即及與与"
    "個這們國來時會對發後過說學实現现開开長长門门問问間间經经濟济醫医療疗患者診诊斷断舌苔咳嗽小便"
    "，。、；：？！（）《》“”「」∶　"
)
_ESCAPED = re.compile("[\udc80-\udcff]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class Decoded(NamedTuple):
    """Text, the encoding it was in, and how many bytes could not be read (each stands as U+FFFD)."""

    text: str
    encoding: str
    bad_bytes: int


class NotText(ValueError):
    """The bytes are no text in any known encoding."""


def decode(data: bytes, hint: str | None = None) -> Decoded:
    """Decode UTF-8, GB18030, Big5 or UTF-16, with or without a byte-order mark.

    `hint` is an encoding that the document itself names; it is tried first and believed only if it fits.
    Raises NotText for binary data.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decode_as(data[len(mark) :], encoding)
    if hint and (honest := _honest_hint(data, hint)):
        return honest
    try:
        text = data.decode("utf-8")
        if _CONTROL.search(text) is None:
            return Decoded(text, "utf-8", 0)
    except UnicodeDecodeError:
        pass
    return _decode_as(data, detect(data[:SAMPLE]))


def _honest_hint(data: bytes, hint: str) -> Decoded | None:
    """What the hinted encoding gives, if every byte fits it."""
    name = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs"}.get(hint.lower(), hint)
    try:
        return Decoded(data.decode(name), name.lower(), 0)
    except (UnicodeDecodeError, LookupError):
        return None


def detect(sample: bytes) -> str:
    """The encoding in which the sample reads most like Chinese or plain ASCII.

    Raises NotText when it does in none.
    """
    scores = {encoding: _score(sample, encoding) for encoding in _CANDIDATES}
    best = max(_CANDIDATES, key=lambda encoding: scores[encoding])
    if scores[best] < _LEAST_SCORE:
        raise NotText
    return best


def _score(sample: bytes, encoding: str) -> float:
    """Share of frequent or printable ASCII characters, less a penalty for bytes that do not decode."""
    # Not final: a character cut off by the end of the sample is no fault.
    text = codecs.getincrementaldecoder(encoding)("replace").decode(sample)
    if not text:
        return 0.0
    bad = text.count("\ufffd") + 4 * len(_CONTROL.findall(text))
    ascii_share = len(text.encode("ascii", "ignore"))
    common = sum(map(_COMMON.__contains__, text))
    return (common + 0.5 * ascii_share - 4 * bad) / len(text)


def _decode_as(data: bytes, encoding: str) -> Decoded:
    try:
        return Decoded(data.decode(encoding), encoding, 0)
    except UnicodeDecodeError:
        text = data.decode(encoding, "surrogateescape" if encoding != "utf-16-le" else "replace")
    bad = len(_ESCAPED.findall(text)) + text.count("\ufffd")
    return Decoded(_ESCAPED.sub("\ufffd", text), encoding, bad)
