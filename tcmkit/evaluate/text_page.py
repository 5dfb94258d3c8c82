"""The report of `tcm eval text` as one HTML page that needs nothing else."""

from collections.abc import Mapping
from typing import Any

from tcmkit.evaluate.page import bar, document, interval, section, table
from tcmkit.language import both


def page(report: Mapping[str, Any]) -> str:
    """The page of the totals that `TextScorer.table` gives."""
    rows = [
        (name, one["score"], interval(one["interval_95"]), bar(one["score"]), one.get("mean_of_lines"))
        for name, one in report["metrics"].items()
    ]
    columns = (both("metric", "指标"), both("score", "得分"), "95%", "", both("mean of the lines", "逐行均值"))
    return document(
        both("Texts beside their references", "文本与参考答案"),
        f"<p>{both('Lines', '行数')}: {report['lines']}. BLEU: {report['bleu']}.</p>",
        table(columns, rows),
        _compared(report.get("compare")),
    )


def _compared(found: Mapping[str, Any] | None) -> str:
    if not found or "refused" in found:
        return ""
    rows = [
        (name, one["other"], one["difference"], interval(one["interval_95"]), one["p"])
        for name, one in found.items()
        if isinstance(one, dict)
    ]
    columns = (both("metric", "指标"), both("the other", "对照"), both("difference", "差"), "95%", "p")
    return section(both("Against another run (paired bootstrap)", "与另一次比较（配对自助法）"), table(columns, rows))
