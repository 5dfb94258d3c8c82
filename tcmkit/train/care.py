"""What every trainer gets here: checkpoints that are complete or not there, and a stop at a loss that is no number.

`with_care(SFTTrainer)` is a subclass of SFTTrainer; nothing else of it changes.
"""

import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from tcmkit.errors import TcmError
from tcmkit.language import both

from .folder import RunFolder, cannot_write

PLACE = "place"


class Collated:
    """A collator of examples that also hands over where they came from, for the one case that somebody must know."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __call__(self, examples: list[dict[str, Any]]) -> Any:
        """The batch, with the places in it; examples that stay a list keep their own."""
        made = self._inner([{name: value for name, value in row.items() if name != PLACE} for row in examples])
        return examples if isinstance(made, list) else {**made, PLACE: _places(examples)}


def _places(inputs: Any) -> list[str]:
    """Where a batch came from."""
    if isinstance(inputs, list):
        return list(dict.fromkeys(row.get(PLACE, "") for row in inputs))
    found: list[str] = inputs.pop(PLACE, [])
    return found


class Care:
    """Stands before a Trainer's class."""

    keep = 2

    def say(self, message: str) -> None:
        """A line for the user. The worker puts its own in this place."""

    def take_care(self: Any, folder: RunFolder, keep: int) -> None:
        """Say where checkpoints belong; to be called before training."""
        self._folder, self.keep = folder, keep
        self._writing: Path | None = None
        self._places: list[str] = []
        self.data_collator = Collated(self.data_collator)

    def create_model_card(self, *_args: Any, **_more: Any) -> None:
        """TRL's card is not wanted: ours says more (`card`)."""

    def _get_output_dir(self: Any, trial: Any) -> str:
        return str(self._writing) if self._writing else str(super()._get_output_dir(trial))  # type: ignore[misc]

    def _save_checkpoint(self: Any, model: Any, trial: Any) -> None:
        """Write it under another name, then give it its own: a kill leaves it complete or not there."""
        folder: RunFolder = self._folder
        self._writing = folder.unfinished
        try:
            with writing(folder.checkpoints):
                super()._save_checkpoint(model, trial)  # type: ignore[misc]
        finally:
            self._writing = None
        self.accelerator.wait_for_everyone()
        if self.is_world_process_zero():
            _name(folder, self.state.global_step)
            folder.prune(self.keep)
        self.accelerator.wait_for_everyone()

    def training_step(self: Any, model: Any, inputs: Any, *more: Any) -> Any:
        """One batch forward and back. Raises TcmError when its loss is no number, before any weight moves."""
        places = _places(inputs)
        loss = super().training_step(model, inputs, *more)  # type: ignore[misc]
        if not torch.isfinite(loss).all():
            raise not_a_number("loss", self.state.global_step + 1, places)
        self._places += places
        return loss

    def _get_grad_norm(self: Any, *of: Any, **more: Any) -> Any:
        """The norm of the step's gradient. Raises TcmError when it is no number, before any weight moves."""
        norm = super()._get_grad_norm(*of, **more)  # type: ignore[misc]
        places, self._places = list(dict.fromkeys(self._places)), []
        if norm is not None and not math.isfinite(float(norm)):
            raise not_a_number("gradient", self.state.global_step + 1, places)
        return norm


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """A disk that takes no more as one line; safetensors and torch have errors of their own for it."""
    try:
        yield
    except OSError as error:
        raise cannot_write(place, error) from None
    except (RuntimeError, SafetensorError) as error:
        text = str(error)
        if isinstance(error, SafetensorError) or "PytorchStreamWriter" in text or "unexpected pos" in text:
            raise cannot_write(place, OSError(text.splitlines()[0][:120])) from None
        raise


def _name(folder: RunFolder, step: int) -> None:
    made = folder.unfinished / f"checkpoint-{step}"
    target = folder.checkpoints / made.name
    for path in made.rglob("*"):
        if path.is_file():
            _to_disk(path)
    shutil.rmtree(target, ignore_errors=True)
    os.replace(made, target)
    _to_disk(folder.checkpoints)
    shutil.rmtree(folder.unfinished, ignore_errors=True)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def not_a_number(what: str, step: int, places: list[str]) -> TcmError:
    """The one line for a loss or gradient that is no number."""
    where = "; ".join(places)
    english = f"step {step}: the {what} is no number" + (f"; the batch was {where}" if where else "")
    chinese = f"第 {step} 步：{what} 不是数" + (f"；该批数据为 {where}" if where else "")
    return TcmError(
        both(
            f"{english}; look at those lines, or lower --learning-rate",
            f"{chinese}；请检查这些行，或降低 --learning-rate",
        )
    )


def with_care(trainer: type) -> Any:
    """A subclass of a Trainer class that takes care."""
    return type(trainer.__name__, (Care, trainer), {})
