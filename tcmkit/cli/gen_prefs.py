"""`tcm gen-prefs`: preferences for training."""

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe, with_pipe
from tcmkit.errors import UsageError
from tcmkit.language import both
from tcmkit.records import ErrorKind

if TYPE_CHECKING:
    from tcmkit.llm import ModelOptions

DETAILS = (
    "Without a model, the grounded answer is chosen; the same answer with one planted error is rejected, and error "
    "says what proves it wrong: a dose, an incompatible pair, the opposite syndrome, another herb, a missed red flag, "
    "a contradiction, a missing part. With models (--llm A --llm B, or one at two --temperatures, or one beside the "
    "answer in the line) two answers go to a --judge in both orders; what it does not prefer in both is dropped.",
    "不用模型时，原答案为优选，植入一处错误的同一答案为劣选，error 写明凭什么判错：剂量、配伍禁忌、相反证候、他药、"
    "漏判危险信号、自相矛盾、漏项。用模型时（--llm A --llm B，或一个模型取两个 --temperatures，或一个模型与行内答案）"
    "两个回答以两种次序交给 --judge 评判；两次结论不一致的丢弃。",
)
EXAMPLE = "tcm gen-qa documents.jsonl | tcm gen-prefs > prefs.jsonl"


@dataclass(frozen=True)
class Wanted:
    """Which preferences are made."""

    kinds: Annotated[
        str | None,
        option(
            "--kinds",
            en=f"Without a model, only these: {', '.join(get_args(ErrorKind))}.",
            zh=f"不用模型时，只用这些：{'、'.join(get_args(ErrorKind))}。",
            metavar="A,B",
        ),
    ] = None
    balance_length: Annotated[
        bool,
        option("--balance-length", en="No side is longer more often.", zh="使两方长度无偏。"),
    ] = False


@dataclass(frozen=True)
class Answers:
    """With models: whose answers there are, and who judges them."""

    judge: Annotated[
        str | None,
        option(
            "--judge",
            en="The engine that judges; else the first --llm.",
            zh="评判的引擎；默认第一个 --llm。",
            metavar="SPEC",
        ),
    ] = None
    temperatures: Annotated[
        str | None,
        option(
            "--temperatures",
            en="Of the two answers; one engine is then asked twice.",
            zh="两个回答的温度；只有一个引擎时问两次。",
            metavar="X,Y",
        ),
    ] = None
    given_first: Annotated[
        bool,
        option(
            "--given-first",
            en="The first answer is the line's own; one without is rejected.",
            zh="第一个回答取行内已有的；没有则拒收。",
        ),
    ] = False
    max_chars: Annotated[
        int, option("--max-chars", en="Longest answer of a model.", zh="模型回答的最大字数。", min=1, metavar="N")
    ] = 100
    judge_prompt: Annotated[
        str | None,
        option("--judge-prompt", en="Your own prompt for the judge.", zh="自己的评判提示词。", metavar="FILE"),
    ] = None


@with_pipe(model=2, spreads=True)
def gen_prefs(pipe: Pipe, model: "ModelOptions", wanted: Wanted, answers: Answers) -> int:
    """Make the preferences."""
    from tcmkit.gen_prefs import ModelSettings, Settings, run_gen_prefs

    if model.is_rules:
        if answers.judge or answers.temperatures or answers.given_first or answers.judge_prompt:
            raise UsageError(
                both("two answers and a judge need a model: give --llm", "两个回答与评判需要模型：请给出 --llm")
            )
        return run_gen_prefs(Settings(pipe.options.seed, _kinds(wanted.kinds), wanted.balance_length), pipe.options)
    if wanted.kinds:
        raise UsageError(both("--kinds goes with --llm rules", "--kinds 只用于 --llm rules"))
    from tcmkit.cli.model import checked
    from tcmkit.gen_prefs.by_model import Comparing

    drawn = _temperatures(answers.temperatures)
    prompts = (model.prompt, answers.judge_prompt)
    settings = ModelSettings(
        model.specs, answers.judge, drawn, answers.given_first, answers.max_chars, wanted.balance_length, *prompts
    )
    engines = replace(model, specs=settings.engines)
    engines = checked(engines, pipe.options.seed, len(settings.engines), rules=False)
    return pipe.run_talks("gen-prefs", partial(Comparing, settings, engines), engines)


def _kinds(text: str | None) -> tuple[str, ...]:
    from tcmkit.gen_prefs import KINDS

    chosen = tuple(text.split(",")) if text else KINDS
    if unknown := [kind for kind in chosen if kind not in KINDS]:
        known = ", ".join(KINDS)
        raise UsageError(both(f"--kinds {unknown[0]}: choose from {known}", f"--kinds {unknown[0]}：可选 {known}"))
    return chosen


def _temperatures(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        first, second = map(float, text.split(","))
    except ValueError:
        first = second = -1.0
    if not (0 <= first <= 2 and 0 <= second <= 2):
        raise typer.BadParameter(
            both("--temperatures is two numbers from 0 to 2: 0.2,1.0", "--temperatures 应为 0 至 2 的两个数：0.2,1.0")
        )
    return first, second
