"""The report of `tcm eval consult` as one HTML page that needs nothing else: the curve by round, and the figures."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from tcmkit.language import both, current

_WIDTH, _HEIGHT, _LEFT, _TOP = 560, 260, 44, 12
_LINES = (("dimensions", "#0b6e4f"), ("key_points", "#3a6ea5"), ("accuracy", "#b5541c"))


def page(report: Mapping[str, Any]) -> str:
    """The page."""
    title = both("Consultations measured", "问诊评测")
    rows = "".join(_row(name, found) for name, found in _figures(report))
    other = report.get("others")
    curves = [(both("These", "本组"), report["by_round"])]
    curves += [(both("Those of --against", "对照组"), other["by_round"])] if other else []
    plots = "".join(f"<h2>{escape(name)}</h2>{curve(points)}" for name, points in curves if points)
    head = "".join(f"<th>{name}</th>" for name in (both("measure", "指标"), both("mean", "均值"), "95%", "n"))
    return (
        f'<!doctype html>\n<html lang="{"zh-CN" if current() == "zh" else "en"}">\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        "<style>body{font-family:sans-serif;margin:2em auto;max-width:44em;padding:0 1em}"
        "table{border-collapse:collapse}"
        "td,th{padding:3px 10px;text-align:left;border-bottom:1px solid #ddd}svg{max-width:100%;height:auto}"
        "text{font-size:12px;fill:#333}</style>\n"
        f"<h1>{title}</h1>\n<p>{both('Transcripts', '份数')}: {report['transcripts']}</p>\n{plots}\n"
        f"<h2>{both('Figures', '数字')}</h2>\n<table><tr>{head}</tr>{rows}</table>\n</html>\n"
    )


def _figures(report: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    found = [(name, value) for name, value in report.items() if isinstance(value, dict) and "mean" in value]
    compared = both("less those of --against", "减对照组")
    found += [(f"{name}, {compared}", one) for name, one in report.get("against", {}).items() if isinstance(one, dict)]
    for name, one in report.get("judged", {}).items():
        parts = (
            [("", one)] if "mean" in one else [(f", {kind}", {"mean": one[kind]["share"], **one[kind]}) for kind in one]
        )
        found += [(f"{both('judge', '评判')}: {name}{kind}", value) for kind, value in parts]
    return [(name, value) for name, value in found if value["mean"] is not None]


def _row(name: str, found: Mapping[str, Any]) -> str:
    low, high = found["interval_95"]
    count = found.get("of", found.get("count", ""))
    return f"<tr><td>{escape(name)}</td><td>{found['mean']}</td><td>{low} – {high}</td><td>{count}</td></tr>"


def curve(points: Sequence[Mapping[str, Any]]) -> str:
    """Shares from 0 to 1 over the rounds, one line for each measure."""
    last = max(points[-1]["round"], 1)

    def at(number: int, share: float) -> str:
        across = _LEFT + (_WIDTH - _LEFT - 110) * number / last
        return f"{across:.1f},{_TOP + (_HEIGHT - 2 * _TOP - 24) * (1 - share):.1f}"

    drawn = []
    for share in (0.0, 0.5, 0.9, 1.0):
        (left, y), (right, _) = (at(number, share).split(",") for number in (0, last))
        drawn.append(f'<line x1="{left}" y1="{y}" x2="{right}" y2="{y}" stroke="#ddd"/>')
        drawn.append(f'<text x="{_LEFT - 8}" y="{float(y) + 4:.1f}" text-anchor="end">{share:g}</text>')
    for number in range(last + 1):
        drawn.append(f'<text x="{at(number, 0).split(",")[0]}" y="{_HEIGHT - 8}" text-anchor="middle">{number}</text>')
    for name, colour in _LINES:
        known = [(one["round"], one[name]) for one in points if one[name] is not None]
        if known:
            path = " ".join(at(number, share) for number, share in known)
            x, y = at(*known[-1]).split(",")
            drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
            drawn.append(
                f'<text x="{float(x) + 6:.1f}" y="{float(y) + 4:.1f}" style="fill:{colour}">{_named(name)}</text>'
            )
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img">{"".join(drawn)}</svg>'


def _named(name: str) -> str:
    names = {
        "dimensions": both("dimensions", "维度"),
        "key_points": both("key points", "要点"),
        "accuracy": both("accuracy", "证型正确"),
    }
    return names[name]
