"""The longest batch run once before step 1: whether memory lasts, and about how long it will take."""

import time
from typing import Any

import torch
from pyarrow.compute import list_value_length

from .care import PLACE

_LENGTHS = ("input_ids", "prompt_ids", "chosen_ids", "rejected_ids")


def preflight(trainer: Any) -> dict[str, Any]:
    """Forward and back on the longest rows that go at once; no weight, random state or count is changed.

    Gives `longest` (tokens), `seconds` and, on a GPU, `peak_memory` with the optimiser's share added (bytes); `drawn`
    where answers are drawn between the steps, whose time is not in it. Empty where it says nothing: rows without
    tokens, or a model that is spread over several GPUs only when training begins. Raises torch.OutOfMemoryError.
    """
    rows = trainer.train_dataset
    if trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled:
        return {}
    if "tokens" in rows.column_names:
        longest, batch = _of_questions(trainer, max(rows["tokens"]))
    elif columns := [name for name in _LENGTHS if name in rows.column_names]:
        longest, batch = _of_rows(trainer, columns)
    else:
        return {}
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices):
        seconds = _once(trainer, batch)
    found: dict[str, Any] = {"longest": longest, "seconds": round(seconds, 3), "drawn": "tokens" in rows.column_names}
    if devices:
        learned = sum(weight.numel() for weight in trainer.model.parameters() if weight.requires_grad)
        found["peak_memory"] = torch.cuda.max_memory_allocated() + 8 * learned  # two moments of Adam in 32 bits
        torch.cuda.reset_peak_memory_stats()
    return found


def _of_rows(trainer: Any, columns: list[str]) -> tuple[int, dict[str, Any]]:
    """Tokens of the longest row, and a batch of such rows."""
    rows = trainer.train_dataset
    lengths = [0] * len(rows)
    for name in columns:
        found_here = list_value_length(rows.data.column(name)).to_pylist()
        lengths = [total + length for total, length in zip(lengths, found_here, strict=True)]
    order = sorted(range(len(rows)), key=lambda place: -lengths[place])[: trainer.args.per_device_train_batch_size]
    return lengths[order[0]], trainer.data_collator([dict(rows[place]) for place in order])


def _of_questions(trainer: Any, longest: int) -> tuple[int, dict[str, Any]]:
    """Tokens of the longest question with the longest answer there may be, and a batch of such."""
    answer = trainer.max_completion_length
    ids = torch.zeros(trainer.args.per_device_train_batch_size, longest + answer, dtype=torch.long)
    return ids.shape[1], {"input_ids": ids, "attention_mask": torch.ones_like(ids), "logits_to_keep": answer + 1}


def _once(trainer: Any, batch: dict[str, Any]) -> float:
    """Seconds of one forward and back."""
    model = trainer.model
    kept = {name: value for name, value in batch.items() if name in ("input_ids", "attention_mask", "logits_to_keep")}
    kept = {name: value.to(model.device) if torch.is_tensor(value) else value for name, value in kept.items()}
    started = time.monotonic()
    model.train()
    with trainer.compute_loss_context_manager():
        model(**kept, use_cache=False).logits.float().logsumexp(-1).mean().backward()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    model.zero_grad(set_to_none=True)
    batch.pop(PLACE, None)
    return time.monotonic() - started
