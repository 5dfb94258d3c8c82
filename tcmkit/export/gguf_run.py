"""The way of a GGUF file: write, compare, make smaller, compare, measure."""

import hashlib
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tcmkit.export import corpus, measure, modelfile, room, verify, vocabulary
from tcmkit.export.architecture import Architecture
from tcmkit.export.gguf_file import Plan, quantise, tensor_types
from tcmkit.export.reference import Reference
from tcmkit.export.runner import Runner
from tcmkit.export.settings import Settings, quants
from tcmkit.export.source import Source
from tcmkit.export.weights import Weights
from tcmkit.language import both

Say = Callable[[str], None]
_STAGES = {
    "write": ("writing the model, unquantised", "写出未量化的模型"),
    "write_first_layers": ("writing its first layers at 32 bits", "写出前几层（32 位）"),
    "original": ("letting transformers compute the original", "用 transformers 计算原模型"),
    "verify": ("comparing", "比较"),
    "quantise": ("quantising", "量化"),
    "measure": ("measuring", "测量"),
    "record": ("writing the record", "写出记录"),
}
_QUICK_LAYERS = 2
_SAID_EVERY = 10.0
_ROOM, _SCORES, _LIBRARIES = 1.1, 5, 500_000_000
"""Memory beside the weights: their share again, copies of the scores of a row of text, bytes of code."""
_CONTEXT = 512


