"""What is asked: the findings of a record, its cleaned words and its raw words."""

import re
from functools import cache
from typing import NamedTuple

from tcmkit.errors import RecordError
from tcmkit.language import both
from tcmkit.records import Record, findings_of
from tcmkit.retrieve.forms import Form, forms_in
from tcmkit.tables import table

_WORDS = ("query", "question")
"""Fields that hold findings as someone types them. They need no cleaning but for what is denied."""
CONCLUDED = 0.5
"""What a classifier concludes counts half as much as what a person says: it is surer of itself than right."""


class Query(NamedTuple):
    """A record as both kinds of search take it."""

    raw: str
    """For dense vectors."""
    clean: str
    """The findings that are present, for BM25."""
    forms: tuple[Form, ...]
    syndromes: dict[str, float]
    """Named by the record itself, each with 1; or the candidates of `tcm classify`: their scores times CONCLUDED."""


def query_of(record: Record) -> Query:
    """The query of a record: a Case with its findings, a `text` cleaned as by clean-tqs, or a `query` or `question`.

    Raises RecordError `no_text` or `bad_field`.
    """
    raw, clean = _case(record) if "tqs" in record or record.get("text") else _typed(record)
    return Query(raw, clean, tuple(forms_in(clean)), _syndromes(record))


def _typed(record: Record) -> tuple[str, str]:
    raw = next((record[name] for name in _WORDS if record.get(name)), None)
    if raw is None and any(name in record for name in ("chief_complaint", "description", "detection")):
        return _case(record)
    if raw is None:
        raise RecordError("no_text", both("none of the fields text, query, question", "没有字段 text、query、question"))
    if not isinstance(raw, str):
        raise RecordError("bad_field", both("query is not a string", "query 不是字符串"))
    raw = _simplified(raw)
    return raw, present(raw)


def _simplified(text: str) -> str:
    """Traditional characters simplified; the converter is loaded only where the text may hold some."""
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        from tcmkit.text.script import simplified_in_place

        return simplified_in_place(text)
    return text


@cache
def _negators() -> tuple[tuple[str, ...], frozenset[str]]:
    rows = table("ten_questions")["negation"]
    return tuple(rows["prefixes"]), frozenset(rows["lexicalised_negatives"])


def present(text: str) -> str:
    """The text without what it denies: a negator reaches to the end of its enumeration (无发热、咳嗽，).

    >>> present("头痛，无发热、咳嗽，不寐，无汗")
    '头痛，不寐，无汗'
    """
    prefixes, findings = _negators()
    kept = []
    for clause in re.split(r"(?<=[，。；,;])", text):
        words = clause.rstrip("，。；,;")
        denied = words.startswith(prefixes) and not words.startswith(tuple(findings))
        kept.append("" if denied else clause)
    return "".join(kept)


def _case(record: Record) -> tuple[str, str]:
    """The text of a case and its present findings; a record that is no case yet is cleaned first."""
    from tcmkit.clean_tqs import Cleaner, Settings, is_denial

    if "tqs" not in record:
        cleaned = Cleaner(Settings())({name: value for name, value in record.items() if name not in ("source", "meta")})
        record = cleaned[0] if isinstance(cleaned, list) else record
    found = findings_of(record)
    told = [finding for findings in found.values() for finding in findings if finding["polarity"] != "absent"]
    said = [finding["text"] for finding in told if not is_denial(finding["text"])]
    raw = record.get("text") or "，".join(said)
    if not isinstance(raw, str):
        raise RecordError("bad_field", both("text is not a string", "text 不是字符串"))
    return raw, "，".join(said) or raw


def _syndromes(record: Record) -> dict[str, float]:
    candidates = record.get("candidates")
    scores: dict[str, float] = {}
    for candidate in candidates if isinstance(candidates, list) else ():
        name, score = (
            (candidate.get("syndrome"), candidate.get("score")) if isinstance(candidate, dict) else (None, None)
        )
        if isinstance(name, str) and isinstance(score, int | float) and score > 0:
            scores[name] = max(float(score), scores.get(name, 0.0))
    if scores:
        total = max(1.0, sum(scores.values()))
        return {name: CONCLUDED * score / total for name, score in scores.items()}
    given = record.get("syndrome")
    names = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    return {name: 1.0 for name in names if isinstance(name, str) and name}
