"""What a run of training is told: one value that goes to disk as JSON and comes back the same."""

import json
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from tcmkit.errors import UsageError
from tcmkit.language import both

Method = Literal["full", "lora", "qlora"]
Shard = Literal["none", "fsdp", "zero2", "zero3"]
Precision = Literal["auto", "bf16", "fp32"]

METHODS: tuple[Method, ...] = ("full", "lora", "qlora")
SHARDS: tuple[Shard, ...] = ("none", "fsdp", "zero2", "zero3")
PRECISIONS: tuple[Precision, ...] = ("auto", "bf16", "fp32")
SCHEDULES = ("linear", "cosine", "constant", "constant_with_warmup")

Made = TypeVar("Made")


@dataclass(frozen=True)
class Recipe:
    """What decides which weights come out. A preset fills it, options override it."""

    method: Method = "lora"
    epochs: float = 1.0
    max_steps: int = 0
    """Optimiser steps; 0 is what the epochs come to."""
    batch: int = 16
    """Examples that one optimiser step sees, over all processes."""
    learning_rate: float = 2e-5
    warmup: float = 0.03
    """Share of the steps in which the learning rate rises."""
    schedule: str = "cosine"
    weight_decay: float = 0.0
    clip: float = 1.0
    """Largest norm of a gradient."""
    max_tokens: int = 2048
    """A longer example is cut, and counted."""
    lora_rank: int = 16
    lora_alpha: int = 32
    lora_dropout: float = 0.0
    lora_targets: str = "all-linear"
    """Modules that get an adapter: all-linear, or names with commas between them."""
    freeze: tuple[str, ...] = ()
    """Weights that stay as they are: parts of their names with * in them, or `N`: the first N layers."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise UsageError for a value that no run can use."""
        above_zero = ("batch", "learning_rate", "max_tokens", "lora_rank", "lora_alpha")
        for name in above_zero:
            if getattr(self, name) <= 0:
                raise _wrong(name, getattr(self, name))
        if self.epochs <= 0 and not self.max_steps:
            raise _wrong("epochs", self.epochs)
        if not 0 <= self.warmup < 1:
            raise _wrong("warmup", self.warmup)
        if self.method not in METHODS:
            raise _wrong("method", self.method)
        if self.schedule not in SCHEDULES:
            raise _wrong("schedule", self.schedule)


@dataclass(frozen=True)
class Machine:
    """Where it runs. Gradients are the same however the batch is spread, up to rounding."""

    gpus: int | None = None
    """Processes, each with a GPU, on this machine; 0 is the CPU; None takes every GPU there is, else the CPU."""
    processes: int = 1
    """Processes on the CPU."""
    per_device: int = 0
    """Most examples at once on a device; 0 is `batch.MOST_AT_ONCE`."""
    shard: Shard = "none"
    precision: Precision = "auto"
    """Of the weights. fp32: all in 32 bits. bf16: all in bfloat16. auto, on a GPU that has bfloat16: computed in it,
    but weights that full training moves stay in 32 bits, in which small steps are not lost; elsewhere fp32."""
    recompute: bool | None = None
    """Gradient checkpointing: less memory, a third more time. None: on a GPU only."""
    nodes: int = 1
    node_rank: int = 0
    master: str = ""
    """HOST:PORT of the first of several nodes."""

    def __post_init__(self) -> None:
        """Raise UsageError for nodes that cannot find each other."""
        if not 0 <= self.node_rank < self.nodes:
            raise _wrong("node_rank", self.node_rank)
        host, _, port = self.master.rpartition(":")
        if self.nodes > 1 and not (host and port.isdigit()):
            raise UsageError(
                both(
                    "several nodes need --master HOST:PORT, an address of the first",
                    "多个节点需要 --master 主机:端口，即首个节点的地址",
                )
            )


@dataclass(frozen=True)
class Upkeep:
    """What is shown and kept; it changes no weight."""

    log_every: int = 10
    save_every: int = 100
    keep: int = 2
    """Checkpoints that stay."""
    watchdog: float = 900.0
    """Seconds without a step after which stacks are written; 0 is never."""
    preflight: bool = True
    """Run the longest batch once before step 1."""


@dataclass(frozen=True)
class Job:
    """A whole run, as the worker reads it."""

    verb: str
    """As the user knows it: sft, dpo, grpo."""
    build: str
    """"module:function" that takes a Job and gives the trainer."""
    model: str
    """As the user wrote it."""
    folder: str
    """Where its files are."""
    out: str
    adapter: str | None = None
    """Folder of an adapter to go on from; found in `model` where that is one."""
    recipe: Recipe = field(default_factory=Recipe)
    machine: Machine = field(default_factory=Machine)
    upkeep: Upkeep = field(default_factory=Upkeep)
    own: dict[str, Any] = field(default_factory=dict)
    """What only this kind of training knows; plain JSON values."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What was found before the start: hash and size of the data, fingerprint of the model."""

    def save(self, path: Path) -> None:
        """Write it as JSON. Raises OSError."""
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Job":
        """Read it. Raises OSError, and UsageError for a file that is none."""
        try:
            return cls.of(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError, KeyError) as error:
            raise UsageError(
                both(f"{path} is no configuration of a run: {error}", f"{path} 不是训练配置：{error}")
            ) from None

    @classmethod
    def of(cls, found: dict[str, Any]) -> "Job":
        """The same from parsed JSON."""
        parts = {
            "recipe": part(Recipe, found["recipe"]),
            "machine": part(Machine, found["machine"]),
            "upkeep": part(Upkeep, found["upkeep"]),
        }
        return cls(**{**found, **parts})

    def with_facts(self, **facts: Any) -> "Job":
        """The same, and what has been found."""
        return replace(self, facts={**self.facts, **facts})


def part(kind: type[Made], found: dict[str, Any]) -> Made:
    """A dataclass of plain values from parsed JSON: lists become tuples. Raises TypeError for a name it has not."""
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in found.items()})


def names(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass."""
    return tuple(field.name for field in fields(kind))


def _wrong(name: str, value: Any) -> UsageError:
    option = "--" + name.replace("_", "-")
    return UsageError(both(f"{option} cannot be {value}", f"{option} 不能是 {value}"))
