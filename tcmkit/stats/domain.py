"""Whether a text is about Chinese medicine or about medicine in general."""

from functools import cache

from tcmkit.records import Record
from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon

DOMAINS = ("tcm", "general")
_SHORT = 100
_CHARACTERS_A_WORD = 600
"""A long text needs more than one word: one for so many characters."""


@cache
def _words() -> Lexicon[float]:
    """Words of the field and what each is worth: a name of a herb or point may stand in any text, so half as much."""
    words: dict[str, float] = {}
    words |= {name: 0.5 for name in table("herbs")["names"] if len(name) > 1}
    words |= {name: 0.5 for name in table("acupoints")["codes"] if len(name) > 1}
    words |= {row["name"]: 1.0 for row in table("formulas")["formulas"]}
    words |= dict.fromkeys(table("stats")["core_words"], 1.0)
    return Lexicon(words)


def domain_of(record: Record, text: str) -> str:
    """`tcm` or `general`: what the line's own `domain` says, else by the words of the field that stand in the text.

    Each word counts once; a text is of Chinese medicine from 1 on, one under 100 characters from ½, a long one from 1
    for every 600 characters (at most 5).
    """
    own = record.get("domain")
    if own in DOMAINS:
        return str(own)
    worth = {text[start:end]: value for start, end, value in _words().spans(text)}
    needed = 0.5 if len(text) < _SHORT else min(5, max(1, len(text) // _CHARACTERS_A_WORD))
    return "tcm" if sum(worth.values()) >= needed else "general"
