"""The curves of a run: which figures belong together, as PNG and as one page of HTML that needs nothing else."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from tcmkit.language import both, current

Points = list[tuple[float, float]]
Panel = tuple[str, dict[str, Points]]

_WIDTH, _HEIGHT, _LEFT, _ROOM = 760, 240, 64, 252
_COLOURS = (
    "#0b6e4f",
    "#b5541c",
    "#3a6ea5",
    "#8a6d00",
    "#7a3b8f",
    "#555555",
    "#c2185b",
    "#00838f",
    "#7cb342",
    "#37474f",
)
_TOGETHER = (
    (("loss", "损失"), ("loss",)),
    (("preferences", "偏好"), ("rewards/accuracies", "rewards/margins")),
    (("reward", "奖励"), ("reward", "reward_std")),
    (("rewards apart", "各项奖励"), ("rewards/*/mean",)),
    (("groups without signal", "无信号的组"), ("no_signal", "rewards/*/no_signal")),
    (("KL", "KL"), ("kl",)),
    (("length of answers", "回答长度"), ("completions/mean_length",)),
    (("learning rate", "学习率"), ("learning_rate",)),
    (("norm of the gradient", "梯度范数"), ("grad_norm",)),
    (("tokens a second", "每秒词元"), ("tokens_per_second",)),
)


def read(path: Path) -> list[dict[str, Any]]:
    """The lines of metrics.jsonl."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def panels(metrics: Sequence[Mapping[str, Any]]) -> list[Panel]:
    """Titles with the curves below each, of what the metrics hold. A curve of one point is none."""
    found: list[Panel] = []
    names = list(dict.fromkeys(name for line in metrics for name in line))
    for title, wanted in _TOGETHER:
        curves: dict[str, Points] = {}
        for name in names:
            if any(_belongs(name, pattern) for pattern in wanted):
                points = [(float(line["step"]), float(line[name])) for line in metrics if name in line]
                if len(points) > 1:
                    curves[name] = points
        if curves:
            found.append((both(*title), curves))
    return found


def _belongs(name: str, pattern: str) -> bool:
    before, star, after = pattern.partition("*")
    return name.startswith(before) and name.endswith(after) if star else name == pattern


def write_png(metrics: Sequence[Mapping[str, Any]], path: Path) -> bool:
    """All panels in one picture, if there are any. Its words are English: a font with Chinese may not be there."""
    from matplotlib.figure import Figure

    shown = panels(metrics)
    if not shown:
        return False
    figure = Figure(figsize=(8, 2.6 * len(shown)), layout="constrained")
    for axes, (_, curves) in zip(figure.subplots(len(shown), squeeze=False)[:, 0], shown, strict=True):
        for name, points in curves.items():
            axes.plot(*zip(*points, strict=True), label=name, linewidth=1.5)
        axes.legend(loc="best", fontsize=8, frameon=False)
        axes.grid(alpha=0.3)
    axes.set_xlabel("step")
    figure.savefig(path, dpi=110)
    return True


def page(title: str, metrics: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]) -> str:
    """The page: curves, then what is known of the run."""
    plots = "".join(f"<h2>{escape(name)}</h2>{plot(curves)}" for name, curves in panels(metrics))
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{escape(str(value))}</td></tr>" for name, value in facts.items())
    return (
        f'<!doctype html>\n<html lang="{"zh-CN" if current() == "zh" else "en"}">\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        "<style>body{font-family:sans-serif;margin:2em auto;max-width:46em;padding:0 1em;color:#222}"
        "table{border-collapse:collapse}td{padding:3px 12px 3px 0;border-bottom:1px solid #ddd;overflow-wrap:anywhere}"
        "svg{max-width:100%;height:auto}text{font-size:12px;fill:#333}h2{font-size:1.05em}</style>\n"
        f"<h1>{escape(title)}</h1>\n{plots}\n<h2>{both('The run', '训练')}</h2>\n<table>{rows}</table>\n</html>\n"
    )


def plot(curves: Mapping[str, Points]) -> str:
    """Lines over the steps, as SVG."""
    every = [point for points in curves.values() for point in points]
    first, last = min(x for x, _ in every), max(x for x, _ in every)
    low, high = min(y for _, y in every), max(y for _, y in every)
    wide, tall = (last - first) or 1, (high - low) or abs(high) or 1

    def at(x: float, y: float) -> tuple[float, float]:
        return (
            _LEFT + (_WIDTH - _LEFT - _ROOM) * (x - first) / wide,
            10 + (_HEIGHT - 44) * (1 - (y - low) / tall),
        )

    drawn = []
    for share in (0.0, 0.5, 1.0):
        value = low + share * tall
        left, y = at(first, value)
        drawn.append(f'<line x1="{left}" y1="{y:.1f}" x2="{_WIDTH - _ROOM}" y2="{y:.1f}" stroke="#ddd"/>')
        drawn.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>')
    for x in (first, last):
        drawn.append(f'<text x="{at(x, low)[0]:.1f}" y="{_HEIGHT - 8}" text-anchor="middle">{x:g}</text>')
    for place, (name, points) in enumerate(curves.items()):
        colour = _COLOURS[place % len(_COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in points))
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"/>')
        said = f"{name.removeprefix('rewards/').removeprefix('completions/')} {points[-1][1]:.4g}"
        above = 20 + 16 * place
        drawn.append(f'<text x="{_WIDTH - _ROOM + 8}" y="{above}" style="fill:{colour}">{escape(said)}</text>')
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img">{"".join(drawn)}</svg>'
