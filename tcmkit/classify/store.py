"""Trained models on disk: a folder with a page of JSON that says which engine it is for, beside its arrays.

Nothing in it is ever run: arrays without pickle, safetensors, or a graph of ONNX.
"""

import zipfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from tcmkit.jsonl.folder import write_folder
from tcmkit.records import Record

from . import encoder
from .engine import Engine
from .features import BUCKETS, WIDTH
from .linear import OPINIONS, LinearModel
from .names import elements
from .pages import PAGE, check_format, engine_of, refused, write_page

FORMAT = 1
"""Changes when the features or the files change."""
_ARRAYS = "arrays.npz"


class Trained(Protocol):
    """What `tcm classify fit` has made, of whatever kind."""

    @property
    def labels(self) -> tuple[str, ...]:
        """All that it chooses from."""
        ...

    @property
    def threshold(self) -> float:
        """Abstain below this score."""
        ...

    @property
    def alone(self) -> bool:
        """Whether one process is to have it: it takes all cores by itself, or a GPU."""
        ...

    def engine(self, labels: tuple[str, ...]) -> Engine:
        """The engine that chooses among `labels`."""
        ...

    def prepare(self, cases: Sequence[Record]) -> None:
        """See the cases that will be judged next."""
        ...


def save(model: LinearModel, folder: str, figures: Record) -> None:
    """Write the folder, whole or not at all. Raises OutputError."""

    def fill(new: Path) -> None:
        page = {
            "labels": model.labels,
            "seen": model.seen,
            "elements": model.elements,
            "weights": dict(zip(OPINIONS, model.weights.tolist(), strict=True)),
            "threshold": model.threshold,
            "training": figures,
        }
        write_page(new, "linear", FORMAT, page)
        np.savez_compressed(new / _ARRAYS, rarity=model.rarity, coefficients=model.coefficients)

    write_folder(folder, PAGE, ("model", "模型"), fill)


@lru_cache(maxsize=2)
def load(folder: str) -> Trained:
    """A model. Raises InputError for a folder that holds none, is damaged, or was made by another version."""
    name, page = engine_of(folder)
    if name not in _LOADERS:
        raise refused(folder, "holds no model", "中没有模型")
    return _LOADERS[name](folder, page)


def _linear(folder: str, page: dict[str, Any]) -> Trained:
    check_format(folder, page, FORMAT)
    if page.get("elements") != elements():
        raise refused(folder, "was made by another version", "由其他版本训练")
    try:
        with (Path(folder) / _ARRAYS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return _checked(page, arrays["rarity"], arrays["coefficients"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise refused(folder, "is damaged", "已损坏") from error


_LOADERS: dict[str, Callable[[str, dict[str, Any]], Trained]] = {"linear": _linear, "encoder": encoder.load}


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
