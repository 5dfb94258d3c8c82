"""Findings put into words: every message is data, in Chinese with English beside it."""

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from tcmkit.herbs import Item
from tcmkit.language import Language, current
from tcmkit.safety.types import HerbSpan, SafetyFinding, WordSpan
from tcmkit.tables import table


@cache
def codes() -> dict[str, dict[str, str]]:
    """The codes with their meaning and messages."""
    return {row["code"]: row for row in table("safety_codes")["codes"]}


@cache
def _sources() -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in table("safety_sources")["sources"]}


class Rest(NamedTuple):
    """Parts of a finding beside its code and words."""

    severity: str = ""
    field: str = "prescription"
    source: tuple[str, ...] = ()
    rule: str = ""
    spans: tuple[WordSpan, ...] = ()
    nearest: tuple[str, ...] = ()


def span_of(item: Item) -> HerbSpan:
    """A herb quoted."""
    span: HerbSpan = {"name": item.herb.name, "text": item.text, "start": item.start, "end": item.end}
    if item.entry is not None:
        span["item"] = item.entry
    return span


class Voice:
    """Says findings in one language."""

    def __init__(self, language: Language | None) -> None:
        self.chinese = (language or current()) == "zh"
        self._said: dict[tuple[str, ...], str] = {}

    def pick(self, row: dict[str, Any], key: str = "") -> str:
        """A text of a row in the language: `zh` and `en`, or `KEY_zh` and `KEY_en`."""
        suffix = "zh" if self.chinese else "en"
        return str(row[f"{key}_{suffix}" if key else suffix])

    def note(self, key: str, **parts: object) -> str:
        """A sentence of the table of notes."""
        return self.pick(table("safety_codes")["notes"][key]).format(**parts)

    def listed(self, names: Iterable[str]) -> str:
        """Names one after another, each once."""
        return ("、" if self.chinese else ", ").join(dict.fromkeys(names))

    def source(self, ids: tuple[str, ...]) -> str:
        """Sources with their edition; one that a later edition supersedes says so."""
        if ids not in self._said:
            self._said[ids] = self._source(ids)
        return self._said[ids]

    def _source(self, ids: tuple[str, ...]) -> str:
        rows = [_sources()[name] for name in ids]
        said = ("；" if self.chinese else "; ").join(self.pick(row) for row in rows)
        superseded = any(row.get("edition") == 2020 for row in rows)
        return said + (self.note("edition") if superseded else "")

    def finding(self, code: str, items: list[Item], rest: Rest, **parts: object) -> SafetyFinding:
        """A finding complete with its sentence and its source."""
        row = codes()[code]
        made: dict[str, Any] = {
            "code": code,
            "severity": rest.severity or row["severity"],
            "field": rest.field,
            "herbs": [span_of(item) for item in items],
            "message": self.pick(row, "message").format(**parts).strip(),
            "source": self.source(rest.source),
        }
        if rest.rule:
            made["rule"] = rest.rule
        if rest.spans:
            made["spans"] = list(rest.spans)
        if rest.nearest:
            made["nearest"] = list(rest.nearest)
        return made  # type: ignore[return-value]


def explain(code: str, language: Language | None = None) -> str:
    """What a code means, in both languages, the one in force first.

    Raises KeyError when there is no such code.
    """
    row = codes()[code]
    first, second = ("zh", "en") if Voice(language).chinese else ("en", "zh")
    lines = [f"{row[key]} ({code}, {row['severity']})\n{row[f'meaning_{key}']}" for key in (first, second)]
    return "\n\n".join(lines)
