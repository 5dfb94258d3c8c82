"""The settings of the published systems by name (tcmkit/data/train_presets.json), each with its source.

What a paper does not state is not made up: it stays at our default, and is listed under `not_stated`.
"""

from dataclasses import dataclass
from typing import Any

from tcmkit.errors import UsageError
from tcmkit.language import both
from tcmkit.tables import table


@dataclass(frozen=True)
class Preset:
    """What a paper states."""

    name: str
    source: str
    recipe: dict[str, Any]
    """Fields of a Recipe."""
    own: dict[str, Any]
    """Settings of the kind of training."""
    not_stated: tuple[str, ...]


def preset_names(verb: str) -> list[str]:
    """The presets of a verb."""
    return [name for name, found in table("train_presets").items() if found["verb"] == verb]


def preset(name: str, verb: str) -> Preset:
    """The preset of that name. Raises UsageError for one that is unknown, or another verb's.

    >>> preset("chimed-sft", "sft").recipe["learning_rate"]
    5e-05
    """
    found = table("train_presets").get(name)
    if found is None or found["verb"] != verb:
        known = ", ".join(preset_names(verb))
        other = f" (tcm {found['verb']})" if found else ""
        raise UsageError(
            both(f"--preset {name}{other}: here there are {known}", f"--preset {name}{other}：此处可用 {known}")
        )
    return Preset(name, found["source"], found["recipe"], found["own"], tuple(found["not_stated"]))
