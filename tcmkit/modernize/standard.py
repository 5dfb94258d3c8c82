"""Characters and punctuation in their standard form, with every change kept so that it can be undone."""

from collections.abc import Sequence
from functools import cache

from tcmkit.records import Change
from tcmkit.tables import table
from tcmkit.text import script


def standard(text: str) -> tuple[str, list[Change]]:
    """The text in standard characters and marks, of the same length, and what was changed.

    >>> standard("頭痛｡")
    ('头痛。', [{'start': 0, 'end': 1, 'was': '頭'}, {'start': 2, 'end': 3, 'was': '｡'}])
    """
    made = _with_full_width_marks(_characters(text))
    changes: list[Change] = []
    for place, (before, after) in enumerate(zip(text, made, strict=True)):
        if before == after:
            continue
        if changes and changes[-1]["end"] == place:
            changes[-1]["end"] += 1
            changes[-1]["was"] += before
        else:
            changes.append({"start": place, "end": place + 1, "was": before})
    return made, changes


def restore(text: str, changes: Sequence[Change]) -> str:
    """The text as it was before `standard`."""
    parts: list[str] = []
    end = 0
    for change in changes:
        parts += [text[end : change["start"]], change["was"]]
        end = change["end"]
    return "".join([*parts, text[end:]])


@cache
def _marks_and_variants() -> dict[int, str]:
    rows = table("standard_characters")
    return {ord(form): plain for form, plain in (rows["variants"] | rows["marks"]).items()}


def _characters(text: str) -> str:
    """Simplified by OpenCC's phrases where they keep the length (乾坤 is not 干坤), else character by character."""
    keep = table("standard_characters")["keep"]
    by_phrase = script.simplified(text) if text.isprintable() else ""
    simple = by_phrase if len(by_phrase) == len(text) else script.simplified_in_place(text)
    kept = "".join(before if before in keep else after for before, after in zip(text, simple, strict=True))
    return kept.translate(_marks_and_variants())


def _with_full_width_marks(text: str) -> str:
    between: dict[str, str] = table("standard_characters")["between"]
    if between.keys().isdisjoint(text):
        return text
    made = list(text)
    for place in range(1, len(text)):
        if text[place] in between and "\u3400" <= text[place - 1] <= "\u9fff":
            made[place] = between[text[place]]
    return "".join(made)
