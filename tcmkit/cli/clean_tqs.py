"""`tcm clean-tqs`: case records cleaned by the Ten Questions Song."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe, with_pipe
from tcmkit.errors import UsageError
from tcmkit.language import both

if TYPE_CHECKING:
    from tcmkit.llm import ModelOptions

DETAILS = (
    "Each record gets its findings under 19 dimensions (quotation, offsets, present or denied), what was left out "
    "and why, and a clean text. A document that is no case record passes through as it is.",
    "每条记录得到 19 个维度的所见（原文、位置、有无）、删去的内容与原因、清洗后的文本。非病案文档原样通过。",
)
EXAMPLE = "tcm ingest records/ | tcm clean-tqs -o cases.jsonl"


@with_pipe(model=1, spreads=True)
def clean_tqs(
    pipe: Pipe,
    model: "ModelOptions",
    only_records: Annotated[
        bool,
        option(
            "--only-records",
            en="Drop documents that are no case records.",
            zh="丢弃不是病案的文档。",
        ),
    ] = False,
    merge: Annotated[
        bool,
        option(
            "--merge",
            en="With a model: let the rules fill in what it missed.",
            zh="使用模型时：由规则补上模型漏掉的所见。",
        ),
    ] = False,
) -> int:
    """Run the cleaner over the inputs."""
    from tcmkit.clean_tqs import Cleaner, Settings

    settings = Settings(only_records, needs_words=True, merge=merge)
    if model.is_rules:
        if merge:
            raise UsageError(both("--merge needs a model: give --llm", "--merge 需要模型：请给出 --llm"))
        return pipe.run_steps("clean-tqs", partial(Cleaner, settings))

    from tcmkit.clean_tqs.by_model import ModelCleaner

    return pipe.run_talks("clean-tqs", partial(ModelCleaner, settings, model), model)
