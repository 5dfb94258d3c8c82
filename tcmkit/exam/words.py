"""What the words around a letter say: that it is denied, that several are possible, or nothing of either kind.

The words themselves stand in tcmkit/data/exam_words.json.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from tcmkit.tables import table

_CONTRACTED = re.compile(r"(?<=[A-Za-z])['’](?:s|d|m|ll|re|ve)(?![A-Za-z])", re.IGNORECASE)
_ALONE = r"(?<![A-Za-z])(?:{})(?![A-Za-z])"


def denies(rest: str, spoken: str) -> bool:
    """Whether an answer holds a negation.

    `rest` is the answer with its options' texts taken out, `spoken` the same where what only looks like a letter is
    taken out too. After "因为" only a verdict (错, 不对) denies: "B，因患者无汗" answers B.
    """
    said = _word("no_negations").sub(" ", rest)
    match = _word("causes").search(said)
    if match and re.search(r"[A-Za-z\ue000-\uf8ff]", said[: match.start()]) and _has_letter(spoken):
        return bool(_negation().search(said[: match.start()]) or _word("verdicts").search(said[match.start() :]))
    return bool(_negation().search(said))


def _has_letter(spoken: str) -> bool:
    return any((char.isascii() and char.isalpha()) or "\ue000" <= char <= "\uf8ff" for char in spoken)


def leaves_open(rest: str) -> bool:
    """Whether an answer names alternatives ("A或C") where all of several are asked for."""
    return bool(_word("alternatives").search(rest) or _alone("alternative_words").search(rest))


def is_remark(text: str) -> bool:
    """Whether a text after a letter speaks about it ("正确", "因为…") rather than being an option's."""
    return bool(re.match(r"[项选答为是正对最即]", text) or _word("causes").match(text))


def without_words(text: str) -> str:
    """A text without what holds letters that name no option: words of English, "I think", "it's", 维生素C, B超."""
    text = _CONTRACTED.sub(" ", _pronoun().sub(" ", text))
    text = _alone("words").sub(" ", text)
    return _no_letter().sub("·", text)


def without_markup(text: str) -> str:
    """A text without harmless tags of HTML: <b>B</b> is B."""
    return _markup().sub(" ", text)


def _listed(name: str) -> list[str]:
    return [str(word) for word in table("exam_words")[name]]


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


@cache
def _word(name: str) -> re.Pattern[str]:
    """Any of a list, wherever it stands."""
    return re.compile(_either(_listed(name)), re.IGNORECASE)


@cache
def _alone(name: str) -> re.Pattern[str]:
    """Any of a list of English words, as a word."""
    return re.compile(_ALONE.format(_either(_listed(name))), re.IGNORECASE)


@cache
def _negation() -> re.Pattern[str]:
    lists: dict[str, Any] = table("exam_words")["negations"]
    alone = _ALONE.format(_either(lists["words"]))
    return re.compile(f"{_either([*lists['parts'], *lists['marks']])}|{alone}", re.IGNORECASE)


@cache
def _pronoun() -> re.Pattern[str]:
    """The word I, and the article after a verb: no options there."""
    verbs = _either(_listed("pronoun_verbs"))
    joins = "because|since|and|or|as|but|for|with|is|which|that"
    return re.compile(
        rf"(?<![A-Za-z])I(?:['’](?:d|m|ll|ve)\b| +(?=(?i:{verbs})\b))|(?<=\bis )an?(?= +(?!(?:{joins})\b)[a-z]{{2,}})"
    )


@cache
def _no_letter() -> re.Pattern[str]:
    before, after = _either(_listed("before_letters")), _either(_listed("after_letters"))
    return re.compile(rf"(?i:{before})[A-Za-z]\d*(?![A-Za-z])|(?<![A-Za-z])[A-Za-z](?:{after}|\d+)")


@cache
def _markup() -> re.Pattern[str]:
    return re.compile(rf"</?(?:{_either(_listed('markup'))}) ?/?>", re.IGNORECASE)
