"""The model that is to be trained: its folder, and the adapter where it is one."""

from importlib.util import find_spec
from pathlib import Path

from tcmkit.errors import MissingExtra, UsageError
from tcmkit.language import both
from tcmkit.llm.hf_folders import fingerprint, places

_PACKAGES = ("torch", "transformers", "trl", "peft", "datasets", "accelerate")


def check_extra(feature: str) -> None:
    """Raise MissingExtra when a package of [train] is not there."""
    if any(find_spec(package) is None for package in _PACKAGES):
        raise MissingExtra(feature, "train")


def find(name: str) -> tuple[str, str | None, str]:
    """Folder of the model, folder of its adapter if it is one, and what tells both from any other.

    `name` is a folder, a name in the model folders, or OWNER/NAME of the hub; only safetensors. An adapter's folder
    stands for its base and itself. Raises UsageError, TcmError.
    """
    folder, adapter = places(name.removeprefix("hf:"), None)
    mark = fingerprint(folder) + (f"+{fingerprint(adapter)}" if adapter else "")
    return str(folder.absolute()), str(adapter.absolute()) if adapter else None, mark


def template_text(path: str | None) -> str | None:
    """The chat template in a file. Raises UsageError."""
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(both(f"--template {path}: {error}", f"--template {path}：{error}")) from None
