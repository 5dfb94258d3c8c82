"""The text of a record, from any of the forms that clean-tqs takes."""

from tcmkit.errors import RecordError
from tcmkit.language import both
from tcmkit.records import Record

_TCM_SD_PARTS = (("chief_complaint",), ("description", "medical_history"), ("detection",))
"""Fields of a TCM-SD line (Ren et al., CCL 2022) in reading order; of two names the first that is there."""


def text_of(record: Record, needs_words: bool = False) -> str:
    """The text to be cleaned: `text`, else the parts of a TCM-SD line, one below the other.

    Raises RecordError `no_text` when there is none or, if it `needs_words`, nothing in it; `bad_field` when it is no
    string.
    """
    if "text" in record and ((text := _string(record, "text")).strip() or not needs_words):
        return text
    parts = []
    for names in _TCM_SD_PARTS:
        name = next((name for name in names if record.get(name) is not None), None)
        if name is not None:
            part = _string(record, name).strip()
            if part:
                parts.append(part)
    named = any(name in record for names in _TCM_SD_PARTS for name in names)
    if not parts and (needs_words or not named):
        raise RecordError(
            "no_text",
            both(
                "none of text, chief_complaint, description, detection; name yours with  tcm ingest --map text=FIELD",
                "没有 text，也没有 chief_complaint、description、detection；请先用  tcm ingest --map text=字段  指明",
            ),
        )
    return "\n".join(parts)


def _string(record: Record, name: str) -> str:
    value = record[name]
    if not isinstance(value, str):
        raise RecordError("bad_field", name)
    return value


def may_be_a_page(record: Record) -> bool:
    """Whether the record was read from a book, a page or a PDF by `tcm ingest`: it may tell of no patient.

    A line of JSON or a row of a table was given as a record, one by one.
    """
    meta = record.get("meta")
    return (
        "source" in record and isinstance(meta, dict) and ("encoding" in meta or "page" in meta) and "row" not in meta
    )
