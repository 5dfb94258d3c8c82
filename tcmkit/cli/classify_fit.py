"""`tcm classify fit`: a model learned from labelled cases."""

from typing import Annotated, Literal

from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe
from tcmkit.cli.training import Training, with_training
from tcmkit.errors import UsageError
from tcmkit.language import both

DETAILS = (
    "Reads records with their labels (norm_syndrome, label or syndrome; both schemas of TCM-SD) and writes a folder "
    "for tcm classify --model. Repeated texts are dropped; texts that name their own label are counted and warned of. "
    "linear needs no model and none of the options of training. encoder takes RoBERTa and the like, llm a chat model "
    "that learns with LoRA as in the paper (extra [train]).",
    "读入带标签的记录（norm_syndrome、label 或 syndrome；TCM-SD 两种格式均可），写出 tcm classify --model 的文件夹。"
    "重复正文会丢弃；正文写有自己标签的记录会计数并警告。"
    "linear 不需要模型和训练选项；encoder 使用 RoBERTa 等，llm 以论文的 LoRA 设置训练对话模型（需 [train]）。",
)
EXAMPLE = "tcm classify fit labelled.jsonl -o MODEL && tcm classify --model MODEL cases.jsonl > predictions.jsonl"


@with_training("classify fit")
def classify_fit(
    pipe: Pipe,
    training: Training,
    engine: Annotated[
        Literal["linear", "encoder", "llm"],
        option("--engine", en="What is trained: linear, encoder, llm.", zh="训练哪种模型：linear、encoder、llm。"),
    ] = "linear",
    label: Annotated[str, option("--label", en="The field with the label.", zh="标签所在字段。", metavar="FIELD")] = "",
    clean: Annotated[
        bool,
        option(
            "--clean",
            en="An encoder reads what clean-tqs leaves of a text, as in the paper; else all of it.",
            zh="编码器只读 clean-tqs 清洗后的文字（如论文）；否则读全文。",
        ),
    ] = False,
    export: Annotated[
        Literal["onnx"] | None,
        option(
            "--export",
            en="onnx: also MODEL/onnx, 8 bits, for laptops (encoder; extra [onnx]).",
            zh="onnx：另写 MODEL/onnx，8 位，供笔记本使用（encoder；需 [onnx]）。",
        ),
    ] = None,
) -> int:
    """Train, and write the model."""
    if engine == "linear":
        from tcmkit.classify.fitting import fit_files

        if training.model or training.recipe or training.resume or export or clean:
            raise UsageError(
                both(
                    "--engine linear takes no --model and no options of training: add --engine encoder",
                    "--engine linear 不用 --model 和训练选项：请加 --engine encoder",
                )
            )
        return fit_files(pipe.options, label)
    if engine == "llm":
        from tcmkit.classify.llm import fitting

        if export or clean:
            raise UsageError(both("--export and --clean are for an encoder", "--export、--clean 只用于编码器"))
        job = training.job("classify fit", "tcmkit.train.sft:build", {"stage": "sft"}, fitting.DEFAULTS)
        return fitting.fit_llm(pipe.options, job, label, training.resume)
    from tcmkit.classify.encoder.fitting import DEFAULTS, fit_encoder

    job = training.job("classify fit", "tcmkit.classify.encoder.trainer:build", {"cleaned": clean}, DEFAULTS)
    return fit_encoder(pipe.options, job, label, training.resume, export)
