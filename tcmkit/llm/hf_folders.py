"""The folders of models as transformers and peft write them: what is in one, and whether it may be read."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tcmkit.errors import TcmError, UsageError
from tcmkit.language import both
from tcmkit.llm import local
from tcmkit.llm.hf_adapters import check_fits
from tcmkit.llm.places import find_model, model_folders
from tcmkit.llm.protocol import EngineStopped

_ACT_ON_REPLIES = (".json", ".safetensors", ".jinja", ".txt", ".model")
_HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w.-]+")
_OWNERS = {
    "Qwen": "Qwen",
    "Llama-": "meta-llama",
    "Mistral-": "mistralai",
    "DeepSeek-": "deepseek-ai",
    "gemma-": "google",
    "Yi-": "01-ai",
    "Baichuan": "baichuan-inc",
    "internlm": "internlm",
    "chinese-roberta-": "hfl",
}
"""Who holds a family of models on the hub, by how its names begin: people name the model alone."""
_KNOWN_MODULES = ("Transformer", "Pooling", "Normalize")


def places(name: str, adapter: str | None) -> tuple[Path, Path | None]:
    """Folders of the model and of the adapter. Raises UsageError, and WrongBase for an adapter of another model."""
    folder = _folder(name)
    is_model, is_adapter = ((folder / file).is_file() for file in ("config.json", "adapter_config.json"))
    if is_model and is_adapter:  # transformers would load both in silence
        raise UsageError(
            both(
                f"{folder} holds a model and an adapter_config.json: move the adapter out, and give it with --adapter",
                f"{folder} 同时含有模型与 adapter_config.json：请移出适配器，并用 --adapter 给出",
            )
        )
    if is_adapter:
        if adapter:
            raise UsageError(
                both(
                    f"{folder} is itself an adapter: leave out --adapter", f"{folder} 本身就是适配器：请去掉 --adapter"
                )
            )
        return places(_base_of(folder), str(folder))
    if not is_model or not any(folder.glob("*.safetensors")):
        raise UsageError(
            both(
                f"{folder} holds no model as safetensors (config.json and *.safetensors)",
                f"{folder} 中没有 safetensors 模型（config.json 与 *.safetensors）",
            )
        )
    if not adapter:
        return folder, None
    added = _adapter_folder(adapter)
    check_fits(folder, added)
    return folder, added


def _folder(name: str) -> Path:
    path = find_model(name)
    if path and path.is_dir():
        return path
    if path:
        raise UsageError(
            both(f"{path} is a file: hf: takes a folder; use gguf:", f"{path} 是文件：hf: 需要文件夹，或用 gguf:")
        )
    if _HUB_NAME.fullmatch(named := _with_owner(name)):
        return _from_hub(named)
    folders = ", ".join(map(str, model_folders()))
    raise UsageError(
        both(
            f"no model {name}: name a folder, one in {folders}, or OWNER/NAME of the hub",
            f"没有模型 {name}：请给出文件夹、{folders} 中的一个，或模型库的 所有者/名称",
        )
    )


def _with_owner(name: str) -> str:
    """The hub's name of a model that is named alone.

    >>> _with_owner("Qwen2.5-7B-Instruct"), _with_owner("me/Qwen2.5"), _with_owner("mine")
    ('Qwen/Qwen2.5-7B-Instruct', 'me/Qwen2.5', 'mine')
    """
    owners = [owner for start, owner in _OWNERS.items() if name.startswith(start)]
    return f"{owners[0]}/{name}" if owners and "/" not in name else name


def _from_hub(name: str) -> Path:
    """The model's files, from the hub's own cache where they are there. Raises TcmError."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return Path(snapshot_download(name, allow_patterns=[f"*{suffix}" for suffix in _ACT_ON_REPLIES]))
    except (OSError, ValueError, HfHubHTTPError) as error:
        why = type(error).__name__
        raise TcmError(
            both(
                f"no folder {name} here, and the hub gives none ({why}): check the name, the network, HF_ENDPOINT",
                f"本机没有文件夹 {name}，模型库也取不到（{why}）：请检查名称、网络与 HF_ENDPOINT",
            )
        ) from None


def _adapter_folder(name: str) -> Path:
    path = find_model(name)
    if path and (path / "adapter_config.json").is_file() and (path / "adapter_model.safetensors").is_file():
        return path
    raise UsageError(
        both(
            f"--adapter {name}: no folder with adapter_config.json and adapter_model.safetensors",
            f"--adapter {name}：不是含 adapter_config.json 与 adapter_model.safetensors 的文件夹",
        )
    )


def _base_of(adapter: Path) -> str:
    try:
        named = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))["base_model_name_or_path"]
    except (ValueError, KeyError, TypeError):
        named = None
    if not isinstance(named, str):
        raise UsageError(
            both(
                f"{adapter} names no base model: give hf:BASE --adapter {adapter}",
                f"{adapter} 未注明基座模型：请写 hf:基座 --adapter {adapter}",
            )
        )
    return named


def fingerprint(folder: Path) -> str:
    """What tells these files from any other model's."""
    return local.fingerprint(path for path in folder.iterdir() if path.suffix in _ACT_ON_REPLIES and path.is_file())


def pooling(folder: Path) -> str:
    """How vectors are made of the last layer: cls, last or mean, as the files of sentence-transformers say."""
    modules = folder / "modules.json"
    if not modules.is_file():
        return "mean"
    kinds = [str(module["type"]).rpartition(".")[2] for module in json.loads(modules.read_text(encoding="utf-8"))]
    if any(kind not in _KNOWN_MODULES for kind in kinds):
        raise EngineStopped(
            both(
                f"{folder} embeds with more than pooling: serve it, and use openai: with --base-url",
                f"{folder} 的向量不止池化一步：请以服务方式运行，并用 openai: 与 --base-url",
            )
        )
    path = folder / "1_Pooling" / "config.json"
    said = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    chosen = set(_chosen(said))
    return "cls" if "cls" in chosen else "last" if "lasttoken" in chosen else "mean"


def _chosen(said: dict[str, Any]) -> Iterator[str]:
    """The names of the ways of pooling that a pooling file switches on, in its older form and its newer."""
    if isinstance(said.get("pooling_mode"), str):
        yield said["pooling_mode"]
    for key, on in said.items():
        if on is True and key.startswith("pooling_mode_"):
            yield key.removeprefix("pooling_mode_").removesuffix("_token").removesuffix("_tokens")
