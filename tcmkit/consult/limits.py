"""What a model's words may not do before they are shown: steer a terminal, prescribe, say that all is safe."""

import re
from collections import Counter
from functools import cache

from tcmkit.consult.session import printable
from tcmkit.herbs import rows
from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon

_HAN = re.compile("[\u3400-\u9fff]")
_LEFT_OVER = re.compile(r"\[[0-9;?]{1,8}[A-Za-z]")
"""What is left of a control sequence whose first character was taken out before."""
_TOLD = 0.7
"""Share of a summary's characters that must have been said: a summary adds a few words of its own."""
_PIECE, _AGAIN = 5, 3
"""So many characters that come so often are said over and over."""
_SENTENCE_END = re.compile(r"[。！!；;?？\n]")
_LETTERS = re.compile(r"\w")
_MOST_HERBS = 1
"""A question may ask whether something was taken; a list of herbs is a prescription."""


def one_line(text: str) -> str:
    r"""A model's words in one line, without what steers a terminal or turns the direction of writing.

    >>> one_line("口渴吗？\x1b[31m\n喝得多不多？")
    '口渴吗？ 喝得多不多？'
    """
    return " ".join(_LEFT_OVER.sub("", printable(text)).split())


def is_question(text: str) -> bool:
    """Whether a text asks something: it ends with what asks, says nothing over and over, and does not ask for a cure.

    >>> is_question("夜里出汗吗"), is_question("请多喝水。"), is_question("怎样调养？汗十余日，苔白")
    (True, False, False)
    """
    said = [part for part in _SENTENCE_END.split(text) if _LETTERS.search(part)]
    asks = bool(said) and bool(_pattern("asks").search(text[text.rindex(said[-1]) :]))
    return asks and not babbles(text) and not _pattern("asks_for_a_cure").search(text)


def babbles(text: str) -> bool:
    """Whether the same few words come again and again, as from a model that has lost its way.

    >>> babbles("脉滑数，怎样调养？" * 3), babbles("白天出汗多吗？夜里出汗多吗？")
    (True, False)
    """
    words = "".join(_LETTERS.findall(text))
    pieces = Counter(words[at : at + _PIECE] for at in range(len(words) - _PIECE + 1))
    return bool(pieces) and max(pieces.values()) >= _AGAIN


def is_told(text: str, told: str) -> bool:
    """Whether a summary is made of what was told: most of its characters stand there.

    >>> is_told("咳嗽伴黄痰三天", "咳嗽三天，痰黄。"), is_told("肺癌晚期", "咳嗽三天，痰黄。")
    (True, False)
    """
    words = _HAN.findall(text)
    return bool(words) and sum(char in told for char in words) >= _TOLD * len(words)


def reassures(text: str) -> str:
    """Why a text may be shown to nobody, in Chinese for the model that wrote it; empty where it may."""
    return "不可说没有危险、不必就医或停药，不可下保证。" if _pattern("reassures").search(text) else ""


def oversteps(text: str) -> str:
    """Why a text may not be shown to a patient, in Chinese for the model that wrote it; empty where it may.

    >>> oversteps("平时口渴吗？"), bool(oversteps("先吃附子三十克，好吗？")), bool(oversteps("不用去医院，您说呢？"))
    ('', True, True)
    """
    if why := reassures(text):
        return why
    if _pattern("prescribes").search(text):
        return "不可给出用药建议。"
    if _pattern("dose").search(text) and _herbs().terms_in(text):
        return "不可开药、写剂量。"
    if len({name for name in _herbs().terms_in(text) if len(name) > 1}) > _MOST_HERBS:
        return "不可列出药物。"
    return ""


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(table("model_limits")[name], re.IGNORECASE)


@cache
def _herbs() -> Lexicon[str]:
    return Lexicon({name: name for name in rows()})
