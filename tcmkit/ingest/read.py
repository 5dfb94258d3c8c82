"""A file or a line of input to raw passages: text with what is known about it, before any filter."""

import codecs
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple, cast

from tcmkit.errors import RecordError
from tcmkit.ingest import books, headings, html
from tcmkit.ingest.headings import Section
from tcmkit.jsonl.batch import fault_error
from tcmkit.jsonl.source import decompressed, fault_of
from tcmkit.language import both
from tcmkit.records import Record
from tcmkit.text import normalise
from tcmkit.text.decode import Decoded, NotText, decode, document_of, file_name
from tcmkit.text.rows import Row, fault_in, filled, heading, is_table, rows

MAX_FILE_BYTES = 256 << 20
"""A larger file is rejected: it would have to be held in memory whole. JSON Lines have no limit."""
_HEADER_BYTES = 1 << 16
"""What compression may add to bytes that it cannot make fewer."""


@dataclass(slots=True)
class Passage:
    """A text on its way to becoming a Document."""

    text: str | None
    """None for a line or table row whose fields have not been looked at."""
    source: dict[str, str]
    meta: dict[str, Any]
    fields: Record = field(default_factory=dict)
    """What else the input line held; it passes through untouched."""
    line: int = 0
    old_book: bool = False
    fault: str = ""
    """Why a table row could not be read."""
    raw: str = ""
    """A table row as it stands there."""
    personal: bool = False
    """Whether the fields beside the text identify somebody."""


class Whole(NamedTuple):
    """A file that was read before: what has no second reading (a pipe), or goes to another machine."""

    path: str
    data: bytes
    """As it lay there, compressed or not."""
    fault: str = ""
    """Why it could not be read."""


def whole(path: str, stream: BinaryIO | None = None) -> Whole:
    """A file's bytes, or those of an open stream, as far as they are looked at."""
    try:
        with stream or open(path, "rb") as file:
            return Whole(path, file.read(MAX_FILE_BYTES + _HEADER_BYTES))
    except OSError as error:
        return Whole(path, b"", error.strerror or str(error))


def read_file(unit: str | Whole) -> Iterator[Passage]:
    """The passages of a text, HTML, PDF or CSV file, told apart by name and first bytes.

    Raises RecordError for a file that cannot be used: `unreadable`, `file_too_large`, `binary_file`,
    `input_cut_short`, `bad_compression`, `empty_file`, or a reason of the PDF reader.
    """
    path = unit if isinstance(unit, str) else unit.path
    data = _bytes_of(unit)
    if not data.strip():
        raise RecordError("empty_file")
    if advice := document_of(data):
        raise RecordError("binary_file", both(*advice))
    reader = _reader_for(path, data)
    try:
        yield from reader(path, data)
    except NotText:
        raise RecordError("binary_file", both("no text in any known encoding", "不是任何已知编码的文本")) from None


def _bytes_of(unit: str | Whole) -> bytes:
    if not isinstance(unit, str) and unit.fault:
        raise RecordError("unreadable", unit.fault)
    try:
        with _opened(unit) as raw, decompressed(raw) as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
            fault = fault_of(stream)
    except OSError as error:
        raise RecordError("unreadable", error.strerror or "") from None
    if fault:
        raise fault_error(fault)
    if len(data) > MAX_FILE_BYTES:
        raise RecordError(
            "file_too_large",
            both(f"over {MAX_FILE_BYTES >> 20} MiB; split it", f"超过 {MAX_FILE_BYTES >> 20} MiB；请拆分"),
        )
    return data


def _opened(unit: str | Whole) -> BinaryIO:
    if isinstance(unit, str):
        return open(unit, "rb")
    return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, io.BytesIO(unit.data))))


Reader = Callable[[str, bytes], Iterator[Passage]]


def _reader_for(path: str, data: bytes) -> Reader:
    name = path.lower().removesuffix(".gz").removesuffix(".zst")
    if data.startswith(b"%PDF") or name.endswith(".pdf"):
        return _read_pdf
    head = data[:512].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if name.endswith((".html", ".htm", ".xhtml")) or head.startswith((b"<!doctype html", b"<html")):
        return _read_html
    if is_table(name):
        return _read_csv
    return _read_text


def _known(decoded: Decoded) -> dict[str, Any]:
    """How the bytes were read: part of every document's meta."""
    return {"encoding": decoded.encoding, "bad_bytes": decoded.bad_bytes}


def has_name(path: str) -> bool:
    """Whether a path says where something comes from: stdin and `<(command)` have a number at most."""
    return path != "-" and not path.startswith(("/dev/fd/", "/proc/self/fd/", "/dev/stdin"))


def _source(path: str, title: str = "", **more: str) -> dict[str, str]:
    """Where a passage comes from; what is not known is left out."""
    known = {"path": file_name(path) if has_name(path) else "", "title": title, **more}
    return {key: value for key, value in known.items() if value}


