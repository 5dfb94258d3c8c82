"""The report as one page of HTML that needs nothing else: style and plots stand in it."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from tcmkit import __version__
from tcmkit.language import both, current
from tcmkit.stats.lengths import QUANTILES
from tcmkit.stats.parts import QUESTIONS, TYPES
from tcmkit.stats.plots import bars, histogram
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

_CODE = re.compile(r"`(\w+)`")


def page(report: Report, top: int) -> str:
    """The whole page."""
    style = files("tcmkit").joinpath("stats", "page.css").read_text(encoding="utf-8")
    title = both("What is in the data", "数据概览")
    body = "\n".join(part for part in _parts(report, top) if part)
    language = "zh-CN" if current() == "zh" else "en"
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{title}</h1>\n<p>{_in_one_line(report)}</p>\n{body}\n"
        f"<footer><p>{_with_code(domain_rule())}</p><p>tcmkit {__version__}</p></footer>\n</main>\n</body>\n</html>\n"
    )


def _with_code(text: str) -> str:
    """A sentence whose `names` are shown as such."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _in_one_line(report: Report) -> str:
    kinds = [f"{number(found['records'])} {type_name(name)}" for name, found in report["types"].items()]
    return both(" · ", " · ").join(kinds)


def _parts(report: Report, top: int) -> Iterable[str]:
    yield _figures(report)
    yield _section(both("Chinese medicine and general", "中医与一般医学"), _holdings(report))
    yield _section(both("Length in characters", "长度（字符）"), _lengths(report["lengths"]))
    if report["tokens_per_text"]:
        yield _section(both("Length in tokens", "长度（词元）"), _lengths(report["tokens_per_text"]))
    pair = [_section(both("Departments", "科室"), _departments(report))] if report["departments"] else []
    if report["kinds"]:
        kinds = _shares(list(report["kinds"].items())[:top], sum(report["kinds"].values()))
        pair.append(_section(both("Kinds of question", "问题类别"), kinds))
    yield f'<div class="columns">{"".join(pair)}</div>'
    if report["dimensions"]:
        yield _section(both("Dimensions of the Ten Questions in the cases", "病案的十问维度"), _dimensions(report))
    yield _section(both("Sources", "来源"), _sources(report, top))


def _section(title: str, inside: str) -> str:
    return f"<section><h2>{title}</h2>{inside}</section>"


def _figures(report: Report) -> str:
    questions = sum(found["records"] for name, found in report["types"].items() if name in QUESTIONS)
    shown = [
        (number(report["records"]), both("lines", "行")),
        (number(report["characters"]), both("characters", "字符")),
        *([(number(report["tokens"]), both("tokens", "词元"))] if "tokens" in report else []),
        *([(number(questions), both("questions", "问题"))] if questions else []),
        (number(len(report["sources"])), both("sources", "来源")),
        (duplicates_note(report["duplicates"]), both("duplicates", "重复")),
    ]
    cards = (f'<div class="figure"><b>{value}</b><span>{name}</span></div>' for value, name in shown)
    return f'<div class="figures">{"".join(cards)}</div>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], total: Sequence[str] | None = None) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    end = '<tr class="sum">' + "".join(f"<td>{escape(cell)}</td>" for cell in total) + "</tr>" if total else ""
    return f"<table><tr>{head}</tr>{body}{end}</table>"


def _holdings(report: Report) -> str:
    measures = ["records", "characters", *(["tokens"] if "tokens" in report else [])]
    names = {"records": both("lines", "行"), "characters": both("characters", "字符"), "tokens": both("tokens", "词元")}
    domains = list(report["domains"])
    heads = [""] + [f"{domain_name(d)}: {names[m]}" for d in domains for m in measures]
    rows = [
        [type_name(t), *(_cell(report["domains"][d]["types"].get(t, {}).get(m, 0)) for d in domains for m in measures)]
        for t in TYPES
        if t in report["types"]
    ]
    total = [both("all", "合计"), *(_cell(report["domains"][d][m]) for d in domains for m in measures)]
    return _table(heads, rows, total)


def _cell(count: int) -> str:
    return number(count) if count else "–"


def _lengths(lengths: Report) -> str:
    plots = "".join(
        f"<div><h3>{role_name(role)}</h3><p>{both('mean', '平均')} {number(found['mean'])}, "
        f"p5–p95 {number(found['p5'])}–{number(found['p95'])}</p>{histogram(found)}</div>"
        for role, found in lengths.items()
    )
    heads = ["", both("count", "数量"), both("mean", "平均"), "min", *(f"p{q}" for q in QUANTILES), "max"]
    names = ("count", "mean", "min", *(f"p{q}" for q in QUANTILES), "max")
    rows = [[role_name(role), *(number(found[name]) for name in names)] for role, found in lengths.items()]
    return f'<div class="plots">{plots}</div>{_table(heads, rows)}'


def _departments(report: Report) -> str:
    """Lines in which no word speaks for a department would dwarf the others: they stand in words."""
    told = [(named(row), row["records"]) for row in report["departments"] if row["id"]]
    untold = number(report["records"] - sum(count for _, count in told))
    share = percent(1 - sum(count for _, count in told) / report["records"])
    says = both(f"{untold} lines ({share}) speak for none.", f"另有 {untold} 行（{share}）未见科室词。")
    return f"<p>{says}</p>{_shares(told, report['records'])}"


def _shares(rows: Sequence[tuple[str, int]], total: int) -> str:
    return bars([(name, [count], f"{number(count)} · {percent(count / total)}") for name, count in rows])


def _dimensions(report: Report) -> str:
    names = (both("present", "有"), both("absent (denied)", "无（否认）"), both("uncertain", "存疑"))
    marks = zip(("one", "two", "three"), names, strict=True)
    legend = "".join(f'<span><i style="background:var(--{mark})"></i>{name}</span>' for mark, name in marks)
    rows = [(named(row), _mix(row), percent(row["share"])) for row in report["dimensions"]]
    half = (len(rows) + 1) // 2
    plots = "".join(f"<div>{bars(part, ('one', 'two', 'three'), 1)}</div>" for part in (rows[:half], rows[half:]))
    says = both(
        "A bar is the share of cases with a finding; its colours, how the findings stand.",
        "条长为有所见的病案占比；颜色为所见的有无。",
    )
    return f'<p>{says}</p><div class="legend">{legend}</div><div class="columns">{plots}</div>'


def _mix(row: Report) -> list[float]:
    """The share of cases, parted as the findings are."""
    counts = [row[name] for name in ("present", "absent", "uncertain")]
    return [row["share"] * count / (sum(counts) or 1) for count in counts]


def _sources(report: Report, top: int) -> str:
    heads, names = source_columns(report)
    shown, rest = report["sources"][:top], report["sources"][top:]
    rows = [[source_name(row["name"]), *(_cell(row[name]) for name in names)] for row in shown]
    if rest:
        more = both(f"{number(len(rest))} more", f"其余 {number(len(rest))} 个")
        rows.append([more, *(_cell(sum(row[name] for row in rest)) for name in names)])
    return _table(heads, rows)
