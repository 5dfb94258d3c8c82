"""The report as tables for a terminal."""

import io
import shutil
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from tcmkit.language import both
from tcmkit.stats.lengths import QUANTILES
from tcmkit.stats.parts import TYPES
from tcmkit.stats.report import Report
from tcmkit.stats.words import (
    domain_name,
    domain_rule,
    duplicates_note,
    named,
    number,
    percent,
    role_name,
    source_columns,
    source_name,
    type_name,
)


def terminal_table(report: Report, top: int) -> str:
    """Tables as wide as the terminal, or 100 columns where there is none."""
    out = io.StringIO()
    width = shutil.get_terminal_size((100, 24)).columns
    console = Console(file=out, width=width, highlight=False, no_color=True, force_terminal=False)
    for table in _tables(report, top):
        if table.row_count:
            console.print(table)
    console.print(both("duplicates: ", "重复：") + duplicates_note(report["duplicates"]))
    console.print(domain_rule(), style="dim")
    return out.getvalue()


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table whose first column is text and the others numbers."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left", no_wrap=bool(place))
    for row in rows:
        table.add_row(*row)
    return table


def _tables(report: Report, top: int) -> Iterable[Table]:
    tokens = [both("tokens", "词元")] if "tokens" in report else []
    measures = ["records", "characters", *(["tokens"] if tokens else [])]
    heads = [both("lines", "行"), both("characters", "字符"), *tokens]
    rows = [
        [f"{domain_name(domain)} · {type_name(type_)}", *(number(found["types"][type_][m]) for m in measures)]
        for domain, found in report["domains"].items()
        for type_ in TYPES
        if type_ in found["types"]
    ]
    total = [both("all", "合计"), *(number(report[measure]) for measure in measures if measure in report)]
    yield _table(both("What it holds", "构成"), ["", *heads], [*rows, total])
    yield _lengths(both("Lengths in characters", "长度（字符）"), report["lengths"])
    if report["tokens_per_text"]:
        yield _lengths(both("Lengths in tokens", "长度（词元）"), report["tokens_per_text"])
    yield _sources(report, top)
    yield _shares(both("Departments", "科室"), [(named(row), row["records"]) for row in report["departments"]])
    if report["kinds"]:
        yield _shares(both("Kinds of question", "问题类别"), list(report["kinds"].items()))
    if report["dimensions"]:
        heads = ["", both("cases", "病案"), both("share", "占比"), both("present", "有"), both("absent", "无"), "?"]
        rows = [
            [
                named(row),
                number(row["cases"]),
                percent(row["share"]),
                *(number(row[n]) for n in ("present", "absent", "uncertain")),
            ]
            for row in report["dimensions"]
        ]
        yield _table(both("Dimensions of the Ten Questions", "十问维度"), heads, rows)


def _lengths(title: str, lengths: Report) -> Table:
    heads = ["", both("count", "数量"), both("mean", "平均"), "min", *(f"p{q}" for q in QUANTILES), "max"]
    rows = [
        [
            role_name(role),
            *(number(found[name]) for name in ("count", "mean", "min", *(f"p{q}" for q in QUANTILES), "max")),
        ]
        for role, found in lengths.items()
    ]
    return _table(title, heads, rows)


def _sources(report: Report, top: int) -> Table:
    shown, rest = report["sources"][:top], len(report["sources"]) - top
    title = both("Sources", "来源") + (
        both(f" (the largest {top}; {rest} more)", f"（最大的 {top} 个；另有 {rest} 个）") if rest > 0 else ""
    )
    heads, names = source_columns(report)
    return _table(title, heads, [[source_name(row["name"]), *(number(row[n]) for n in names)] for row in shown])


def _shares(title: str, rows: Sequence[tuple[str, int]]) -> Table:
    total = sum(count for _, count in rows) or 1
    bars = [[name, number(count), percent(count / total)] for name, count in rows]
    return _table(title, ["", both("lines", "行"), both("share", "占比")], bars)