def _title_of(path: str) -> str:
    """The file's name as a title: without suffix, and without the number that keeps a folder in order."""
    if not has_name(path):
        return ""
    stem = os.path.splitext(os.path.basename(file_name(path)))[0]
    return re.sub(r"^\d+[-_.、 ]+(?=\D)", "", stem)


def _read_text(path: str, data: bytes) -> Iterator[Passage]:
    decoded = decode(data)
    text = normalise.characters(normalise.line_ends(decoded.text))
    if not books.is_tagged(text):
        wrapped = books.is_wrapped(text)
        found = [one._replace(text=books.paragraphs(one.text, wrapped=wrapped)) for one in headings.sections(text)]
        yield from _sections(
            found or [Section(books.unwrap_paragraphs(text), (), "")], _source(path, _title_of(path)), decoded
        )
        return
    for section in books.sections(text):
        header = dict(section.header)
        source = _source(path, header.pop("book", "") or _title_of(path), section=" / ".join(section.headings))
        yield Passage(section.text, source, {**header, **_known(decoded)}, old_book=True)


def _sections(found: Iterable[Section], source: dict[str, str], decoded: Decoded) -> Iterator[Passage]:
    """A passage for each section, with its headings and how they were known."""
    for section in found:
        own = {**source, "section": " / ".join(section.headings)} if section.headings else source
        form = {"headings": section.form} if section.form else {}
        yield Passage(section.text, dict(own), {**_known(decoded), **form})


def _read_html(path: str, data: bytes) -> Iterator[Passage]:
    decoded = decode(data, html.named_encoding(data))
    page = html.read_page(decoded.text)
    source = _source(path, page.title, url=page.url)
    found = headings.marked_sections(page.lines)
    if any(len(section.headings) > 1 or any(name not in page.title for name in section.headings) for section in found):
        yield from _sections(found, source, decoded)
    else:
        yield Passage(page.text, source, _known(decoded))


def _read_pdf(path: str, data: bytes) -> Iterator[Passage]:
    from tcmkit.ingest.pdf import read_pages

    title, pages = read_pages(data)
    for page in pages:
        yield Passage(page.text, _source(path, title or _title_of(path)), {"page": page.number})


def _read_csv(path: str, data: bytes) -> Iterator[Passage]:
    decoded = decode(data)
    found = rows(io.StringIO(decoded.text, newline=""))
    first = next(found, Row(1, []))
    if first.fault:
        raise fault_error(first.fault)
    names = heading(first)
    for row in found:
        meta = {**_known(decoded), "row": row.number}
        fields: Record = {**filled(names, row)}
        yield Passage(None, _source(path), meta, fields, row.number, fault=fault_in(names, row), raw=row.raw)


def from_fields(row: Passage, field_map: dict[str, str]) -> Passage:
    """The passage that a JSON line or a table row holds: `text` or `html`, or a `question` with or without answer.

    Raises RecordError `no_text` or `bad_field`, or the fault of the row.
    """
    if row.fault:
        raise fault_error(row.fault)
    fields = dict(row.fields)
    # Taken, not copied: the copy left behind would hold what is masked in the text.
    fields.update({ours: fields.pop(theirs) for ours, theirs in field_map.items() if theirs in fields})
    source = {**row.source, **_object(fields, "source")}
    meta = {**row.meta, **_object(fields, "meta")}
    for name in ("url", "title"):
        if name not in source and isinstance(fields.get(name), str):
            source[name] = fields.pop(name)
    text = _text_of(fields, source)
    return Passage(text, source, meta, fields, row.line, old_book="dynasty" in meta)


def _object(fields: Record, name: str) -> dict[str, Any]:
    """A field that ought to be an object, taken out; anything else becomes its member `given`."""
    value = fields.pop(name, None)
    return value if isinstance(value, dict) else {} if value is None else {"given": value}


def _text_of(fields: Record, source: dict[str, str]) -> str:
    """The text itself, taken out of the fields. Question and answer stay fields too: they are asked about later."""
    for name in ("text", "html"):
        if not isinstance(fields.get(name), str | None):
            raise RecordError("bad_field", both(f"{name} is not a string", f"{name} 不是字符串"))
    if text := fields.pop("text", None):
        return cast(str, text)
    if fields.get("html"):
        page = html.read_page(fields.pop("html"))
        if page.title:
            source.setdefault("title", page.title)
        return page.text
    given = [fields[name] for name in ("question", "answer") if isinstance(fields.get(name), str) and fields[name]]
    if not given:
        raise RecordError(
            "no_text",
            both(
                "none of the fields text, html, question; name yours with --map text=FIELD",
                "没有字段 text、html、question；请用 --map text=FIELD 指明",
            ),
        )
    return "\n".join(given)
