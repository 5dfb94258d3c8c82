"""One run of training as its user sees it: data checked, settings said, workers started, the model kept."""

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tcmkit import __version__
from tcmkit.errors import UsageError
from tcmkit.jsonl import Options, Run, Step, codec, conduct
from tcmkit.jsonl.source import check_no_folders
from tcmkit.language import both
from tcmkit.records import Record

from .batch import MOST_AT_ONCE, Spread, spread
from .card import write_all
from .folder import RunFolder, cannot_write
from .launch import check_port, devices, launch
from .origin import origin
from .places import check_extra, check_method, context_of, find
from .reading import Lessons, read_lessons
from .saying import Display, config_lines, data_lines
from .settings import Job

_VERSIONS = ("torch", "transformers", "trl", "peft", "accelerate", "datasets")


@dataclass(frozen=True)
class Plan:
    """What a verb of training wants done."""

    job: Job
    """Its `folder`, `adapter` and `facts` are filled in here."""
    make_step: Callable[[Job], Callable[[], Step]]
    """What turns a line into a row (`reading.read_lessons`), for the job with its folder."""
    pack: bool = False
    """Put rows end to end and cut them at the recipe's max_tokens."""
    resume: bool = False
    emit: tuple[str, ...] = ()
    """Events that also go to stdout: "metrics"."""
    show: Callable[[Job, Record], Sequence[str]] | None = None
    """Lines that show the first example as the model will see it."""
    check_only: bool = False
    """End before the training begins."""
    check: Callable[[Run], None] | None = None
    """Looks at what `make_step`'s step has read, says what is worth saying, and raises TcmError if it will not do."""
    after: Callable[[Run, Job], Record] | None = None
    """Called with the trained folder, also when a finished run is resumed; what it gives goes into the last record."""


def train(plan: Plan, options: Options) -> int:
    """Carry out the plan on the inputs; the exit status. Raises TcmError."""
    out = plan.job.out
    if out in ("", "-"):
        raise UsageError(both("name the folder of the model with -o", "请用 -o 写出模型文件夹"))
    check_extra(f"tcm {plan.job.verb}")
    check_no_folders(options.inputs)
    return conduct(plan.job.verb, replace(options, output=None), partial(_body, plan))


def _body(plan: Plan, run: Run) -> None:
    folder = RunFolder.of(plan.job)
    job = _with_context(run, _with_model(plan.job))
    check_port(job.machine)
    folder.open(plan.resume)
    lessons = read_lessons(run, plan.make_step(job), folder.data, job.recipe.max_tokens if plan.pack else 0)
    job = _with_spread(job, lessons)
    if plan.resume and folder.is_finished:
        _say_again(plan, run, folder, job)
        return
    if plan.check:
        plan.check(run)
    display = Display(run, job, plan.emit)
    _begin(plan, run, job, lessons)
    if plan.check_only:
        folder.data.unlink()  # it would lie there for nothing
        return
    if plan.resume:
        _go_on(run, folder, job)
    job.save(folder.config)
    last = launch(job, run.interrupts, display)
    if last["event"] == "elsewhere":
        folder.let_go()
        return
    if last["event"] == "stopped":
        run.say(
            both(
                f"stopped after step {last['step']} of {last['steps']}, saved; the same command with --resume goes on",
                f"已在第 {last['step']}/{last['steps']} 步后停止并保存；同一条命令加 --resume 可继续",
            )
        )
        raise KeyboardInterrupt
    result = _result(job, lessons, last) | (plan.after(run, job) if plan.after else {})
    try:
        write_all(folder, result)
        folder.finish(result)
    except OSError as error:
        raise cannot_write(folder.out, error) from None
    run.write(codec.dump(result))


def _say_again(plan: Plan, run: Run, folder: RunFolder, job: Job) -> None:
    """The last record of a finished run, when this is the same. Raises UsageError when it is not."""
    try:
        folder.check_same(job)
    finally:
        folder.leave()
    run.say(
        both(
            f"{folder.out} is finished, with this data and these settings; nothing is to be done",
            f"{folder.out} 已用此数据与设置完成；无事可做",
        )
    )
    if plan.after:
        plan.after(run, Job.load(folder.config))
    run.write(folder.result.read_bytes())


def _go_on(run: Run, folder: RunFolder, job: Job) -> None:
    """See that this is the run that began here, and say what is not as it was. Raises UsageError."""
    folder.check_same(job)
    if not folder.node and not folder.latest():
        run.say(both("no checkpoint yet: it begins anew", "尚无检查点：重新开始"))
    for name in folder.mended(job):
        run.say(
            both(
                f"the file of the reward {name} has changed: the steps from here on follow it as it is now",
                f"奖励 {name} 的文件已改变：此后各步按现在的内容计算",
            )
        )


def _with_model(job: Job) -> Job:
    folder, adapter, mark = find(job.model, job.adapter)
    device, here = devices(job.machine)
    check_method(job, device)
    return replace(job, folder=folder, adapter=adapter).with_facts(
        model=mark, device=device, here=here, processes=here * job.machine.nodes
    )


def _with_context(run: Run, job: Job) -> Job:
    """No example longer than the model can look at."""
    most, wanted = context_of(job.folder), job.recipe.max_tokens
    if most is None or wanted <= most:
        return job
    if not run.options.quiet:
        run.say(
            both(
                f"the model looks at {most} tokens: --max-tokens {wanted} becomes {most}",
                f"模型最多看 {most} 个词元：--max-tokens {wanted} 改为 {most}",
            )
        )
    return replace(job, recipe=replace(job.recipe, max_tokens=most))


def _with_spread(job: Job, lessons: Lessons) -> Job:
    """The batch spread over the processes, and what was found in the data."""
    most, group = job.machine.per_device or MOST_AT_ONCE, job.own.get("group", 1)
    found = spread(job.recipe.batch, job.facts["processes"], most, group)
    a_step = lessons.counts.get("tokens", 0) / lessons.rows * found.effective
    return job.with_facts(
        data=lessons.sha256,
        rows=lessons.rows,
        **lessons.counts,
        per_device=found.per_device,
        accumulation=found.accumulation,
        effective=found.effective,
        tokens_a_step=round(a_step, 1),
    )


def _begin(plan: Plan, run: Run, job: Job, lessons: Lessons) -> None:
    """Everything that is worth knowing before step 1."""
    if run.options.quiet:
        return
    for line in [*data_lines(run, job, lessons), *config_lines(job)]:
        run.say(line)
    if plan.show and lessons.first:
        for line in plan.show(job, lessons.first):
            run.say(line)


def _result(job: Job, lessons: Lessons, last: dict[str, Any]) -> dict[str, Any]:
    """The last record: enough to know what was made of what."""
    processes, per_device, accumulation = (job.facts[name] for name in ("processes", "per_device", "accumulation"))
    return {
        "verb": job.verb,
        "out": os.fspath(Path(job.out).absolute()),
        "model": job.model,
        "origin": origin(job, lessons.first),
        "adapter": job.recipe.method != "full",
        "data": {"sha256": lessons.sha256, "rows": lessons.rows, **lessons.counts},
        "steps": last["step"],
        "metrics": {name: value for name, value in last["metrics"].items() if name not in ("step", "steps")},
        "seed": job.recipe.seed,
        "recipe": asdict(job.recipe),
        "own": job.own,
        "spread": asdict(Spread(processes, per_device, accumulation, job.own.get("group", 1))),
        "versions": {"tcmkit": __version__, "python": platform.python_version(), **{n: version(n) for n in _VERSIONS}},
        "device": last["devices"],
    }
