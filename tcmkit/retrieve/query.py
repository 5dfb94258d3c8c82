"""What is asked: the findings of a record, its cleaned words and its raw words."""

from typing import NamedTuple

from tcmkit.clean_tqs import Cleaner
from tcmkit.clean_tqs import Settings as CleanSettings
from tcmkit.errors import RecordError
from tcmkit.records import Record
from tcmkit.retrieve.forms import Form, forms_in

_FIELDS = ("query", "question", "chief_complaint")


class Query(NamedTuple):
    """A record as both kinds of search take it."""

    raw: str
    """For dense vectors."""
    clean: str
    """The findings that are present, for BM25."""
    forms: tuple[Form, ...]
    syndromes: tuple[str, ...]
    """Named by the record itself or by `tcm classify`."""


_cleaner = Cleaner(CleanSettings())


def query_of(record: Record) -> Query:
    """The query of a record: `text`, else `query` or `question`. A Case is taken with the findings it has.

    Raises RecordError `no_text` or `bad_field`.
    """
    if "tqs" not in record:
        cleaned = _cleaner({"text": _text_of(record)})
        record = {**record, **cleaned[0]} if isinstance(cleaned, list) else record
    found = record.get("tqs") or {}
    present = [
        finding["text"] for findings in found.values() for finding in findings if finding.get("polarity") != "absent"
    ]
    raw = record.get("text") or "，".join(present)
    clean = "，".join(present) or raw
    return Query(raw, clean, tuple(forms_in(clean)), tuple(_syndromes(record)))


def _text_of(record: Record) -> str:
    for name in ("text", *_FIELDS):
        if record.get(name) not in (None, ""):
            if not isinstance(record[name], str):
                raise RecordError("bad_field", name)
            return str(record[name])
    raise RecordError("no_text", "none of the fields text, query, question")


def _syndromes(record: Record) -> list[str]:
    given = record.get("syndrome")
    return [given] if isinstance(given, str) and given else [s for s in given or () if isinstance(s, str)]
