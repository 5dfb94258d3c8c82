"""The report of `tcm eval syndrome` as one HTML page that needs nothing else: figures, confusion plot, classes."""

from html import escape
from typing import Any

from tcmkit.evaluate.page import document, section, table

_CELL, _LEFT, _SHOWN = 16, 110, 25
_FIGURES = ("records", "accuracy", "top3", "weighted_precision", "weighted_recall", "weighted_f1", "macro_f1", "ece")


def page(report: dict[str, Any]) -> str:
    """The page."""
    columns = ("syndrome", "support", "predicted", "precision", "recall", "f1")
    return document(
        "tcm eval syndrome",
        table(("", ""), ((name, report[name]) for name in _FIGURES)),
        section("Confusions", _plot(report)),
        section("Classes", table(columns, ([row[name] for name in columns] for row in report["classes"]))),
    )


def _plot(report: dict[str, Any]) -> str:
    """Label (row) against prediction (column), the commonest classes; darker is more, right ones green."""
    names = [row["syndrome"] for row in report["classes"]][:_SHOWN]
    right = {row["syndrome"]: round(row["recall"] * row["support"]) for row in report["classes"]}
    counts = {(name, name): right[name] for name in names}
    counts |= {(row["label"], row["predicted"]): row["count"] for row in report["confusions"]}
    most = max([1, *counts.values()])
    side = _LEFT + _CELL * len(names)
    marks = []
    for y, label in enumerate(names):
        at = _LEFT + y * _CELL
        marks.append(f'<text x="2" y="{at + 12}">{escape(label)}</text>')
        marks.append(f'<text transform="translate({at + 12},{_LEFT - 4}) rotate(-90)">{escape(label)}</text>')
        for x, made in enumerate(names):
            count = counts.get((label, made), 0)
            colour = "green" if x == y else "crimson"
            if count:
                marks.append(
                    f'<rect x="{_LEFT + x * _CELL}" y="{at}" width="{_CELL}" height="{_CELL}" fill="{colour}" '
                    f'fill-opacity="{max(0.15, count / most):.2f}"><title>{escape(label)} → {escape(made)}: {count}'
                    "</title></rect>"
                )
    return f'<svg width="{side}" height="{side}" xmlns="http://www.w3.org/2000/svg">{"".join(marks)}</svg>'
