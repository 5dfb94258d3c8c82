"""From a record to its questions."""

import random
from collections.abc import Iterable, Iterator
from typing import Any

from tcmkit.errors import RecordError
from tcmkit.gen_qa import acupoint, case, choice, disease, fields, formula, given, heading, herb
from tcmkit.gen_qa.draft import Draft, Passage
from tcmkit.gen_qa.quote import sound, stands_alone
from tcmkit.gen_qa.settings import Settings
from tcmkit.records import Drop, Record, content_id
from tcmkit.text import labels

_MAKERS = (
    fields.field_drafts,
    fields.indicator_drafts,
    herb.herb_drafts,
    formula.formula_drafts,
    formula.governing_drafts,
    acupoint.acupoint_drafts,
    disease.explained_drafts,
    disease.section_drafts,
    disease.named_drafts,
    disease.meant_drafts,
)
_SEPARATOR = " / "


def passage_of(record: Record, text: str, doc_id: str) -> Passage:
    """The record as the makers see it: its book, its heading, the headings above."""
    source = record.get("source")
    known: Record = source if isinstance(source, dict) else {"title": record.get("title")}
    title, section = known.get("title"), known.get("section")
    title = title if isinstance(title, str) else ""
    if not isinstance(section, str) or not section.strip():
        return Passage(doc_id, text, heading=heading.clean_title(title), file_named=_is_file(known.get("path"), title))
    *parents, last = section.split(_SEPARATOR)
    cleaned = tuple(map(heading.clean, parents))
    if not _is_modern(record, text):
        return Passage(doc_id, text, heading.clean_book(title), heading.clean(last), cleaned)
    own, subject = heading.clean_title(last), heading.clean_title(title)
    if not heading.is_subject(own) and heading.is_subject(subject):
        own = subject
    book = "" if subject == own else heading.clean_book(title)
    return Passage(doc_id, text, book, own, cleaned, modern=True)


def _is_modern(record: Record, text: str) -> bool:
    """Whether a section is of a text of our time: ingest found its heading without tags, or labels run through it."""
    meta = record.get("meta")
    return (isinstance(meta, dict) and "headings" in meta) or labels.is_run_in(text)


def _is_file(path: object, title: str) -> bool:
    """Whether a title is only the name of the file."""
    return isinstance(path, str) and bool(title) and f"{title}." in path.rsplit("/", 1)[-1]


class Generator:
    """The step of `tcm gen-qa`: questions about one record, or a Drop when nothing can be asked.

    Extractive, after the one rule of ChiMed 2.0 (Advanced processing, step 3): based on the passage only,
    nothing added. Of the data modes of Hengqin-RA (question–answer, multiple choice) it makes both.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kinds = frozenset(settings.kinds)

    def __call__(self, record: Record) -> list[Record] | Drop:
        """QA records of a record. Raises RecordError("no_text") when there is neither text nor question and answer."""
        text = record.get("text")
        if not isinstance(text, str) or not text.strip():
            if not isinstance(record.get("question"), str) or not isinstance(record.get("answer"), str):
                raise RecordError("no_text")
            text = ""
        own = record.get("id")
        given_id = str(own) if isinstance(own, str | int) else ""
        doc_id = given_id or content_id(text or str(record.get("question")))
        made = [
            (draft, origin)
            for draft, origin in self._drafts(record, text, doc_id)
            if not self._kinds or draft.kind in self._kinds
        ]
        unique = list({draft.question: (draft, origin) for draft, origin in reversed(made)}.values())[::-1]
        chosen = _spread(unique, self._settings.per_doc)
        if not chosen:
            return Drop("no_question")
        return [_record(draft, origin, record, doc_id) for draft, origin in chosen]

    def _drafts(self, record: Record, text: str, doc_id: str) -> Iterator[tuple[Draft, str]]:
        """Every sound draft with the string that its answer stands in."""
        brought = given.given_draft(record, text)
        if brought:
            yield brought
        if not text:
            return
        for draft, origin in case.case_drafts(record, text):
            yield draft, origin
            if draft.aspect == "syndrome":
                dice = random.Random(f"{self._settings.seed}\x1f{doc_id}")
                made = choice.syndrome_choice(draft, origin, dice)
                if made:
                    yield made, origin
        passage = passage_of(record, text, doc_id)
        drafts = _first_of_each(draft for maker in _MAKERS for draft in maker(passage) if _fit(draft, passage))
        drafts = _without_repeats(drafts) if passage.modern else drafts
        yield from ((draft, text) for draft in drafts)
        yield from ((draft, text) for draft in choice.choice_drafts(drafts, passage, self._settings.seed))


def _first_of_each(drafts: Iterable[Draft]) -> list[Draft]:
    """Drafts without a second one about the same aspect of the same subject."""
    return list({(d.kind, d.subject, d.question): d for d in reversed(list(drafts))}.values())[::-1]


def _without_repeats(drafts: list[Draft]) -> list[Draft]:
    """Drafts without those whose answer lies within an earlier one's about the same aspect of the same subject."""
    kept: list[Draft] = []
    for draft in drafts:
        same = (one for one in kept if (one.kind, one.subject, one.aspect) == (draft.kind, draft.subject, draft.aspect))
        if not any(one.start <= draft.start and draft.end <= one.end for one in same):
            kept.append(draft)
    return kept


def _fit(draft: Draft, passage: Passage) -> bool:
    """Whether question and answer can be shown."""
    quotation = passage.text[draft.start : draft.end]
    book = passage.old
    if not stands_alone(draft.question) or not sound(draft.subject, book=book):
        return False
    return draft.aspect == "composition" or sound(quotation, book=book)


def _spread(drafts: list[tuple[Draft, str]], most: int | None) -> list[tuple[Draft, str]]:
    """At most so many drafts: first one of each aspect, then the rest, in the order of the text's makers."""
    if most is None or len(drafts) <= most:
        return drafts
    seen: set[tuple[str, str]] = set()
    ranks = []
    for index, (draft, _) in enumerate(drafts):
        again = (draft.kind, draft.aspect) in seen
        seen.add((draft.kind, draft.aspect))
        ranks.append((again, index))
    keep = sorted(index for _, index in sorted(ranks)[:most])
    return [drafts[index] for index in keep]


def _record(draft: Draft, origin: str, record: Record, doc_id: str) -> Record:
    """The QA record of a draft."""
    answer = origin[draft.start : draft.end] if draft.answer is None else draft.answer
    evidence: dict[str, Any] = {"doc_id": doc_id, "start": draft.start, "end": draft.end}
    if draft.field is not None:
        evidence["field"] = draft.field
    asked = draft.question
    qa: Record = {
        "id": content_id(doc_id, draft.kind, asked),
        "question": asked,
        "answer": answer,
        "kind": draft.kind,
        "evidence": evidence,
    }
    if draft.options:
        qa["options"] = draft.options
        asked = "\n".join([asked, *(f"{letter}. {option}" for letter, option in draft.options.items())])
    qa["messages"] = [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]
    if "source" in record:
        qa["source"] = record["source"]
    return qa
