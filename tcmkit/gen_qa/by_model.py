"""The step of `tcm gen-qa` with a model (ChiMed 2.0, advanced processing; Hengqin-RA-v1, data modes)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from tcmkit.errors import RecordError, UsageError
from tcmkit.gen_qa.modes import MODES, Judge, Mode, Place, Reply, Texts, Written
from tcmkit.gen_qa.settings import known_kinds
from tcmkit.language import both
from tcmkit.llm import Call, ModelOptions, ReplyError, Talk, load
from tcmkit.records import Drop, Record, content_id
from tcmkit.text.split import split

LONGEST = 1_500
"""Characters of a passage."""
_MOST_TOGETHER = 4
"""Passages that `multi` asks about at once."""
_MOST_FAULTS = 5


@dataclass(frozen=True)
class ModelSettings:
    """Options of `tcm gen-qa` with a model."""

    kinds: tuple[str, ...] = ("qa",)
    per_passage: int = 1
    """At most so many questions of kind `qa` from a passage."""
    per_doc: int | None = None

    def __post_init__(self) -> None:
        """Raise UsageError for a kind that a model does not write."""
        known_kinds(self.kinds, tuple(MODES))


class Passage(NamedTuple):
    """A piece of a record: where it begins, in which field."""

    text: str
    start: int
    field: str


class ModelGenerator:
    """Questions about one record, each grounded in it; a Drop when the model finds nothing to ask."""

    def __init__(self, settings: ModelSettings, model: ModelOptions) -> None:
        """Raises UsageError for a prompt of the user's own that is none, or that would have to serve several kinds."""
        if model.prompt and len(settings.kinds) > 1:
            raise UsageError(
                both("--prompt serves one kind: name it by --kinds", "--prompt 只用于一种：请用 --kinds 指定")
            )
        self._settings = settings
        self._speaker = model.speaker
        self._prompts = {kind: load(MODES[kind].task, model.prompt) for kind in settings.kinds}
        self._counted: Counter[str] = Counter()

    @property
    def notes(self) -> Mapping[str, Any]:
        """Questions by kind, and passages whose questions were not grounded."""
        return {"questions": {kind: self._counted[kind] for kind in (*self._settings.kinds, "ungrounded")}}

    def __call__(self, record: Record) -> Talk:
        """The questions. Raises RecordError: `no_text`, or why none of the passages gave any."""
        passages = list(_passages(record))
        own = record.get("id")
        known = isinstance(own, str | int) and own != ""
        doc_id = str(own) if known else content_id(*(text for _, text in _fields(record)))
        written: list[Record] = []
        failed: RecordError | None = None
        for kind, group in self._groups(passages):
            mode = MODES[kind]
            texts = Texts([passage.text for passage in group], _where(record))
            try:
                reply = yield self._call(kind, texts)
            except RecordError as error:
                failed = failed or error
                self._counted["ungrounded"] += error.reason == "ungrounded"
                continue
            for made in _judged(mode, reply, Judge(texts))[: self._most(mode)]:
                written.append(self._record(kind, made, group, record, doc_id))
        unique = list({made["question"]: made for made in reversed(written)}.values())[::-1][: self._settings.per_doc]
        if not unique:
            if failed:
                raise failed
            return Drop("no_question")
        self._counted.update(made["kind"] for made in unique)
        return unique

    def _most(self, mode: Mode) -> int:
        return self._settings.per_passage if mode is MODES["qa"] else 1

    def _groups(self, passages: Sequence[Passage]) -> Iterator[tuple[str, Sequence[Passage]]]:
        """What is asked: kind and passages."""
        for kind in self._settings.kinds:
            if not MODES[kind].together:
                yield from ((kind, [passage]) for passage in passages)
            elif len(passages) > 1:
                for first in range(0, len(passages) - 1, _MOST_TOGETHER):
                    group = passages[first : first + _MOST_TOGETHER]
                    yield kind, group if len(group) > 1 else passages[-2:]

    def _call(self, kind: str, texts: Texts) -> Call:
        mode = MODES[kind]
        data: dict[str, str | Sequence[str]] = {"where": texts.around or "未注明"}
        data |= {"passages": texts.texts} if mode.together else {"passage": texts.texts[0]}
        return Call(
            self._prompts[kind].messages(data, number=str(self._settings.per_passage)),
            schema=mode.schema,
            check=partial(_check, mode, texts),
            expected_tokens=200 * (self._settings.per_passage if kind == "qa" else 3),
            independent=True,
        )

    def _record(self, kind: str, made: Written, group: Sequence[Passage], record: Record, doc_id: str) -> Record:
        first, *further = [_evidence(place, group[place.text], doc_id) for place in made.places]
        qa: Record = {
            "id": content_id(doc_id, kind, made.question),
            "question": made.question,
            "answer": made.answer,
            "kind": kind,
            "evidence": first,
        }
        if further:
            qa["further_evidence"] = further
        qa |= {**made.more, "messages": made.messages}
        if "source" in record:
            qa["source"] = record["source"]
        return {**qa, "llm": {"engine": self._speaker, "prompt": self._prompts[kind].label}}


def _judged(mode: Mode, reply: Reply, judge: Judge) -> list[Written]:
    return list(mode.read(reply, judge))


def _check(mode: Mode, texts: Texts, reply: Reply) -> None:
    """Raises ReplyError when the model wrote something and none of it is grounded."""
    judge = Judge(texts)
    if not _judged(mode, reply, judge) and judge.faults:
        faults = "；".join(dict.fromkeys(judge.faults[:_MOST_FAULTS]))
        raise ReplyError("ungrounded", f"上面的回答没有资料依据：{faults}。请只依据资料改正，只输出 JSON。")


def _passages(record: Record) -> Iterator[Passage]:
    """The texts of a record, long ones in pieces. Raises RecordError."""
    fields = _fields(record)
    if not any(text.strip() for _, text in fields):
        raise RecordError("no_text")
    for name, text in fields:
        start = 0
        for piece in split(text, LONGEST):
            if piece.strip():
                yield Passage(piece, start, name)
            start += len(piece)


def _fields(record: Record) -> list[tuple[str, str]]:
    """Field names and texts: `texts` holds several, else there is `text`."""
    texts = record.get("texts")
    if texts is None:
        text = record.get("text")
        return [("", text)] if isinstance(text, str) else []
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise RecordError("bad_field", "texts")
    return [(f"texts/{number}", text) for number, text in enumerate(texts)]


def _where(record: Record) -> str:
    """Book and headings."""
    source = record.get("source")
    named = source if isinstance(source, dict) else record
    parts = (named.get("title"), named.get("section"))
    return " / ".join(part for part in parts if isinstance(part, str) and part.strip())


def _evidence(place: Place, passage: Passage, doc_id: str) -> Record:
    start, end = place.span
    evidence: Record = {"doc_id": doc_id, "start": passage.start + start, "end": passage.start + end}
    return {**evidence, "field": passage.field} if passage.field else evidence
