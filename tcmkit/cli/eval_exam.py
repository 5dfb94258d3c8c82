"""`tcm eval exam`: a model sits an examination."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tcmkit.cli.eval_syndrome import each_of
from tcmkit.cli.eval_text import TablesPage
from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe, with_pipe
from tcmkit.errors import UsageError
from tcmkit.language import both

if TYPE_CHECKING:
    from tcmkit.llm import ModelOptions, TalkStep

DETAILS = (
    "Reads questions (question, options, answer) and writes them with completion, extracted, correct and format_ok. "
    "The totals, with 95% intervals, by type, subject and place, stand in --summary. With --completions nothing is "
    "asked.",
    "读入题目（question、options、answer），写出时加上 completion、extracted、correct、format_ok。"
    "总分及 95% 区间、按题型、科目与选项位置的得分见 --summary。--completions 只给已有的作答评分。",
)
EXAMPLE = "tcm eval exam exam.jsonl --llm openai:qwen2.5-7b --base-url http://localhost:8000 --summary score.json"


class Mode(StrEnum):
    """How a model answers."""

    chat = "chat"
    logprob = "logprob"


class Style(StrEnum):
    """Whose wording a question has in the mode logprob."""

    cmmlu = "cmmlu"
    ceval = "ceval"


@dataclass(frozen=True)
class Asking:
    """Who answers, and how the questions are put."""

    completions: Annotated[
        str | None,
        option(
            "--completions",
            en="Judge completions already made: lines with question, options, answer, completion; - is stdin.",
            zh="只给已有作答评分：每行有 question、options、answer、completion；- 为标准输入。",
            metavar="FILE",
        ),
    ] = None
    mode: Annotated[
        Mode,
        option(
            "--mode",
            en="chat: the model writes an answer. logprob: the letter likeliest after the question.",
            zh="chat：模型写出答案；logprob：取题后概率最大的字母。",
        ),
    ] = Mode.chat
    style: Annotated[
        Style,
        option(
            "--style",
            en="Wording of --mode logprob, as LM Evaluation Harness has it.",
            zh="--mode logprob 的措辞，与 LM Evaluation Harness 相同。",
        ),
    ] = Style.cmmlu
    shots: Annotated[
        str | None,
        option(
            "--shots",
            en="Questions with answers, shown before each (few-shot).",
            zh="示例题文件，作答前先给出。",
            metavar="FILE",
        ),
    ] = None
    shot_count: Annotated[
        int,
        option(
            "--shot-count",
            en="How many of --shots: the first of the question's subject.",
            zh="示例题数：同科目的前几题。",
            min=1,
            metavar="N",
        ),
    ] = 5
    shuffle: Annotated[
        bool,
        option("--shuffle", en="Put the options in another order (by --seed).", zh="打乱选项顺序（按 --seed）。"),
    ] = False
    subject: Annotated[
        str,
        option("--subject", en="Subject of questions that name none.", zh="未写科目的题的科目。", metavar="NAME"),
    ] = ""


@dataclass(frozen=True)
class Comparing:
    """What is set beside the answers, and the page."""

    by: Annotated[
        list[str] | None,
        option(
            "--by", en="A table by this field too; may be repeated.", zh="另按此字段列表；可重复。", metavar="FIELD"
        ),
    ] = None
    compare: Annotated[
        str | None,
        option(
            "--compare",
            en="Another run over the same questions: paired bootstrap.",
            zh="同一批题的另一次作答：配对自助法比较。",
            metavar="FILE",
        ),
    ] = None
    html: TablesPage = None


@with_pipe(model=1)
def eval_exam(pipe: Pipe, model: "ModelOptions", asking: Asking, comparing: Comparing) -> int:
    """Judge, or ask and judge."""
    from tcmkit.evaluate.exam import Examiner, Scorer, Sitting, read_example
    from tcmkit.evaluate.exam_logprob import LetterExaminer
    from tcmkit.evaluate.exam_page import page
    from tcmkit.evaluate.exam_totals import Totals, paired
    from tcmkit.evaluate.pairing import refuse

    if asking.completions is None and model.is_rules:
        raise UsageError(
            both("who is to answer? give --llm, or --completions", "由谁作答？请给出 --llm 或 --completions")
        )
    if asking.completions is not None and not model.is_rules:
        raise UsageError(both("either --llm or --completions", "--llm 与 --completions 只能取一"))
    by_letter = asking.mode is Mode.logprob
    if by_letter and (asking.completions is not None or model.prompt):
        raise UsageError(
            both("--mode logprob takes no --completions, no --prompt", "--mode logprob 不用 --completions 与 --prompt")
        )
    totals = Totals(comparing.by or (), each_of(comparing.compare, paired) if comparing.compare else None)
    if asking.completions is not None:
        status = pipe.over(asking.completions).run_gathering("eval exam", lambda: Scorer(totals))
    else:
        examples = tuple(each_of(asking.shots, read_example)) if asking.shots else ()
        sitting = Sitting(examples, asking.shot_count, asking.shuffle, pipe.options.seed, model.prompt, asking.subject)

        def examiner() -> "TalkStep":
            return LetterExaminer(sitting, asking.style, totals) if by_letter else Examiner(sitting, totals)

        status = pipe.run_talks("eval exam", examiner, model)
    if not model.estimate:
        if comparing.html:
            Path(comparing.html).write_text(page(totals.table()), encoding="utf-8")
        refuse(totals.fault)
    return status
