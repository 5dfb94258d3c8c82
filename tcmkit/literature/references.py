"""References as BibTeX and RIS files hold them."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tcmkit.errors import InputError, MissingExtra
from tcmkit.language import both
from tcmkit.literature.targets import issns_in
from tcmkit.text.decode import decode

SUFFIXES = (".bib", ".ris")


@dataclass(frozen=True)
class Reference:
    """What is known of a paper."""

    journal: str = ""
    issns: frozenset[str] = frozenset()
    doi: str = ""
    title: str = ""
    year: str = ""
    key: str = ""
    """The entry's own name, or the file that it names."""


def read_references(path: str) -> list[Reference]:
    """Every reference of a .bib or .ris file, in any Chinese encoding.

    Raises InputError when it cannot be read, MissingExtra without the extra [pdf].
    """
    try:
        text = decode(Path(path).read_bytes()).text.removeprefix("\ufeff")
    except OSError as error:
        raise InputError(both(f"cannot read {path}: {error.strerror}", f"无法读取 {path}：{error.strerror}")) from None
    read = _bibtex if path.lower().endswith(".bib") else _ris
    try:
        return list(read(text))
    except ImportError:
        raise MissingExtra(both("reading references", "读取参考文献"), "pdf") from None


def _bibtex(text: str) -> Iterator[Reference]:
    from bibtexparser.entrypoint import parse_string

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # broken entries are counted by whoever misses them
    for entry in parse_string(text).entries:
        fields = {field.key.lower(): _unbraced(field.value) for field in entry.fields}
        yield reference(fields, entry.key)


def _unbraced(value: Any) -> str:
    return " ".join(str(value).replace("{", "").replace("}", "").split())


def reference(fields: dict[str, str], key: str = "") -> Reference:
    """A reference from the fields of BibTeX."""
    return Reference(
        journal=fields.get("journal") or fields.get("journaltitle", ""),
        issns=issns_in(fields.get("issn", "")),
        doi=plain_doi(fields.get("doi", "")),
        title=fields.get("title", ""),
        year=fields.get("year") or fields.get("date", "")[:4],
        key=Path(fields["file"].split(":")[1] if ":" in fields["file"] else fields["file"]).stem
        if fields.get("file")
        else key,
    )


def _ris(text: str) -> Iterator[Reference]:
    import rispy

    for entry in rispy.loads(text):
        names = ("journal_name", "secondary_title", "alternate_title3", "alternate_title1", "alternate_title2")
        files = entry.get("file_attachments1") or entry.get("file_attachments2") or ""
        yield Reference(
            journal=next((str(entry[name]) for name in names if entry.get(name)), ""),
            issns=issns_in(str(entry.get("issn", ""))),
            doi=plain_doi(str(entry.get("doi", ""))),
            title=str(entry.get("title") or entry.get("primary_title") or ""),
            year=str(entry.get("year", ""))[:4],
            key=Path(files[0] if isinstance(files, list) and files else str(files)).stem or str(entry.get("id", "")),
        )


def plain_doi(text: str) -> str:
    """A DOI without its address, in lower case, or nothing.

    >>> plain_doi("https://doi.org/10.1016/J.JEP.2020.1")
    '10.1016/j.jep.2020.1'
    """
    lower = text.strip().lower()
    at = lower.find("10.")
    return lower[at:] if at >= 0 and "/" in lower[at:] else ""
