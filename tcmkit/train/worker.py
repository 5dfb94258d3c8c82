"""The process that trains: `python -m tcmkit.train.worker CONFIG.json`, or several of them under torchrun.

Its stdin and stdout belong to the process that started it (`events`); everything else it or a library says goes to
stderr, which is the log.
"""

import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

from tcmkit.errors import DONE, FAILED, TcmError, UsageError
from tcmkit.language import both

from .events import Channel, listen
from .folder import RunFolder, cannot_read_or_write
from .settings import Job

_NO_MEMORY = ("can't allocate memory", "out of memory", "STATUS_ALLOC_FAILED")
"""Of the CPU, of CUDA, of its libraries: not all of them raise OutOfMemoryError."""


def main(path: str) -> int:
    """Carry out the configuration; the exit status."""
    is_first = os.environ.get("RANK", "0") == "0"
    channel = Channel(is_first)
    job: Job | None = None
    try:
        job = Job.load(Path(path))
        _work(job, channel)
    except TcmError as error:
        channel.fail(str(error), error.exit_status)
        return error.exit_status
    except OSError as error:
        channel.fail(str(cannot_read_or_write(Path(job.out if job else path), error)), FAILED)
        return FAILED
    except (RuntimeError, MemoryError) as error:
        known = _known(error, job.verb if job else "")
        if known is None:
            raise
        channel.fail(known, FAILED)
        return FAILED
    return DONE


def _work(job: Job, channel: Channel) -> None:
    from .loading import freeze
    from .watch import Metrics, Stop, Watchdog

    folder = RunFolder.of(job)
    _check_shared(job)
    stop, watchdog = Stop(job.own.get("iterations", 1)), Watchdog(job.upkeep.watchdog, channel)
    signal.signal(signal.SIGTERM, stop.ask)
    listen(stop.ask, reads=os.environ.get("LOCAL_RANK", "0") == "0")
    trainer = builder(job)(job)
    trainer.take_care(folder, job.upkeep.keep)
    freeze(trainer.model, job.recipe.freeze)
    trainer.say = channel.say
    metrics = Metrics(folder, channel, job)
    for callback in (metrics, stop, watchdog):
        trainer.add_callback(callback)
    _describe(trainer, channel)
    latest = folder.latest()
    if latest:
        channel.say(both(f"going on from {latest.name}", f"从 {latest.name} 继续"))
    if job.upkeep.preflight:
        _try_longest(trainer, job, channel)
    watchdog.rewind()
    trainer.train(resume_from_checkpoint=str(latest) if latest else None)
    step, steps = trainer.state.global_step, trainer.state.max_steps
    if step < steps:
        channel.tell("stopped", step=step, steps=steps)
        return
    _keep(trainer, folder)
    channel.tell("done", step=step, metrics=_last(metrics, trainer), devices=_device())


def _check_shared(job: Job) -> None:
    """On another machine than the first: raise UsageError when OUT is not the folder that the first one writes.

    Each process adds its part to a checkpoint, and all go on from the same.
    """
    if not job.machine.node_rank:
        return
    of_first = RunFolder(job.out).config
    if not of_first.is_file() or Job.load(of_first).facts.get("data") != job.facts.get("data"):
        raise UsageError(
            both(
                f"node {job.machine.node_rank}: {of_first} is not what the first machine wrote; -o must be on a disk "
                "that all machines share, with the same data on each",
                f"节点 {job.machine.node_rank}：{of_first} 不是首个节点所写；-o 须在各节点共享的磁盘上，数据须相同",
            )
        )


def builder(job: Job) -> Any:
    """The function that builds the trainer: `build` of the job, "module:function"."""
    module, _, function = job.build.partition(":")
    return getattr(importlib.import_module(module), function)


def _describe(trainer: Any, channel: Channel) -> None:
    sizes = [(weight.numel(), weight.requires_grad) for weight in trainer.model.parameters()]
    total, learned = sum(size for size, _ in sizes), sum(size for size, is_learned in sizes if is_learned)
    channel.say(
        both(
            f"{learned:,} of {total:,} weights are trained, on {_device()}",
            f"共 {total:,} 个权重，训练其中 {learned:,} 个，设备 {_device()}",
        )
    )
    channel.tell("model", weights=total, trained=learned)


def _try_longest(trainer: Any, job: Job, channel: Channel) -> None:
    """Run the longest batch once; say what it took and how long the whole may take."""
    from .preflight import preflight

    found = preflight(trainer)
    if not found:
        if job.machine.shard != "none":
            channel.say(
                both(
                    f"--shard {job.machine.shard}: the longest batch is not tried beforehand, for the model is spread "
                    "only when training begins; if memory runs out, lower --per-device",
                    f"--shard {job.machine.shard}：模型在训练开始时才分配，不预先试运行最长批次；"
                    "如内存不足请降低 --per-device",
                )
            )
        return
    memory = f", {found['peak_memory'] / 2**30:.1f} GiB" if "peak_memory" in found else ""
    english, chinese = _time_of(found, job)
    channel.say(
        both(
            f"the longest batch (a row of {found['longest']} tokens) passes{memory}; {english}",
            f"最长的批次（一条 {found['longest']} 词元）可以运行{memory}；{chinese}",
        )
    )


def _time_of(found: dict[str, Any], job: Job) -> tuple[str, str]:
    """What the longest batch lets one expect."""
    from .saying import clock, steps_of

    step = found["seconds"] * job.facts["accumulation"]
    if found["drawn"]:  # how long answers will be, nobody knows yet
        time = clock(step)
        return f"a step learns in {time} at most, and draws its answers before", f"每步学习至多 {time}，另加作答时间"
    tokens = job.facts.get("tokens_a_step", 0) / job.facts["effective"] * job.facts["per_device"] or found["longest"]
    whole = clock(step * min(1.0, tokens / (found["longest"] * job.facts["per_device"])) * steps_of(job))
    return f"the whole takes about {whole}", f"全程约 {whole}"


def _device() -> str:
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"


def _last(metrics: Any, trainer: Any) -> dict[str, Any]:
    """The last line of metrics; after a resumption at the very end, that of the run before."""
    found: dict[str, Any] = metrics.last or dict(trainer.state.log_history[-1] if trainer.state.log_history else {})
    return found


def _keep(trainer: Any, folder: RunFolder) -> None:
    """The model where the user wants it: written beside, then moved."""
    from .care import writing
    from .loading import save

    final = folder.run / "final"
    with writing(folder.out):
        save(trainer, final)
    trainer.accelerator.wait_for_everyone()
    if trainer.is_world_process_zero():
        for path in final.iterdir():
            if path.suffix == ".safetensors":  # weights may say again what they were trained on
                path.chmod(0o600)
            os.replace(path, folder.out / path.name)
        final.rmdir()


def _known(error: RuntimeError | MemoryError, verb: str) -> str | None:
    """One line for a failure that has a cause which the user can do something about."""
    import torch

    text = str(error)
    if isinstance(error, torch.OutOfMemoryError | MemoryError) or any(words in text for words in _NO_MEMORY):
        lower = "--per-device, --max-new-tokens or --group" if verb == "grpo" else "--per-device or --max-tokens"
        chinese = lower.replace(", ", "、").replace(" or ", " 或 ")
        return both(
            f"out of memory: lower {lower}, take --method lora, --recompute or --shard fsdp",
            f"内存不足：请降低 {chinese}，或用 --method lora、--recompute、--shard fsdp",
        )
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
