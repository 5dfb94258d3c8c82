"""Plots as inline SVG: bars and histograms, in the colours of the page's style."""

from collections.abc import Sequence
from html import escape
from typing import Any

from tcmkit.stats.words import number

_WIDTH = 520
_ROW = 25
_NAME = 184
_VALUE = 92
_TALLEST = 84
"""Of a histogram's columns: below the number of the median."""


def _shortened(name: str, most: int = 12) -> str:
    """A name that fits beside its bar; a Chinese character is as wide as two letters."""
    width = 0
    for place, character in enumerate(name):
        width += 2 if ord(character) > 0x2E7F else 1
        if width > 2 * most:
            return name[:place] + "…"
    return name


Row = tuple[str, Sequence[float], str]
"""A name, the sizes of its bar's parts, and what is written behind it."""


def bars(rows: Sequence[Row], classes: Sequence[str] = ("one",), most: float = 0) -> str:
    """Horizontal bars, each of one or more parts. `most` is the length that fills the row; 0: the longest of them."""
    most = most or max((sum(parts) for _, parts, _ in rows), default=0) or 1
    room = _WIDTH - _NAME - _VALUE
    drawn = []
    for place, (name, parts, said) in enumerate(rows):
        top, left = place * _ROW, float(_NAME)
        drawn.append(
            f'<text x="{_NAME - 10}" y="{top + 16}" text-anchor="end"><title>{escape(name)}</title>'
            f"{escape(_shortened(name))}</text>"
        )
        drawn.append(f'<rect class="faint" x="{_NAME}" y="{top + 5}" width="{room}" height="14" rx="3"/>')
        for part, class_ in zip(parts, classes, strict=False):
            width = part / most * room
            drawn.append(
                f'<rect class="{class_}" x="{left:.1f}" y="{top + 5}" width="{width:.1f}" height="14" rx="2"/>'
            )
            left += width
        drawn.append(f'<text class="soft" x="{_WIDTH}" y="{top + 16}" text-anchor="end">{escape(said)}</text>')
    return _svg(_WIDTH, _ROW * len(rows), drawn)


def histogram(found: dict[str, Any], class_: str = "one") -> str:
    """A histogram of lengths with its median, as `lengths.distribution` gives it."""
    columns = found["histogram"]
    most = max(column["count"] for column in columns) or 1
    width, height, floor = 320, 130, 108
    step = width / len(columns)
    drawn = [
        f'<rect class="{class_}" x="{place * step + 0.5:.1f}" y="{floor - column["count"] / most * _TALLEST:.1f}" '
        f'width="{max(step - 1.5, 0.8):.1f}" height="{column["count"] / most * _TALLEST:.1f}" rx="1.5">'
        f"<title>{column['from']}–{column['to'] - 1}: {number(column['count'])}</title></rect>"
        for place, column in enumerate(columns)
    ]
    reach = columns[-1]["to"]
    middle = min(found["p50"] / reach, 1) * width
    drawn += [
        f'<line class="axis" x1="0" x2="{width}" y1="{floor}.5" y2="{floor}.5"/>',
        f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="8" y2="{floor}" stroke="var(--two)" stroke-dasharray="3 3"/>',
        f'<text class="soft" x="0" y="{height - 5}">{columns[0]["from"]}</text>',
        f'<text class="soft" x="{width}" y="{height - 5}" text-anchor="end">{number(reach)}+</text>',
    ]
    anchor = "start" if middle < width * 0.7 else "end"
    at = middle + (5 if anchor == "start" else -5)
    drawn.append(f'<text class="soft" x="{at:.1f}" y="16" text-anchor="{anchor}">{number(found["p50"])}</text>')
    return _svg(width, height, drawn)


def _svg(width: int, height: int, drawn: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {width} {height}" role="img">{"".join(drawn)}</svg>'
