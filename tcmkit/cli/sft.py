"""`tcm sft`: a model learns to answer, or reads on."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe
from tcmkit.cli.training import Training, with_training

if TYPE_CHECKING:
    from tcmkit.jsonl import Step
    from tcmkit.records import Record
    from tcmkit.train import Job
    from tcmkit.train.lessons import Reading

DETAILS = (
    "Reads questions and answers (messages, or question and answer) and writes a folder with the model, or with its "
    "adapter; only the answers are learned. --stage pretrain reads documents (text) instead. Needs the extra [train].",
    "读入问答（messages，或 question 与 answer），写出含模型或适配器的文件夹；只学习回答。"
    "--stage pretrain 改读文档（text）。需要可选组件 [train]。",
)
EXAMPLE = "tcm sft qa.jsonl --model MODEL -o OUT > result.jsonl"


@with_training("sft")
def sft(
    pipe: Pipe,
    training: Training,
    stage: Annotated[
        Literal["sft", "pretrain"] | None,
        option("--stage", en="sft (default): answers; pretrain: documents.", zh="sft（默认）：回答；pretrain：文档。"),
    ] = None,
) -> int:
    """Check the data, train, keep the model."""
    from tcmkit.train import Plan, train

    job = training.job("sft", "tcmkit.train.sft:build", {"stage": stage})
    job.own.setdefault("stage", "sft")
    pack = job.own["stage"] == "pretrain"
    show = partial(_show, training.show)
    plan = Plan(job, _step, pack, training.resume, training.emit, show, training.check_only)
    return train(plan, pipe.options)


def _reading(job: "Job") -> "Reading":
    from tcmkit.train.lessons import Reading

    return Reading(job.own["stage"], job.folder, job.own.get("template"), job.recipe.max_tokens)


def _step(job: "Job") -> "partial[Step]":
    from tcmkit.train.lessons import step_for

    return partial(step_for, _reading(job))


def _show(words: bool, job: "Job", record: "Record") -> list[str]:
    from tcmkit.train.lessons import example_lines

    return example_lines(_reading(job), words, record)
