"""What English speakers say, in the words of a record: by a table of phrases, clause by clause.

Only what the table knows is carried over, so nothing is invented; the words themselves stay in the history.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tcmkit.tables import table

_LATIN = re.compile(r"[A-Za-z]{2,}")
_CHINESE = re.compile("[\u3400-\u9fff]")
_SENTENCE = re.compile(r"[.!?;。！？；\n]+")
_CLAUSE = re.compile(r"[,，]|\bbut\b|\bhowever\b|\bexcept\b", re.IGNORECASE)
_OR = re.compile(r"\bn?or\b", re.IGNORECASE)
_NEGATIVE = re.compile(r"\b(?:no|not|never|cannot|unable)\b|n'?t\b", re.IGNORECASE)
_OWN_WORD = re.compile(r"\b(?:i|my|he|she|it|his|her|with|have|has|had|am|is|are|feel|very|some|also)\b", re.IGNORECASE)
_APOSTROPHE = str.maketrans({"’": "'", "‘": "'", "`": "'"})
_GAP = r"(?:[\s-]+[\w'-]+){0,3}?[\s-]+"
_LONGEST = 2000
"""Characters of a statement that findings are read from; dangers are looked for in all of it."""


class Heard(NamedTuple):
    """A phrase of the table in what was said."""

    said: str
    zh: str
    is_denied: bool

    @property
    def statement(self) -> str:
        """As a record has it."""
        return f"无{self.zh}" if self.is_denied else self.zh


class _Phrase(NamedTuple):
    pattern: re.Pattern[str]
    zh: str
    has_gap: bool
    """Whether other findings may stand in the middle of it: eyes that are dry and itchy."""


class _Found(NamedTuple):
    start: int
    end: int
    said: str
    zh: str


def is_english(text: str) -> bool:
    """Whether a text is in English rather than in Chinese.

    >>> is_english("I have a cough"), is_english("咳嗽 CT 正常")
    (True, False)
    """
    return bool(_LATIN.search(text)) and not _CHINESE.search(text)


def heard(text: str) -> list[Heard]:
    """The findings of an English text in their order, each once."""
    found = dict.fromkeys(
        one for sentence in _SENTENCE.split(text[:_LONGEST].translate(_APOSTROPHE)) for one in _of_sentence(sentence)
    )
    return list(found)


def in_chinese(text: str) -> str:
    """The findings of an English text in Chinese, denied ones as denied; empty where the table knows none.

    >>> in_chinese("I have a dry cough and night sweats, no fever")
    '干咳，盗汗，无发热'
    >>> in_chinese("hello there")
    ''
    """
    return "，".join(dict.fromkeys(one.statement for one in heard(text)))


def dangers(text: str) -> str:
    """The emergencies that an English text tells of, in Chinese for the search of red flags; empty where none is.

    >>> bool(dangers("I can't breathe")), dangers("I don't have any trouble breathing")
    (True, '')
    """
    said: dict[str, None] = {}
    for sentence in _SENTENCE.split(text.translate(_APOSTROPHE)):
        for one in _found(sentence, _phrases("danger")):
            before = _CLAUSE.split(sentence[: one.start])[-1]
            if _NEGATIVE.search(one.said) or not _denies(before):
                said[one.zh] = None
    return "。".join(said)


def _of_sentence(sentence: str) -> Iterator[Heard]:
    """A denial goes on through a list that ends in `or`: no fever, chills or headache."""
    clauses = _CLAUSE.split(sentence)
    denied = False
    for number, clause in enumerate(clauses):
        goes_on = denied and not _OWN_WORD.search(clause) and any(map(_OR.search, clauses[number:]))
        denied = False
        found = _found(clause, _phrases("findings"))
        for one in found:
            is_denied = not _NEGATIVE.search(one.said) and (goes_on or _denies(_without(clause, found, one.start)))
            denied = denied or is_denied
            yield Heard(one.said, one.zh, is_denied)
        yield from (Heard(one.said, one.zh, False) for one in _found(clause, _phrases("time")))


def _without(clause: str, found: list[_Found], end: int) -> str:
    """The clause to `end`, without the phrases whose no is their own: `no appetite and a bitter taste`."""
    words = list(clause[:end])
    for one in found:
        if one.end <= end and _NEGATIVE.search(one.said):
            words[one.start : one.end] = " " * (one.end - one.start)
    return "".join(words)


def _denies(before: str) -> bool:
    ends = [match.end() for match in _pattern("ends_negation").finditer(before)]
    return bool(_pattern("negation").search(before[max(ends, default=0) :]))


def _found(clause: str, phrases: tuple[_Phrase, ...]) -> list[_Found]:
    """Where phrases stand, the longest of those that overlap; in one with a gap, before its last word, others too."""
    matches = [(match, phrase) for phrase in phrases for match in phrase.pattern.finditer(clause)]
    matches.sort(key=lambda pair: (pair[0].start() - pair[0].end(), pair[0].start()))
    kept: list[_Found] = []
    taken: list[tuple[int, int, bool]] = []
    for match, phrase in matches:
        start, end = match.span()
        if all(end <= a or start >= b or (has_gap and a <= start and end < b) for a, b, has_gap in taken):
            taken.append((start, end, phrase.has_gap))
            kept.append(_Found(start, end, match[0], match.expand(phrase.zh)))
    return sorted(kept)


@cache
def _phrases(name: str) -> tuple[_Phrase, ...]:
    rows = table("english_findings")[name]
    return tuple(
        _Phrase(re.compile(rf"\b(?:{en.replace(' ~ ', _GAP)})\b", re.IGNORECASE), row["zh"], " ~ " in en)
        for row in rows
        for en in row["en"]
    )


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(table("english_findings")[name], re.IGNORECASE)
