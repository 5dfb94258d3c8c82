"""What happens between the steps: metrics are written and told, a stop is heeded, a hang is noticed."""

import faulthandler
import json
import threading
import time
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback

from tcmkit.language import both

from .events import Channel
from .folder import RunFolder, cut_back
from .settings import Job

_NAMES = {"num_tokens": "tokens_seen"}


class Metrics(TrainerCallback):  # type: ignore[misc]
    """Writes metrics.jsonl and tells each line; on one process of all."""

    def __init__(self, folder: RunFolder, channel: Channel, job: Job) -> None:
        self._path = folder.metrics
        self._channel = channel
        self._tokens_a_step = float(job.facts.get("tokens_a_step", 0))
        self._started = self._processor = 0.0
        self._first = 0
        self._seen = 0
        self._counted = 0
        """By TRL at the beginning: SFT and DPO count anew after a resumption, GRPO goes on."""
        self.last: dict[str, Any] = {}

    def on_train_begin(self, _args: Any, state: Any, _control: Any, **_more: Any) -> None:
        """Lines of steps that will be done again go."""
        self._started, self._first = time.monotonic(), state.global_step
        self._processor = time.process_time()
        if state.is_world_process_zero:
            kept = [line for line in _lines(self._path) if json.loads(line)["step"] <= state.global_step]
            cut_back(self._path, kept)
            self._seen = json.loads(kept[-1]).get("tokens_seen", 0) if kept else 0
            self._counted = state.num_input_tokens_seen

    def on_step_end(self, _args: Any, state: Any, _control: Any, **_more: Any) -> None:
        """Say how far it is."""
        self._channel.tell("step", step=state.global_step, steps=state.max_steps)

    def on_log(self, _args: Any, state: Any, _control: Any, logs: dict[str, Any] | None = None, **_more: Any) -> None:
        """A line of metrics."""
        if not logs or "loss" not in logs:
            return
        if not state.is_world_process_zero:
            return
        found = {"step": state.global_step, "steps": state.max_steps}
        found |= {_NAMES.get(name, name): value for name, value in logs.items() if isinstance(value, int | float)}
        found |= self._speed(state, found.get("tokens_seen"))
        if "tokens_seen" in found and not self._counted:
            found["tokens_seen"] += self._seen
        self.last = found
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(found, ensure_ascii=False) + "\n")
        self._channel.tell("metrics", **found)

    def _speed(self, state: Any, tokens: float | None) -> dict[str, Any]:
        """`tokens` is TRL's count, where it has one: of GRPO the answers are in it, which nobody knows beforehand."""
        seconds = time.monotonic() - self._started
        done = state.global_step - self._first
        if not done:
            return {}
        pace = seconds / done
        found: dict[str, Any] = {
            "seconds": round(seconds, 3),
            "cpu_seconds": round(time.process_time() - self._processor, 3),  # far fewer: it waits for something
            "seconds_left": round(pace * (state.max_steps - state.global_step)),
        }
        if tokens := self._tokens_a_step * done if tokens is None else tokens - self._counted:
            found["tokens_per_second"] = round(tokens / seconds, 1)
        if torch.cuda.is_available():
            found["peak_memory"] = torch.cuda.max_memory_allocated()
        return found


def _lines(path: Path) -> list[str]:
    """Whole lines of a file that a kill may have cut short."""
    if not path.is_file():
        return []
    return [line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]


class Stop(TrainerCallback):  # type: ignore[misc]
    """Ends training after the step in which it is asked to, with a checkpoint; all processes at the same step."""

    def __init__(self, every: int = 1) -> None:
        """`every` so many steps there is a place to stop: between them something is held that no checkpoint has."""
        self._every = every
        self.asked = False

    def ask(self, *_signal: Any) -> None:
        """Stop after this step."""
        self.asked = True

    def on_step_end(self, _args: Any, state: Any, control: Any, **_more: Any) -> None:
        """Agree, then stop."""
        if _anybody(self.asked) and not state.global_step % self._every:
            self.asked = True
            control.should_save = control.should_training_stop = state.global_step < state.max_steps


def _anybody(asked: bool) -> bool:
    """Whether it holds in any of the processes."""
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return asked
    device = "cuda" if torch.distributed.get_backend() == "nccl" else "cpu"
    flag = torch.tensor([int(asked)], device=device)
    torch.distributed.all_reduce(flag, torch.distributed.ReduceOp.MAX)
    return bool(flag.item())


class Watchdog(TrainerCallback):  # type: ignore[misc]
    """Writes the stacks of all threads to the log when no step ends for so long, and says so."""

    def __init__(self, seconds: float, channel: Channel) -> None:
        """`seconds` without a step are too many; 0 watches nothing."""
        self._seconds = seconds
        self._channel = channel
        self._over = threading.Event()
        self._beat = time.monotonic()
        self._watcher = threading.Thread(target=self._watch, daemon=True) if seconds else None
        if self._watcher:
            self._watcher.start()

    def rewind(self) -> None:
        """Begin to count anew."""
        self._beat = time.monotonic()

    def _watch(self) -> None:
        """Looks now and then. Where no Python can run for long, a timer in C writes the stacks in its place: it looks
        at frames that may change under its eyes, and so is left to what hangs for certain.
        """
        faulthandler.dump_traceback_later(max(60.0, 3 * self._seconds))
        while not self._over.wait(self._seconds):
            faulthandler.dump_traceback_later(max(60.0, 3 * self._seconds))
            if time.monotonic() - self._beat >= self._seconds:
                faulthandler.dump_traceback(all_threads=True)
                self._channel.warn(
                    both(
                        f"no step for {self._seconds:g} seconds: where each thread stands is in run/log.txt",
                        f"已 {self._seconds:g} 秒没有进展：各线程的位置见 run/log.txt",
                    )
                )

    def on_step_end(self, *_args: Any, **_more: Any) -> None:
        """A step has ended."""
        self.rewind()

    def on_train_end(self, *_args: Any, **_more: Any) -> None:
        """No more steps."""
        self._over.set()
        if self._watcher:
            self._watcher.join()
            faulthandler.cancel_dump_traceback_later()
