"""`tcm convert`: our lines to other formats, and back."""

from enum import StrEnum
from typing import Annotated

from tcmkit.cli.options import option
from tcmkit.cli.pipe import Files, Pipe, with_pipe

DETAILS = (
    "alpaca, sharegpt, messages and trl are JSON Lines, converted line by line. parquet, csv and hf (a folder of "
    "`datasets`) hold any line; fields without one plain type become JSON text there, and come back as they were. "
    "What a format cannot hold is named on stderr and in the summary. Parquet and hf need the extra [data].",
    "alpaca、sharegpt、messages、trl 是 JSON Lines，逐行转换。parquet、csv、hf（datasets 文件夹）可存任何行；"
    "没有单一类型的字段存为 JSON 文本，读回时还原。格式容不下的字段会在标准错误和摘要中写明。"
    "parquet 与 hf 需可选组件 [data]。",
)
EXAMPLE = "tcm convert qa.jsonl --to alpaca > alpaca.jsonl"


class Format(StrEnum):
    """Every format; the names are those of `tcmkit.convert`."""

    alpaca = "alpaca"
    sharegpt = "sharegpt"
    messages = "messages"
    trl = "trl"
    parquet = "parquet"
    csv = "csv"
    hf = "hf"


@with_pipe(inputs=Files, spreads=True)
def convert(
    pipe: Pipe,
    to: Annotated[Format, option("--to", en="The format to write.", zh="要写出的格式。")],
    origin: Annotated[
        Format | None,
        option(
            "--from",
            en="The format to read; told by name and fields when not given.",
            zh="要读入的格式；不给则按文件名和字段判断。",
        ),
    ] = None,
) -> int:
    """Run the conversion over the inputs."""
    from tcmkit.convert import Settings, run_convert

    return run_convert(Settings(to.value, origin.value if origin else None), pipe.options)
