"""What the pages of `tcm eval` are made of: one HTML file that needs nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from tcmkit.language import both, current

_STYLE = (
    "body{font-family:sans-serif;margin:2em auto;max-width:60em;padding:0 1em}table{border-collapse:collapse}"
    "td,th{padding:3px 10px;text-align:left;border-bottom:1px solid #ddd}text{font-size:11px}"
    "svg{max-width:100%}.bar{display:inline-block;height:.8em;background:#0b6e4f}"
)
_BAR = 160


def document(title: str, *parts: str) -> str:
    """The page of that title."""
    language = "zh-CN" if current() == "zh" else "en"
    return (
        f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n<h1>{escape(title)}</h1>\n{chr(10).join(filter(None, parts))}\n</html>\n"
    )


def section(title: str, inside: str) -> str:
    """A heading and what stands below it; nothing where there is nothing."""
    return f"<h2>{escape(title)}</h2>{inside}" if inside else ""


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table, nothing where it has no rows. Cells are texts, numbers, or HTML made by `bar`."""
    body = "".join("<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    return f"<table><tr>{head}</tr>{body}</table>" if body else ""


class Markup(str):
    """A cell that is HTML already."""

    __slots__ = ()


def bar(share: float | None) -> Markup:
    """A share from 0 to 1, drawn."""
    width = round(_BAR * min(1.0, max(0.0, share or 0.0)))
    return Markup(f'<span class="bar" style="width:{width}px"></span>')


def interval(found: Sequence[float] | None) -> str:
    """An interval in words.

    >>> interval([0.25, 0.5])
    '0.25 – 0.5'
    """
    return f"{found[0]:g} – {found[1]:g}" if found else ""


def shares(name: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    """A table of names with questions, right ones, accuracy and interval."""
    columns = (name, both("questions", "题数"), both("right", "答对"), both("accuracy", "正确率"), "95%", "")
    return table(
        columns,
        (
            (key, one["questions"], one["right"], one["accuracy"], interval(one["interval_95"]), bar(one["accuracy"]))
            for key, one in rows.items()
        ),
    )


def _cell(value: Any) -> str:
    return value if isinstance(value, Markup) else "" if value is None else escape(str(value))
