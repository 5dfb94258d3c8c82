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
from dataclasses import dataclass
from inspect import Parameter
from typing import TYPE_CHECKING, Any

from tcmkit.cli.options import signed
from tcmkit.cli.pipe import Pipe, with_pipe
from tcmkit.cli.training_options import BaseModel, MachineChoice, RecipeChoice, RunChoice, UpkeepChoice
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


_GROUPS = {"run": RunChoice, "recipe": RecipeChoice, "machine": MachineChoice, "upkeep": UpkeepChoice}


def with_training(verb: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Replace a command's `training` parameter by the shared options, and `pipe` as `with_pipe` does.

    With --presets the command is not run: the presets of `verb` are printed, one a line.
    """

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        own = [p for p in inspect.signature(command).parameters.values() if p.name not in ("pipe", "training")]

        @functools.wraps(command)
        def with_options(pipe: Pipe, base: str | None, **values: Any) -> int:
            run, recipe, machine, upkeep = (values.pop(name) for name in _GROUPS)
            if run.presets:
                return _print_presets(verb)
            if run.slurm:
                return _write_slurm(verb, run.slurm, machine)
            return command(pipe, _training(pipe, base or "", run, recipe, machine, upkeep), **values)

        base = Parameter("base", Parameter.KEYWORD_ONLY, default=None, annotation=BaseModel)
        groups = [Parameter(name, Parameter.KEYWORD_ONLY, annotation=group) for name, group in _GROUPS.items()]
        return with_pipe()(signed(with_options, [base, *own, *groups]))

    return decorate


def _print_presets(verb: str) -> int:
    from dataclasses import asdict

    from tcmkit.train import preset, preset_names

    for name in preset_names(verb):
        print(json.dumps(asdict(preset(name, verb)), ensure_ascii=False))
    return 0


_OF_THE_SCRIPT = ("--slurm", "--nodes", "--node-rank", "--master")


def _write_slurm(verb: str, path: str, machine: MachineChoice) -> int:
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
    text = script(["tcm", *words], f"tcm-{verb}", machine.nodes, machine.gpus or 1)
    Path(path).write_text(text, encoding="utf-8")
    return 0


def _training(
    pipe: Pipe, base: str, run: RunChoice, recipe: RecipeChoice, machine: MachineChoice, upkeep: UpkeepChoice
) -> Training:
    from tcmkit.train.places import template_text

    given = recipe.given()
    return Training(
        model=base,
        adapter=run.adapter,
        out=pipe.options.output or "",
        seed=pipe.options.seed,
        preset=given.pop("preset", None),
        recipe=given,
        machine=machine.machine(),
        upkeep=upkeep.upkeep(),
        resume=run.resume,
        emit=(run.emit,) if run.emit else (),
        check_only=run.check,
        template=template_text(run.template),
        show=run.show,
    )
