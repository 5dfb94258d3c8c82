"""Similar cases (Hengqin-RA-v1, instance-oriented retrieval: similar patient records for the prompt)."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from tcmkit.classify import label_of
from tcmkit.records import Record, content_id
from tcmkit.retrieve import elements
from tcmkit.retrieve.build import Passages, contents, embedded
from tcmkit.retrieve.query import Query, query_of
from tcmkit.retrieve.search import Found, Searcher, matched
from tcmkit.retrieve.settings import Settings
from tcmkit.retrieve.store import Contents, Index

if TYPE_CHECKING:
    from tcmkit.retrieve.engine import Embedder


class CaseRow(NamedTuple):
    """A case as the index keeps it."""

    item: Record
    clean: str
    """Its present findings."""
    raw: str


def case_of(record: Record) -> CaseRow:
    """The case on a line, with its id; what its syndrome is stands in `syndrome`, as one name.

    Raises RecordError `no_text` or `bad_field`.
    """
    query = query_of(record)
    syndrome = label_of(record) or _predicted(record)
    item = {**record, "id": _id_of(record, query)}
    if syndrome:
        item["syndrome"] = syndrome
    return CaseRow(item, query.clean, query.raw)


def _predicted(record: Record) -> str:
    value = record.get("syndrome")
    return value if isinstance(value, str) else ""


def _id_of(record: Record, query: Query) -> str:
    """The record's own id, else one made of its words."""
    given = record.get("id")
    return str(given) if given not in (None, "") else content_id(query.raw)


def contents_of_cases(rows: Sequence[CaseRow], embedder: "Embedder | None" = None) -> Contents:
    """The index of cases: each once, found by its findings, its vector that of its raw words."""
    rows = list({row.raw: row for row in reversed(rows)}.values())[::-1]
    masks = [[elements.mask_of_syndrome(row.item.get("syndrome", ""))] for row in rows]
    passages = Passages([[row.clean] for row in rows], [[row.raw] for row in rows])
    made = contents("cases", [row.item for row in rows], passages, masks, [0.0] * len(rows))
    return embedded(made, embedder, passages.raw)


def words_of(record: Record) -> set[str]:
    """What a record says in its own words: two records that share one of these are the same."""
    values = (record.get(name) for name in ("text", "query", "question"))
    return {" ".join(value.split()) for value in values if isinstance(value, str) and value.strip()}


class CaseRetriever:
    """Finds the cases most like a record; never the record itself, known by its id or its words."""

    def __init__(self, settings: Settings) -> None:
        """Open the index. Raises InputError when it cannot be used."""
        self._settings = settings
        self._index = Index(settings.index, "cases")

    @cached_property
    def _searcher(self) -> Searcher:
        return Searcher(self._index, self._settings)

    def __call__(self, record: Record) -> list[Record]:
        """The record with `hits`. Raises RecordError (`no_text`, `bad_field`)."""
        query = query_of(record)
        own, said = str(record.get("id", "")), words_of(record)
        hits: list[Record] = []
        for found in self._searcher.search(query, self._settings.top + 2):  # itself by its id, and by its words
            item = self._index.item(found.place)
            if len(hits) < self._settings.top and item["id"] != own and not said & words_of(item):
                hits.append(self._hit(query, item, found, len(hits) + 1))
        return [{**record, "hits": hits}]

    def _hit(self, query: Query, item: Record, found: Found, rank: int) -> Record:
        why: Record = {
            "syndrome": item.get("syndrome"),
            "similarity": round(self._searcher.similarity(query, found.place), 4),
            "findings": matched(query, "。".join(self._index.texts(found.place)), "case"),
            "elements": self._searcher.shared(found),
            "softened": list(found.softened),
        }
        return {"case": item, "score": round(found.score, 6), "rank": rank, "why": why}
