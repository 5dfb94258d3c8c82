"""The graph of herbs, formulas, syndromes, diseases and findings, from the tables (Hengqin-RA-v1, entity-relation-
oriented retrieval): formula-herb, formula-syndrome, disease-syndrome, syndrome-finding.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from tcmkit.classify import canonical, diseases
from tcmkit.herbs import rows as herb_rows
from tcmkit.records import Record
from tcmkit.retrieve.forms import forms_in
from tcmkit.retrieve.formulas import plain_herb
from tcmkit.retrieve.merge import key_of
from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon

Kind = Literal["disease", "syndrome", "finding", "formula", "herb"]
_TOGETHER = re.compile(r"(?<=[汤散丸饮丹煎膏方])(?:合用?|或|加减)")
_FORMULA = re.compile(r".+[汤散丸饮丹煎膏方子]")
_SHOWN = {"t:": "舌", "c:": "苔", "p:": "脉", "s:": ""}
_COMMON = {"common": 3.0, "possible": 2.0, "rare": 1.0}
"""How much a syndrome of a disease counts that the table of diseases calls so."""
_TEXTBOOK = 2.0
"""The same for what a textbook names with a use of a formula."""


class Node(NamedTuple):
    """An entity."""

    kind: Kind
    name: str


class Graph(NamedTuple):
    """Entities with their neighbours, and the words that name them in a text."""

    neighbours: dict[Node, dict[Node, float]]
    """Symmetric; the weight of each relation."""
    weights: dict[Node, float]
    """The sum over the relations of each."""
    named: Lexicon[tuple[Node, ...]]
    """Diseases, syndromes, formulas and herbs by all their names; findings are read by `findings_in`."""


Relation = tuple[Node, Node, float]


@lru_cache(maxsize=1 << 14)
def findings_in(text: str) -> tuple[tuple[Node, str], ...]:
    """The findings of a text with its words; each one in the form in which tables and texts meet.

    >>> [node.name for node, words in findings_in("大便稀溏，舌红")]
    ['便溏', '舌红']
    """
    found = []
    for form in forms_in(text):
        prefix, rest = form.token[:2], form.token[2:]
        if ":" not in form.token:
            found.append((Node("finding", form.token), form.text))
        elif prefix in _SHOWN:
            found.append((Node("finding", _SHOWN[prefix] + rest.replace("+", "")), form.text))
    return tuple(found)


def graph_of(items: Iterable[Record] = ()) -> Graph:
    """The graph of the package's tables; with the formulas of an index instead of the package's own, if given."""
    items = [item for item in items or _own_formulas() if item.get("auto_recommend") is not False]
    neighbours: dict[Node, dict[Node, float]] = defaultdict(dict)
    for relations in (_of_formulas(items), _of_textbooks(), _of_syndromes(), _of_diseases()):
        for one, other, weight in relations:
            if one.name and other.name:
                for here, there in ((one, other), (other, one)):
                    neighbours[here][there] = neighbours[here].get(there, 0.0) + weight
    weights = {node: sum(own.values()) for node, own in neighbours.items()}
    return Graph(dict(neighbours), weights, _names(neighbours, items))


def _own_formulas() -> list[Record]:
    rows: list[Record] = table("formulas")["formulas"]
    return rows


def formulas_in(names: str) -> Iterator[Node]:
    """The formulas that a name stands for: 二陈平胃散合三子养亲汤 is two."""
    for name in _TOGETHER.split(names):
        if _FORMULA.fullmatch(name):
            yield Node("formula", key_of(name))


@cache
def _syndrome_names() -> dict[str, str]:
    rows = table("syndromes")["syndromes"]
    return {canonical(alias): row["name"] for row in rows for alias in row["aliases"]}


def syndrome(name: str) -> Node:
    """A syndrome by any of its names."""
    own = canonical(name)
    return Node("syndrome", _syndrome_names().get(own, own))


def _of_formulas(items: Iterable[Record]) -> Iterator[Relation]:
    for item in items:
        formula = Node("formula", key_of(item["name"]))
        for herb in item["composition"]:
            yield formula, Node("herb", plain_herb(herb["herb"])), 1.0
        for name in item["syndromes"]:
            yield formula, syndrome(name), 1.0


def _of_textbooks() -> Iterator[Relation]:
    for disease, names, findings, formulas, _ in table("formula_knowledge")["uses"]:
        for name in names.split():
            own = syndrome(name)
            yield Node("disease", disease), own, _TEXTBOOK
            for finding, _ in findings_in(findings.replace(" ", "，")):
                yield own, finding, _TEXTBOOK
            for each in formulas.split():
                for formula in formulas_in(each):
                    yield own, formula, _TEXTBOOK


def _of_syndromes() -> Iterator[Relation]:
    for row in table("syndromes")["syndromes"]:
        for names in row["formulas"]:
            for formula in formulas_in(names):
                yield syndrome(row["name"]), formula, 1.0
    for name, signs in table("syndrome_profiles")["profiles"].items():
        for finding, _ in findings_in(signs.replace(" ", "，")):
            yield syndrome(name), finding, 1.0


def _of_diseases() -> Iterator[Relation]:
    for disease in diseases():
        for group, weight in _COMMON.items():
            for name in disease[group].split():
                yield Node("disease", disease["name"]), syndrome(name), weight


def _names(neighbours: Iterable[Node], items: Iterable[Record]) -> Lexicon[tuple[Node, ...]]:
    names: dict[str, dict[Node, None]] = defaultdict(dict)
    for node in neighbours:
        if node.kind != "finding":
            names[node.name][node] = None
            if node.kind == "syndrome" and len(node.name) > 2:
                names[node.name.removesuffix("证")][node] = None
    known = set(neighbours)
    for alias, node in _aliases(items):
        if node in known:
            names[alias][node] = None
    return Lexicon({name: tuple(nodes) for name, nodes in names.items()}, quick_to_build=True)


def _aliases(items: Iterable[Record]) -> Iterator[tuple[str, Node]]:
    """Other names of entities."""
    for alias, name in _syndrome_names().items():
        for form in (alias, alias.removesuffix("证")):
            yield form, Node("syndrome", name)
    for disease in diseases():
        for alias in (*disease["also"].split(), *disease["western"].split()):
            yield alias, Node("disease", disease["name"])
    for name, words in table("formula_knowledge")["aliases"].items():
        for alias in words.split():
            yield alias, Node("formula", key_of(name))
    for item in items:
        for alias in (item["name"], *item.get("aliases", ())):
            yield alias, Node("formula", key_of(item["name"]))
    for name, row in herb_rows().items():
        aliases = row.get("aliases")
        for alias in (name, *(aliases if isinstance(aliases, list) else ())):
            yield str(alias), Node("herb", plain_herb(name))
