"""What models lie on this machine: our folders, and those of Hugging Face, Ollama and LM Studio."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tcmkit.llm.places import model_folders

_OLLAMA_LAYER = "application/vnd.ollama.image.model"
_WEIGHTS = (".safetensors", ".bin")


@dataclass(frozen=True)
class Found:
    """A model that could be used."""

    spec: str
    """Its name for --llm."""
    size: int
    """Bytes of its weights."""
    where: str
    """Who keeps it: tcmkit, huggingface, ollama, lmstudio."""


def found() -> list[Found]:
    """Every model found, each file once, by owner and name."""
    seen: dict[Path, Found] = {}
    for path, model in _everywhere():
        seen.setdefault(path.resolve(), model)
    return list(seen.values())


def _everywhere() -> Iterator[tuple[Path, Found]]:
    for folder in model_folders():
        yield from _folder(folder, "tcmkit")
    yield from _hugging_face(_hugging_face_folder())
    yield from _ollama(Path(os.environ.get("OLLAMA_MODELS") or Path.home() / ".ollama" / "models"))
    for folder in (Path.home() / ".lmstudio" / "models", Path.home() / ".cache" / "lm-studio" / "models"):
        yield from _folder(folder, "lmstudio", "*/*/")


def _folder(folder: Path, where: str, below: str = "") -> Iterator[tuple[Path, Found]]:
    """GGUF files, and folders that transformers can load."""
    for path in _sorted(folder, f"{below}*.gguf"):
        if _is_gguf(path):
            yield path, Found(f"gguf:{path}", path.stat().st_size, where)
    for config in _sorted(folder, f"{below}*/config.json" if not below else f"{below}config.json"):
        yield config.parent, Found(f"hf:{config.parent}", _weights(config.parent), where)


def _hugging_face_folder() -> Path:
    if named := os.environ.get("HF_HUB_CACHE"):
        return Path(named)
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface"
    return Path(home) / "hub"


def _hugging_face(cache: Path) -> Iterator[tuple[Path, Found]]:
    """Snapshots of its cache: `models--OWNER--NAME/snapshots/COMMIT/`."""
    for config in _sorted(cache, "models--*/snapshots/*/config.json"):
        name = config.parents[2].name.removeprefix("models--").replace("--", "/")
        if size := _weights(config.parent):
            yield config.parent, Found(f"hf:{name}", size, "huggingface")
    for path in _sorted(cache, "models--*/snapshots/*/*.gguf"):
        if _is_gguf(path):
            yield path, Found(f"gguf:{path}", path.stat().st_size, "huggingface")


def _ollama(models: Path) -> Iterator[tuple[Path, Found]]:
    """Its manifests name the blob that is a GGUF file."""
    for manifest in _sorted(models / "manifests", "*/*/*/*"):
        for digest in _layers(manifest):
            blob = models / "blobs" / digest.replace(":", "-")
            if digest.startswith("sha256:") and digest[7:].isalnum() and _is_gguf(blob):
                yield blob, Found(f"gguf:{blob}", blob.stat().st_size, f"ollama {manifest.parent.name}:{manifest.name}")


def _layers(manifest: Path) -> list[str]:
    try:
        layers = json.loads(manifest.read_text(encoding="utf-8"))["layers"]
        return [str(layer["digest"]) for layer in layers if layer["mediaType"] == _OLLAMA_LAYER]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # not a manifest: a file of another kind may lie there


def _sorted(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern)) if folder.is_dir() else []


def _is_gguf(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"GGUF"
    except OSError:
        return False


def _weights(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.suffix in _WEIGHTS)
