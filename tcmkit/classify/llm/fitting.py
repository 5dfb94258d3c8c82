"""`tcm classify fit --engine llm`: case and syndrome as conversations for the training core (JingFang)."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from tcmkit.jsonl import Options, Run, Step
from tcmkit.llm import load
from tcmkit.records import Record
from tcmkit.train import Job, Plan, lessons, preset, train

from ..fitting import Reader, begin, counted, itself, labels_of
from ..pages import write_page
from .asking import FORMAT, messages_of

DEFAULTS = preset("jingfang", "sft").recipe
"""The paper's: LoRA of rank 64, alpha 16, learning rate 5e-4, batch 16."""


def fit_llm(options: Options, job: Job, label: str, resume: bool) -> int:
    """Carry out `job` on `options.inputs`; the exit status. `label` is the field of the label. Raises TcmError."""
    return train(Fit(job, label).plan(resume), replace(options, jobs=1))


class Fit:
    """One run: what was read, said before it, and done after it."""

    def __init__(self, job: Job, label: str) -> None:
        self._job, self._label = job, label
        self._reader: Reader | None = None

    def plan(self, resume: bool) -> Plan:
        """For the training core."""
        return Plan(self._job, self._step, resume=resume, check=self._check, after=self._after)

    def _step(self, job: Job) -> Callable[[], Step]:
        """Reads labelled records in this process: repeated texts are known."""
        reading = lessons.Reading("sft", job.folder, job.own.get("template"), job.recipe.max_tokens)
        rows, prompt = lessons.Conversations(reading), load("classify")

        def add(label: str, case: Record) -> Record:
            [row] = rows({"messages": messages_of(prompt, case["text"], label)})
            return row

        self._reader = Reader(add, self._label)
        self._reader.noted = rows.noted
        return partial(itself, self._reader)

    def _check(self, run: Run) -> None:
        assert self._reader
        begin(run, self._reader)

    def _after(self, _run: Run, job: Job) -> Record:
        """The page that says what the folder is."""
        if self._reader is None:  # a run that had ended before
            return {}
        page = {
            "labels": labels_of(self._reader.counts),
            "seen": sorted(self._reader.counts),
            "prompt": load("classify").version,
            "training": counted(self._reader),
        }
        write_page(Path(job.out), "llm", FORMAT, page)
        return {}
