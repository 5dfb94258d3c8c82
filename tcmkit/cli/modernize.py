"""`tcm modernize`: classical Chinese into modern Chinese."""

from functools import partial
from typing import TYPE_CHECKING

from tcmkit.cli.pipe import Pipe, with_pipe

if TYPE_CHECKING:
    from tcmkit.llm import ModelOptions

DETAILS = (
    "Rules say whether a text is classical, modern or mixed, write standard characters and marks with every change "
    "kept, and weigh old doses in grams. A model translates; each herb, formula, point, dose and number must stay.",
    "规则判断文言、白话或混合，规范字形和标点并保留每处改动，按朝代折算剂量；模型翻译，药名、方名、穴名、剂量和数字一个都不能少。",
)
EXAMPLE = "tcm ingest books/ | tcm modernize --llm openai:qwen3 -o modern.jsonl"


@with_pipe(model=1, spreads=True)
def modernize(pipe: Pipe, model: "ModelOptions") -> int:
    """Run the moderniser over the inputs."""
    from tcmkit.modernize import ModelModerniser, Moderniser, Settings

    if model.is_rules:
        return pipe.run_steps("modernize", Moderniser)
    return pipe.run_talks("modernize", partial(ModelModerniser, Settings(prompt=model.prompt)), model)
