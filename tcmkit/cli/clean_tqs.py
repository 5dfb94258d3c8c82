"""`tcm clean-tqs`: case records cleaned by the Ten Questions Song."""

from functools import partial
from typing import Annotated

from tcmkit.cli.pipe import Engine, Pipe, option, with_pipe

DETAILS = (
    "Each record gets its findings under 19 dimensions (quotation, offsets, present or denied), what was left out "
    "and why, and a clean text. A document that is no case record passes through as it is.",
    "每条记录得到 19 个维度的所见（原文、位置、有无）、删去的内容与原因、清洗后的文本。非病案文档原样通过。",
)
EXAMPLE = "tcm ingest records/ | tcm clean-tqs -o cases.jsonl"


@with_pipe()
def clean_tqs(
    pipe: Pipe,
    only_records: Annotated[
        bool,
        option(
            "--only-records",
            en="Drop documents that are no case records.",
            zh="丢弃不是病案的文档。",
        ),
    ] = False,
    llm: Engine = "rules",
) -> int:
    """Run the cleaner over the inputs."""
    from tcmkit.clean_tqs import Cleaner, Settings

    return pipe.run_steps("clean-tqs", partial(Cleaner, Settings(only_records=only_records)))
