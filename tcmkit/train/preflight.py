"""The longest batch run once before step 1: whether memory lasts, and about how long it will take."""

import time
from typing import Any

import torch
from pyarrow.compute import list_value_length

from .care import PLACE

_LENGTHS = ("input_ids", "prompt_ids", "chosen_ids", "rejected_ids")


def preflight(trainer: Any) -> dict[str, Any]:
    """Forward and back on the longest rows that go at once; no weight, random state or count is changed.

    Gives `longest` (tokens), `seconds` and, on a GPU, `peak_memory` with the optimiser's share added (bytes). Empty
    where it says nothing: rows without tokens, or a model that is spread over several GPUs only when training begins.
    Raises torch.OutOfMemoryError.
    """
    rows = trainer.train_dataset
    columns = [name for name in _LENGTHS if name in rows.column_names]
    if not columns or trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled:
        return {}
    lengths = [0] * len(rows)
    for name in columns:
        found_here = list_value_length(rows.data.column(name)).to_pylist()
        lengths = [total + length for total, length in zip(lengths, found_here, strict=True)]
    order = sorted(range(len(rows)), key=lambda place: -lengths[place])[: trainer.args.per_device_train_batch_size]
    batch = trainer.data_collator([dict(rows[place]) for place in order])
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices):
        seconds = _once(trainer, batch)
    found: dict[str, Any] = {"longest": lengths[order[0]], "seconds": round(seconds, 3)}
    if devices:
        learned = sum(weight.numel() for weight in trainer.model.parameters() if weight.requires_grad)
        found["peak_memory"] = torch.cuda.max_memory_allocated() + 8 * learned  # two moments of Adam in 32 bits
        torch.cuda.reset_peak_memory_stats()
    return found


def _once(trainer: Any, batch: dict[str, Any]) -> float:
    """Seconds of one forward and back."""
    model = trainer.model
    kept = {name: batch[name].to(model.device) for name in ("input_ids", "attention_mask") if name in batch}
    started = time.monotonic()
    model.train()
    with trainer.compute_loss_context_manager():
        model(**kept, use_cache=False).logits.float().logsumexp(-1).mean().backward()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    model.zero_grad(set_to_none=True)
    batch.pop(PLACE, None)
    return time.monotonic() - started
