"""What is written beside the model at the end: a card, the curves, one page with both."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tcmkit.language import both

from . import curves
from .batch import Spread
from .folder import RunFolder
from .origin import header

_SHOWN = ("loss", "mean_token_accuracy", "rewards/accuracies", "rewards/margins", "reward", "tokens_per_second")


def write_all(folder: RunFolder, result: Mapping[str, Any]) -> None:
    """README.md, curves.png and report.html. Raises OSError."""
    metrics = curves.read(folder.metrics)
    drawn = curves.write_png(metrics, folder.out / "curves.png")
    title = f"tcm {result['verb']}: {Path(result['out']).name}"
    facts = dict(_facts(result))
    (folder.out / "report.html").write_text(curves.page(title, metrics, facts), encoding="utf-8")
    card = [*_card(result, facts), *(["![](curves.png)"] if drawn else [])]
    (folder.out / "README.md").write_text("\n".join(card) + "\n", encoding="utf-8")


def _facts(result: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is known of the run, a line each."""
    data, spread = result["data"], result["spread"]
    yield both("base model", "基座模型"), result["model"]
    yield both("data", "数据"), f"{data['rows']} rows, sha256 {data['sha256']}"
    for name in ("tokens", "learned", "cut"):
        if name in data:
            yield f"data: {name}", f"{data[name]:,}"
    yield both("steps", "步数"), str(result["steps"])
    for name in _SHOWN:
        if name in result["metrics"]:
            yield both(f"{name}, at the end", f"{name}，结束时"), f"{result['metrics'][name]:.4g}"
    for name, value in {**result["own"], **result["recipe"], "batch": _batch(result)}.items():
        if name != "template":
            yield name, ", ".join(map(_said, value)) if isinstance(value, list | tuple) else _said(value)
    yield both("spread of the batch", "批次分配"), ", ".join(f"{name} {value}" for name, value in spread.items())
    yield both("device", "设备"), result["device"]
    yield both("versions", "版本"), ", ".join(f"{name} {value}" for name, value in result["versions"].items())


def _batch(result: Mapping[str, Any]) -> str:
    """Examples that a step saw, and how many were asked for where they could not be spread."""
    asked, seen = result["recipe"]["batch"], Spread(**result["spread"]).effective
    return both(f"{seen} ({asked} asked for)", f"{seen}（要求 {asked}）") if seen != asked else str(seen)


def _said(value: Any) -> str:
    """A setting in a word: of a reward its name and weight, for where its file lies is nobody's business."""
    return f"{value['name']} × {value['weight']:g}" if isinstance(value, Mapping) and "weight" in value else str(value)


def _card(result: Mapping[str, Any], facts: Mapping[str, str]) -> Iterator[str]:
    name = Path(result["out"]).name
    yield from ("---", f"library_name: {'peft' if result['adapter'] else 'transformers'}")
    yield from (*header(result["origin"]), f"tags: [tcmkit, {result['verb']}]", "---", "")
    yield from (f"# {name}", "")
    yield both(
        f"Made by `tcm {result['verb']}` of tcmkit. Run it with `--llm hf:{name}`.",
        f"由 tcmkit 的 `tcm {result['verb']}` 训练。使用：`--llm hf:{name}`。",
    )
    yield both(
        "It knows what its data knew, and may be wrong: nothing that it says replaces a licensed physician.",
        "模型所知限于其数据，且可能出错：其输出不能替代执业医师。",
    )
    yield from ("", "| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in facts.items()), "")
