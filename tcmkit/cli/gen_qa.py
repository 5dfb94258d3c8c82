"""`tcm gen-qa`: questions whose answers stand in the source."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe, with_pipe
from tcmkit.errors import UsageError
from tcmkit.language import both

if TYPE_CHECKING:
    from tcmkit.llm import ModelOptions

_KINDS = "herb, formula, acupoint, disease, syndrome, case, definition, choice, given"
_MODEL_KINDS = "qa, dialogue, cot, description, multi"

DETAILS = (
    "Reads documents and cases. Each line has question, answer, kind, evidence (document id and offsets) and "
    "messages, ready for datasets and TRL.",
    "读入文档和病案。每行有 question、answer、kind、evidence 和 messages，可直接用于 datasets、TRL。",
)
EXAMPLE = "tcm ingest books/ | tcm gen-qa --kinds herb,formula > qa.jsonl"


@dataclass(frozen=True)
class Questions:
    """How many, and of which kinds."""

    per_doc: Annotated[
        int | None, option("--per-doc", en="At most N questions a document.", zh="每篇至多 N 题。", min=1, metavar="N")
    ] = None
    kinds: Annotated[
        str | None,
        option(
            "--kinds",
            en=f"Only these, joined by commas: {_KINDS}. With a model: {_MODEL_KINDS}; else qa.",
            zh=f"只要这些类型，用逗号分隔：{_KINDS}。使用模型时：{_MODEL_KINDS}；默认 qa。",
            metavar="LIST",
        ),
    ] = None
    per_passage: Annotated[
        int,
        option(
            "--per-passage",
            en="With a model: at most N questions of kind qa a passage.",
            zh="使用模型时：每段至多 N 个 qa 题。",
            min=1,
            metavar="N",
        ),
    ] = 1
    duplicates: Annotated[
        bool,
        option(
            "--keep-duplicates",
            en="Keep a question that was asked before; else 90 bytes of memory a question.",
            zh="保留重复的问题；否则每题占用 90 字节内存。",
        ),
    ] = False


@dataclass(frozen=True)
class Sliding:
    """Papers, read through a window."""

    windows: Annotated[
        bool,
        option(
            "--windows",
            en="Read papers through a sliding window: questions within a block, and between two.",
            zh="以滑动窗口读论文：块内提问与两块之间提问。",
        ),
    ] = False
    window_blocks: Annotated[
        int, option("--window-blocks", en="Blocks in a window.", zh="窗口内的块数。", min=2, metavar="N")
    ] = 3
    window_chars: Annotated[
        int, option("--window-chars", en="Characters of a block, about.", zh="每块的大约字数。", min=50, metavar="N")
    ] = 400
    window_steps: Annotated[
        str,
        option(
            "--window-steps",
            en="Blocks from window to window by category of the journal; others as the largest.",
            zh="按期刊类别的滑动步长；其他类别取最大值。",
            metavar="C=N,…",
        ),
    ] = "1=1,2=2,3=3"


@dataclass(frozen=True)
class Grouping:
    """Cases, looked at together."""

    group_by: Annotated[
        str | None,
        option(
            "--group-by",
            en="Look at several cases with one value of this field: what they share, where they differ.",
            zh="把此字段取值相同的病案放在一起：相同与不同之处。",
            metavar="FIELD",
        ),
    ] = None
    group_size: Annotated[
        int, option("--group-size", en="Cases looked at together.", zh="每组病案数。", min=2, metavar="N")
    ] = 3


@with_pipe(model=1, spreads=True)
def gen_qa(pipe: Pipe, model: "ModelOptions", asked: Questions, sliding: Sliding, grouping: Grouping) -> int:
    """Run the generator over the inputs."""
    from tcmkit.gen_qa import Generator, Groups, GroupSettings, Settings, Windows, WindowSettings, parse_steps

    chosen = tuple(asked.kinds.split(",")) if asked.kinds else ()
    unique_by = "" if asked.duplicates else "question"
    if not model.is_rules:
        if sliding.windows or grouping.group_by:
            raise UsageError(
                both("--windows and --group-by go with --llm rules", "--windows、--group-by 只用于 --llm rules")
            )
        from tcmkit.gen_qa.by_model import ModelGenerator, ModelSettings

        how = ModelSettings(chosen or ("qa",), asked.per_passage, asked.per_doc)
        return pipe.run_talks("gen-qa", partial(ModelGenerator, how, model), model, unique_by)
    settings = Settings(per_doc=asked.per_doc, kinds=chosen, seed=pipe.options.seed)
    if sliding.windows and grouping.group_by:
        raise UsageError(both("--windows and --group-by do not go together", "--windows 与 --group-by 不能同用"))
    if sliding.windows:
        steps = parse_steps(sliding.window_steps)
        window = WindowSettings(settings, sliding.window_blocks, sliding.window_chars, steps)
        return pipe.run_gathering("gen-qa", partial(Windows, window))
    if grouping.group_by:
        return pipe.run_gathering("gen-qa", partial(Groups, GroupSettings(grouping.group_by, grouping.group_size)))
    return pipe.run_steps("gen-qa", partial(Generator, settings), unique_by)
