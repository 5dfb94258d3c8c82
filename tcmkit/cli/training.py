"""The options that every verb of training shares: which model, what recipe, on what machine.

A command takes `training: Training` beside `pipe`; `with_training` replaces it by the shared options::

    @with_training("sft")
    def sft(pipe: Pipe, training: Training, stage: Annotated[...] = None) -> int:
        return train(Plan(training.job("sft", "tcmkit.train.sft:build", {"stage": stage}), ...), pipe.options)
"""

import functools
import inspect
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tcmkit.cli.pipe import Pipe, with_pipe
from tcmkit.cli.training_options import machine_options, recipe_options, run_options, upkeep_options
from tcmkit.errors import UsageError
from tcmkit.language import both

if TYPE_CHECKING:
    from tcmkit.train import Job, Machine, Upkeep


@dataclass(frozen=True)
class Training:
    """The shared options of one command."""

    model: str
    adapter: str | None
    out: str
    seed: int
    preset: str | None
    recipe: dict[str, Any]
    """What was given, by the name of the Recipe's field."""
    machine: "Machine"
    upkeep: "Upkeep"
    resume: bool
    emit: tuple[str, ...]
    check_only: bool
    template: str | None
    show: bool

    def job(self, verb: str, build: str, own: dict[str, Any], defaults: dict[str, Any] | None = None) -> "Job":
        """The job: the verb's `defaults`, then the preset's settings, then the options given.

        `own` are the kind's settings: those that are None take the preset's. Raises UsageError.
        """
        from tcmkit.train import Job, Recipe, preset

        if not self.model:
            raise UsageError(both("name the model with --model", "请用 --model 写出模型"))
        found = preset(self.preset, verb) if self.preset else None
        recipe = {**(defaults or {}), **(found.recipe if found else {}), **self.recipe, "seed": self.seed}
        given = {name: value for name, value in own.items() if value is not None}
        from_preset = {"preset": found.name, **found.own} if found else {}
        return Job(
            verb=verb,
            build=build,
            model=self.model,
            adapter=self.adapter,
            folder="",
            out=self.out,
            recipe=Recipe(**recipe),
            machine=self.machine,
            upkeep=self.upkeep,
            own={**from_preset, **given, **({"template": self.template} if self.template else {})},
        )


_GROUPS: tuple[Callable[..., Any], ...] = (run_options, recipe_options, machine_options, upkeep_options)


def with_training(verb: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Replace a command's `training` parameter by the shared options, and `pipe` as `with_pipe` does.

    With --presets the command is not run: the presets of `verb` are printed, one a line.
    """

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        groups = [inspect.signature(group).parameters for group in _GROUPS]
        own = [p for p in inspect.signature(command).parameters.values() if p.name not in ("pipe", "training")]
        shared = [parameter for group in groups for parameter in group.values()]
        first = [parameter for parameter in shared if parameter.name == "base"]
        rest = [parameter for parameter in shared if parameter.name != "base"]

        @functools.wraps(command)
        def with_options(pipe: Pipe, **values: Any) -> int:
            if values["presets"]:
                return _print_presets(verb)
            if values["slurm"]:
                return _write_slurm(verb, values)
            mine = {p.name: values[p.name] for p in own}
            parts = [
                function(**{name: values[name] for name in g}) for function, g in zip(_GROUPS, groups, strict=True)
            ]
            return command(pipe, _training(pipe, *parts), **mine)

        pipe_first = [inspect.Parameter("pipe", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
        keywords = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*first, *own, *rest)]
        with_options.__signature__ = inspect.Signature([*pipe_first, *keywords])  # type: ignore[attr-defined]
        return with_pipe()(with_options)

    return decorate


def _print_presets(verb: str) -> int:
    from dataclasses import asdict

    from tcmkit.train import preset, preset_names

    for name in preset_names(verb):
        print(json.dumps(asdict(preset(name, verb)), ensure_ascii=False))
    return 0


_OF_THE_SCRIPT = ("--slurm", "--nodes", "--node-rank", "--master")


def _write_slurm(verb: str, values: dict[str, Any]) -> int:
    """The command line as it was typed, without what the script says itself."""
    from pathlib import Path

    from tcmkit.train.slurm import script

    words: list[str] = []
    given = iter(sys.argv[1:])
    for word in given:
        if word in _OF_THE_SCRIPT:
            next(given, None)
        elif word != "--resume" and word.partition("=")[0] not in _OF_THE_SCRIPT:
            words.append(word)
    text = script(["tcm", *words], f"tcm-{verb}", values["nodes"], values["gpus"] or 1)
    Path(values["slurm"]).write_text(text, encoding="utf-8")
    return 0


def _training(
    pipe: Pipe, run: dict[str, Any], recipe: dict[str, Any], machine: "Machine", upkeep: "Upkeep"
) -> Training:
    from tcmkit.train.places import template_text

    return Training(
        model=run["base"] or "",
        adapter=run["adapter"],
        out=pipe.options.output or "",
        seed=pipe.options.seed,
        preset=recipe.pop("preset", None),
        recipe=recipe,
        machine=machine,
        upkeep=replace(upkeep),
        resume=run["resume"],
        emit=(run["emit"],) if run["emit"] else (),
        check_only=run["check"],
        template=template_text(run["template"]),
        show=run["show"],
    )
