"""The record in words and as a table."""

from collections.abc import Iterator
from typing import Any

from tcmkit.language import both

_COLUMNS = (
    ("model", "model", "模型"),
    ("size", "size", "大小"),
    ("load_s", "load s", "加载秒"),
    ("prompt_tokens_s", "prompt tok/s", "读词元/秒"),
    ("generated_tokens_s", "said tok/s", "写词元/秒"),
    ("perplexity", "perplexity", "困惑度"),
    ("top1_agreement", "same top 1", "首选一致"),
)


def lines(record: dict[str, Any]) -> Iterator[str]:
    """What to tell people at the end."""
    yield from _table(record.get("table") or [])
    if short := record.get("rows_too_short"):
        yield both(
            f"{short} tensors have rows that are no multiple of 256: llama.cpp gave them another type than"
            f" {record['quant']} ({_types(record)})",
            f"{short} 个张量的行长不是 256 的倍数：llama.cpp 未用 {record['quant']}，改用其他类型（{_types(record)}）",
        )
    yield _verdict(record)


def _types(record: dict[str, Any]) -> str:
    return ", ".join(f"{count} {name}" for name, count in record["tensor_types"].items())


def _table(rows: list[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        return
    shown = [[both(english, chinese) for _, english, chinese in _COLUMNS]]
    shown += [[_shown(key, row.get(key)) for key, _, _ in _COLUMNS] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        cells = [" " * (width - _width(cell)) + cell for cell, width in zip(row, widths, strict=True)]
        yield "  ".join(cells)


def _shown(key: str, value: Any) -> str:
    if value is None:
        return ""
    if key == "size":
        return f"{value / 1e6:.1f} MB"
    return f"{value:.1%}" if key == "top1_agreement" else str(value)


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if ord(char) > 0x2E80 else 1 for char in text)


def _verdict(record: dict[str, Any]) -> str:
    checks = record["checks"]
    if record["verified"] == "not_verified":
        return both(
            f"NOT VERIFIED: {record['output']} was compared with nothing",
            f"未验证：{record['output']} 未与原模型比较",
        )
    how = both(f"verified ({record['verified']})", f"已验证（{record['verified']}）")
    parts = [f"logits {checks['logits']['max_difference']:.1e} ≤ {checks['logits']['tolerance']:.1e}"]
    if "layers" in checks["logits"]:
        parts.append(both(f"{checks['logits']['layers']} layers", f"{checks['logits']['layers']} 层"))
    if "tokens" in checks:
        parts.append(both(f"tokens of {checks['tokens']['texts']} texts", f"{checks['tokens']['texts']} 条文本的词元"))
    if "greedy" in checks:
        parts.append(
            both(f"greedy text of {checks['greedy']['prompts']} prompts", f"{checks['greedy']['prompts']} 段贪心文本")
        )
    return f"{how}: {', '.join(parts)}"
