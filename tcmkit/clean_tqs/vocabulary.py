"""The words of a case record, each with the part it plays in the grammar of findings.

Made once from `tcmkit/data/ten_questions.json` (symptoms that stand alone) and
`tcmkit/data/findings.json` (sites, generic symptoms, topics and the words around them).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon

from .fold import fold

HEAD = "head"
"""A symptom that stands alone: 咳嗽."""
GENERIC = "generic"
"""A symptom whose dimension depends on the site it is named with: 疼痛."""
SITE = "site"
TOPIC = "topic"
"""What the physician asks about, with the answer behind it: 大便, 睡眠."""
MODIFIER = "modifier"
PREDICATE = "predicate"
NEGATOR = "negator"
NEXT_NEGATOR = "next_negator"
UNCERTAIN = "uncertain"
CONTRAST = "contrast"
JOINER = "joiner"
LEAD_IN = "lead_in"
ONSET = "onset"
TIME = "time"
CAUSE = "cause"
COURSE = "course"
COURSE_SUBJECT = "course_subject"
HABIT = "habit"
DENIED = "denied"
"""A mark behind a symptom that denies it: (-)."""
RATE = "rate"
"""How often: 一日三次."""
MEASURE = "measure"
"""A number with a laboratory unit."""
AGE = "age"
GAP = "gap"
"""Text that the vocabulary does not know."""


@dataclass(frozen=True, slots=True)
class Term:
    """The part a word plays; one object for all words that play the same."""

    kind: str
    dimensions: tuple[str, ...] = ()
    group: str = ""
    """Of a site: its region. Of a generic symptom: its class."""


def words(lines: Iterable[str]) -> list[str]:
    """The terms of a table's lines (terms are separated by blanks), folded like the text."""
    return [fold(word) for line in lines for word in line.split()]


_PLAIN = (
    ("lead_ins", LEAD_IN),
    ("joiners", JOINER),
    ("contrast", CONTRAST),
    ("modifiers", MODIFIER),
    ("predicates", PREDICATE),
    ("negators", NEGATOR),
    ("negators_of_the_next_word", NEXT_NEGATOR),
    ("uncertain", UNCERTAIN),
    ("denial_marks", DENIED),
    ("onset", ONSET),
    ("times", TIME),
    ("habits", HABIT),
    ("course_subjects", COURSE_SUBJECT),
    ("course", COURSE),
    ("causes", CAUSE),
)
"""Section of findings.json and the part its words play; a later section wins."""


def terms() -> dict[str, Term]:
    """Every word with its part."""
    grammar = table("findings")
    found: dict[str, Term] = {}
    for section, kind in _PLAIN:
        found.update(dict.fromkeys(words(grammar[section]), Term(kind)))
    for row in table("ten_questions")["dimensions"]:
        if row["id"] not in ("tongue", "pulse", "history", "cause"):
            found.update(dict.fromkeys(map(fold, row["lexicon"]), Term(HEAD, (row["id"],))))
    for name, lines in grammar["generic"].items():
        default = grammar["generic_dimension"][name]
        found.update(dict.fromkeys(words(lines), Term(GENERIC, (default,) if default else (), name)))
    for name, lines in grammar["sites"].items():
        found.update(dict.fromkeys(words(lines), Term(SITE, (), name)))
    for dimension, lines in grammar["topics"].items():
        for word in words(lines):
            before = found.get(word)
            region = before.group if before is not None and before.kind == SITE else ""
            found[word] = Term(TOPIC, (dimension,), region)
    for word, dimensions in grammar["shared"].items():
        kind = TOPIC if word in grammar["shared_topics"] else HEAD
        found[fold(word)] = Term(kind, tuple(dimensions))
    return found


@cache
def lexicon() -> Lexicon[Term]:
    """All words, to be found in one pass."""
    return Lexicon(terms())


@cache
def site_dimensions() -> dict[tuple[str, str], str]:
    """Dimension by region and class of generic symptom; class `*` is any other."""
    rows: dict[str, dict[str, str]] = table("findings")["site_dimension"]
    return {(region, name): dimension for region, row in rows.items() for name, dimension in row.items()}


def dimension_at(region: str, name: str) -> tuple[str, ...]:
    """Dimension of a generic symptom of class `name` at a region, or none."""
    known = site_dimensions()
    dimension = known.get((region, name), known.get((region, "*"), ""))
    return (dimension,) if dimension else ()


@cache
def word_set(section: str) -> frozenset[str]:
    """A plain list of findings.json as a set."""
    lines: Any = table("findings")[section]
    return frozenset(words(lines))
