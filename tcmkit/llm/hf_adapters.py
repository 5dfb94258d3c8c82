"""Whether a LoRA adapter belongs to a model: told from the heads of the files, before anything is loaded."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from tcmkit.errors import UsageError
from tcmkit.language import both

_PREFIX = "base_model.model."
_LAYER = re.compile(r"\.layers\.(\d+)\.")
_LONGEST_HEAD = 100 << 20

Shapes = dict[str, list[int]]


class WrongBase(UsageError):
    """An adapter that was made for another model."""


def check_fits(folder: Path, adapter: Path) -> None:
    """Raise WrongBase when a weight of the adapter is for a layer or a width that the model has not.

    Weights whose names the model's files do not know are left to who loads them: some names change on the way.
    """
    if "quantization_config" in _json(folder / "config.json"):
        return  # packed weights have other shapes
    base = _shapes(folder.glob("*.safetensors"))
    added = _shapes([adapter / "adapter_model.safetensors"])
    fit = all(_fits(name.removeprefix(_PREFIX), shape, base) for name, shape in added.items())
    if not fit or _layers(added) > _layers(base) > 0:
        raise _wrong_base(folder, adapter)


def _fits(name: str, shape: list[int], base: Shapes) -> bool:
    module, _, part = name.partition(".lora_")
    weight = base.get(f"{module}.weight")
    if weight is None or len(weight) != 2 or part not in ("A.weight", "B.weight"):
        return True
    return (shape[-1] if part == "A.weight" else shape[0]) in weight


def _layers(shapes: Shapes) -> int:
    return max((int(found[1]) + 1 for name in shapes if (found := _LAYER.search(name))), default=0)


def _shapes(files: Iterable[Path]) -> Shapes:
    """The shape of each tensor of safetensors files: eight bytes say how long the JSON is that names them."""
    shapes: Shapes = {}
    for file in files:
        try:
            with file.open("rb") as stream:
                size = int.from_bytes(stream.read(8), "little")
                head = json.loads(stream.read(size)) if size < _LONGEST_HEAD else {}
            shapes |= {name: told["shape"] for name, told in head.items() if name != "__metadata__"}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # a damaged file: who loads it says so
    return shapes


def _json(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _wrong_base(folder: Path, adapter: Path) -> WrongBase:
    named = _json(adapter / "adapter_config.json").get("base_model_name_or_path") or "?"
    return WrongBase(
        both(
            f"{adapter} is an adapter of another model than {folder}: it names {named}; give that model, or an "
            "adapter made for this one",
            f"{adapter} 是另一个模型的适配器，不属于 {folder}：其基座是 {named}；请用该模型，或换适配器",
        )
    )
