"""The weights of a model, read one at a time from safetensors, with its adapter worked in."""

import json
import math
from pathlib import Path
from typing import Any

from tcmkit.errors import TcmError
from tcmkit.export.lora import Adapter
from tcmkit.export.source import Source
from tcmkit.language import both

HEAD, EMBEDDING = "lm_head.weight", "model.embed_tokens.weight"
_KINDS = ("F32", "F16", "BF16")


class Weights:
    """Names, shapes and kinds at once, the numbers one tensor at a time: the memory does not grow with the model."""

    def __init__(self, source: Source) -> None:
        """Open the files. Raises TcmError for a damaged or unusable one, UsageError for an adapter of another kind."""
        self._adapter = Adapter(source.adapter) if source.adapter else None
        self._places: dict[str, Any] = {}
        for path in _files(source.folder):
            file = _opened(path)
            self._places |= dict.fromkeys(file.keys(), file)
        tied = bool(source.config.tie_word_embeddings)
        # An adapter on one side of a tie works on that side alone, so the two come apart.
        self.tied = tied and not (self._adapter and any(map(self._adapter.changes, (HEAD, EMBEDDING))))
        self._head_from_embedding = tied and not self.tied
        if self.tied:
            self._places.pop(HEAD, None)
        elif self._head_from_embedding and EMBEDDING in self._places:
            self._places[HEAD] = self._places[EMBEDDING]
        self.names = sorted(self._places, key=_order)
        self._check(source)

    def _check(self, source: Source) -> None:
        for name in (EMBEDDING,) if self.tied else (EMBEDDING, HEAD):
            if name not in self._places:
                raise TcmError(
                    both(
                        f"{source.folder}: its files hold no {name}: a part is missing, or this is no language model",
                        f"{source.folder}：文件中没有 {name}：缺少部分文件，或不是语言模型",
                    )
                )
        for name in self.names:
            kind = self._slice(name).get_dtype()
            if kind not in _KINDS:
                raise TcmError(
                    both(
                        f"{source.folder}: {name} is {kind}; what can be exported is {', '.join(_KINDS)}",
                        f"{source.folder}：{name} 为 {kind}；可导出的为 {', '.join(_KINDS)}",
                    )
                )

    def _slice(self, name: str) -> Any:
        return self._places[name].get_slice(self._stored(name))

    def _stored(self, name: str) -> str:
        return EMBEDDING if name == HEAD and self._head_from_embedding else name

    def shape(self, name: str) -> tuple[int, ...]:
        """Rows, then columns."""
        return tuple(self._slice(name).get_shape())

    def kind(self, name: str) -> str:
        """F32, F16 or BF16; F32 for a weight that the adapter changes."""
        if self._adapter and self._adapter.changes(name):
            return "F32"
        return self.stored_kind(name)

    def stored_kind(self, name: str) -> str:
        """F32, F16 or BF16, as it is in the source."""
        return str(self._slice(name).get_dtype())

    def tensor(self, name: str) -> Any:
        """The numbers, of the kind and shape said. Raises TcmError when the adapter does not fit."""
        weight = self._places[name].get_tensor(self._stored(name))
        if self._adapter is None or not self._adapter.changes(name):
            return weight
        try:
            return self._adapter.merged(name, weight)
        except RuntimeError:  # of torch: the shapes do not go together
            size = "×".join(map(str, weight.shape))
            raise TcmError(
                both(
                    f"the adapter does not fit {name} ({size}): it is for another model; name its base with --base",
                    f"适配器与 {name}（{size}）不符：它属于另一个模型；请用 --base 指明基座",
                )
            ) from None

    def count(self) -> int:
        """How many numbers there are."""
        return sum(map(self.numbers, self.names))

    def numbers(self, name: str) -> int:
        """How many a tensor has."""
        return math.prod(self.shape(name))

    def check_all_used(self) -> None:
        """After every tensor was read. Raises TcmError when part of the adapter found no place."""
        left = self._adapter.unused() if self._adapter else []
        if left:
            raise TcmError(
                both(
                    f"the adapter has weights that the model has no place for ({left[0]}, {len(left)} in all): it is"
                    " for another model; name its base with --base",
                    f"适配器中有模型没有的权重（{left[0]} 等 {len(left)} 个）：它属于另一个模型；请用 --base 指明基座",
                )
            )


def _files(folder: Path) -> list[Path]:
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return sorted(folder.glob("*.safetensors"))
    names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise TcmError(
            both(
                f"{folder}: {missing[0]} is missing, one of {len(names)} parts: fetch or copy the model again",
                f"{folder}：缺少 {missing[0]}（共 {len(names)} 部分）：请重新下载或复制模型",
            )
        )
    return [folder / name for name in names]


def _opened(path: Path) -> Any:
    from safetensors import SafetensorError, safe_open

    try:
        return safe_open(path, framework="pt")
    except (SafetensorError, OSError):
        raise TcmError(
            both(f"{path}: damaged or cut short; fetch or copy it again", f"{path}：已损坏或不完整；请重新下载或复制")
        ) from None


def _order(name: str) -> tuple[int, str]:
    """Embedding, layers in order, the rest."""
    parts = name.split(".")
    number = next((int(part) for part in parts if part.isdigit()), -1 if "embed" in name else 1 << 30)
    return number, name
