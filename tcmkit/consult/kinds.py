"""Syndromes of one kind: 肾阳虚, 脾肾阳虚 and 阳虚寒凝 share a score that one name would have alone."""

from math import sqrt

from tcmkit.classify import elements_of

_MANY = 4
"""Signs that must speak for a kind."""
_TOGETHER = 0.2
"""What its names must score together, as a single name must that is given."""
_ALIKE = 0.5
"""Cosine of the elements of two names above which they are of one kind."""


def of_one_kind(rows: list[tuple[str, float]], told: int) -> list[tuple[str, float]]:
    """Those of the candidates, best first, that are of the first one's kind, where the kind is well founded.

    `told` is how many signs speak for the first. Nothing where it stands alone.

    >>> of_one_kind([("脾肾阳虚证", 0.15), ("肾阳虚证", 0.1), ("痰湿蕴肺证", 0.1)], told=8)
    [('脾肾阳虚证', 0.15), ('肾阳虚证', 0.1)]
    >>> of_one_kind([("脾肾阳虚证", 0.15), ("肾阳虚证", 0.1)], told=2)
    []
    """
    if told < _MANY or not rows:
        return []
    kin = [row for row in rows if _alike(rows[0][0], row[0]) > _ALIKE]
    return kin if len(kin) > 1 and sum(score for _, score in kin) >= _TOGETHER else []


def _alike(one: str, other: str) -> float:
    """Cosine of the elements of two names."""
    ours, theirs = elements_of(one), elements_of(other)
    sizes = sum(weight**2 for weight in ours.values()) * sum(weight**2 for weight in theirs.values())
    shared = sum(weight * theirs.get(element, 0.0) for element, weight in ours.items())
    return shared / sqrt(sizes) if sizes else 0.0
