"""Where and what: organs (病位) and qualities (病性) named in syndromes, functions and indications (stage one)."""

from functools import cache
from typing import Any

from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon


@cache
def names() -> tuple[str, ...]:
    """All elements: first the organs, then the qualities. Their place is their bit in a mask."""
    terms = table("formula_terms")
    return (*terms["locations"].split(), *terms["natures"].split())


@cache
def locations_mask() -> int:
    """The bits of the organs."""
    return (1 << len(table("formula_terms")["locations"].split())) - 1


@cache
def _phrases() -> Lexicon[int]:
    """Words of methods and syndromes with the elements that they name, as a mask."""
    bit = {name: 1 << place for place, name in enumerate(names())}
    masks: dict[str, int] = {}
    for name, words in table("formula_terms")["elements"].items():
        for word in words.split():
            masks[word] = masks.get(word, 0) | bit[name]
    return Lexicon(masks, quick_to_build=True)


@cache
def _syndromes() -> Lexicon[int]:
    bit = {name: 1 << place for place, name in enumerate(names())}
    masks: dict[str, int] = {}
    rows: list[dict[str, Any]] = table("syndromes")["syndromes"]
    for row in rows:
        mask = sum(bit.get(name, 0) for name in {*row["location"], *row["nature"]})
        for name in (row["name"].removesuffix("证"), *row["aliases"], *row["near_synonyms"]):
            masks[name] = mask | mask_of(name)
    return Lexicon(masks, quick_to_build=True)


def mask_of(text: str) -> int:
    """The elements that the words of a method or a syndrome name.

    >>> sorted(named(mask_of("疏肝解郁，健脾")))
    ['气滞', '气虚', '肝', '脾']
    """
    mask = 0
    for found in _phrases().find_all(text):
        mask |= found.value
    return mask


def mask_of_syndrome(text: str) -> int:
    """The elements of every known syndrome in the text, and of the words of the text."""
    mask = 0
    for _, _, value in _syndromes().spans(text):
        mask |= value
    return mask | mask_of(text)


def named(mask: int) -> list[str]:
    """The names of the elements in a mask."""
    return [name for place, name in enumerate(names()) if mask >> place & 1]
