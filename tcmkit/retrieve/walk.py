"""From the entities that a text names to those that are related (Hengqin-RA-v1, entity-relation-oriented retrieval)."""

from functools import cached_property
from typing import NamedTuple

from tcmkit.records import Record
from tcmkit.retrieve.query import Query, present, query_of
from tcmkit.retrieve.relations import Graph, Node, findings_in, graph_of, syndrome
from tcmkit.retrieve.settings import Settings
from tcmkit.retrieve.store import Index

STEPS = 3
"""From a finding to a syndrome, to a formula, to a herb."""
_DECAY = 0.7
"""What is left of a score one relation further."""
_HERE, _THERE = 0.75, 0.25
"""Powers of the weight of an entity by which what leaves it, and what reaches it, is divided."""


class Reached(NamedTuple):
    """An entity with what speaks for it and the strongest way to it."""

    score: float
    path: tuple[Node, ...]


def seeds_of(query: Query, graph: Graph) -> dict[Node, tuple[float, str]]:
    """The entities that a query names, each with its weight and words. Words with several findings share one weight."""
    by_words: dict[str, list[Node]] = {}
    for node, words in findings_in(query.clean):
        if node in graph.neighbours:
            by_words.setdefault(words, []).append(node)
    affirmed = present(query.raw)
    for start, end, nodes in graph.named.spans(affirmed):
        by_words.setdefault(affirmed[start:end], []).extend(nodes)
    for name in query.syndromes:
        by_words.setdefault(name, []).extend(node for node in (syndrome(name),) if node in graph.neighbours)
    seeds: dict[Node, tuple[float, str]] = {}
    for words, own in by_words.items():
        for node in dict.fromkeys(own):
            weight, first = seeds.get(node, (0.0, words))
            seeds[node] = (weight + 1 / len(own), first)
    return seeds


def related(seeds: dict[Node, tuple[float, str]], graph: Graph) -> dict[Node, Reached]:
    """What a few relations lead to from the seeds, which are left out.

    Scores spread along the relations, each divided by powers of both entities' weights, so that what stands everywhere
    says little (after Zhou et al., 2004, learning with local and global consistency, whose powers are 1/2; a smaller
    one at the far end keeps what is common before what is rare). Every step further counts less, and none leads back
    along its own path.
    """
    reached: dict[Node, Reached] = {}
    front = {node: Reached(weight, (node,)) for node, (weight, _) in seeds.items()}
    for _ in range(STEPS):
        front = _one_step(front, graph)
        for node, new in front.items():
            old = reached.get(node, Reached(0.0, new.path))
            reached[node] = Reached(old.score + new.score, old.path)
    return {node: found for node, found in reached.items() if node not in seeds}


def _one_step(front: dict[Node, Reached], graph: Graph) -> dict[Node, Reached]:
    totals: dict[Node, float] = {}
    strongest: dict[Node, tuple[float, Node]] = {}
    for node, (score, path) in front.items():
        given = _DECAY * score / graph.weights[node] ** _HERE
        for other, weight in graph.neighbours[node].items():
            if other in path:
                continue
            share = given * weight / graph.weights[other] ** _THERE
            totals[other] = totals.get(other, 0.0) + share
            best = strongest.get(other)
            if best is None or (-share, node) < (-best[0], best[1]):
                strongest[other] = (share, node)
    return {node: Reached(total, (*front[strongest[node][1]].path, node)) for node, total in totals.items()}


class GraphRetriever:
    """Finds the entities related to those that a record names.

    >>> [record] = GraphRetriever(Settings(top=1))({"query": "胃脘胀痛，嗳气，每因恼怒而发"})
    >>> [hit["entity"]["kind"] for hit in record["hits"]]
    ['syndrome', 'finding', 'disease', 'formula', 'herb']
    """

    def __init__(self, settings: Settings) -> None:
        """With an index its formulas are in the graph, else the package's. Raises InputError when it cannot be used."""
        self._top = settings.top
        self._index = Index(settings.index) if settings.index else None

    @cached_property
    def _graph(self) -> Graph:
        index = self._index
        return graph_of(index.item(place) for place in range(len(index))) if index else graph_of()

    def __call__(self, record: Record) -> list[Record]:
        """The record with `hits`: of each kind of entity the best. Raises RecordError (`no_text`, `bad_field`)."""
        seeds = seeds_of(query_of(record), self._graph)
        found = sorted(related(seeds, self._graph).items(), key=lambda pair: (-pair[1].score, pair[0]))
        left = dict.fromkeys(("disease", "syndrome", "finding", "formula", "herb"), self._top)
        hits: list[Record] = []
        for node, reached in found:
            if left[node.kind]:
                left[node.kind] -= 1
                path = [self._said(step, seeds) for step in reached.path]
                hits.append(
                    {"entity": node._asdict(), "score": round(reached.score, 6), "rank": len(hits) + 1}
                    | {"why": {"path": path}}
                )
        return [{**record, "hits": hits}]

    @staticmethod
    def _said(node: Node, seeds: dict[Node, tuple[float, str]]) -> Record:
        """A step of a path; the first with the words of the query."""
        return {**node._asdict(), "query": seeds[node][1]} if node in seeds else node._asdict()
