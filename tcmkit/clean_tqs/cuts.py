"""Parts of a clause that are taken out, and where they begin."""

from typing import NamedTuple

from . import vocabulary as v
from .reading import Reading

_SELF = ("患者", "病人", "其", "病员", "病者", "患儿")


class Cut(NamedTuple):
    """clause[start:end] is taken out."""

    category: str
    """A category of Removed; `history`: kept, as one finding; `stated:KIND`: a conclusion of the record."""
    start: int
    end: int


def _symptom_ends(reading: Reading, before: int, label_from: int) -> int:
    """End of the last symptom that stands before a place and outside the label."""
    last = 0
    for start, end, dimensions, _ in reading.phrases:
        if last < end <= before and start < label_from and dimensions != ("cause",):
            last = end
    return last


def opening(reading: Reading) -> int:
    """Where the clause begins once the patient and a leading 'three months ago' are passed."""
    at = 0
    for start, end, term in reading.tokens:
        word = reading.text[start:end]
        if start != at:
            break
        span = term.kind == v.TIME and term.group in ("span", "") and word.endswith(("前", "来"))
        if not (span or word in _SELF):
            break
        at = end
    return at


def start_of(reading: Reading, key: int, label_from: int | None = None) -> int:
    """Where a cut begins whose telling word stands at `key`: behind the symptoms before it."""
    symptoms = _symptom_ends(reading, key, key if label_from is None else label_from)
    start = symptoms or opening(reading)
    while start < key and reading.text[start] in '，、”"伴及和 于':
        start += 1
    return start if start < key else min(key, start)
