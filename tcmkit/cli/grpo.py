"""`tcm grpo`: a model learns from examination questions by what its answers are worth."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe
from tcmkit.cli.training import Training, with_training

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcmkit.jsonl import Step
    from tcmkit.records import Record
    from tcmkit.train import Job

DETAILS = (
    "Reads exam items (question, options, answer), lets the model answer each several times, rewards the answers and "
    "prefers the better ones. Rewards: correctness, form, tags, 5:1:1, and your own. Needs the extra [train].",
    "读入考题（question、options、answer），让模型对每题多次作答，按奖励择优学习。"
    "奖励：正确、格式、标签，5:1:1，并可加自己的。需要可选组件 [train]。",
)
EXAMPLE = "tcm grpo exam.jsonl --model MODEL -o OUT > result.jsonl"


@dataclass(frozen=True)
class Rewards:
    """How many answers are set beside each other, and what they are worth."""

    group: Annotated[
        int | None, option("--group", en="Answers drawn to each question.", zh="每题作答次数。", min=2, metavar="N")
    ] = None
    reward: Annotated[
        list[str] | None,
        option(
            "--reward",
            en="A reward of your own; the file is run.",
            zh="自己的奖励函数；该文件会被执行。",
            metavar="FILE.py:FUNC",
        ),
    ] = None
    weight: Annotated[
        list[str] | None,
        option("--weight", en="What a reward counts.", zh="某个奖励的权重。", metavar="NAME=X"),
    ] = None


@dataclass(frozen=True)
class Learning:
    """How answers are drawn and learned from."""

    kl: Annotated[
        float | None, option("--kl", en="Weight of the distance to the start.", zh="KL 权重。", min=0, metavar="X")
    ] = None
    epsilon: Annotated[
        float | None, option("--epsilon", en="Where the ratio is clipped.", zh="比率裁剪范围。", min=0, metavar="X")
    ] = None
    temperature: Annotated[
        float | None, option("--temperature", en="Of the answers drawn.", zh="作答的温度。", metavar="X")
    ] = None
    top_p: Annotated[float | None, option("--top-p", en="Of the answers drawn.", zh="作答的 top-p。", metavar="X")] = (
        None
    )
    max_new_tokens: Annotated[
        int | None, option("--max-new-tokens", en="Longest answer.", zh="作答最大长度。", min=1, metavar="N")
    ] = None
    iterations: Annotated[
        int | None, option("--iterations", en="Steps on the same answers.", zh="同一批作答的步数。", min=1, metavar="N")
    ] = None
    loss: Annotated[
        Literal["grpo", "dapo", "dr_grpo", "bnpo"] | None,
        option("--loss", en="How the loss is averaged (grpo: the paper's).", zh="损失的平均方式（grpo：论文）。"),
    ] = None
    refill: Annotated[
        int | None,
        option(
            "--refill",
            en="Replace groups whose answers are all rewarded alike, up to N times a step.",
            zh="替换奖励全同的题组，每步至多 N 次。",
            min=0,
            metavar="N",
        ),
    ] = None
    prompt: Annotated[
        str | None, option("--prompt", en="In place of the prompt exam.", zh="代替提示词 exam。", metavar="FILE")
    ] = None
    rollout: Annotated[
        Literal["transformers", "vllm", "vllm-server"] | None,
        option("--rollout", en="What draws the answers (vllm: extra [vllm]).", zh="由谁作答（vllm：组件 [vllm]）。"),
    ] = None
    vllm_url: Annotated[
        str | None,
        option("--vllm-url", en="Where trl vllm-serve listens.", zh="trl vllm-serve 的地址。", metavar="URL"),
    ] = None
    vllm_memory: Annotated[
        float | None,
        option("--vllm-memory", en="Share of the GPU for vLLM.", zh="vLLM 占用的显存比例。", metavar="X"),
    ] = None


@with_training("grpo")
def grpo(pipe: Pipe, training: Training, rewards: Rewards, learning: Learning) -> int:
    """Check the questions and rewards, train, keep the model."""
    from tcmkit.train import Plan, grpo_job, train

    given = {"group": rewards.group, **vars(learning)}
    defaults = {"learning_rate": 1e-6 if training.recipe.get("method") == "full" else 1e-5}
    asked = training.job("grpo", "tcmkit.train.grpo:build", given, defaults)
    job = grpo_job(asked, rewards.reward or (), rewards.weight or ())
    show = partial(_show, training.show)
    return train(Plan(job, _step, False, training.resume, training.emit, show, training.check_only), pipe.options)


def _step(job: "Job") -> "Callable[[], Step]":
    from tcmkit.train.questions import Questions, asking_of

    return partial(Questions, asking_of(job))


def _show(words: bool, job: "Job", record: "Record") -> list[str]:
    from tcmkit.train.questions import first_shown

    return first_shown(words, job, record)
