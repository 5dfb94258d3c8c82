"""Which department a text belongs to, by the routing keywords of the specialties table."""

from functools import cache
from typing import NamedTuple

from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon


class Department(NamedTuple):
    """A specialty and the share of the text's routing keywords that speak for it (0 to 1)."""

    id: str
    name: str
    score: float


@cache
def _keywords() -> tuple[Lexicon[tuple[str, ...]], dict[str, tuple[str, ...]], dict[str, str]]:
    """The keywords, the specialties that each routes to, and the specialties' Chinese names."""
    terms: dict[str, tuple[str, ...]] = {}
    names: dict[str, str] = {}
    for row in table("specialties")["specialties"]:
        names[row["id"]] = row["name_zh"]
        for keyword in row["routing_keywords"]:
            terms[keyword] = (*terms.get(keyword, ()), row["id"])
    return Lexicon(terms), terms, names


def department(text: str) -> Department | None:
    """The specialty with most keywords in the text, or None when it has none.

    A keyword counts once however often it stands there, and is shared among the specialties that list it.
    The table's order settles a tie.
    """
    lexicon, keywords, names = _keywords()
    found = lexicon.terms_in(text)
    if not found:
        return None
    votes = dict.fromkeys(names, 0.0)
    for keyword in sorted(found):
        for specialty in keywords[keyword]:
            votes[specialty] += 1 / len(keywords[keyword])
    best = max(votes, key=lambda specialty: votes[specialty])
    return Department(best, names[best], round(votes[best] / len(found), 3))
