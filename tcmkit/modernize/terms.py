"""The locked terms of a passage: herbs, formulas, acupuncture points, doses and numbers.

A translation must hold each of them and may add none (ChiMed 2.0: technical terms and concepts are kept).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from tcmkit.herbs.amounts import alternatives
from tcmkit.herbs.names import names
from tcmkit.modernize.numbers import Number, is_stated, numbers
from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon
from tcmkit.text.normalise import half_width
from tcmkit.text.script import simplified_in_place
from tcmkit.text.segment import sentences


@dataclass(frozen=True)
class Terms:
    """What is locked in a text. Names are in simplified characters."""

    text: str
    """The text that the names are looked for in, folded."""
    herbs: dict[str, str] = field(default_factory=dict)
    """Names as they stand there, with the row of the table."""
    formulas: frozenset[str] = frozenset()
    known_formulas: frozenset[str] = frozenset()
    """Those of them that the tables hold; the others are told by their form, and their beginning may be wrong."""
    points: frozenset[str] = frozenset()
    numbers: tuple[Number, ...] = ()
    pairs: frozenset[tuple[str, tuple[tuple[float, ...], str]]] = frozenset()
    """Herbs (rows) with the dose that each is given."""
    own: frozenset[tuple[str, tuple[tuple[float, ...], str]]] = frozenset()
    """Those of them whose dose stands right behind the herb: how far an 各 reaches is told by punctuation alone."""

    def listed(self) -> list[str]:
        """The terms as they stand in the text, each once."""
        stated = [number.text for number in self.numbers if is_stated(number)]
        return list(dict.fromkeys([*self.formulas_sorted(), *self.herbs, *sorted(self.points), *stated]))

    def formulas_sorted(self) -> list[str]:
        """Formulas in a fixed order."""
        return sorted(self.formulas)


@cache
def _herbs() -> Lexicon[str]:
    ordinary = set(table("locked_terms")["ordinary"])
    return Lexicon({name: herb.name for name, herb in names().items() if len(name) > 1 and name not in ordinary})


@cache
def _points() -> Lexicon[str]:
    rows = table("acupoints")
    return Lexicon({name: name for name in (*rows["codes"], *rows["extra"], *rows["older_names"]) if len(name) > 1})


@cache
def _known_formulas() -> Lexicon[str]:
    return Lexicon({row["name"]: row["name"] for row in table("formulas")["formulas"]})


@cache
def _formula() -> re.Pattern[str]:
    ends = alternatives(table("locked_terms")["formula_ends"])
    return re.compile(
        rf"(?:^|(?<=[，。；：:、（(\s《宜与用服属可名合曰投进]))(?![为作和如煎入捣即是其])"
        rf"(?P<name>[\u4e00-\u9fff]{{2,7}}?(?:{ends}))(?=亦?主之|方|证|[，。；、）)\s》]|加|合|治|$)",
        re.MULTILINE,
    )


def terms_of(text: str) -> Terms:
    """The locked terms of a text."""
    plain = half_width(simplified_in_place(text))
    herb_spans = _herbs().spans(plain)
    known = {name: (start, end) for start, end, name in _known_formulas().spans(plain)}
    formulas = known | dict(_formulas_by_form(plain))
    points = [(start, end, name) for start, end, name in _points().spans(plain) if _about_needles(plain, start)]
    taken = [(start, end) for start, end, _ in (*herb_spans, *points)] + list(formulas.values())
    free = [number for number in numbers(plain) if not _inside(number.start, taken)]
    given = list(_pairs(plain, herb_spans, free))
    return Terms(
        text=plain,
        herbs={plain[start:end]: row for start, end, row in herb_spans},
        formulas=frozenset(formulas),
        known_formulas=frozenset(known),
        points=frozenset(name for _, _, name in points),
        numbers=tuple(free),
        pairs=frozenset((herb, dose) for herb, dose, _each in given),
        own=frozenset((herb, dose) for herb, dose, each in given if not each),
    )


def _formulas_by_form(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Names such as 黄芪建中汤 where one would stand, without the verb before them."""
    terms = table("locked_terms")
    for match in _formula().finditer(text):
        name = match["name"].lstrip(terms["formula_verbs"])
        if len(name) > 2 and not name.endswith(tuple(terms["not_formulas"])):
            yield name, (match.end("name") - len(name), match.end("name"))


def _inside(place: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)


def _about_needles(text: str, place: int) -> bool:
    """Whether the sentence at a place speaks of needles or moxa: 太阳 and 水道 are points only there."""
    cues = table("locked_terms")["point_cues"]
    return any(start <= place < end and any(cue in text[start:end] for cue in cues) for start, end in sentences(text))


def _pairs(
    text: str, herb_spans: list[tuple[int, int, str]], found: list[Number]
) -> Iterator[tuple[str, tuple[tuple[float, ...], str], bool]]:
    """Each herb with the dose right behind it (a bracket may stand between); a dose after 各 is for all that wait.

    The third is whether it came by 各.
    """
    events: list[tuple[int, int, str, Number | None]] = [(start, end, row, None) for start, end, row in herb_spans]
    events += [(number.start, number.end, "", number) for number in found if number.dose]
    waiting: list[str] = []
    last = 0
    for start, end, row, number in sorted(events, key=lambda event: event[0]):
        between = text[last:start]
        if any(mark in between for mark in "。；;\n"):
            waiting = []
        if number is None:
            waiting.append(row)
        elif waiting:
            near = not any(mark in between for mark in "，,") or any(mark in between for mark in "（(")
            each = "各" in between
            for herb in waiting if each else waiting[-1:]:
                if near:
                    yield herb, number.key, each
            waiting = []
        last = end
