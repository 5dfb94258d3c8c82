"""`tcm stats`: what is in the files."""

from typing import Annotated

from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe, with_pipe

DETAILS = (
    "Documents, cases, questions and answers, exam items and preferences, also mixed: characters, lines, tokens, "
    "Chinese and general medicine apart, by source, department and kind; lengths, exact duplicates, and which of the "
    "19 dimensions the cases cover. Other formats go through tcm convert first.",
    "文档、病案、问答、考题、偏好，可混合：字符、行数、词元，中医与一般医学分列，按来源、科室、类别；长度分布、完全重复、"
    "病案覆盖的 19 个维度。其他格式先经 tcm convert。",
)
EXAMPLE = "tcm stats documents.jsonl qa.jsonl --html stats.html"


@with_pipe(spreads=True)
def stats(
    pipe: Pipe,
    as_json: Annotated[
        bool, option("--json", en="One JSON object instead of tables.", zh="输出一个 JSON 对象。")
    ] = False,
    html: Annotated[
        str | None,
        option(
            "--html", en="Write a page with plots, complete in itself.", zh="写出含图表的单页 HTML。", metavar="FILE"
        ),
    ] = None,
    tokenizer: Annotated[
        str | None,
        option(
            "--tokenizer",
            en="Count tokens too, by this tokenizer.json (extra [data]).",
            zh="用此 tokenizer.json 统计词元（可选组件 [data]）。",
            metavar="FILE",
        ),
    ] = None,
    top: Annotated[int, option("--top", en="Show so many sources.", zh="显示多少个来源。", min=1, metavar="N")] = 20,
) -> int:
    """Run the statistics over the inputs."""
    from tcmkit.stats import Settings, run_stats

    return run_stats(Settings(tokenizer, as_json, html, top), pipe.options)
