"""Which words of a record are screened: every text in it, wherever it stands."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tcmkit.errors import RecordError
from tcmkit.language import both
from tcmkit.records import Record

_NOT_PROSE = frozenset({"id", "source", "meta", "evidence", "screen", "review", "dropped"})
"""Fields that say where a record comes from, not what it says: a book's author is no patient."""
_CODED = frozenset({"by", "category", "dimension", "engine", "kind", "polarity", "role", "style"})
"""Fields of our records that hold a code, wherever they stand: a model is not paid to judge the word `assistant`."""
_CODE = re.compile(r"[\w:./+-]*", re.ASCII)


class Text(NamedTuple):
    """One text of the record; `field` is the way to it: `messages.1.content`."""

    field: str
    text: str


def texts_of(record: Record) -> list[Text]:
    """The texts of a record in order, each once: one that another holds whole is left out.

    Raises RecordError `no_text`.
    """
    found = [
        text for key, value in record.items() if key not in _NOT_PROSE for text in _inside(str(key), value) if text.text
    ]
    if not found:
        raise RecordError("no_text", both("no field holds text", "没有字段含有文本"))
    kept: list[Text] = []
    for text in sorted(found, key=lambda item: -len(item.text)):
        if not any(text.text in other.text for other in kept):
            kept.append(text)
    return [text for text in found if text in kept]


def _inside(field: str, value: Any) -> Iterator[Text]:
    if isinstance(value, str):
        if not (field.rpartition(".")[2] in _CODED and _CODE.fullmatch(value)):
            yield Text(field, value)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _inside(f"{field}.{number}", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _inside(f"{field}.{key}", item)
