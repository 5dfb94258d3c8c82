"""Bytes to text, whatever Chinese encoding they are in."""

import codecs
import os
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
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_TELLING_HINT = re.compile(r"(?i)(?:x-)?(?:gb|big5|hz|utf-?8|shift|sjis|euc|iso-2022)")
"""Names worth believing. Anything decodes as Latin-1, and a page that names UTF-16 in ASCII is not in it."""
_WIDER = {"gb2312": "gb18030", "gb_2312-80": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "utf8": "utf-8"}
_ESCAPED = re.compile("[\udc80-\udcff]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


ESCAPED = "tcmkit.escaped"
"""An error handler for decoding: each byte that is no text becomes a lone surrogate, in any encoding.

That of Python, `surrogateescape`, knows none for the bytes below 128, of which UTF-16 is full.
"""


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC80 | byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(ESCAPED, _escape)


class Decoded(NamedTuple):
    """Text, the encoding it was in, and how many bytes could not be read (each stands as U+FFFD)."""

    text: str
    encoding: str
    bad_bytes: int


class NotText(ValueError):
    """The bytes are no text in any known encoding."""


_OFFICE = (
    (b"PK\x03\x04", b"xl/", ("an Excel file: save it as CSV (UTF-8)", "是 Excel 文件：请另存为 CSV（UTF-8）")),
    (b"PK\x03\x04", b"word/", ("a Word file: save it as text (UTF-8)", "是 Word 文件：请另存为纯文本（UTF-8）")),
    (
        b"PK\x03\x04",
        b"",
        (
            "a zip archive or an Office file: unpack it, or save it as CSV or text",
            "是 zip 压缩包或 Office 文件：请解压，或另存为 CSV 或纯文本",
        ),
    ),
    (
        b"\xd0\xcf\x11\xe0",
        b"",
        ("an old Excel or Word file: save it as CSV or text", "是旧版 Excel 或 Word 文件：请另存为 CSV 或纯文本"),
    ),
)


def document_of(head: bytes) -> tuple[str, str] | None:
    """What a file of an office program is and what to do with it, in English and Chinese; None for any other.

    >>> document_of(b"PK\\x03\\x04...xl/workbook.xml")[0], document_of(b'{"text": "PK"}')
    ('an Excel file: save it as CSV (UTF-8)', None)
    """
    return next((advice for mark, inside, advice in _OFFICE if head.startswith(mark) and inside in head), None)


def file_name(path: str) -> str:
    """A path as text that every output can hold: names packed on a Chinese Windows are in GB18030.

    >>> file_name(os.fsdecode("医案.txt".encode("gb18030")))
    '医案.txt'
    """
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        raw = os.fsencode(path)
        try:
            return raw.decode("gb18030")
        except UnicodeDecodeError:
            return raw.decode("utf-8", "backslashreplace")
    return path


def decode(data: bytes, hint: str | None = None) -> Decoded:
    """Decode UTF-8, GB18030, Big5 or UTF-16, with or without a byte-order mark.

    `hint` is an encoding that the document itself names; it is believed only if it fits and UTF-8 does not
    fit better. Raises NotText for binary data.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decode_as(data[len(mark) :], encoding)
    fitting = [found for found in (_hinted(data, hint), _as_utf8(data)) if found]
    if fitting:
        return max(fitting, key=lambda found: _score(_telling_part(data), found.encoding))
    return _decode_as(data, detect(_telling_part(data)))


def encoding_of(head: bytes) -> str:
    """The encoding of a file that is too large to be looked at whole, by its beginning; a byte-order mark goes with it.

    Raises NotText for binary data.
    """
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)  # not final: its last character may be cut
    except UnicodeDecodeError:
        return detect(_telling_part(head))
    return detect(_telling_part(head)) if _CONTROL.search(text) else "utf-8"


def _as_utf8(data: bytes) -> Decoded | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return Decoded(text, "utf-8", 0) if _CONTROL.search(text) is None else None


def _hinted(data: bytes, hint: str | None) -> Decoded | None:
    """What the hinted encoding gives, if every byte fits it and not just anything would."""
    if hint is None or _TELLING_HINT.match(hint) is None:
        return None
    name = _WIDER.get(hint.lower().removeprefix("x-"), hint.lower())
    try:
        return Decoded(data.decode(name), name, 0)
    except (UnicodeDecodeError, LookupError):
        return None


def _telling_part(data: bytes) -> bytes:
    """A sample from the first byte beyond ASCII on: before that, all encodings look the same."""
    first = _NOT_ASCII.search(data)
    start = first.start() & ~1 if first else 0  # even, for UTF-16
    return data[start : start + SAMPLE]


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
        text = data.decode(encoding, "replace" if encoding.startswith("utf-16") else "surrogateescape")
    bad = len(_ESCAPED.findall(text)) + text.count("\ufffd")
    return Decoded(_ESCAPED.sub("\ufffd", text), encoding, bad)
