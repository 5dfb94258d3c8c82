"""The list of target journals: a table with the columns name, aliases, issn, category."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from tcmkit.errors import InputError, UsageError
from tcmkit.language import both
from tcmkit.text.decode import decode

_ISSN = re.compile(r"\d{4}-?\d{3}[\dXx]")
_SEPARATOR = re.compile(r"[;；|、]")


@dataclass(frozen=True)
class Journal:
    """A target journal."""

    name: str
    names: tuple[str, ...]
    """Its name and aliases: other languages, abbreviations, earlier names."""
    issns: frozenset[str]
    category: int | str
    """1 weighs most. A word where the list does not count."""


def issns_in(text: str) -> frozenset[str]:
    """Every ISSN in a text, print and electronic, in the form 1234-567X.

    >>> sorted(issns_in("1001-1668; 22271848"))
    ['1001-1668', '2227-1848']
    """
    found = (match[0].upper().replace("-", "") for match in _ISSN.finditer(text))
    return frozenset(f"{digits[:4]}-{digits[4:]}" for digits in found)


def read_targets(path: str) -> tuple[Journal, ...]:
    """The journals of a CSV file in any Chinese encoding.

    Raises InputError when it cannot be read, UsageError when a column is missing, a line names no journal or no
    category, or two lines have the same name or ISSN.
    """
    try:
        text = decode(Path(path).read_bytes()).text
    except OSError as error:
        raise InputError(both(f"cannot read {path}: {error.strerror}", f"无法读取 {path}：{error.strerror}")) from None
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    columns = {(name or "").strip().lower() for name in rows.fieldnames or ()}
    if not {"name", "category"} <= columns:
        raise UsageError(
            both(
                f"{path}: the first line must name the columns name, category, and if known aliases, issn",
                f"{path}：首行须有列名 name、category，可有 aliases、issn",
            )
        )
    journals = tuple(_journal(path, rows.line_num, _stripped(row)) for row in rows if any(row.values()))
    _check_unique(path, journals)
    return journals


def _stripped(row: dict[str | None, str | list[str] | None]) -> dict[str, str]:
    return {key.strip().lower(): value.strip() for key, value in row.items() if key and isinstance(value, str)}


def _journal(path: str, line: int, row: dict[str, str]) -> Journal:
    name, category = row.get("name", ""), row.get("category", "")
    if not name or not category:
        raise UsageError(both(f"{path}:{line}: no name or no category", f"{path}:{line}：缺少刊名或类别"))
    aliases = [part.strip() for part in _SEPARATOR.split(row.get("aliases", "")) if part.strip()]
    weight: int | str = int(category) if category.isdigit() else category
    return Journal(name, (name, *aliases), issns_in(row.get("issn", "")), weight)


def _check_unique(path: str, journals: tuple[Journal, ...]) -> None:
    seen: dict[str, str] = {}
    for journal in journals:
        for key in {journal.name, *journal.issns}:
            if key in seen:
                raise UsageError(both(f"{path}: {key} stands there twice", f"{path}：{key} 出现了两次"))
            seen[key] = journal.name
