"""The step of `tcm decontaminate`."""

from collections.abc import Iterator, Mapping
from typing import Any

from tcmkit.decontaminate.index import Index
from tcmkit.decontaminate.items import read_items
from tcmkit.decontaminate.match import Match, View, match, match_whole
from tcmkit.decontaminate.settings import Settings
from tcmkit.errors import RecordError
from tcmkit.language import both
from tcmkit.records import Drop, Record

_FIRST = ("question", "Question", "options", "option", "choices", "answer")
"""A question, its options and its answer stand side by side, whatever the order of the fields."""
_NO_TEXT = frozenset(("id", "source", "licence", "license", "meta", "evidence", "role", "from", "kind", "judge", "url"))
_OPTIONS = ("options", "option", "choices")
_LETTERED = ("A", "B", "C")


def strings_of(value: Any) -> Iterator[str]:
    """Every string of a record that a model would learn from, depth first."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name in (*(name for name in _FIRST if name in value), *(name for name in value if name not in _FIRST)):
            if name not in _NO_TEXT:
                yield from strings_of(value[name])
    elif isinstance(value, list):
        for part in value:
            yield from strings_of(part)


class Decontaminator:
    """Drops a record that holds an evaluation item: `eval_exact` or `eval_overlap`, the detail naming the item.

    After the practice of the GPT-3 report (Brown et al., 2020, appendix C: training text that overlaps a benchmark is
    removed), made safe for Chinese examination questions, which are often shorter than its 13-grams and share their
    stems: see `match`.
    """

    def __init__(self, settings: Settings) -> None:
        self._index = Index(read_items(settings.against))

    def __call__(self, record: Record) -> list[Record] | Drop:
        """The record as it is, or a Drop. Raises RecordError("no_text") when there is no string to compare."""
        view = View(strings_of(record), _has_options(record))
        if not view.text.strip():
            raise RecordError("no_text", both("no string field to compare", "没有可比较的字符串字段"))
        found = self._find(view)
        if found is None:
            return [record]
        name, how = found
        detail = f"{name}; options {how.options}" + ("" if how.exact else f", edits {how.edits}")
        return Drop("eval_exact" if how.exact else "eval_overlap", detail)

    def _find(self, view: View) -> tuple[str, Match] | None:
        """The item that the record holds, an exact one before any other."""
        items = self._index.items
        loose: tuple[str, Match] | None = None
        for number, places in sorted(self._index.places(view.text).items()):
            how = match(items[number], places, view)
            if how and how.exact:
                return items[number].name, how
            loose = loose or (how and (items[number].name, how))
        for whole in sorted(view.wholes & self._index.by_stem.keys()):
            for number in self._index.by_stem[whole]:
                how = match_whole(items[number], view)
                if how:
                    return items[number].name, how
        return loose


def _has_options(record: Record) -> bool:
    if any(isinstance(record.get(name), dict | list) and len(record[name]) > 1 for name in _OPTIONS):
        return True
    return all(name in record for name in _LETTERED)
