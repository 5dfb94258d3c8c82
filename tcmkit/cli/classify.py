"""`tcm classify`: the syndrome of a case, and why."""

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

from tcmkit.cli import complete
from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe, with_pipe
from tcmkit.errors import UsageError
from tcmkit.language import both

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcmkit.classify import Settings
    from tcmkit.classify.llm import ModelClassifier
    from tcmkit.llm import ModelOptions

DETAILS = (
    "Each case gets syndrome, score (a probability), candidates, abstained, and why: the findings for and against with "
    "their places, and the disease. Raw records are cleaned first. A label in the field syndrome moves to label. With "
    "--llm a language model chooses among the built-in engine's 26 likeliest, by log probability.",
    "每个病案得到 syndrome、score（概率）、candidates、abstained 与 why：支持和反对的所见及位置、病名。"
    "原始记录会先清洗。原有的 syndrome 标签移到 label。用 --llm 时由语言模型按对数概率在内置引擎的前 26 个候选中选择。",
)
EXAMPLE = "tcm clean-tqs records.jsonl | tcm classify > predictions.jsonl"


@dataclass(frozen=True)
class Choices:
    """What is chosen among, by what, and what is written of it."""

    labels: Annotated[
        str,
        option(
            "--labels",
            en="Syndromes to choose from: tcmsd (148), all, or a file with one name a line.",
            zh="可选证候：tcmsd（148 个）、all，或每行一个名称的文件。",
            metavar="SET",
        ),
    ] = "tcmsd"
    among: Annotated[
        str,
        option(
            "--among",
            en="Choose only among these: a field of the record, or names joined by commas.",
            zh="只在这些中选：记录的一个字段，或逗号分隔的名称。",
            metavar="FIELD|LIST",
        ),
    ] = ""
    top: Annotated[int, option("--top", en="How many candidates to write.", zh="写出多少个候选。", min=1)] = 5
    threshold: Annotated[
        float | None,
        option("--threshold", en="Abstain below this score.", zh="得分低于此值则弃权。", min=0, max=1, metavar="SCORE"),
    ] = None
    model: Annotated[
        str | None,
        option(
            "--model",
            en="A model that tcm classify fit made; without it, the built-in engine.",
            zh="由 tcm classify fit 训练的模型；不给则用内置引擎。",
            metavar="DIR",
            autocompletion=complete.fitted,
        ),
    ] = None
    ask: Annotated[
        int,
        option(
            "--ask",
            en="Also name N findings that would decide, with their expected information in bits.",
            zh="另写出最能决定的 N 个所见及其期望信息量（比特）。",
            min=0,
            metavar="N",
        ),
    ] = 0


@with_pipe(model=1, spreads=True)
def classify(pipe: Pipe, model: "ModelOptions", chosen: Choices) -> int:
    """Run the classifier over the inputs."""
    from tcmkit.classify import Classifier, Settings, label_set, leak_remark, load
    from tcmkit.jsonl import Hooks, Run, run_steps

    label_set(chosen.labels)  # a wrong name is told before anything is read
    options = pipe.options
    settings = Settings(**vars(chosen))
    by_model = _by_model(settings, model)
    if by_model:
        return pipe.run_talks("classify", *by_model)
    if chosen.model and load(chosen.model).alone:
        options = replace(options, jobs=1)

    def warn(run: Run) -> None:
        if count := run.ledger.noted["leaked"]:
            run.ledger.notes["leaked"] = count
            run.say(leak_remark(count))

    return run_steps("classify", partial(Classifier, settings), options, hooks=Hooks(at_end=warn))


def _by_model(
    settings: "Settings", model: "ModelOptions"
) -> "tuple[Callable[[], ModelClassifier], ModelOptions] | None":
    """The talk with a language model, and the model; None where another engine is meant."""
    from tcmkit.classify import engine_of
    from tcmkit.classify.llm import ByLetters, ByNames, ModelClassifier

    folder = settings.model
    if folder is not None and not model.is_rules:
        raise UsageError(both("--llm and --model do not go together", "--llm 与 --model 不能同用"))
    if folder is not None and engine_of(folder)[0] == "llm":
        return partial(ModelClassifier, settings, ByNames(folder)), replace(model, specs=(f"hf:{folder}",))
    return None if model.is_rules else (partial(ModelClassifier, settings, ByLetters(model.prompt)), model)
