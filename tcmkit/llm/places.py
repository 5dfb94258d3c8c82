"""Where models lie on this machine, and how a name finds one."""

import os
from pathlib import Path


def model_folders() -> list[Path]:
    """Folders in which models are looked for, in order: those of TCM_MODELS, ./models, the user's data folder.

    They need not exist.
    """
    named = [Path(part) for part in os.environ.get("TCM_MODELS", "").split(os.pathsep) if part]
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return [*named, Path("models"), Path(data) / "tcmkit" / "models"]


def pull_folder() -> Path:
    """Where `tcm models pull` puts what it fetches: the first that TCM_MODELS names, else the user's data folder."""
    return model_folders()[0 if os.environ.get("TCM_MODELS") else -1]


def find_model(name: str, suffix: str = "") -> Path | None:
    """The file or folder that a name means: a path as it is, else one in the model folders; None if there is none.

    `suffix` may be left out of the name: `qwen` finds `models/qwen.gguf` with the suffix `.gguf`.
    """
    if not name:
        return None
    candidates = [Path(name).expanduser(), *(folder / name for folder in model_folders())]
    if suffix:
        candidates += [folder / (name + suffix) for folder in (Path(), *model_folders())]
    return next((path for path in candidates if path.exists()), None)
