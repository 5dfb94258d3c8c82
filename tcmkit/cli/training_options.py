"""What may be said of a training run on the command line: the recipe, the machine, the upkeep, the run itself."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tcmkit.cli.options import option

if TYPE_CHECKING:
    from tcmkit.train import Machine, Upkeep

BaseModel = Annotated[
    str | None,
    option(
        "--model",
        en="The model: a folder, or OWNER/NAME of the hub.",
        zh="模型：文件夹，或模型库名称。",
        metavar="M",
    ),
]


@dataclass(frozen=True)
class RecipeChoice:
    """How the model is trained; what is not given is left to the preset."""

    preset: Annotated[
        str | None,
        option("--preset", en="A paper's settings by name.", zh="按名称采用论文的设置。", metavar="NAME"),
    ] = None
    method: Annotated[
        Literal["full", "lora", "qlora"] | None,
        option("--method", en="full, lora (default), or qlora.", zh="full、lora（默认）或 qlora。"),
    ] = None
    epochs: Annotated[float | None, option("--epochs", en="Times through the data.", zh="数据遍数。", metavar="X")] = (
        None
    )
    max_steps: Annotated[
        int | None, option("--max-steps", en="Stop after N steps.", zh="至多 N 步。", min=1, metavar="N")
    ] = None
    batch: Annotated[
        int | None,
        option(
            "--batch",
            en="Examples a step sees, over all GPUs; the rest is worked out.",
            zh="每步样本总数（所有 GPU 合计），其余自动换算。",
            min=1,
            metavar="N",
        ),
    ] = None
    learning_rate: Annotated[
        float | None, option("--learning-rate", en="Highest learning rate.", zh="最大学习率。", metavar="X")
    ] = None
    warmup: Annotated[
        float | None,
        option("--warmup", en="Share of the steps in which it rises.", zh="升温步数占比。", metavar="X"),
    ] = None
    schedule: Annotated[
        str | None,
        option("--schedule", en="linear, cosine, constant.", zh="linear、cosine、constant。", metavar="NAME"),
    ] = None
    weight_decay: Annotated[
        float | None, option("--weight-decay", en="Weight decay.", zh="权重衰减。", metavar="X")
    ] = None
    max_tokens: Annotated[
        int | None,
        option("--max-tokens", en="Longest example; longer ones are cut.", zh="样本最大长度，超出截断。", metavar="N"),
    ] = None
    lora_rank: Annotated[int | None, option("--lora-rank", en="Of the adapter.", zh="适配器的秩。", metavar="N")] = None
    lora_alpha: Annotated[
        int | None, option("--lora-alpha", en="Of the adapter.", zh="适配器的 alpha。", metavar="N")
    ] = None
    lora_dropout: Annotated[
        float | None, option("--lora-dropout", en="Of the adapter.", zh="适配器的 dropout。", metavar="X")
    ] = None
    lora_targets: Annotated[
        str | None,
        option(
            "--lora-targets",
            en="Modules with an adapter: names with commas, or all-linear.",
            zh="加适配器的模块：逗号分隔，或 all-linear。",
            metavar="NAMES",
        ),
    ] = None
    freeze: Annotated[
        list[str] | None,
        option(
            "--freeze",
            en="Weights that stay: a part of their names, or N for the first N layers.",
            zh="不训练的权重：名称的一部分，或 N 表示前 N 层。",
            metavar="PATTERN",
        ),
    ] = None

    def given(self) -> dict[str, Any]:
        """What was given, without what was not."""
        values = {**vars(self), "freeze": tuple(self.freeze) if self.freeze else None}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True)
class MachineChoice:
    """Where it runs."""

    gpus: Annotated[
        int | None,
        option("--gpus", en="GPUs to use; 0 is the CPU.", zh="使用的 GPU 数；0 为 CPU。", min=0, metavar="N"),
    ] = None
    processes: Annotated[
        int, option("--processes", en="Processes on the CPU.", zh="CPU 进程数。", min=1, metavar="N")
    ] = 1
    per_device: Annotated[
        int,
        option(
            "--per-device", en="Most examples at once on a device.", zh="每个设备一次的样本上限。", min=0, metavar="N"
        ),
    ] = 0
    shard: Annotated[
        Literal["none", "fsdp", "zero2", "zero3"],
        option("--shard", en="Spread the model over the GPUs.", zh="把模型分到各 GPU。"),
    ] = "none"
    precision: Annotated[
        Literal["auto", "bf16", "fp32"],
        option("--precision", en="Of the weights: full training keeps 32 bits.", zh="权重精度；全参训练保留 32 位。"),
    ] = "auto"
    nodes: Annotated[int, option("--nodes", en="Machines.", zh="机器数。", min=1, metavar="N")] = 1
    node_rank: Annotated[
        int, option("--node-rank", en="Which of them this is, from 0.", zh="本机序号，从 0 起。", min=0, metavar="N")
    ] = 0
    master: Annotated[
        str, option("--master", en="HOST:PORT of the first.", zh="首台机器的 主机:端口。", metavar="HOST:PORT")
    ] = ""
    recompute: Annotated[
        bool | None,
        option(
            "--recompute/--no-recompute",
            en="Less memory for a third more time (on a GPU by default).",
            zh="省显存，多费三分之一时间（GPU 默认开启）。",
        ),
    ] = None

    def machine(self) -> "Machine":
        """As training takes it."""
        from tcmkit.train import Machine

        return Machine(**vars(self))


@dataclass(frozen=True)
class UpkeepChoice:
    """What is shown and kept."""

    log_every: Annotated[int, option("--log-every", en="Steps between lines.", zh="每几步记录一次。", min=1)] = 10
    save_every: Annotated[
        int, option("--save-every", en="Steps between checkpoints.", zh="每几步存检查点。", min=1)
    ] = 100
    keep: Annotated[int, option("--keep", en="Checkpoints that stay.", zh="保留的检查点数。", min=1)] = 2
    watchdog: Annotated[
        float,
        option(
            "--watchdog",
            en="Seconds without a step after which stacks go to the log; 0: never.",
            zh="多少秒无进展即把调用栈写入日志；0 为不写。",
            min=0,
        ),
    ] = 900.0
    preflight: Annotated[
        bool,
        option(
            "--preflight/--no-preflight",
            en="Run the longest batch once before step 1.",
            zh="开始前先试运行最长的批次。",
        ),
    ] = True

    def upkeep(self) -> "Upkeep":
        """As training takes it."""
        from tcmkit.train import Upkeep

        return Upkeep(**vars(self))


@dataclass(frozen=True)
class RunChoice:
    """How the run is carried out."""

    adapter: Annotated[
        str | None,
        option("--adapter", en="An adapter to go on from.", zh="从此适配器继续。", metavar="DIR"),
    ] = None
    resume: Annotated[bool, option("--resume", en="Go on from the last checkpoint.", zh="从上个检查点继续。")] = False
    emit: Annotated[
        Literal["metrics"] | None,
        option("--emit", en="metrics: each line also on stdout.", zh="metrics：每条指标也写到标准输出。"),
    ] = None
    check: Annotated[
        bool, option("--check", en="Check data and settings; train nothing.", zh="只检查数据和设置，不训练。")
    ] = False
    show: Annotated[
        bool,
        option("--show", en="Show the first example with its words.", zh="显示第一条样本的原文。"),
    ] = False
    slurm: Annotated[
        str | None,
        option("--slurm", en="Write a Slurm script; run nothing.", zh="写出 Slurm 脚本，不运行。", metavar="FILE"),
    ] = None
    presets: Annotated[
        bool, option("--presets", en="Print the papers' settings, and stop.", zh="打印论文的设置，然后结束。")
    ] = False
    template: Annotated[
        str | None,
        option("--template", en="A chat template of your own (Jinja).", zh="自己的对话模板（Jinja）。", metavar="FILE"),
    ] = None
