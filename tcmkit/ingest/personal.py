"""Personal data in the fields beside a text: by the name of a field, and by what the others say."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tcmkit.ingest.read import Passage
from tcmkit.records import Record
from tcmkit.text import personal_fields, pii
from tcmkit.text.normalise import half_width
from tcmkit.text.personal_fields import Path, PersonalField

_CLEANED_LATER = ("question", "answer")
"""They are masked as the text is, once they are cleaned."""
_NO_WORDS = ("id", "source", "meta", "url", "doi", "path")
"""Fields that say where a record comes from: numbers in them are no telephone's."""

_HEADINGS = ("title", "section")


class Fields:
    """The personal data of one line or row, found before its fields are renamed."""

    def __init__(self, record: Record, counts: Counter[str]) -> None:
        """`counts` is told of each finding by its kind."""
        self._counts = counts
        self._found = personal_fields.find(record)
        self._said = personal_fields.spoken(self._found)
        counts.update(field.kind for field in self._found)
        self.identify = bool(self._found)
        """Whether the fields identify somebody; known in full after `hide_in`."""

    def hidden(self, record: Record, field_map: Mapping[str, str]) -> Record:
        """The record with a placeholder in each field found; one that was to be the id is left out, for ids differ."""
        if not self._found:
            return record
        hidden: Record = _replaced((), record, {field.path: field for field in self._found})
        for field in self._found:
            if field.path == (field_map.get("id"),):
                del hidden[field_map["id"]]
        return hidden

    def hide_in(self, passage: Passage) -> None:
        """Mask in the passage what the fields say, and in further fields what the rules find."""
        if passage.text:
            passage.text = self._without_said(passage.text)
        passage.source = self._masked(passage.source, by_rules=False)
        passage.meta = self._masked(passage.meta, by_rules=False)
        for name, value in passage.fields.items():
            if name not in _NO_WORDS:
                passage.fields[name] = self._masked(value, by_rules=name not in _CLEANED_LATER)

    def _masked(self, value: Any, by_rules: bool) -> Any:
        if isinstance(value, str):
            text = self._without_said(value)
            return self._by_rules(text) if by_rules else text
        if isinstance(value, list):
            return [self._masked(item, by_rules) for item in value]
        if isinstance(value, dict):
            return {key: item if key in _NO_WORDS else self._masked(item, by_rules) for key, item in value.items()}
        return value

    def _without_said(self, text: str) -> str:
        return self._mask(text, personal_fields.places(text, self._said))

    def _by_rules(self, text: str) -> str:
        is_address_of_a_page = "://" in text and not any(map(str.isspace, text))
        return text if is_address_of_a_page else self._mask(text, pii.find(half_width(text)))

    def _mask(self, text: str, found: list[pii.Personal]) -> str:
        if not found:
            return text
        self.identify = True
        self._counts.update(item.kind for item in found)
        return pii.mask(text, found)


def hide_in_headings(passage: Passage, counts: Counter[str], *, keep: bool) -> None:
    """Mask, unless they are kept, and count the personal data in a title and the headings over a text."""
    for name in _HEADINGS:
        value = passage.source.get(name)
        found = pii.find(half_width(value)) if isinstance(value, str) else []
        if value and found:
            passage.personal = True
            counts.update(item.kind for item in found)
            passage.source[name] = value if keep else pii.mask(value, found)


def _replaced(path: Path, value: Any, found: Mapping[Path, PersonalField]) -> Any:
    """A copy of the value with a placeholder at each place found."""
    if path in found:
        return f"[{found[path].kind}]"
    if isinstance(value, dict):
        return {key: _replaced((*path, key), item, found) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced((*path, number), item, found) for number, item in enumerate(value)]
    return value
