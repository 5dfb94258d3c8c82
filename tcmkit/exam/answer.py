"""Which option an answer names. Strict: what can be read in two ways is no answer.

The released reward of Ladder-base reads "The answer is B" as E and "不是A，应选B" as A. Here the answer block
is taken apart into option texts, letters and the rest; then either all of it points to one answer, or there is none.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache

from tcmkit.exam.form import TAGS, blocks_of

_NEGATION = re.compile(
    r"[不非否错误無无没未勿除别莫]|排除|以外|之外|\b(?:not?|never|neither|nor|none|except|wrong|incorrect|false|cannot|without|exclude[ds]?)\b"
    r"|n't\b|[×✗✘❌]"
)
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF21, 0xFF5B)}
_LETTER = re.compile(r"(?<![A-Za-z])(?:([A-Z](?:[ ,，、;；/&+]*[A-Z])*)|([a-z]))(?![A-Za-z])")
_LEAD = re.compile(
    r"^(?:(?:最终|最佳|正确|本题|标准|我的|所以|因此|综上|故|应|该|当|题目?)*(?:的|之)?"
    r"(?:答案|选择|选项|选|答)(?:应该?|就)?(?:是|为|选)?[:： ]*"
    r"|(?:so |thus |therefore,? )?(?:the )?(?:final |correct |best |right )?"
    r"(?:answer|option|choice)(?: is| would be| should be)?[:： ]*)+",
    re.IGNORECASE,
)
_AND = re.compile(r"[ ,，、;；/&+\n和及与]+|\band\b")
_EDGE = " \t\r\n.。,，、;；:：!！?？()（）[]【】《》\"'“”‘’「」*_`$"


def extract(completion: str, options: Mapping[str, str], *, several: bool = False) -> frozenset[str] | None:
    """The letters that a completion answers with, or None where it gives no answer.

    No answer block, answer blocks that differ, or one within the thinking: no answer. Else the form does not matter.
    `several`: the question may have more than one right option.

    >>> extract("<think>…</think><answer>选B</answer>", {"A": "麻黄汤", "B": "桂枝汤"})
    frozenset({'B'})
    >>> extract("<answer>A</answer><answer>B</answer>", {"A": "麻黄汤", "B": "桂枝汤"}) is None
    True
    """
    blocks = blocks_of(completion)
    if not blocks.answers or blocks.inside_thinking:
        return None
    read = {read_answer(text, options, several=several) for text in blocks.answers}
    return read.pop() if len(read) == 1 else None


def read_answer(text: str, options: Mapping[str, str], *, several: bool = False) -> frozenset[str] | None:
    """The letters that the text of an answer block names.

    Letters may be full width, lower case, bracketed, introduced ("答案：", "The answer is") and followed by their
    option's text; an option's whole text alone counts as its letter. None for two letters where one is asked for, for
    a negation, a letter beside another option's text, a letter that is no option, look-alikes from other scripts.

    >>> options = {"A": "肝阳上亢", "B": "气血亏虚"}
    >>> read_answer("B. 气血亏虚", options), read_answer("B. 肝阳上亢", options), read_answer("不是A", options)
    (frozenset({'B'}), None, None)
    """
    if any(tag in text for tag in TAGS):
        return None
    text = _plain(text)
    texts, rest = _option_texts(text, options)
    letters = frozenset(_letters(rest))
    if _is_foreign(rest) or not letters <= options.keys():
        return None
    if _NEGATION.search(_LETTER.sub(" ", rest).casefold()):
        return None
    named = _named(letters, texts, rest)
    if named is None or not named or (len(named) > 1 and not several):
        return None
    return named


def _plain(text: str) -> str:
    """Without zero-width characters, with full-width letters as plain ones."""
    kept = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return kept.translate(_FULL_WIDTH).strip()


def _key(text: str) -> str:
    """An option's text as it is compared: width, case, spaces and closing punctuation do not count."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(_EDGE)


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    """Finds an option's text, whatever its spaces, width and case."""
    return re.compile(r"\s*".join(_either_width(char) for char in _key(text)), re.IGNORECASE)


def _either_width(char: str) -> str:
    wide = chr(ord(char) + 0xFEE0) if 0x21 <= ord(char) <= 0x7E else char
    return re.escape(char) if wide == char else f"[{re.escape(char)}{re.escape(wide)}]"


def _option_texts(text: str, options: Mapping[str, str]) -> tuple[list[frozenset[str]], str]:
    """Which options' texts stand in the answer (each as the letters that have it), and the answer without them."""
    by_key: dict[str, set[str]] = {}
    for letter, option in options.items():
        if len(_key(option)) >= 2 and _key(option).upper() not in options:
            by_key.setdefault(_key(option), set()).add(letter)
    found: list[frozenset[str]] = []
    for key in sorted(by_key, key=len, reverse=True):
        text, times = _pattern(key).subn(" \x00 ", text)
        if times:
            found.append(frozenset(by_key[key]))
    return found, text


def _letters(rest: str) -> Iterator[str]:
    """Letters that stand by themselves, in a row or listed."""
    for match in _LETTER.finditer(rest):
        yield from (char.upper() for char in match[0] if char.isalpha())


def _is_foreign(rest: str) -> bool:
    """Whether a letter of another script stands there: a Cyrillic В is no B."""
    return any(unicodedata.category(char)[0] == "L" and not char.isascii() and not _is_han(char) for char in rest)


def _is_han(char: str) -> bool:
    return "CJK UNIFIED" in unicodedata.name(char, "") or char in "〇々"


def _named(letters: frozenset[str], texts: list[frozenset[str]], rest: str) -> frozenset[str] | None:
    """The one answer that letters and texts agree on; None where they do not."""
    if letters:
        return letters if all(owners & letters for owners in texts) else None
    # No letter: then the texts are all there is, but for words that introduce them.
    left = _LEAD.sub("", rest.strip(_EDGE)).strip(_EDGE)
    left = _AND.sub("", left.replace("\x00", ""))
    if left.strip(_EDGE) or any(len(owners) > 1 for owners in texts):
        return None
    return frozenset().union(*texts)
