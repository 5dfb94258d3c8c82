"""What is looked for, and what looks for it."""

from typing import Protocol

from tcmkit.records import Record
from tcmkit.retrieve.settings import Settings


class Finder(Protocol):
    """A step of the pipe: a record in, the record with `hits` out."""

    def __call__(self, record: Record) -> list[Record]:
        """Raises RecordError (`no_text`, `bad_field`)."""


def finder_of(settings: Settings) -> Finder:
    """Of formulas, cases or the graph. Raises InputError when the index cannot be used."""
    match settings.what:
        case "cases":
            from tcmkit.retrieve.cases import CaseRetriever

            return CaseRetriever(settings)
        case "graph":
            from tcmkit.retrieve.walk import GraphRetriever

            return GraphRetriever(settings)
        case _:
            from tcmkit.retrieve.retriever import Retriever

            return Retriever(settings)
