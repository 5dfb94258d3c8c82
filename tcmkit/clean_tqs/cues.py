"""Words that betray what does not belong into a TCM record: instruments, Western drugs, examination."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon

from .vocabulary import words

MODALITY = "modality"
ANALYTE = "analyte"
REPORT = "report"
DRUG = "drug"
TREATMENT = "treatment"
TCM_TREATMENT = "tcm_treatment"
EXAMINATION = "examination"
_DRUG_ENDING = "drug_ending"
_DRUG_FORM = re.compile(r"(?:[钠钙钾]|片|胶囊|注射液|针|缓释片|肠溶片|分散片)+")
_STEM = 3
"""Letters before the ending of a drug's name: 阿莫 in 阿莫西林."""


class Cue(NamedTuple):
    """A telling word at clause[start:end]."""

    start: int
    end: int
    kind: str


def noise() -> dict[str, Any]:
    """The table of what is taken out."""
    return table("western_noise")


@cache
def _lexicon() -> Lexicon[str]:
    rows = noise()
    sources: tuple[tuple[Iterable[str], str], ...] = (
        (rows["western_drugs"]["name_endings"], _DRUG_ENDING),
        (rows["instrument"]["report_words"], REPORT),
        (rows["examination"], EXAMINATION),
        (rows["western_treatments"], TREATMENT),
        (rows["tcm_treatments"], TCM_TREATMENT),
        (rows["instrument"]["analytes"], ANALYTE),
        (rows["instrument"]["modalities"], MODALITY),
        (rows["western_drugs"]["names"], DRUG),
    )
    return Lexicon({word: kind for lines, kind in sources for word in words(lines)})


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalpha()


def find(clause: str) -> tuple[Cue, ...]:
    """All cues of a folded clause, in order. Latin abbreviations count only as whole words."""
    found: list[Cue] = []
    size = len(clause)
    for start, end, kind in _lexicon().spans(clause):
        if start and _is_latin(clause[start - 1]) and _is_latin(clause[start]):
            continue
        if end < size and _is_latin(clause[end]) and _is_latin(clause[end - 1]):
            continue
        if kind == _DRUG_ENDING:
            start, kind = _stem(clause, start, found[-1].end if found else 0), DRUG
        if kind == DRUG:
            form = _DRUG_FORM.match(clause, end)
            end = form.end() if form else end
        found.append(Cue(start, end, kind))
    return tuple(found)


def _stem(clause: str, start: int, least: int) -> int:
    """Where the name of a drug begins, given where its ending does."""
    first = max(least, start - _STEM, 0)
    for at in range(start - 1, first - 1, -1):
        if not "㐀" <= clause[at] <= "鿿" or clause[at] in "予服用以及和与或口给加停注射滴":
            return at + 1
    return first


@cache
def pattern(*path: str) -> re.Pattern[str]:
    """A pattern (or alternatives of patterns) of the table, compiled once."""
    value: Any = noise()
    for key in path:
        value = value[key]
    return re.compile(value if isinstance(value, str) else "|".join(f"(?:{part})" for part in value))
