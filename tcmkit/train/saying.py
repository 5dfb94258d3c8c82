"""What a run of training says on stderr, and what it sends on stdout."""

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from tcmkit.jsonl import Run, codec
from tcmkit.jsonl.progress import Progress
from tcmkit.language import both

from .reading import Lessons
from .settings import Job


def data_lines(run: Run, job: Job, lessons: Lessons) -> Iterator[str]:
    """What the data is."""
    ledger, counts = run.ledger, lessons.counts
    learned = counts.get("learned")
    english = f", {learned:,} of them learned" if learned is not None else ""
    chinese = f"，其中学习 {learned:,} 个" if learned is not None else ""
    yield both(
        f"{ledger.kept} of {ledger.read} lines, {counts.get('tokens', 0):,} tokens{english}; {lessons.rows} rows, "
        f"sha256 {lessons.sha256[:12]}",
        f"{ledger.read} 行中可用 {ledger.kept} 行，{counts.get('tokens', 0):,} 词元{chinese}；{lessons.rows} 条样本，"
        f"sha256 {lessons.sha256[:12]}",
    )
    if cut := counts.get("cut", 0):
        places = ", ".join(lessons.cut) + (", …" if cut > len(lessons.cut) else "")
        yield both(
            f"longer than --max-tokens {job.recipe.max_tokens} and cut: {cut} ({places})",
            f"超过 --max-tokens {job.recipe.max_tokens} 而被截断：{cut} 条（{places}）",
        )


def config_lines(job: Job) -> Iterator[str]:
    """The merged configuration."""
    facts, recipe = job.facts, job.recipe
    yield " ".join(f"{name}={_shown(value)}" for name, value in {**asdict(recipe), **job.own}.items())
    group = job.own.get("group", 1)
    rows, chinese = (f" of {group} answers each", f"，每条 {group} 个作答") if group > 1 else ("", "")
    yield both(
        f"a step sees {facts['effective']} examples{rows}: processes {facts['processes']} × "
        f"at once {facts['per_device']} × times {facts['accumulation']}; about {steps_of(job)} steps",
        f"每步 {facts['effective']} 条{chinese}：{facts['processes']} 个进程 × 每次 {facts['per_device']} 条 × "
        f"{facts['accumulation']} 次；约 {steps_of(job)} 步",
    )
    if facts["effective"] != recipe.batch:
        yield both(
            f"--batch {recipe.batch} cannot be spread over {facts['processes']} processes: {facts['effective']} it is",
            f"--batch {recipe.batch} 不能分给 {facts['processes']} 个进程：实际为 {facts['effective']}",
        )


def steps_of(job: Job) -> int:
    """Optimiser steps that the run will take."""
    if job.recipe.max_steps:
        return job.recipe.max_steps
    rows, effective = int(job.facts["rows"]), int(job.facts["effective"])
    return math.ceil(math.ceil(rows / effective) * job.recipe.epochs * int(job.own.get("iterations", 1)))


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ":".join(_shown(part) for part in value.values() if part != "")
    return ",".join(map(_shown, value)) if isinstance(value, tuple | list) else str(value)


class Display:
    """Takes the events of a run: lines and a bar on stderr, wanted records on stdout."""

    def __init__(self, run: Run, job: Job, emit: tuple[str, ...]) -> None:
        self._run = run
        self._emit = emit
        self._quiet = run.options.quiet
        self._steps = Progress(job.verb, steps_of(job), self._quiet, both("steps", "步"))

    def __call__(self, event: dict[str, Any]) -> None:
        """An event of the first worker. Raises ClosedPipe, OutputError."""
        name = event["event"]
        if name == "step":
            self._steps.update(event["step"], event["step"])
        elif name == "say" and not self._quiet:
            self._say(event["message"])
        elif name == "metrics" and not self._quiet:
            self._say(metrics_line(event))
        elif name in ("done", "stopped", "failed"):
            self._steps.close()
        if name in self._emit:
            self._run.write(codec.dump(event))
            self._run.flush()

    def _say(self, message: str) -> None:
        self._steps.close()
        self._run.say(message)


def metrics_line(found: dict[str, Any]) -> str:
    """A line of metrics for people: loss, learning rate, speed, time left."""
    parts = [both(f"step {found['step']}/{found['steps']}", f"第 {found['step']}/{found['steps']} 步")]
    for name in ("loss", "rewards/accuracies", "reward", "no_signal"):
        if name in found:
            parts.append(f"{name.rpartition('/')[2]} {found[name]:.4g}")
    for name in (name for name in found if name.startswith("rewards/") and name.endswith("/mean")):
        parts.append(f"{name.split('/')[1]} {found[name]:.3f}")
    if "learning_rate" in found:
        parts.append(f"lr {found['learning_rate']:.2e}")
    if "tokens_per_second" in found:
        parts.append(both(f"{found['tokens_per_second']:,.0f} tokens/s", f"{found['tokens_per_second']:,.0f} 词元/秒"))
    if "seconds_left" in found:
        parts.append(both(f"{clock(found['seconds_left'])} left", f"剩余 {clock(found['seconds_left'])}"))
    return " · ".join(parts)


def clock(seconds: float) -> str:
    """2 h 05 min, 3 min 20 s, 12 s.

    >>> clock(7500), clock(200), clock(12.4)
    ('2 h 05 min', '3 min 20 s', '12 s')
    """
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 60} min {whole % 60:02} s" if whole >= 60 else f"{whole} s"
