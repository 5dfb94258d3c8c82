"""From one file, or a few JSON lines, to documents: what runs in each process.

Everything that looks at one document alone happens here. What needs the others (duplicates, the worst
by perplexity) happens in `run`, in the order of the input.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from tcmkit.errors import RecordError
from tcmkit.ingest import chatter, filters
from tcmkit.ingest.personal import Fields, hide_in_headings
from tcmkit.ingest.read import Passage, Whole, from_fields, has_name, read_file
from tcmkit.ingest.repair import repair
from tcmkit.ingest.settings import Settings
from tcmkit.ingest.sketch import Sketch, Sketcher, without_space
from tcmkit.jsonl import Reject, codec, dropped_line
from tcmkit.jsonl.batch import fault_error
from tcmkit.jsonl.source import Line
from tcmkit.literature import Catalogue, Paper
from tcmkit.records import Drop, Record, content_id
from tcmkit.text import normalise, pii, script, toxic
from tcmkit.text.decode import file_name
from tcmkit.text.department import department
from tcmkit.text.split import split

Unit = str | Whole | Sequence[Line]
"""A file to read whole, one that was read, or lines of JSON."""


class Ready(NamedTuple):
    """A document that passed, encoded, with what the later filters need to know of it."""

    line: bytes
    url: str
    given_id: bytes
    """A digest of the id that the input gave it; none for an id of our own making."""
    passage: int
    """Documents cut from one passage of a unit share this number."""
    digest: bytes
    size: int
    """Characters without white space."""
    sketch: Sketch | None = None
    compact: str = ""
    """The text without white space, until the sketch is made of it."""


class Dropped(NamedTuple):
    """A document that a filter took out; `line` is empty unless dropped records are wanted."""

    reason: str
    line: bytes


Item = Ready | Dropped | Reject


@dataclass
class Prepared:
    """What a unit gave, in order."""

    items: list[Item] = field(default_factory=list)
    files: int = 0
    file_reject: Reject | None = None
    size: int = 0
    """Bytes of JSON lines."""
    passages: int = 0
    papers: list[Paper] = field(default_factory=list)
    """A PDF's place among the target journals, where that is wanted."""
    notes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Counts for the summary: repairs, personal data, encodings and bad bytes of files."""


class Preparer:
    """Turns units into documents. One stands in each process."""

    def __init__(self, settings: Settings, keep_dropped: bool) -> None:
        self._settings = settings
        self._keep_dropped = keep_dropped
        self._sketcher = Sketcher(settings.near_dup) if settings.near_dup else None
        self._catalogue = Catalogue(settings.literature) if settings.literature else None

    def __call__(self, unit: Unit) -> Prepared:
        """All documents of a file, or of a group of lines."""
        prepared = Prepared()
        if isinstance(unit, str | Whole):
            self._add_file(unit, prepared)
        else:
            for line in unit:
                self._add_line(line, prepared)
        if self._sketcher:
            _add_sketches(prepared, self._sketcher)
        return prepared

    def _add_file(self, unit: str | Whole, prepared: Prepared) -> None:
        """Enter the documents of a file, or the one reject that it is."""
        prepared.files = 1
        path = unit if isinstance(unit, str) else unit.path
        try:
            for place, passage in enumerate(read_file(unit)):
                if place == 0:
                    _note_encoding(passage, prepared)
                if self._catalogue and "page" in passage.meta:
                    self._place_paper(unit, passage, prepared)
                self._add(passage, path, prepared)
        except RecordError as error:
            prepared.items.clear()
            prepared.papers.clear()
            prepared.file_reject = Reject(path, 0, error.reason, error.detail, b"")

    def _place_paper(self, unit: str | Whole, passage: Passage, prepared: Prepared) -> None:
        """Every page of a paper says where it appeared and how much that weighs."""
        if self._catalogue and not prepared.papers:
            path, data = (unit, Path(unit).read_bytes()) if isinstance(unit, str) else (unit.path, unit.data)
            prepared.papers.append(self._catalogue.place(path, data))
        paper = prepared.papers[0]
        passage.meta.update(paper.meta())
        passage.fields["importance"] = paper.importance

    def _add_line(self, line: Line, prepared: Prepared) -> None:
        prepared.size += len(line.raw)
        try:
            if line.fault:
                raise fault_error(line.fault)
            source = {"path": file_name(line.path)} if has_name(line.path) else {}
            row = Passage(None, source, {}, codec.parse(line.raw), line.number)
        except RecordError as error:
            prepared.items.append(Reject(line.path, line.number, error.reason, error.detail, line.raw))
            return
        self._add(row, line.path, prepared, line.raw)

    def _add(self, passage: Passage, path: str, prepared: Prepared, raw: bytes = b"") -> None:
        """Enter the documents of a passage, or the one reject that it is."""
        prepared.passages += 1
        row = passage.raw
        try:
            if passage.text is None:
                passage = self._from_fields(passage, prepared)
            hide_in_headings(passage, self._personal_counts(prepared), keep=self._settings.pii == "keep")
            items = [self._item(record, passage, prepared) for record in self._documents(passage, prepared)]
        except RecordError as error:
            raw = raw or row.encode("utf-8") or codec.dump(passage.fields)
            items = [Reject(path, passage.line, error.reason, error.detail, raw)]
        prepared.items += items

    def _from_fields(self, row: Passage, prepared: Prepared) -> Passage:
        """The passage of a line or a row, without the personal data of its fields unless they are kept.

        Raises RecordError.
        """
        field_map = self._settings.field_map
        found = Fields(row.fields, self._personal_counts(prepared))
        passage = from_fields(replace(row, fields=found.hidden(row.fields, field_map)), field_map)
        found.hide_in(passage)
        passage.personal = found.identify
        return from_fields(row, field_map) if self._settings.pii == "keep" else passage

    def _personal_counts(self, prepared: Prepared) -> Counter[str]:
        """Of what is masked or dropped, or of what is kept though it was found."""
        return prepared.notes["personal_data_kept" if self._settings.pii == "keep" else "personal_data"]

    def _documents(self, passage: Passage, prepared: Prepared) -> Iterator[Record]:
        """The passage cleaned and cut, as records without their last touches."""
        text = self._cleaned(passage.text or "", passage.old_book, prepared)
        if passage.old_book:
            self._repair_headings(passage, prepared)
        fields = dict(passage.fields)
        for name in ("question", "answer"):
            if isinstance(fields.get(name), str):
                fields[name] = self._masked(self._cleaned(fields[name], passage.old_book, prepared), prepared)
        given = fields.pop("id", None)
        pieces = [piece.strip() for piece in split(text, self._settings.max_chars)]
        for part, piece in enumerate(pieces, 1):
            meta = {**passage.meta, **({"part": part, "parts": len(pieces)} if len(pieces) > 1 else {})}
            own_id = content_id(piece) if given is None else f"{given}/{part}" if len(pieces) > 1 else given
            yield {"id": own_id, "text": piece, "source": passage.source, "meta": meta, **fields}

    def _repair_headings(self, passage: Passage, prepared: Prepared) -> None:
        """A heading names the herb that the section is about: it suffers the same damage as the text."""
        if self._settings.repair:
            counts = prepared.notes["repairs"]
            passage.source.update(
                (name, repair(value, True, counts))
                for name, value in passage.source.items()
                if name != "path" and isinstance(value, str)
            )

    def _cleaned(self, text: str, old_book: bool, prepared: Prepared) -> str:
        text = normalise.normalise(text)
        if self._settings.script == "simplified":
            text = script.simplified(text)
        if self._settings.repair:
            text = repair(text, old_book, prepared.notes["repairs"])
        return text if old_book or not self._settings.strip_chatter else chatter.strip(text)

    def _masked(self, text: str, prepared: Prepared) -> str:
        found = pii.find(text)
        self._personal_counts(prepared).update(item.kind for item in found)
        return pii.mask(text, found) if found and self._settings.pii != "keep" else text

    def _item(self, record: Record, passage: Passage, prepared: Prepared) -> Item:
        """A document through the filters that look at it alone."""
        text: str = record["text"]
        drop = self._reason_to_drop(text, passage.old_book)
        if drop is None:
            record["text"] = self._masked(text, prepared)
            if self._settings.pii == "drop" and (passage.personal or record["text"] != text):
                drop = Drop("personal_data")
        if drop is not None:
            return Dropped(drop.reason, dropped_line(record, drop) if self._keep_dropped else b"")
        if self._settings.department and (place := department(record["text"])):
            record["meta"]["department"] = place._asdict()
        return self._ready(record, passage, prepared.passages)

    def _reason_to_drop(self, text: str, old_book: bool) -> Drop | None:
        if filters.too_short(text, self._settings.min_chars):
            return Drop("too_short")
        if self._settings.min_text_share and filters.is_non_text(text, self._settings.min_text_share):
            return Drop("non_text")
        # The books were written before such cues were; a modern phrase in one is an accident.
        cues = toxic.find(text) if self._settings.screen and not old_book else None
        return Drop(cues[0].code) if cues else None

    def _ready(self, record: Record, passage: Passage, number: int) -> Ready:
        compact = without_space(record["text"])
        url = passage.source.get("url")
        return Ready(
            line=codec.dump(record),
            url=_address(url, passage.meta.get("part")) if isinstance(url, str) else "",
            given_id=_digest(str(record["id"])) if "id" in passage.fields else b"",
            passage=number,
            digest=_digest(record["text"]),
            size=len(compact),
            compact=compact if self._sketcher else "",
        )


def _address(url: str, part: Any) -> str:
    """The address of a document; parts of one, as an earlier run wrote them, share it and are not the same."""
    return f"{url}#{part}" if url and isinstance(part, int) else url


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _note_encoding(passage: Passage, prepared: Prepared) -> None:
    """How a file was decoded: all of its passages say the same."""
    if "encoding" in passage.meta:
        prepared.notes["encodings"][passage.meta["encoding"]] += 1
        prepared.notes["bytes"]["bad"] += passage.meta["bad_bytes"]


def _add_sketches(prepared: Prepared, sketcher: Sketcher) -> None:
    """Give the ready documents their sketches, all at once; the compact texts have served."""
    ready = [(place, item) for place, item in enumerate(prepared.items) if isinstance(item, Ready)]
    sketches = sketcher.sketches([item.compact for _, item in ready])
    for (place, item), sketch in zip(ready, sketches, strict=True):
        prepared.items[place] = item._replace(sketch=sketch, compact="")
