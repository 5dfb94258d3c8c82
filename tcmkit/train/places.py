"""The model that is to be trained: its folder, and the adapter where it is one."""

import json
from importlib.util import find_spec
from pathlib import Path

from tcmkit.errors import MissingExtra, TcmError, UsageError
from tcmkit.language import both
from tcmkit.llm.hf_folders import fingerprint, places

from .settings import Job

_PACKAGES = ("torch", "transformers", "trl", "peft", "datasets", "accelerate")


def check_extra(feature: str) -> None:
    """Raise MissingExtra when a package of [train] is not there."""
    if any(find_spec(package) is None for package in _PACKAGES):
        raise MissingExtra(feature, "train")


def check_method(job: Job, device: str) -> None:
    """Raise TcmError when the method or the sharding needs what is not here."""
    qlora, shard = job.recipe.method == "qlora", job.machine.shard
    if qlora and device == "cpu":
        raise UsageError(
            both("--method qlora needs a CUDA GPU: use lora here", "--method qlora 需要 CUDA GPU：此处请用 lora")
        )
    if shard != "none" and device == "cpu":  # PyTorch would ignore it
        raise UsageError(
            both(
                f"--shard {shard} spreads a model over GPUs: leave it out here",
                f"--shard {shard} 把模型分到多个 GPU：此处请去掉",
            )
        )
    if qlora and shard != "none":
        raise UsageError(
            both("--method qlora goes without --shard: use lora", "--method qlora 不能与 --shard 同用：请用 lora")
        )
    package = "bitsandbytes" if qlora else "deepspeed" if shard.startswith("zero") else ""
    if package and find_spec(package) is None:
        option = "--method qlora" if qlora else f"--shard {shard}"
        raise TcmError(
            both(
                f"{option} needs {package}: run  pip install {package}",
                f"{option} 需要 {package}：请运行  pip install {package}",
            )
        )


def find(name: str, adapter: str | None = None) -> tuple[str, str | None, str]:
    """Folder of the model, folder of its adapter if it is one, and what tells both from any other.

    `name` is a folder, a name in the model folders, or OWNER/NAME of the hub; only safetensors. An adapter's folder
    stands for its base and itself; `adapter` is one that goes on another base. Raises UsageError, TcmError.
    """
    folder, found = places(name.removeprefix("hf:"), adapter)
    mark = fingerprint(folder) + (f"+{fingerprint(found)}" if found else "")
    return str(folder.absolute()), str(found.absolute()) if found else None, mark


def context_of(folder: str) -> int | None:
    """Tokens that the model can look at together, where its files say so."""
    found = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8")).get("max_position_embeddings")
    return found if isinstance(found, int) else None


def template_text(path: str | None) -> str | None:
    """The chat template in a file. Raises UsageError."""
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(both(f"--template {path}: {error}", f"--template {path}：{error}")) from None
