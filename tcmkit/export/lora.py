"""A LoRA adapter worked into the weights it is for, tensor by tensor.

W + s · B A (Hu et al., LoRA, arXiv:2106.09685, section 4.1), with s = alpha / r, or alpha / √r for rank-stabilised
adapters (Kalajdzievski, arXiv:2312.03732). The sum is taken and kept in 32 bits.
"""

import json
import re
from pathlib import Path
from typing import Any

from tcmkit.errors import UsageError
from tcmkit.language import both

_PREFIX = "base_model.model."
_WEIGHTS = "adapter_model.safetensors"
# Kinds of adapter that are more than a product added to a weight, by the key that says so.
_MORE_THAN_A_PRODUCT = (
    *("use_dora", "use_qalora", "use_bdlora", "lora_bias", "alora_invocation_tokens", "arrow_config"),
    *("trainable_token_indices", "target_parameters", "layer_replication", "kasa_config", "velora_config"),
    "monteclora_config",
)
_CHANGED_THE_BASE = ("pissa", "olora", "corda", "loftq", "lora_ga")


class Adapter:
    """What an adapter adds to each weight, or puts in its place."""

    def __init__(self, folder: Path) -> None:
        """Open it. Raises UsageError for a kind that is no plain LoRA."""
        from safetensors import safe_open

        self._settings = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        self._refuse_other_kinds(folder)
        file: Any = safe_open(folder / _WEIGHTS, framework="pt")
        self._file = file
        self._keys: dict[str, str] = {key.removeprefix(_PREFIX): key for key in file.keys()}  # noqa: SIM118 - no mapping
        self._used: set[str] = set()

    def _refuse_other_kinds(self, folder: Path) -> None:
        settings = self._settings
        kind = settings.get("peft_type")
        extra = [key for key in _MORE_THAN_A_PRODUCT if settings.get(key)]
        start = str(settings.get("init_lora_weights")).lower()
        if settings.get("bias", "none") != "none":
            extra.append("bias")
        if start.startswith(_CHANGED_THE_BASE):
            extra.append(f"init_lora_weights={start}")
        if kind == "LORA" and not extra:
            return
        what = ", ".join([str(kind), *extra])
        raise UsageError(
            both(
                f"{folder} is no plain LoRA adapter ({what}): merge it with peft (merge_and_unload), and"
                " export the result",
                f"{folder} 不是普通 LoRA 适配器（{what}）：请先用 peft 合并（merge_and_unload），再导出",
            )
        )

    def changes(self, name: str) -> bool:
        """Whether it has something for the weight `name` of the model."""
        return any(key in self._keys for key in self._places(name))

    def merged(self, name: str, weight: Any) -> Any:
        """The weight, of which nothing else knows, with what the adapter adds, in 32 bits."""
        whole, base, first, second, embedded_first, embedded_second = self._places(name)
        for replacing in (whole, base):
            if replacing in self._keys:
                weight = self._tensor(replacing).reshape(weight.shape)
        weight = weight.float()
        module = name.removesuffix(".weight")
        if first in self._keys:
            a, b = self._tensor(first).float(), self._tensor(second).float()
            added = b @ a
            if self._settings.get("fan_in_fan_out"):
                added = added.T
            weight = weight + self._scale(module, a.shape[0]) * added
        if embedded_first in self._keys:
            a, b = self._tensor(embedded_first).float(), self._tensor(embedded_second).float()
            weight = weight + self._scale(module, a.shape[0]) * (b @ a).T
        return weight

    def _places(self, name: str) -> tuple[str, str, str, str, str, str]:
        module = name.removesuffix(".weight")
        ends = ("base_layer.weight", "lora_A.weight", "lora_B.weight", "lora_embedding_A", "lora_embedding_B")
        whole, *rest = [name, *(f"{module}.{end}" for end in ends)]
        return (whole, *rest)  # type: ignore[return-value]

    def _tensor(self, key: str) -> Any:
        self._used.add(key)
        return self._file.get_tensor(self._keys[key])

    def _scale(self, module: str, rank: int) -> float:
        patterns = self._settings.get("alpha_pattern") or {}
        alpha = next(
            (value for key, value in patterns.items() if re.fullmatch(rf"(.*\.)?({key})", module)),
            self._settings["lora_alpha"],
        )
        return float(alpha / (rank**0.5 if self._settings.get("use_rslora") else rank))

    def unused(self) -> list[str]:
        """What of the adapter found no weight to go into."""
        return sorted(self._keys.keys() - self._used)