class GGUFRun:
    """One GGUF file, in a folder of its own until it is known to be good."""

    def __init__(self, settings: Settings, source: Source, weights: Weights, folder: Path, say: Say) -> None:
        """Read the tokenizer, choose how to verify, see that there is room. Raises UsageError, OutputError."""
        self._settings, self._source, self._weights, self._folder, self._say = settings, source, weights, folder, say
        self._vocabulary = vocabulary.load(source)
        self._texts = corpus.texts(settings.corpus)
        self._seconds: dict[str, float] = {}
        self._checks: dict[str, Any] = {}
        self._table: list[measure.Row] = []
        self._whole = Plan(Architecture(source), weights, exact=False)
        self._verify = self._chosen()
        if self._verify == "full":
            self._whole = Plan(Architecture(source), weights, exact=True)
        self._context = min(_CONTEXT, int(source.config.max_position_embeddings))
        self._rows = verify.rows_of(self._vocabulary, self._texts, min(measure.LONGEST, self._context), measure.MOST)
        self._modelfile = modelfile.written(self._vocabulary, settings.gguf.name) if settings.modelfile else None
        self._require_space()

    def _chosen(self) -> str:
        """How thoroughly: full where the whole model fits in the memory at 32 bits, else quick."""
        if self._settings.verify != "auto":
            return self._settings.verify
        import psutil

        scores = 4 * _SCORES * measure.LONGEST * int(self._source.config.vocab_size)
        need = 4 * self._whole.parameters * _ROOM + scores + _LIBRARIES
        return "full" if need < psutil.virtual_memory().available else "quick"

    def _require_space(self) -> None:
        """The file at full size and the one that is wanted. Raises OutputError."""
        bits = quants()[self._settings.quant]["bits"]
        need = self._whole.size + int(self._whole.parameters * bits / 8 * 1.1)
        if self._verify == "quick":
            need += self._short_plan().size
        room.require(need, self._folder)

    def run(self) -> dict[str, Any]:
        """Make the file; what is to be said of it. Raises Refused, TcmError, OSError."""
        unquantised, wanted = self._between("unquantised"), self._folder / self._settings.gguf.name
        if self._verify == "quick":  # before the long way
            self._check_first_layers()
        self._write(self._whole, unquantised, "write")
        self._weights.check_all_used()
        if self._verify == "full":
            self._check_against_original(unquantised, None)
        if self._verify == "quick":
            self._measure(both("unquantised GGUF", "未量化 GGUF"), unquantised)
        self._timed("quantise", lambda: quantise(unquantised, wanted, self._settings.quant, self._settings.threads))
        unquantised.unlink()
        if self._verify != "none":
            self._check_and_measure_final(wanted)
        if self._modelfile and self._settings.modelfile:
            (self._folder / self._settings.modelfile.name).write_text(self._modelfile, encoding="utf-8")
        return {**self._timed("record", lambda: self._said(wanted)), "seconds": self._seconds}

    def _between(self, name: str) -> Path:
        """Where a file stands that nobody keeps: apart, since the one that is kept may have any name."""
        folder = self._folder / "between"
        folder.mkdir(exist_ok=True)
        return folder / name

    def _timed(self, stage: str, work: Callable[[], Any]) -> Any:
        self._say(both(*_STAGES[stage]))
        began = time.perf_counter()
        done = work()
        self._seconds[stage] = round(self._seconds.get(stage, 0.0) + time.perf_counter() - began, 2)
        return done

    def _write(self, plan: Plan, path: Path, stage: str) -> None:
        said = time.monotonic()

        def progress(done: int, tensors: int) -> None:
            nonlocal said
            if time.monotonic() - said > _SAID_EVERY:
                said = time.monotonic()
                self._say(both(f"{done} of {tensors} tensors", f"{tensors} 个张量中的 {done} 个"))

        self._timed(stage, lambda: plan.write(path, self._source.name, self._vocabulary, progress))

    def _short_plan(self) -> Plan:
        return Plan(Architecture(self._source, _QUICK_LAYERS), self._weights, exact=True)

    def _check_first_layers(self) -> None:
        path = self._between("first-layers")
        self._write(self._short_plan(), path, "write_first_layers")
        self._check_against_original(path, _QUICK_LAYERS)
        path.unlink()

    def _check_against_original(self, path: Path, layers: int | None) -> None:
        """Tokens, template, logits and greedy text of the model at 32 bits, whole or its first layers."""
        judgement = self._timed("original", lambda: self._judgement(layers))
        self._timed("verify", lambda: self._compare(path, judgement))

    def _judgement(self, layers: int | None) -> verify.Judgement:
        with closing(Reference(self._source, self._settings.threads, layers)) as original:
            judgement = verify.Judgement(original, self._vocabulary, self._texts)
            if layers is None:
                name, size = both("original", "原模型"), self._source_size()
                self._table.append(measure.row_of(name, size, original, self._rows, self._context))
        return judgement

    def _source_size(self) -> int:
        folders = filter(None, (self._source.folder, self._source.adapter))
        return sum(path.stat().st_size for folder in folders for path in folder.glob("*.safetensors"))

    def _compare(self, path: Path, judgement: verify.Judgement) -> None:
        with closing(Runner(path, self._settings.threads, self._context, exact=True)) as made:
            self._checks["tokens"] = verify.check_tokens(made, self._vocabulary, self._texts)
            self._checks["template"] = verify.check_template(made, self._vocabulary)
            self._checks["ends"] = verify.check_ends(made, self._vocabulary)
            layers = _QUICK_LAYERS if self._verify == "quick" else self._whole.architecture.layers
            tolerance = self._settings.tolerance
            self._checks["logits"] = {**judgement.check_logits(made, tolerance), "layers": layers}
            self._checks["greedy"] = judgement.check_greedy(made, tolerance)

    def _measure(self, name: str, path: Path) -> None:
        def work() -> None:
            with closing(Runner(path, self._settings.threads, self._context)) as made:
                self._enter(name, path, made)

        self._timed("measure", work)

    def _enter(self, name: str, path: Path, made: Runner) -> None:
        row = measure.row_of(name, path.stat().st_size, made, self._rows, self._context)
        row.agree_with(self._table[0] if self._table else row)
        self._table.append(row)

    def _check_and_measure_final(self, path: Path) -> None:
        """What llama.cpp wrote has the same tokens and template, and says what its weights say."""

        def work() -> None:
            with closing(Runner(path, self._settings.threads, self._context)) as made:
                verify.check_tokens(made, self._vocabulary, self._texts)
                verify.check_template(made, self._vocabulary)
                self._enter(self._settings.quant, path, made)

        self._timed("measure", work)

    def _said(self, path: Path) -> dict[str, Any]:
        types, short = tensor_types(path, self._settings.quant)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return {
            "quant": self._settings.quant,
            "architecture": self._source.architecture,
            "parameters": self._whole.parameters,
            **{"size": path.stat().st_size, "sha256": sha256, "tensor_types": types, "rows_too_short": short},
            "verified": "not_verified" if self._verify == "none" else self._verify,
            "checks": self._checks,
            "table": [row.figures for row in self._table],
        }
