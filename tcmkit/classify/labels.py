"""Labels: the one that a record comes with, the ones to choose from."""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tcmkit.errors import InputError, RecordError, UsageError
from tcmkit.language import both
from tcmkit.records import Record
from tcmkit.tables import table

from .diseases import diseases
from .names import bare, canonical, tcm_sd

LABEL_FIELDS = ("norm_syndrome", "label", "syndrome")
"""Where a record's own label is looked for: TCM-SD's normalised one before the raw one."""
_BETWEEN = re.compile(r"[,，;；、\n]+")
_LETTER = re.compile(r"^\s*[A-Za-z]\s*[:：.、．]\s*")


def is_prediction(record: Record) -> bool:
    """Whether `tcm classify` wrote the record: its `syndrome` is then no label."""
    return "candidates" in record and "abstained" in record


def label_of(record: Record, field: str = "") -> str:
    """The label of a record as a canonical name; "" when it has none.

    Raises RecordError `bad_field` when the label is no string.
    """
    names = (field,) if field else LABEL_FIELDS
    for name in names:
        value = record.get(name)
        if value is None or (name == "syndrome" and is_prediction(record)):
            continue
        if not isinstance(value, str):
            raise RecordError("bad_field", name)
        if value.strip():
            return canonical(value)
    return ""


@lru_cache(maxsize=8)
def label_set(labels: str) -> tuple[str, ...]:
    """The canonical names that `tcmsd`, `all` or a file stands for.

    Raises InputError for a file that cannot be read, UsageError for one without names.
    """
    if labels == "tcmsd":
        return tcm_sd()
    if labels == "all":
        return all_names()
    try:
        lines = Path(labels).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        what = both("labels: give tcmsd, all or a file of names", "标签：请给 tcmsd、all 或名称文件")
        raise InputError(f"{labels}: {what}") from error
    names = tuple(dict.fromkeys(filter(None, map(canonical, lines))))
    if not names:
        raise UsageError(both(f"{labels} holds no names", f"{labels} 中没有名称"))
    return names


@lru_cache(maxsize=1)
def all_names() -> tuple[str, ...]:
    """Every syndrome that a table knows: TCM-SD's first, then the national terminology's and the diseases'."""
    known = [*tcm_sd(), *(row["name"] for row in table("syndromes")["syndromes"])]
    known += table("syndrome_profiles")["profiles"]
    for disease in diseases():
        for group in ("common", "possible", "rare"):
            known += disease[group].split()
    return tuple(dict.fromkeys(map(canonical, known)))


def among(record: Record, choice: str) -> dict[str, str]:
    """The candidates of a record: canonical name to the name as written.

    `choice` is a field of the record (a list, or names joined by ; , 、, each perhaps with its letter), or a list.
    Raises RecordError `no_candidates`.
    """
    listed = len(_BETWEEN.split(choice)) > 1
    value: Any = choice if listed else record.get(choice)
    if isinstance(value, str):
        value = _BETWEEN.split(value)
    if isinstance(value, Mapping):
        value = list(value.values())
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise RecordError("no_candidates", choice if not listed else "")
    written = [_LETTER.sub("", one).strip() for one in value]
    names = {canonical(one): one for one in written if one}
    if not names:
        raise RecordError("no_candidates", choice if not listed else "")
    return names


def leaks(label: str, text: str) -> bool:
    """Whether the text names the label itself: a classifier would only have to read it.

    >>> leaks("气虚血瘀证", "辨证属气虚血瘀，治以益气活血"), leaks("肾虚证", "肾阳不足")
    (True, False)
    """
    name = bare(label)
    return len(name) > 1 and name in text


def leak_remark(count: int) -> str:
    """The warning about texts that name their own label."""
    return both(
        f"{count} records name their own label in the text: remove it, or figures will be too good",
        f"{count} 条记录的正文中写有自己的标签：请删去，否则成绩会虚高",
    )
