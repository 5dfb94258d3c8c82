"""`tcm dpo`: a model learns which of two answers is better."""

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
    "Reads preferences (prompt, chosen, rejected, as tcm gen-prefs writes them) and writes a folder with the model, or "
    "with its adapter. Begin from a model that tcm sft has trained. Needs the extra [train].",
    "读入偏好数据（prompt、chosen、rejected，如 tcm gen-prefs 所写），写出含模型或适配器的文件夹。"
    "宜从 tcm sft 训练过的模型开始。需要可选组件 [train]。",
)
EXAMPLE = "tcm dpo prefs.jsonl --model OUT/sft -o OUT/dpo > result.jsonl"


@with_training("dpo")
def dpo(
    pipe: Pipe,
    training: Training,
    beta: Annotated[
        float | None,
        option(
            "--beta",
            en="How closely it stays to the model it began from: 0.1.",
            zh="与初始模型的接近程度：0.1。",
            metavar="X",
        ),
    ] = None,
    loss: Annotated[
        Literal["sigmoid", "ipo", "hinge"] | None,
        option("--loss", en="sigmoid (default), ipo, hinge.", zh="sigmoid（默认）、ipo、hinge。"),
    ] = None,
) -> int:
    """Check the data, train, keep the model."""
    from tcmkit.train import Plan, train

    job = training.job("dpo", "tcmkit.train.dpo:build", {"beta": beta, "loss": loss}, {"learning_rate": 5e-6})
    show = partial(_show, training.show)
    plan = Plan(job, _step, False, training.resume, training.emit, show, training.check_only)
    return train(plan, pipe.options)


def _reading(job: "Job") -> "Reading":
    from tcmkit.train.lessons import Reading

    return Reading("dpo", job.folder, job.own.get("template"), job.recipe.max_tokens)


def _step(job: "Job") -> "partial[Step]":
    from tcmkit.train.lessons import step_for

    return partial(step_for, _reading(job))


def _show(words: bool, job: "Job", record: "Record") -> list[str]:
    from tcmkit.train.lessons import example_lines

    return example_lines(_reading(job), words, record)
