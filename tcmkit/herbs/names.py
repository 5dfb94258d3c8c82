"""Names of herbs, and the words that stand around them, as one lexicon."""

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon


class Herb(NamedTuple):
    """What a name stands for."""

    name: str
    """The row of the table."""
    form: str = ""
    """Processing that the name states (炒, 制, 生 …), empty when it states none."""
    placed: bool = True
    """False: a known name of which the tables hold nothing but the name."""


class Word(NamedTuple):
    """One reading of a stretch of text.

    `kind` is herb, prefix, suffix, note, usage, without, incomplete, each or any.
    """

    kind: str
    cost: float
    herb: Herb | None = None


_SINGLE_COST = 2.6
_COSTS = {
    "prefix": 0.3, "suffix": 0.3, "note": 0.8, "usage": 1.0, "without": 0.9, "incomplete": 1.0, "each": 0.5, "any": 0.8,
}  # fmt: skip


@cache
def rows() -> dict[str, dict[str, object]]:
    """The herb table by name."""
    return {row["name"]: row for row in table("safety_herbs")["rows"]}


@cache
def process_words() -> dict[str, str]:
    """What each processing word amounts to: 酒炒 is 炒, 炮 is 制."""
    process = table("prescription_terms")["process"]
    return {**process["words"], **dict.fromkeys(process["raw"], "生")}


@cache
def _leading_process() -> tuple[str, ...]:
    return tuple(sorted(process_words(), key=len, reverse=True))


def form_of(alias: str) -> str:
    """The processing that an alias states in its first word.

    >>> form_of("炒白术"), form_of("生附子"), form_of("云苓")
    ('炒', '生', '')
    """
    for word in _leading_process():
        if alias.startswith(word) and len(alias) > len(word):
            return process_words()[word]
    return "炭" if alias.endswith("炭") else ""


@cache
def names() -> dict[str, Herb]:
    """Every name that is known, with what it stands for."""
    known: dict[str, Herb] = {}
    for name in rows():
        known[name] = Herb(name)
    for name, row in rows().items():
        aliases = row.get("aliases", [])
        for alias in aliases if isinstance(aliases, list) else []:
            known.setdefault(alias, Herb(name, form_of(alias)))
    for name in table("herbs")["names"]:
        known.setdefault(name, Herb(name, "", placed=False))
    return known


@cache
def compounds() -> dict[str, tuple[Herb, ...]]:
    """Names that stand for several herbs at once, as prescriptions shorten them: 焦三仙, 赤白芍."""
    known = names()
    return {
        name: tuple(known[part] for part in parts) for name, parts in table("prescription_terms")["compounds"].items()
    }


def with_form(herb: Herb, form: str) -> Herb:
    """The herb processed in one more way: 川乌 that is 制 is 制川乌, a drug of its own.

    >>> with_form(Herb("川乌"), "制").name, with_form(Herb("白术"), "炒")
    ('制川乌', Herb(name='白术', form='炒', placed=True))
    """
    if not form:
        return herb
    variants = rows().get(herb.name, {}).get("variants", {})
    if isinstance(variants, dict) and form in variants:
        return Herb(variants[form], form, herb.placed)
    return Herb(herb.name, form, herb.placed)


@cache
def words() -> Lexicon[tuple[Word, ...]]:
    """All words of prescriptions in one automaton; a text may be several words."""
    readings: dict[str, list[Word]] = {}
    for text, herb in names().items():
        readings.setdefault(text, []).append(Word("herb", 1.0 if len(text) > 1 else _SINGLE_COST, herb))
    for text in compounds():
        readings[text] = [Word("herb", 1.0, Herb(text))]
    terms = table("prescription_terms")
    for key, kind in (("prefix", "prefix"), ("suffix", "suffix"), ("notes", "note"), ("usage", "usage")):
        for text in terms[key]:
            readings.setdefault(text, []).append(Word(kind, _COSTS[kind]))
    for key, kind in (("without", "without"), ("incomplete", "incomplete"), ("any_amount", "any")):
        for text in terms[key]:
            kept = [word for word in readings.get(text, []) if word.kind != "usage"]
            readings[text] = [*kept, Word(kind, _COSTS[kind])]
    readings["各"] = [Word("each", _COSTS["each"])]
    return Lexicon({text: tuple(found) for text, found in readings.items()})


def found_words(text: str) -> Iterator[tuple[int, int, tuple[Word, ...]]]:
    """Every word in the text, overlapping ones too."""
    for match in words().find_all(text):
        yield match.start, match.end, match.value


@cache
def _by_character() -> dict[str, list[str]]:
    index: dict[str, list[str]] = {}
    for name in names():
        if names()[name].placed:
            for character in set(name):
                index.setdefault(character, []).append(name)
    return index


@lru_cache(maxsize=4096)
def nearest(text: str, most: int = 3) -> tuple[str, ...]:
    """Known names that share most with a name that is not known, best first; rows, each once.

    >>> nearest("川贝毋")[0]
    '川贝母'
    """
    scores: dict[str, float] = {}
    wanted = set(text[:12])
    for character in sorted(wanted):
        for name in _by_character().get(character, ()):
            scores[name] = scores.get(name, 0.0) + 2.0
    ranked = sorted(
        scores, key=lambda name: (-_likeness(text, name, scores[name]), len(rows().get(name, {})) < 3, name)
    )
    found: list[str] = []
    for name in ranked:
        if _likeness(text, name, scores[name]) < 0.5 or len(found) == most:
            break
        if names()[name].name not in found:
            found.append(names()[name].name)
    return tuple(found)


def _likeness(text: str, name: str, shared: float) -> float:
    """Dice coefficient over characters, a little more for the same first or last one."""
    same_end = 0.05 * ((text[:1] == name[:1]) + (text[-1:] == name[-1:]))
    return shared / (len(set(text[:12])) + len(set(name))) + same_end
