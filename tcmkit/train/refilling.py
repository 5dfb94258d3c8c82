"""Groups that teach nothing, replaced: dynamic sampling after DAPO (Yu et al., 2025, section 3.2).

A batch of questions is answered. Groups whose answers are all rewarded alike are set aside, as many other questions of
the data are answered in their place, and so on, at most `--refill` times; what still lacks keeps its groups without
signal, which then only hold the model to its start (KL). The batch so has its size, and the step its meaning.
"""

import random
from collections.abc import Sequence
from typing import Any

import torch

Row = dict[str, Any]
_LEFT = ("prompt_ids", "prompt_mask")


def rows_of(batch: dict[str, Any]) -> list[Row]:
    """A generation batch as rows without padding."""
    prompt, said = batch["prompt_mask"].bool(), batch["completion_ids"].shape[1]
    lengths = _lengths(batch)
    found = []
    for at in range(len(lengths)):
        row: Row = {}
        for name, value in batch.items():
            if name in _LEFT:
                row[name] = value[at][prompt[at]].cpu()
            elif _is_by_token(value, said):
                row[name] = value[at][: lengths[at]].cpu()
            elif isinstance(value, torch.Tensor) and value.dim():
                row[name] = value[at].cpu()
        found.append(row)
    return found


def _lengths(batch: dict[str, Any]) -> list[int]:
    return [int(length) for length in batch["completion_mask"].sum(-1)]


def _is_by_token(value: Any, width: int) -> bool:
    return isinstance(value, torch.Tensor) and value.dim() == 2 and value.shape[1] == width


def batch_of(rows: Sequence[Row], pad: int, device: Any) -> dict[str, Any]:
    """Rows as a generation batch: prompts padded on the left, answers on the right."""
    batch: dict[str, Any] = {}
    for name, first in rows[0].items():
        values = [row[name] for row in rows]
        if first.dim():
            width, fill = max(map(len, values)), pad if name.endswith("_ids") else 0
            values = [_padded(value, width, fill, name in _LEFT) for value in values]
        batch[name] = torch.stack(values).to(device)
    batch["num_items_in_batch"] = batch["completion_mask"].sum()
    return batch


def _padded(value: Any, width: int, fill: int, left: bool) -> Any:
    more = value.new_full((width - len(value),), fill)
    return torch.cat([more, value] if left else [value, more])


def others(asked: set[int], of: int, count: int, *seed: object) -> list[int]:
    """Numbers of questions that have not been asked for this batch; from the start again when there are no more."""
    fresh = [number for number in range(of) if number not in asked] or list(range(of))
    drawn = random.Random("\x1f".join(map(str, seed)))
    drawn.shuffle(fresh)
    return [fresh[at % len(fresh)] for at in range(count)]
