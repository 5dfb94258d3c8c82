"""The answers that a run of GRPO has drawn, with their rewards: completions.jsonl, and what the groups can teach."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from .folder import cut_back


class AnswerFile(TrainerCallback):  # type: ignore[misc]
    """completions.jsonl: a line for each answer. Steps that are done again after a resumption are written again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def on_train_begin(self, _args: Any, state: Any, _control: Any, **_more: Any) -> None:
        """Lines of steps that will be done again go."""
        if not state.is_world_process_zero:
            return
        lines = self._path.read_text(encoding="utf-8").splitlines(keepends=True) if self._path.is_file() else []
        kept = [line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= state.global_step]
        cut_back(self._path, kept)

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add lines."""
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def equal_groups(rewards: Sequence[float], group: int) -> list[bool]:
    """Of each group, whether all its rewards are the same: then it has nothing to teach.

    >>> equal_groups([1, 1, 0, 1], 2)
    [True, False]
    """
    groups = [rewards[at : at + group] for at in range(0, len(rewards), group)]
    return [max(found) - min(found) < 1e-6 for found in groups]


def no_signal(rewards: Mapping[str, Sequence[float]], total: Sequence[float], group: int) -> dict[str, float]:
    """The share of groups without signal: of each reward by itself, and of all together.

    >>> no_signal({"tags": [1, 1, 1, 1]}, [5, 0, 5, 5], 2)
    {'rewards/tags/no_signal': 1.0, 'no_signal': 0.5}
    """
    shares = {f"rewards/{name}/no_signal": equal_groups(values, group) for name, values in rewards.items()}
    shares["no_signal"] = equal_groups(total, group)
    return {name: sum(equal) / len(equal) for name, equal in shares.items()}
