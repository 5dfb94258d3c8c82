"""Formulas, and what a search finds: formulas, cases, entities."""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict


class Ingredient(TypedDict):
    """A herb of a formula."""

    herb: str
    dose_g: float | None
    """Grams, None where none are stated. Old measures are taken as they stand; `stated` has the words."""
    stated: NotRequired[str]
    """The amount as the source gives it: 三两, 12枚."""


class FormulaSource(TypedDict):
    """What one source says of a formula."""

    source: str
    functions: NotRequired[str]
    indications: NotRequired[str]


class Formula(TypedDict):
    """A formula: read by `tcm retrieve index` from any table, and given back by `tcm retrieve`."""

    id: str
    name: str
    source: str
    """The book, or the first of several."""
    composition: list[Ingredient]
    functions: str
    indications: str
    syndromes: list[str]
    aliases: NotRequired[list[str]]
    sources: NotRequired[list[FormulaSource]]
    """All sources, where the same formula stands in several."""


class Hit(TypedDict):
    """A formula that fits."""

    formula: Formula
    score: float
    rank: int
    """1 is the best."""
    why: dict[str, Any]
    """findings (both wordings), syndromes (of the query, that it is for), use, elements, softened (steps given up)."""


class CaseHit(TypedDict):
    """A case like the query."""

    case: dict[str, Any]
    """As it was indexed."""
    score: float
    rank: int
    why: dict[str, Any]
    """syndrome, similarity (cosine of the raw words), findings (of the query, with the words of the case), elements."""


class Entity(TypedDict):
    """A disease, syndrome, finding, formula or herb."""

    kind: Literal["disease", "syndrome", "finding", "formula", "herb"]
    name: str
    query: NotRequired[str]
    """Where the query names it: its words."""


class EntityHit(TypedDict):
    """An entity related to those that the query names."""

    entity: Entity
    score: float
    rank: int
    why: dict[str, Any]
    """path: the entities from one that the query names to this one."""


class Hits(TypedDict):
    """A query with the formulas that fit it, or with like cases or related entities: made by `tcm retrieve`."""

    hits: list[Hit] | list[CaseHit] | list[EntityHit]
    """Best first; empty when nothing of the query is known."""
    searched: NotRequired[int]  # formulas that could have been among them
