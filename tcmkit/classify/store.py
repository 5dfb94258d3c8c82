"""A linear model on disk: a folder with plain arrays and a page of JSON; nothing in it is ever run."""

import json
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tcmkit import __version__
from tcmkit.errors import InputError
from tcmkit.jsonl.folder import write_folder
from tcmkit.language import both
from tcmkit.records import Record

from .features import BUCKETS, WIDTH
from .linear import OPINIONS, LinearModel
from .names import elements

FORMAT = 1
"""Changes when the features or the files change."""
_PAGE, _ARRAYS = "model.json", "arrays.npz"


def save(model: LinearModel, folder: str, figures: Record) -> None:
    """Write the folder, whole or not at all. Raises OutputError."""

    def fill(new: Path) -> None:
        page = {
            "kind": "tcmkit classify linear",
            "format": FORMAT,
            "tcmkit": __version__,
            "labels": model.labels,
            "seen": model.seen,
            "elements": model.elements,
            "weights": dict(zip(OPINIONS, model.weights.tolist(), strict=True)),
            "threshold": model.threshold,
            "training": figures,
        }
        (new / _PAGE).write_text(json.dumps(page, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        np.savez_compressed(new / _ARRAYS, rarity=model.rarity, coefficients=model.coefficients)

    write_folder(folder, _PAGE, ("model", "模型"), fill)


@lru_cache(maxsize=2)
def load(folder: str) -> LinearModel:
    """A model. Raises InputError for a folder that holds none, is damaged, or was made by another version."""
    path = Path(folder)
    try:
        page = json.loads((path / _PAGE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        page = None
    if not isinstance(page, dict) or page.get("kind") != "tcmkit classify linear":
        raise _refused(folder, "holds no model", "中没有模型")
    if page.get("format") != FORMAT or page.get("elements") != elements():
        raise _refused(folder, "was made by another version", "由其他版本训练")
    try:
        with (path / _ARRAYS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return _checked(page, arrays["rarity"], arrays["coefficients"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise _refused(folder, "is damaged", "已损坏") from error


def _checked(page: Record, rarity: Any, coefficients: Any) -> LinearModel:
    """The model, if its parts fit together. Raises ValueError, KeyError or TypeError."""
    model = LinearModel(
        labels=tuple(map(str, page["labels"])),
        seen=tuple(map(str, page["seen"])),
        rarity=rarity,
        coefficients=coefficients,
        weights=np.array([float(page["weights"][name]) for name in OPINIONS]),
        threshold=float(page["threshold"]),
        elements=tuple(page["elements"]),
    )
    columns = len(model.seen) + len(model.elements)
    fits = rarity.shape == (BUCKETS,) and coefficients.shape == (WIDTH + 1, columns) and model.labels
    numbers = (rarity, coefficients, model.weights)
    if not fits or not all(np.isfinite(part).all() for part in numbers) or rarity.dtype != coefficients.dtype:
        raise ValueError("shapes")
    return model


def _refused(folder: str, english: str, chinese: str) -> InputError:
    again = f"tcm classify fit DATA -o {folder}"
    return InputError(both(f"{folder} {english}; train it: {again}", f"{folder} {chinese}；请重新训练：{again}"))
