"""`tcm prompts list`: the tasks that have a prompt."""

from typing import Annotated

from tcmkit.cli.options import Language, option
from tcmkit.language import both

DETAILS = (
    "A prompt is a file in the package, in Chinese, one a task, with a version. --prompt FILE of a verb puts your own "
    "in its place.",
    "提示词是包内的中文文件，每个任务一份，有版本号。各子命令的 --prompt FILE 可换成自己的。",
)
EXAMPLE = "tcm prompts list --json | jq -r '.[].task'"


def prompts_list(
    as_json: Annotated[bool, option("--json", en="One JSON array.", zh="输出一个 JSON 数组。")] = False,
    lang: Language = None,
) -> int:
    """Print every task with the version of its prompt and the places that it fills."""
    from tcmkit.cli import show
    from tcmkit.llm.prompts import load, places, tasks

    prompts = [load(task) for task in tasks()]
    if as_json:
        show.as_json([{"task": p.task, "version": p.version, "places": sorted(places(p))} for p in prompts])
        return 0
    rows = [(p.task, p.version, " ".join("{{" + name + "}}" for name in sorted(places(p)))) for p in prompts]
    show.as_table(both("task,version,places", "任务,版本,占位").split(","), rows)
    return 0
