"""`tcm export`: a trained model as one file that runs on a laptop."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from tcmkit.cli.options import Language, option
from tcmkit.language import both

DETAILS = (
    "Merges an adapter, writes Qwen2, Qwen3 or Llama for llama.cpp with its chat template, quantises it, and compares "
    "tokens, template, logits and greedy text with transformers; what fails is not kept. The last line on stdout is a "
    "record of all that, also written to FILE.gguf.json.",
    "合并适配器，把 Qwen2、Qwen3、Llama 写成 llama.cpp 的文件并附对话模板，量化，再与 transformers 比较"
    "词元、模板、logits 与贪心文本；不符则不保留。标准输出的最后一行是记录，同时写入 FILE.gguf.json。",
)
EXAMPLE = "tcm export out/grpo -o tcm.gguf --quant q4_k_m && tcm consult --llm gguf:tcm.gguf"


@dataclass(frozen=True)
class Written:
    """What is written, and of which model."""

    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help=both("Folder of a model or of an adapter.", "模型或适配器的文件夹。"),
        ),
    ]
    output: Annotated[
        str,
        option(
            "-o",
            "--output",
            en="NAME.gguf; NAME.modelfile for Ollama, with its .gguf; else a folder of safetensors.",
            zh="NAME.gguf；NAME.modelfile（Ollama，连同 .gguf）；否则为 safetensors 文件夹。",
            metavar="PATH",
        ),
    ]
    quant: Annotated[
        str,
        option(
            "--quant",
            en="f32, f16, bf16, q8_0, q6_k, q5_k_m, q4_k_m, q3_k_m, q2_k and a few more.",
            zh="f32、f16、bf16、q8_0、q6_k、q5_k_m、q4_k_m、q3_k_m、q2_k 等。",
            metavar="TYPE",
        ),
    ] = "q4_k_m"
    form: Annotated[
        str | None,
        option(
            "--format",
            en="gguf, modelfile or safetensors, whatever the output is called.",
            zh="gguf、modelfile 或 safetensors，不论输出何名。",
            metavar="FORMAT",
        ),
    ] = None
    base: Annotated[
        str | None,
        option("--base", en="The model an adapter is for.", zh="适配器的基座模型。", metavar="MODEL"),
    ] = None


@dataclass(frozen=True)
class Verified:
    """What is compared with the model that was trained."""

    corpus: Annotated[
        list[str] | None,
        option(
            "--corpus",
            en="Compare on these texts too: JSON Lines or plain lines.",
            zh="另用这些文本比较：JSON Lines 或纯文本行。",
            metavar="FILE",
        ),
    ] = None
    verify: Annotated[
        str,
        option(
            "--verify",
            en="full; quick: logits of the first two layers; none; auto: full if the memory suffices.",
            zh="full 完整；quick 只比前两层的 logits；none 不验证；auto 内存够则完整。",
            metavar="HOW",
        ),
    ] = "auto"
    tolerance: Annotated[
        float,
        option(
            "--tolerance",
            en="How far logits may be apart at 32 bits.",
            zh="32 位时 logits 允许的差。",
            min=0.0,
            metavar="X",
        ),
    ] = 1e-4
    threads: Annotated[
        int, option("--threads", en="Threads; 0 for all cores.", zh="线程数；0 为全部核心。", min=0, metavar="N")
    ] = 0


def export(
    written: Written,
    verified: Verified,
    quiet: Annotated[bool, option("-q", "--quiet", en="No progress and no table.", zh="不显示进度和表格。")] = False,
    lang: Language = None,
) -> int:
    """Export, and print the record."""
    from tcmkit.export import Settings, checked_format, checked_quant, checked_verify
    from tcmkit.export import export as carry_out
    from tcmkit.jsonl import codec
    from tcmkit.jsonl.interrupts import Interrupts
    from tcmkit.jsonl.progress import tell

    settings = Settings(
        model=written.model,
        output=Path(written.output),
        quant=checked_quant(written.quant),
        format=checked_format(written.form, written.output),
        base=written.base,
        corpus=tuple(map(Path, verified.corpus or ())),
        verify=checked_verify(verified.verify),
        tolerance=verified.tolerance,
        threads=verified.threads,
    )
    with Interrupts():  # a polite kill, too, takes away what is not finished
        record = carry_out(settings, lambda message: None if quiet else tell(f"tcm export: {message}"))
    if not quiet:
        _show(record)
    print(codec.dump(record).decode("utf-8"), end="")
    return 0


def _show(record: dict[str, Any]) -> None:
    """What was compared and measured, for people."""
    from tcmkit.export.report import lines
    from tcmkit.jsonl.progress import tell

    for line in lines(record):
        tell(line)
