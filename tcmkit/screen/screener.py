"""The step of `tcm screen`: a verdict on each record, by rules, then by a model."""

from collections.abc import Sequence
from typing import Any

from tcmkit.llm import Call, Talk, load
from tcmkit.records import Drop, Record, Screened, ScreenReason
from tcmkit.screen.answer import SCHEMA, Judge, kinds_found
from tcmkit.screen.settings import Settings
from tcmkit.screen.texts import Text, texts_of
from tcmkit.text import personal_fields, pii, toxic
from tcmkit.text.normalise import half_width
from tcmkit.text.script import simplified_in_place
from tcmkit.text.split import split


def reasons_by_rules(record: Record, texts: Sequence[Text]) -> list[ScreenReason]:
    """What the tables find, with the place of each: personal data by the names of fields, then what the texts say."""
    found = [_reason_of(field) for field in personal_fields.find(record)]
    whole = {reason["field"] for reason in found}
    for field, text in texts:
        folded = half_width(simplified_in_place(text))
        marks = [(cue.start, cue.end, "toxic", cue.code) for cue in toxic.find(folded)]
        if field not in whole:
            marks += [(item.start, item.end, "identifier", item.kind) for item in pii.find(folded)]
        found += [
            {"code": code, "kind": kind, "by": "rules", "field": field, "start": start, "end": end}  # type: ignore[typeddict-item]
            for start, end, code, kind in sorted(marks)
        ]
    return found


def _reason_of(field: personal_fields.PersonalField) -> ScreenReason:
    """A field that identifies somebody, whatever it holds."""
    path = ".".join(map(str, field.path))
    end = len(str(field.value))
    return {"code": "identifier", "kind": field.kind, "by": "rules", "field": path, "start": 0, "end": end}


class Screener:
    """Screens by rules alone."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, record: Record) -> list[Record] | Drop:
        """The record with `screen`, or why it is dropped. Raises RecordError."""
        return settle(record, reasons_by_rules(record, texts_of(record)), "rules", self._settings)


class ModelScreener:
    """Screens by rules, then asks a model about what the rules let pass."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._prompt = load("screen", settings.prompt)

    def __call__(self, record: Record) -> Talk:
        """A talk that ends as `Screener` does."""
        texts = texts_of(record)
        reasons = reasons_by_rules(record, texts)
        if reasons:
            return settle(record, reasons, "rules", self._settings)
        for field, text in texts:
            start = 0
            for piece in split(text, self._settings.max_chars):
                messages = self._prompt.messages({"text": piece})
                answer: Any = yield Call(messages, SCHEMA, Judge(piece), expected_tokens=60, independent=True)
                reasons += kinds_found(answer, Text(field, piece), start)
                start += len(piece)
        return settle(record, reasons, "model", self._settings)


def settle(record: Record, reasons: list[ScreenReason], by: str, settings: Settings) -> list[Record] | Drop:
    """What becomes of a record: toxic content weighs more than an identifier; the first of its sort names the kind."""
    if reasons and not settings.keep:
        worst = min(reasons, key=lambda reason: reason["code"] != "toxic")
        return Drop(f"screen_{worst['code']}", worst["kind"])
    verdict: Screened = {"verdict": "flagged" if reasons else "clear", "by": by, "reasons": reasons}  # type: ignore[typeddict-item]
    return [{**record, "screen": verdict}]
