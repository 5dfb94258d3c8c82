"""`tcm classify fit --engine encoder`: the plan for the training core, and what is done when it has ended."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from tcmkit.errors import TcmError
from tcmkit.jsonl import Options, Run, Step, codec
from tcmkit.language import both
from tcmkit.records import Record
from tcmkit.train import Job, Plan, RunFolder, train

from ..fitting import Reader, begin, itself, read
from ..pages import engine_of
from .lessons import BEST, RowMaker, most_tokens

DEFAULTS = {
    **{"method": "full", "epochs": 10.0, "batch": 32, "learning_rate": 3e-5, "warmup": 0.1, "schedule": "linear"},
    **{"weight_decay": 0.01, "max_tokens": 512},
}
"""Usual for classifiers on encoders (Devlin et al., 2019, A.3); the paper states only fp16. Epochs end early."""
PER_DEVICE = 32
COMPARED = 256
"""Rows on which a graph is compared with torch."""


def fit_encoder(options: Options, job: Job, label: str, resume: bool, export: str | None) -> int:
    """Carry out `job` on `options.inputs`; the exit status. Raises TcmError.

    `label` is the field of the label, `export` "onnx" for a graph too, in the folder onnx of the model's.
    """
    if export:
        from .exporting import check_extra

        check_extra()
    machine = job.machine if job.machine.per_device else replace(job.machine, per_device=PER_DEVICE)
    upkeep = replace(job.upkeep, preflight=False)  # it asks for what only language models have
    plan = Fit(replace(job, machine=machine, upkeep=upkeep), label, export).plan(resume)
    return train(plan, replace(options, jobs=1))


class Fit:
    """One run: what was read, said before it, and done after it."""

    def __init__(self, job: Job, label: str, export: str | None) -> None:
        self._job, self._label, self._export = job, label, export
        self._reader: Reader | None = None

    def plan(self, resume: bool, check_only: bool = False) -> Plan:
        """For the training core."""
        return Plan(self._job, self._step, False, resume, (), None, check_only, self._check, self._after)

    def _step(self, job: Job) -> Callable[[], Step]:
        """Reads labelled records in this process: repeated texts are known."""
        folder = Path(job.folder)
        most = most_tokens(folder, job.recipe.max_tokens)
        maker = RowMaker(_with_tokenizer(folder, Path(job.out) / "run"), most, job.own["cleaned"])
        self._reader = Reader(maker.add, self._label)
        self._reader.noted = maker.noted
        return partial(itself, self._reader)

    def _check(self, run: Run) -> None:
        assert self._reader
        begin(run, self._reader)

    def _after(self, run: Run, job: Job) -> Record:
        """What validation said; and the graph, where it is wanted."""
        _, page = engine_of(job.out)
        figures: Record = {"validation": page["training"]}
        if "accuracy" in page["training"]:
            said = page["training"]
            run.say(
                both(
                    f"validation, {said['validation_records']} records: accuracy {said['accuracy']:.3f}, "
                    f"weighted F1 {said['weighted_f1']:.3f}",
                    f"验证集 {said['validation_records']} 条：准确率 {said['accuracy']:.3f}，"
                    f"加权 F1 {said['weighted_f1']:.3f}",
                )
            )
        if self._export:
            from .exporting import export

            figures["onnx"] = export(job.out, self._rows(run, job))
        (RunFolder(job.out).run / BEST).unlink(missing_ok=True)
        return figures

    def _rows(self, run: Run, job: Job) -> list[list[int]]:
        """Some rows of tokens; of a run that ended earlier, from its inputs."""
        data = RunFolder(job.out).data
        if data.is_file():
            with data.open("rb") as file:
                return [codec.parse(line)["input_ids"] for line in itertools.islice(file, COMPARED)]
        found: list[list[int]] = []
        maker = RowMaker(Path(job.out), most_tokens(Path(job.out), job.recipe.max_tokens), job.own["cleaned"])

        def add(label: str, case: Record) -> None:
            if len(found) < COMPARED:
                found.append(maker.add(label, case)["input_ids"])

        read(run, Reader(add, self._label))
        return found


def _with_tokenizer(folder: Path, work: Path) -> Path:
    """A folder with the base's tokenizer.json, written there if the base has only a vocabulary. Raises TcmError."""
    if (folder / "tokenizer.json").is_file():
        return folder
    import transformers

    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        text = tokenizer.backend_tokenizer.to_str()
    except (OSError, ValueError, KeyError, AttributeError, ImportError) as error:
        raise TcmError(both(f"{folder}: no usable tokenizer", f"{folder}：没有可用的分词器")) from error
    (work / "tokenizer.json").write_text(text, encoding="utf-8")
    return work
