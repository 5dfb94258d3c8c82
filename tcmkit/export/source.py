"""What is to be exported: a model's folder, with or without an adapter, checked before anything is read at length."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tcmkit.errors import TcmError, UsageError
from tcmkit.language import both
from tcmkit.llm.hf_adapters import WrongBase
from tcmkit.llm.hf_folders import places

ARCHITECTURES = {"Qwen2ForCausalLM": "qwen2", "Qwen3ForCausalLM": "qwen3", "LlamaForCausalLM": "llama"}
"""By the name transformers gives it: llama.cpp's name."""
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


@dataclass(frozen=True)
class Source:
    """A model that can be exported."""

    folder: Path
    adapter: Path | None
    architecture: str
    """llama.cpp's name for it."""
    config: Any
    """The configuration as transformers reads it."""

    @property
    def name(self) -> str:
        """What the model is called: its folder's name."""
        return (self.adapter or self.folder).resolve().name

    @property
    def tokenizer(self) -> Path:
        """The folder whose tokenizer counts: the adapter's where it has one, as training may have changed it."""
        own = self.adapter and all((self.adapter / name).is_file() for name in _TOKENIZER_FILES[:2])
        return self.adapter if self.adapter and own else self.folder


def find(model: str, base: str | None) -> Source:
    """The source that a name means. Raises UsageError, TcmError."""
    folder, adapter = _places(model, base)
    raw = _json(folder / "config.json")
    named = raw.get("architectures") or [raw.get("model_type", "?")]
    architecture = ARCHITECTURES.get(named[0])
    if architecture is None:
        known = ", ".join(ARCHITECTURES)
        raise UsageError(
            both(
                f"{folder}: {named[0]} is not supported; what is: {known}",
                f"{folder}：不支持 {named[0]}；支持的有：{known}",
            )
        )
    if raw.get("quantization_config"):
        raise UsageError(
            both(
                f"{folder} holds quantised weights: export from the model at 16 or 32 bits; for an adapter name it"
                " with --base",
                f"{folder} 的权重已量化：请从 16 或 32 位的模型导出；适配器请用 --base 指明基座",
            )
        )
    return Source(folder, adapter, architecture, _config(folder))


def _places(model: str, base: str | None) -> tuple[Path, Path | None]:
    if base:
        return places(base, model)
    own = Path(model).expanduser() / "adapter_config.json"
    if not own.is_file() or own.with_name("config.json").is_file():
        return places(model, None)
    try:
        return places(model, None)
    except WrongBase:
        raise
    except TcmError as error:
        named = _json(own).get("base_model_name_or_path")
        raise type(error)(
            both(
                f"{model} is an adapter, and its base model ({named}) was not found: name it with --base",
                f"{model} 是适配器，但找不到它的基座模型（{named}）：请用 --base 指明",
            )
        ) from None


def _config(folder: Path) -> Any:
    from transformers import AutoConfig
    from transformers.utils import logging

    from tcmkit.llm.hf_model import loading

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with loading(folder):
        return AutoConfig.from_pretrained(folder, trust_remote_code=False)


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        value = None
    if not isinstance(value, dict):
        raise TcmError(both(f"{path}: no JSON object", f"{path}：不是 JSON 对象"))
    return value
