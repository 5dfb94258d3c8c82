"""The step of `tcm retrieve`: a query in, the query with its hits out."""

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tcmkit.records import Drop, Record
from tcmkit.retrieve.agreement import speaking
from tcmkit.retrieve.merge import Use, key_of, uses
from tcmkit.retrieve.query import Query, query_of
from tcmkit.retrieve.search import Found, Searcher, matched
from tcmkit.retrieve.settings import Settings
from tcmkit.retrieve.store import Index

if TYPE_CHECKING:
    from tcmkit.classify import Classifier


_LIKE_A_NAME = re.compile(r"[\u3400-\u9fff]{1,14}(?:[汤散丸饮丹膏煎方剂]|饮子)")
"""What may be the name of a formula: only then are the names of an index read."""


class Retriever:
    """Finds the formulas that fit a record.

    >>> [hits] = Retriever(Settings(top=1))({"query": "胸胁胀满，心烦喜呕，寒热往来，口苦，脉弦"})
    >>> hits["hits"][0]["formula"]["name"]
    '小柴胡汤'
    """

    def __init__(self, settings: Settings) -> None:
        """Open the index. Raises InputError when it cannot be used."""
        self._settings = settings
        self._index = Index(settings.index)

    @property
    def searched(self) -> int:
        """How many formulas could be among the hits."""
        return self._index.offered

    @cached_property
    def _searcher(self) -> Searcher:
        return Searcher(self._index, self._settings)

    @cached_property
    def _classifier(self) -> "Classifier":
        from tcmkit.classify import Classifier, Settings

        return Classifier(Settings())

    def _classified(self, record: Record) -> Record:
        """The record with the `candidates` of the classifier where it names no syndrome and is a case to classify."""
        query = query_of(record)
        if query.syndromes or not self._settings.classify:
            return record
        made = self._classifier(record if "tqs" in record else {"text": query.raw})
        return record if isinstance(made, Drop) else {**record, "candidates": made[0]["candidates"]}

    def __call__(self, record: Record) -> list[Record]:
        """The record with `hits`. Raises RecordError (`no_text`, `bad_field`)."""
        record = self._classified(record)
        query = query_of(record)
        hits = [self._hit(query, item, found, rank) for rank, (item, found) in enumerate(self._found(query), 1)]
        return [{**record, "hits": hits, "searched": self.searched}]

    def formulas(self, record: Record) -> list[Record]:
        """The formulas alone, best first. Raises as a call does."""
        return [item for item, _ in self._found(query_of(self._classified(record)))]

    @cached_property
    def _places(self) -> dict[str, int]:
        """Where the formula of a name, or of another name of it, stands."""
        places: dict[str, int] = {}
        for place in range(len(self._index)):
            item = self._index.item(place)
            for name in (item["name"], *item.get("aliases", ())):
                places.setdefault(key_of(name), place)
        return places

    def _named(self, query: Query) -> list[Found]:
        """The formula that the query is the name of."""
        name = query.raw.strip()
        place = self._places.get(key_of(name)) if _LIKE_A_NAME.fullmatch(name) else None
        return [] if place is None else [Found(place, 1.0, (), ())]

    def _found(self, query: Query) -> list[tuple[Record, Found]]:
        """The best items; of one name, one composition; none that is never to be offered."""
        kept: dict[str, tuple[Record, Found]] = {}
        for found in (*self._named(query), *self._searcher.search(query, 4 * self._settings.top)):
            item = self._index.item(found.place)
            if item.get("auto_recommend") is not False:
                kept.setdefault(key_of(item["name"]), (item, found))
            if len(kept) == self._settings.top:
                break
        return list(kept.values())

    def _hit(self, query: Query, item: Record, found: Found, rank: int) -> Record:
        return {"formula": item, "score": round(found.score, 6), "rank": rank, "why": self._why(query, item, found)}

    def _why(self, query: Query, item: Record, found: Found) -> Record:
        use = _nearest_use(query, item)
        why: dict[str, Any] = {
            "findings": matched(query, "。".join(self._index.texts(found.place))),
            "elements": self._searcher.shared(found),
            "softened": list(found.softened),
        }
        if query.syndromes:
            why["syndromes"] = speaking(item, query.syndromes)
        if use:
            why["use"] = {"disease": use.disease, "syndrome": use.syndrome}
        return why


def _nearest_use(query: Query, item: Record) -> Use | None:
    """The textbook use of a formula that shares most findings with the query; None when none shares two."""
    best, most = None, 1
    for use in uses().get(key_of(item["name"]), ()):
        shared = len(matched(query, use.findings))
        if shared > most:
            best, most = use, shared
    return best
