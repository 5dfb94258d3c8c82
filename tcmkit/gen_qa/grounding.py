"""Whether what a model says of a passage stands in the passage (ChiMed 2.0, advanced processing: nothing added).

A quotation must stand there verbatim. In the model's own words every herb, formula, acupoint, disease and syndrome,
every number with its unit and every Latin word must stand there too, and enough of the rest: the share of its pairs of
neighbouring characters that the passage holds. That is strict on names and loose on wording: what a sentence claims of
the right names is for a judge to say, or a person.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from tcmkit.herbs import number, rows
from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon
from tcmkit.text.quoting import Quotable, Span, one_width
from tcmkit.text.script import simplified_in_place

ENOUGH = 0.35
"""Share of pairs that an answer must have from its passage. Of stretches of 50 characters from another old book 95 in
100 share at most 0.2 with a passage of 1,500."""
LEAST = 0.15
"""The same for each sentence of it, and for a step of a reasoning, which joins the quoted with words of its own."""
_SENTENCE = re.compile(r"[^。；！？\n]+")
_FEW_PAIRS = 5

_HAN = re.compile("[\u3400-\u9fff]+")
_EMPTY = frozenset("的了是在有和与及或为其以于之者而则等中可能会也都就把被让使从对将并且因所如何什么哪些个这那该")
"""Characters that put a sentence together and say nothing of its matter."""
_NATURES = frozenset("寒热温凉平辛甘酸苦咸淡涩")
"""What a herb may be in one character (味苦，温), which makes no pair."""
_LATIN = re.compile(r"[A-Za-z]{2,}")
_NUMERAL = "[〇零一二三四五六七八九十百千半]+"
_LISTED = re.compile(r"(?m)^\s*(?:\d{1,2}[.、)）]|[（(]\d{1,2}[)）])")
_RANGE = r"\s*(?:[-~～—–至到]|--)\s*"


@cache
def _terms() -> Lexicon[str]:
    """Names of things that may not be made up."""
    names = {*table("herbs")["names"], *rows(), *table("disease_names")["names"]}
    names.update(alias for row in rows().values() for alias in row.get("aliases", ()))  # type: ignore[attr-defined]
    points = table("acupoints")
    names.update(points["codes"], points["extra"], points["older_names"])
    for syndrome in table("syndromes")["syndromes"]:
        names.update((syndrome["name"], *syndrome["aliases"], *syndrome["formulas"]))
    names.update(formula["name"] for formula in table("formulas")["formulas"])
    western = table("western_noise")
    for line in (*western["western_diseases"], *western["western_drugs"]["names"]):
        names.update(name for name in line.split() if len(name) > 2)
    return Lexicon({name: name for name in names if len(name) > 1})


@cache
def _units() -> dict[str, str]:
    """Units as written to the unit: g is 克."""
    terms = table("prescription_terms")
    written = {unit: unit for unit in (*terms["grams"], *terms["counts"])}
    written.update(
        {unit: unit for unit in ("岁", "年", "月", "日", "天", "周", "次", "小时", "寸", "分", "度", "℃", "%")}
    )
    return {**written, "g": "克", "mg": "毫克", "kg": "千克", "ml": "毫升", "mL": "毫升", "cm": "厘米"}


@cache
def _quantity() -> re.Pattern[str]:
    units = "|".join(sorted(map(re.escape, _units()), key=len, reverse=True))
    one = rf"(?:\d+(?:\.\d+)?|{_NUMERAL}|两(?={units}))"
    return re.compile(
        rf"(?P<low>{one}){_RANGE}(?P<high>{one})\s*(?P<shared>{units})|(?P<one>{one})\s*(?P<unit>{units})?"
    )


def quantities(text: str) -> Iterator[tuple[float, str, str]]:
    """Numbers of a text: value, unit ("" if none) and the words. A Chinese numeral counts only with its unit.

    >>> list(quantities("桂枝3～9g，一日2次，第三"))
    [(3.0, '克', '3～9g'), (9.0, '克', '3～9g'), (1, '日', '一日'), (2.0, '次', '2次')]
    """
    for match in _quantity().finditer(text):
        numerals = [match["one"]] if match["one"] else [match["low"], match["high"]]
        unit = _units().get(match["unit"] or match["shared"] or "", "")
        for numeral in numerals:
            if unit or numeral[0].isdigit():
                yield number(numeral), unit, match[0].strip()


def plain(text: str) -> str:
    """One width, simplified characters: how claim and passage are compared."""
    return simplified_in_place("".join(map(one_width, text)))


class Ground:
    """A passage that answers stand on."""

    def __init__(self, text: str, around: str = "") -> None:
        """`around` is what else is known of it: the title of the book, the heading."""
        self._source = Quotable(text)
        self._plain = plain(f"{around}\n{text}")
        self._pairs = set(_pairs(self._plain))
        self._numbers = {(value, unit) for value, unit, _ in quantities(self._plain)}
        self._values = {value for value, _ in self._numbers}

    def quoted(self, quotation: str) -> Span | None:
        """Where it stands."""
        return self._source.find(quotation)

    def made_up(self, claim: str) -> list[str]:
        """Names and numbers of a claim that the passage does not hold."""
        said = plain(claim)
        strange = [term for _, _, term in _terms().spans(said) if term not in self._plain]
        strange += [run for run in _HAN.findall(said) if run in _NATURES and run not in self._plain]
        strange += [word for word in _LATIN.findall(said) if word not in _units() and word not in self._plain]
        for value, unit, words in quantities(_LISTED.sub("", said)):
            if (value, unit) not in self._numbers if unit else value not in self._values:
                strange.append(words)
        return list(dict.fromkeys(strange))

    def is_supported(self, claim: str, enough: float = ENOUGH) -> bool:
        """Whether the passage holds enough of the claim, and something of each of its sentences."""
        if self.share(claim) < enough:
            return False
        long = (part for part in _SENTENCE.findall(claim) if len(list(_pairs(plain(part)))) >= _FEW_PAIRS)
        return all(self.share(part) >= LEAST for part in long)

    def share(self, claim: str) -> float:
        """Share of the claim's pairs of neighbouring characters that the passage holds; 1 when there are none."""
        pairs = list(_pairs(plain(claim)))
        return sum(pair in self._pairs for pair in pairs) / len(pairs) if pairs else 1.0


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Pairs of neighbouring Han characters that both say something."""
    for run in _HAN.findall(text):
        yield from ((a, b) for a, b in pairwise(run) if a not in _EMPTY and b not in _EMPTY)
