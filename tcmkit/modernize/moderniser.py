"""The step of `tcm modernize`: classical Chinese told from modern; what can be undone by rules, the rest by a model."""

from typing import Any

from tcmkit.errors import RecordError
from tcmkit.llm import Call, ReplyError, Talk, load
from tcmkit.modernize.doses import annotated, measure
from tcmkit.modernize.lock import hold
from tcmkit.modernize.settings import Settings
from tcmkit.modernize.standard import standard
from tcmkit.modernize.style import evidence, passages, style_of
from tcmkit.modernize.terms import Terms, terms_of
from tcmkit.records import Modernized, Record

SCHEMA = {
    "type": "object",
    "properties": {"modern": {"type": "string", "minLength": 1}},
    "required": ["modern"],
    "additionalProperties": False,
}
_PROSE = 4.0
"""Evidence from which a passage is prose that cannot stay as it is; a list of drugs and doses can."""


def by_rules(record: Record) -> Record:
    """The record with `modernized`, and with `standard_text` where characters or marks have a standard form.

    Raises RecordError `no_text`.
    """
    text = record.get("text")
    if not isinstance(text, str) or not text.strip():
        raise RecordError("no_text", "field text")
    made: Modernized = {"style": style_of(text), "by": "rules"}
    plain, changes = standard(text)
    if made["style"] != "modern" and (doses := annotated(text, _dynasty(record))):
        made["doses"] = doses
        if weights := measure(_dynasty(record)):
            made["measure"] = weights
    if changes:
        made["changes"] = changes
        return {**record, "standard_text": plain, "modernized": made}
    return {**record, "modernized": made}


def _dynasty(record: Record) -> str:
    meta = record.get("meta")
    return str(meta.get("dynasty") or "") if isinstance(meta, dict) else ""


class Moderniser:
    """Says which text is classical and does what can be undone."""

    def __call__(self, record: Record) -> list[Record]:
        """The record with `modernized`. Raises RecordError."""
        return [by_rules(record)]


class ModelModerniser:
    """Has a model translate what is classical, passage by passage, into the field `modern`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._prompt = load("modernize", settings.prompt)

    def __call__(self, record: Record) -> Talk:
        """A talk that ends with the record; text that is modern already passes as it is. Raises RecordError."""
        made = by_rules(record)
        if made["modernized"]["style"] == "modern":
            return [made]
        parts: list[str] = []
        for passage, is_modern in passages(made["text"], self._settings.max_chars):
            core = passage.strip()
            before, _, after = passage.partition(core) if core else (passage, "", "")
            if core and not is_modern:
                source = terms_of(core)
                messages = self._prompt.messages({"text": core, "terms": "、".join(source.listed()) or "无"})
                check = Held(core, source)
                answer: Any = yield Call(messages, SCHEMA, check, expected_tokens=len(core) * 2, independent=True)
                core = answer["modern"].strip()
            parts += [before, core, after]
        return [{**made, "modern": "".join(parts), "modernized": {**made["modernized"], "by": "model"}}]


class Held:
    """Holds a translation to its passage."""

    def __init__(self, passage: str, terms: Terms) -> None:
        self._passage = passage
        self._terms = terms

    def __call__(self, answer: Any) -> None:
        """Raises ReplyError: `not_translated`, `text_lost`, `term_lost`, `term_added`."""
        modern: str = answer["modern"].strip()
        if modern == self._passage and evidence(self._passage) >= _PROSE:
            raise ReplyError("not_translated", "上面的回答与原文相同。请译成现代白话文，只输出 JSON。")
        if len(modern) < 0.5 * len(self._passage):
            raise ReplyError("text_lost", "译文太短，原文的内容没有全部译出。请完整翻译，只输出 JSON。")
        hold(self._terms, modern)
