"""`tcm screen`: is there toxic content or somebody's identity in a record."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe, with_pipe

if TYPE_CHECKING:
    from tcmkit.llm import ModelOptions

DETAILS = (
    "Each record gets a verdict on toxic content and on personal identifiers, with the places; a flagged one is "
    "dropped. Rules look first, then a model looks at what they let pass. Medical terms do not count.",
    "判断每条记录有无有害内容和个人身份信息，并指出位置；有问题的丢弃。先用规则，再由模型看规则放过的。医学术语不算。",
)
EXAMPLE = "tcm ingest books/ | tcm screen --review 100 -o screened.jsonl"


@with_pipe(model=1, spreads=True)
def screen(
    pipe: Pipe,
    model: "ModelOptions",
    keep: Annotated[
        bool, option("--keep", en="Keep flagged records, with their verdict.", zh="保留有问题的记录并附判定。")
    ] = False,
) -> int:
    """Run the screener over the inputs."""
    from tcmkit.screen import ModelScreener, Screener, Settings

    settings = Settings(keep=keep, prompt=model.prompt)
    if model.is_rules:
        return pipe.run_steps("screen", partial(Screener, settings))
    return pipe.run_talks("screen", partial(ModelScreener, settings), model)
