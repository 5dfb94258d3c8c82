"""What a line is, and the texts in it that a model would learn from."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from tcmkit.errors import RecordError
from tcmkit.language import both
from tcmkit.records import Record

TYPES = ("document", "case", "qa", "exam", "preference")
"""Documents, case records, question–answer pairs, examination items, preference tuples."""
QUESTIONS = ("qa", "exam", "preference")
"""Types of which each line asks a question."""


class Parts(NamedTuple):
    """A line as the statistics see it."""

    type: str
    """One of TYPES."""
    texts: dict[str, str]
    """Role (document, case, question, options, answer, chosen, rejected) to text."""
    source: str
    """Title of the book, page or set; empty where none is named."""
    kind: str
    """What a question asks about, if the line says so."""


def parts_of(record: Record) -> Parts:
    """The parts of a line. Raises RecordError("unknown_type") for one of no type of ours."""
    kind = record.get("kind")
    source, kind = _source(record), kind if isinstance(kind, str) else ""
    if "chosen" in record and "rejected" in record:
        said = {role: _said(record[role], "assistant") for role in ("chosen", "rejected")}
        asked = _said(record.get("prompt") or record.get("question"), "user")
        return Parts("preference", {"question": asked, **said}, source, kind)
    options = _options(record)
    if isinstance(record.get("question"), str) and (options or isinstance(record.get("answer"), str)):
        given = isinstance(record.get("evidence"), dict) or "messages" in record
        answer = record.get("answer")
        texts = {"question": record["question"], "answer": answer if isinstance(answer, str) else ""}
        texts |= {"options": "\n".join(options)} if options else {}
        return Parts("exam" if options and not given else "qa", texts, source, kind)
    if isinstance(record.get("messages"), list):
        texts = {"question": _said(record["messages"], "user"), "answer": _said(record["messages"], "assistant")}
        return Parts("qa", texts, source, kind)
    if isinstance(record.get("text"), str):
        type_ = "case" if isinstance(record.get("tqs"), dict) else "document"
        return Parts(type_, {type_: record["text"]}, source, kind)
    raise RecordError(
        "unknown_type",
        both(
            "no text, question or messages; other formats go through  tcm convert  first",
            "没有 text、question 或 messages；其他格式请先用  tcm convert  转换",
        ),
    )


def _said(value: Any, role: str) -> str:
    """What one side says in a list of messages, or a plain string."""
    if isinstance(value, str):
        return value
    return "\n".join(_contents(value, role))


def _contents(value: Any, role: str) -> Iterator[str]:
    for turn in value if isinstance(value, list) else ():
        if isinstance(turn, dict) and turn.get("role") == role and isinstance(turn.get("content"), str):
            yield turn["content"]


def _options(record: Record) -> list[str]:
    options = record.get("options")
    if isinstance(options, dict):
        return [str(text) for text in options.values()]
    return [str(text) for text in options] if isinstance(options, list) else []


def _source(record: Record) -> str:
    """The title of where a line comes from, else its address or path."""
    source = record.get("source")
    if isinstance(source, str):
        return source
    if isinstance(source, dict):
        return next((str(source[name]) for name in ("title", "url", "path") if source.get(name)), "")
    return ""
