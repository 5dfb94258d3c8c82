"""Which syndrome of a record speaks for a formula, and in whose words."""

import math
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from tcmkit.classify import canonical
from tcmkit.records import Record
from tcmkit.retrieve import elements
from tcmkit.retrieve.merge import key_of, uses
from tcmkit.retrieve.relations import formulas_in, syndrome
from tcmkit.tables import table

SAME = 0.99
"""From this likeness on two names stand for one syndrome."""
LIKELY = 0.3
"""A candidate speaks for a formula from this share of the likeliest one's score."""


def speaking(item: Record, syndromes: Mapping[str, float]) -> list[dict[str, str]]:
    """The syndromes of a record that a formula is for, likeliest first; those that are unlikely beside it say nothing.

    Each with `formula`, the nearest that the formula is for, and the `disease` in which a textbook uses it so.
    """
    found = []
    least = LIKELY * max(syndromes.values(), default=0.0)
    for name in sorted(syndromes, key=lambda name: -syndromes[name]):
        if syndromes[name] < least:
            break
        told = max(_told(item, name), key=lambda pair: likeness(name, pair[0]), default=None)
        if told and likeness(name, told[0]) >= SAME:
            found.append({"syndrome": name, "formula": told[0], **({"disease": told[1]} if told[1] else {})})
    return found


def _told(item: Record, name: str) -> Iterator[tuple[str, str]]:
    """What a formula is for, with the disease: its own syndromes, those of textbook uses, the table of syndromes."""
    for own in item.get("syndromes", ()):
        yield own, ""
    for use in uses().get(key_of(item["name"]), ()):
        for own in use.syndrome.split():
            yield own, use.disease
    if key_of(item["name"]) in _listed().get(_one_of(name), ()):
        yield name, ""


@lru_cache(maxsize=1 << 16)
def likeness(one: str, other: str) -> float:
    """How far two names mean one syndrome, 0 to 1: the cosine of their organs and qualities.

    >>> likeness("脾胃虚弱证", "脾胃气虚"), likeness("风寒袭表证", "湿热下注证")
    (1.0, 0.0)
    """
    if _one_of(one) == _one_of(other):
        return 1.0
    mine, theirs = elements.mask_of_syndrome(one), elements.mask_of_syndrome(other)
    lengths = mine.bit_count() * theirs.bit_count()
    return (mine & theirs).bit_count() / math.sqrt(lengths) if lengths else 0.0


@lru_cache(maxsize=1 << 14)
def _one_of(name: str) -> str:
    """One name for a syndrome, its other names, and those that are nearly the same."""
    own = syndrome(canonical(name)).name
    return _groups().get(own, own)


@cache
def _groups() -> dict[str, str]:
    groups: list[list[str]] = table("syndromes")["near_duplicate_groups"]
    return {name: group[0] for group in groups for name in group}


@cache
def _listed() -> dict[str, frozenset[str]]:
    """The formulas that the table of syndromes gives for each."""
    found: dict[str, set[str]] = {}
    for row in table("syndromes")["syndromes"]:
        names = (node.name for words in row["formulas"] for node in formulas_in(words))
        found.setdefault(_one_of(row["name"]), set()).update(names)
    return {name: frozenset(names) for name, names in found.items()}
