"""PDF text page by page."""

import io
import logging
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from tcmkit.errors import RecordError
from tcmkit.ingest.books import unwrap
from tcmkit.language import both

_HAN = r"[\u3400-\u9fff，。、；：？！（）“”《》]"
# Justified lines come out with blanks between the characters.
_STRETCHED = re.compile(rf"(?<={_HAN}) +(?={_HAN})")
_PAGE_NUMBER = re.compile(r"^[\s\-—–·第]*(?:\d{1,4}|[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩIVXivx]{1,6})[\s\-—–·页]*$")
_EDGE = 3
"""A running title stands in the first or last so many lines of a page."""


class Page(NamedTuple):
    """Text of one page; pages count from 1."""

    number: int
    text: str


def read_pages(data: bytes) -> tuple[str, list[Page]]:
    """Title and pages of a PDF; pages without text are left out, running titles and page numbers taken off.

    Raises RecordError: `broken_pdf`, `encrypted_pdf`, or `no_text_layer` for a scan.
    """
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its complaints would stand among our messages
    try:
        reader = PdfReader(io.BytesIO(data))
        title = (reader.metadata.title if reader.metadata else None) or ""
        raw = [_sound(page.extract_text()) for page in reader.pages]
    except (FileNotDecryptedError, DependencyError):
        raise RecordError("encrypted_pdf", both("take its password off first", "请先去掉密码")) from None
    except Exception as error:  # a damaged file can fail anywhere in the library
        raise RecordError("broken_pdf", type(error).__name__) from None
    pages = list(_clean_pages(raw))
    if not pages:
        raise RecordError("no_text_layer", both("a scan? recognise its text first", "是扫描件？请先识别文字"))
    return _sound(str(title)).strip(), pages


def _sound(text: str) -> str:
    """Surrogates in pairs as the character they stand for, lone ones replaced."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _clean_pages(raw: list[str]) -> Iterator[Page]:
    split = [[line.strip() for line in text.splitlines() if line.strip()] for text in raw]
    running = _running_titles(split)
    for number, lines in enumerate(split, 1):
        body = [line for line in lines if line not in running and not _PAGE_NUMBER.match(line)]
        text = unwrap(_STRETCHED.sub("", "\n".join(body)))
        if text:
            yield Page(number, text)


def _running_titles(pages: list[list[str]]) -> set[str]:
    """Lines that stand at the edge of more than a third of at least four pages."""
    if len(pages) < 4:
        return set()
    counts = Counter(line for lines in pages for line in {*lines[:_EDGE], *lines[-_EDGE:]})
    return {line for line, count in counts.items() if count > len(pages) / 3}
