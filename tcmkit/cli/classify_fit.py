"""`tcm classify fit`: a model learned from labelled cases."""

from typing import Annotated, Literal

from tcmkit.cli.pipe import Pipe, option, with_pipe

DETAILS = (
    "Reads records with their labels (norm_syndrome, label or syndrome; both schemas of TCM-SD) and writes a folder "
    "for tcm classify --model. Repeated texts are dropped; texts that name their own label are counted and warned of.",
    "读入带标签的记录（norm_syndrome、label 或 syndrome；TCM-SD 两种格式均可），写出 tcm classify --model 的文件夹。"
    "重复正文会丢弃；正文写有自己标签的记录会计数并警告。",
)
EXAMPLE = "tcm classify fit labelled.jsonl -o MODEL && tcm classify --model MODEL cases.jsonl > predictions.jsonl"


@with_pipe()
def classify_fit(
    pipe: Pipe,
    engine: Annotated[
        Literal["linear"],
        option("--engine", en="What is trained: linear.", zh="训练哪种模型：linear。"),
    ] = "linear",
    label: Annotated[str, option("--label", en="The field with the label.", zh="标签所在字段。", metavar="FIELD")] = "",
) -> int:
    """Train, and write the model."""
    from tcmkit.classify.fitting import fit_files

    return fit_files(pipe.options, label)
