"""Training: what a language model learns from the files of the pipe.

A kind of training is two functions and a few settings; all else is shared. `sft.build` is the shortest example::

    plan = Plan(
        Job(verb="sft", build="tcmkit.train.sft:build", model=…, folder="", out=…, recipe=…, machine=…, own={…}),
        make_step,          # job -> a step for the pipe: a line to a row {"input_ids": […], "labels": […]}, any columns
        resume=…, emit=…,
    )
    return train(plan, pipe.options)

`train` reads and checks the inputs with the books of the pipe, writes rows to OUT/run/data.jsonl, spreads the batch,
says what it will do, starts `python -m tcmkit.train.worker OUT/training.json` (torchrun for more than one process),
shows progress, stops politely, and ends with the last record on stdout. In the worker `build(job)` gives a transformers
Trainer, made with `with_care(SomeTrainer)` (module `care`). `loading` has what a builder needs: `load_rows(job,
columns)`, `load_model(job)`, `adapter_config(job, model)`, `arguments(job, **own)`; `chat` has `load_tokenizer`.

The worker adds metrics.jsonl, the watchdog, the stop on SIGTERM, complete checkpoints, resumption and the final save.
What only one kind knows stands in `job.own` (plain JSON); `job.facts` holds what was found before the start: device,
processes, per_device, accumulation, data (its hash), rows, tokens. `build` may stand in any package: it is named, not
imported, here.

    settings  Recipe, Machine, Upkeep, Job         batch    how a batch is spread
    presets   the papers' settings                 folder   what lies where in OUT, resumption
    chat, lessons, reading  lines to rows          running, saying, launch, events   the process that the user sees
    worker, loading, care, watch, sft, dpo         the process that trains (torch is imported only there)
    objective, questions, rewards, rewarding, stalling      what is GRPO's own, without torch
    grpo, groups, drawing, answers, refilling               its trainer
"""

from tcmkit.train.batch import Spread, spread
from tcmkit.train.folder import RunFolder
from tcmkit.train.objective import grpo_job
from tcmkit.train.presets import Preset, preset, preset_names
from tcmkit.train.running import Plan, train
from tcmkit.train.settings import Job, Machine, Recipe, Upkeep

__all__ = [
    "Job",
    "Machine",
    "Plan",
    "Preset",
    "Recipe",
    "RunFolder",
    "Spread",
    "Upkeep",
    "grpo_job",
    "preset",
    "preset_names",
    "spread",
    "train",
]
