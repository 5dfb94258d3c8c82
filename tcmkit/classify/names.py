"""Names of syndromes: one spelling each, and the elements that a name is made of.

The field names a syndrome by its elements: 脾胃虚寒 is 脾, 胃, 阳虚, 寒. So a name that no table lists is
still understood (证素辨证; table `syndrome_elements`).
"""

import re
from functools import cache

from tcmkit.clean_tqs import fold
from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon

Elements = dict[str, float]
"""Element (location or nature) to its weight in a syndrome, or to what a finding says for it."""

_ENDING = re.compile(r"(?:证候|证型|[证症])$")
_SPACE = re.compile(r"\s+")


def canonical(name: str) -> str:
    """The name in simplified characters, with 证 at its end.

    >>> canonical("氣虛血瘀"), canonical(" 风痰上扰证 ")
    ('气虚血瘀证', '风痰上扰证')
    """
    bare = _ENDING.sub("", _SPACE.sub("", fold(name)))
    return bare + "证" if bare else ""


def bare(name: str) -> str:
    """The name without 证."""
    return _ENDING.sub("", name)


@cache
def _morphemes() -> Lexicon[Elements]:
    return Lexicon(table("syndrome_elements")["morphemes"])


@cache
def elements_of(name: str) -> Elements:
    """The elements of a name; none for a name of other words.

    >>> elements_of("气虚血瘀证")
    {'气虚': 1.0, '血瘀': 1.0}
    """
    found: Elements = {}
    for match in _morphemes().find(bare(name)):
        for element, weight in match.value.items():
            found[element] = max(weight, found.get(element, 0.0))
    return found


def elements() -> list[str]:
    """Every element: locations, then natures."""
    rows = table("syndrome_elements")
    return [*rows["locations"], *rows["natures"]]


def tcm_sd() -> tuple[str, ...]:
    """The 148 syndromes of TCM-SD (Ren et al., CCL 2022), in the order of its own list."""
    return tuple(table("syndrome_elements")["labels"])
