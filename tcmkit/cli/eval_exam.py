"""`tcm eval exam`: a model sits an examination."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

from tcmkit.cli.pipe import Pipe, option, with_pipe
from tcmkit.errors import UsageError
from tcmkit.language import both

if TYPE_CHECKING:
    from tcmkit.llm import ModelOptions
    from tcmkit.records import Record

DETAILS = (
    "Reads questions (question, options, answer) and writes them with completion, extracted, correct and format_ok. "
    "The totals, with a 95% interval, by type and by subject, stand in --summary. With --completions nothing is asked.",
    "读入题目（question、options、answer），写出时加上 completion、extracted、correct、format_ok。"
    "总分及 95% 区间、按题型与科目的得分见 --summary。--completions 只给已有的作答评分。",
)
EXAMPLE = "tcm eval exam exam.jsonl --llm openai:qwen2.5-7b --base-url http://localhost:8000 --summary score.json"


@with_pipe(model=1)
def eval_exam(
    pipe: Pipe,
    model: "ModelOptions",
    completions: Annotated[
        str | None,
        option(
            "--completions",
            en="Judge completions already made: lines with question, options, answer, completion; - is stdin.",
            zh="只给已有作答评分：每行有 question、options、answer、completion；- 为标准输入。",
            metavar="FILE",
        ),
    ] = None,
    shots: Annotated[
        str | None,
        option("--shots", en="Questions shown with their answers first.", zh="先给出的示例题。", metavar="FILE"),
    ] = None,
    shuffle: Annotated[
        bool,
        option("--shuffle", en="Put the options in another order (by --seed).", zh="打乱选项顺序（按 --seed）。"),
    ] = False,
) -> int:
    """Judge, or ask and judge."""
    from tcmkit.evaluate.exam import Examiner, Scorer

    if completions is not None:
        return pipe.over(completions).run_gathering("eval exam", Scorer)
    if model.is_rules:
        raise UsageError(
            both("who is to answer? give --llm, or --completions", "由谁作答？请给出 --llm 或 --completions")
        )
    examples = _examples(shots) if shots else []
    make = partial(Examiner, model.prompt, examples, shuffle=shuffle, seed=pipe.options.seed)
    return pipe.run_talks("eval exam", make, model)


def _examples(path: str) -> "list[Record]":
    from tcmkit.jsonl.codec import parse
    from tcmkit.jsonl.source import lines

    return [parse(line.raw) for line in lines([path])]
