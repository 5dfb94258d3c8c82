"""Passages of text: where they come from, and what `tcm screen` and `tcm modernize` say of them."""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from tcmkit.records.base import Span


class Source(TypedDict, total=False):
    """Where a document comes from."""

    path: str
    """The file it was read from, as the user named it."""
    url: str
    title: str
    """Title of the book, page or paper."""
    section: str
    """Headings that lead to the text, outermost first, joined by " / "."""
    licence: str
    """Licence of the text, when the input states one."""


class Document(TypedDict):
    """A passage of text: made by `tcm ingest`."""

    id: str
    text: str
    source: Source
    meta: dict[str, Any]
    """Author, dynasty, year, encoding, bad_bytes, page, repairs, pii, department."""
    question: NotRequired[str]
    """A question that the input gave with the text."""
    answer: NotRequired[str]
    importance: NotRequired[int | str | None]
    """Category of the journal that a paper appeared in, 1 weighs most; null where that is not certain."""


class ScreenReason(TypedDict):
    """One thing that screening objects to."""

    code: Literal["toxic", "identifier"]
    kind: str
    """Which sort: insult, hate, sexual … or name, address, phone …"""
    by: Literal["rules", "model"]
    field: str
    """The field that holds it, `messages.1.content` for one further in."""
    start: int
    end: int
    reason: NotRequired[str]
    """What the model says."""


class Screened(TypedDict):
    """The verdict of `tcm screen`."""

    verdict: Literal["clear", "flagged"]
    by: Literal["rules", "model"]
    """Who had the last word: a record that only rules have seen says so."""
    reasons: list[ScreenReason]


class Change(TypedDict):
    """One change of `standard_text`: `was` stood where text[start:end] stands now."""

    start: int
    end: int
    was: str


class OldDose(Span):
    """A weight in an old unit, quoted from `text`."""

    grams: float | None
    """None where nobody can say."""
    basis: str
    """What a liang weighed then, or why nobody can say."""


class Measure(TypedDict):
    """The weights of a dynasty."""

    dynasty: str
    liang: float
    """Grams of one 两."""
    source: str
    others: NotRequired[list[dict[str, Any]]]
    """Other values, each with its source."""


class Modernized(TypedDict):
    """What `tcm modernize` found and did."""

    style: Literal["classical", "modern", "mixed"]
    by: Literal["rules", "model"]
    changes: NotRequired[list[Change]]
    """How `standard_text` differs from `text`, so that it can be undone."""
    doses: NotRequired[list[OldDose]]
    measure: NotRequired[Measure]
