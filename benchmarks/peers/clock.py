"""The clock of the scripts beside this one: what is measured is TRL, not how it is measured."""

import time
from typing import Any

from transformers import TrainerCallback


class Clock(TrainerCallback):  # type: ignore[misc]
    """When each step ended, in seconds and in seconds of the processor."""

    def __init__(self) -> None:
        self.ends: list[float] = []
        self.processor: list[float] = []

    def on_step_end(self, *_args: Any, **_more: Any) -> None:
        self.ends.append(time.monotonic())
        self.processor.append(time.process_time())
