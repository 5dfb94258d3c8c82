"""What a PDF itself says of where it appeared: its DOI, its title, the head of its first page. No network."""

import io
import logging
import re
from typing import NamedTuple

from tcmkit.literature.references import plain_doi

_DOI = re.compile(r"10\.\d{4,9}/[^\s\"'<>，。；、（）]+", re.IGNORECASE)
_TRAILING = ".,;:)]}"
_LABELLED = re.compile(
    r"doi\s*[:：]?\s*(?:https?://(?:dx\.)?doi\.org/)?\s*(10\.\d{4,9}/[^\s\"'<>，。；、（）]+)", re.IGNORECASE
)
_HEAD_LINES = 12
_PAGES = 2


class Found(NamedTuple):
    """What stands in the file."""

    doi: str
    title: str
    head: tuple[str, ...]
    """First lines of the first page, where journals print their name."""
    text: str
    """The first two pages."""


def look_into(data: bytes) -> Found:
    """DOI, title and head of a PDF; all empty for one that cannot be read."""
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data))
        values = {str(key).lower(): str(value) for key, value in (reader.metadata or {}).items()}
        texts = [page.extract_text() for page in reader.pages[:_PAGES]]
    except Exception:  # a damaged file fails anywhere in the library; ingest itself rejects it with a reason
        return Found("", "", (), "")
    lines = [line.strip() for line in (texts[0] if texts else "").splitlines() if line.strip()]
    text = "\n".join(texts)
    return Found(_doi(values, text), values.get("/title", ""), tuple(lines[:_HEAD_LINES]), text)


def _doi(metadata: dict[str, str], text: str) -> str:
    """The paper's own DOI: from the metadata, else the first that is labelled so, else the only one on the pages.

    The first pages may cite other papers, so among several unlabelled ones none is taken.
    """
    for name in ("/doi", "/wps-articledoi", "/identifier", "/prism:doi", "/crossmarkdoi", "/subject", "/keywords"):
        if match := _DOI.search(metadata.get(name, "")):
            return _trimmed(match[0])
    if match := _LABELLED.search(text):
        return _trimmed(match[1])
    others = {_trimmed(match[0]) for match in _DOI.finditer(text)}
    return others.pop() if len(others) == 1 else ""


def _trimmed(doi: str) -> str:
    return plain_doi(doi.rstrip(_TRAILING))
