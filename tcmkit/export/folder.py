"""The merged model as a folder of safetensors, in parts of some gigabytes, as transformers loads it."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from tcmkit.export import corpus, room, verify, vocabulary
from tcmkit.export.reference import Reference
from tcmkit.export.settings import Settings
from tcmkit.export.source import Source
from tcmkit.export.weights import Weights
from tcmkit.jsonl import codec
from tcmkit.jsonl.folder import write_folder

MARK = "tcm_export.json"
_PART = 2 << 30
_OF_THE_MODEL = ("config.json", "generation_config.json")
_OF_THE_TOKENIZER = (
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json"),
    *("merges.txt", "tokenizer.model", "chat_template.jinja"),
)
_ROUNDING = {"F32": 0.0, "F16": 2**-11, "BF16": 2**-8}
_ROUNDINGS = 8
"""Weights rounded to 16 bits move a logit by some roundings of the largest."""


class FolderExport:
    """One folder."""

    def __init__(self, settings: Settings, source: Source, weights: Weights) -> None:
        self._settings, self._source, self._weights = settings, source, weights
        self._layers = None if settings.verify in ("auto", "full") else 2

    def write(self) -> dict[str, Any]:
        """Write, verify, give it its name; what is to be said of it. Raises Refused, OutputError."""
        said: dict[str, Any] = {}

        def fill(folder: Path) -> None:
            self._require_space(folder)
            said["parts"] = self._write_parts(folder)
            self._weights.check_all_used()
            self._copy_settings(folder)
            said.update(self._verified(folder))
            (folder / MARK).write_bytes(codec.dump(said))

        write_folder(str(self._settings.output), MARK, ("model exported by tcm", "tcm 导出的模型"), fill)
        return said

    def _size(self, name: str) -> int:
        return self._weights.numbers(name) * (4 if self._weights.stored_kind(name) == "F32" else 2)

    def _require_space(self, folder: Path) -> None:
        room.require(sum(map(self._size, self._weights.names)), folder)

    def _parts(self) -> Iterator[list[str]]:
        part: list[str] = []
        size = 0
        for name in self._weights.names:
            if part and size + self._size(name) > _PART:
                yield part
                part, size = [], 0
            part.append(name)
            size += self._size(name)
        yield part

    def _write_parts(self, folder: Path) -> int:
        import torch
        from safetensors.torch import save_file

        kinds = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
        parts = list(self._parts())
        places: dict[str, str] = {}
        for number, names in enumerate(parts, 1):
            file = f"model-{number:05d}-of-{len(parts):05d}.safetensors" if len(parts) > 1 else "model.safetensors"
            tensors = {
                name: self._weights.tensor(name).to(kinds[self._weights.stored_kind(name)]).contiguous()
                for name in names
            }
            save_file(tensors, folder / file, metadata={"format": "pt"})
            places |= dict.fromkeys(names, file)
        if len(parts) > 1:
            index = {"metadata": {"total_size": sum(map(self._size, places))}, "weight_map": places}
            (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2), encoding="utf-8")
        return len(parts)

    def _copy_settings(self, folder: Path) -> None:
        for place, names in ((self._source.folder, _OF_THE_MODEL), (self._source.tokenizer, _OF_THE_TOKENIZER)):
            for name in names:
                if (place / name).is_file():
                    shutil.copyfile(place / name, folder / name)
        path = folder / "config.json"
        config = json.loads(path.read_text(encoding="utf-8"))
        config["tie_word_embeddings"] = self._weights.tied
        path.write_text(json.dumps(config, indent=2, ensure_ascii=False), encoding="utf-8")

    def _verified(self, folder: Path) -> dict[str, Any]:
        about = {"architecture": self._source.architecture, "parameters": self._weights.count()}
        if self._settings.verify == "none":
            return {**about, "verified": "not_verified", "checks": {}}
        words, threads, tolerance = vocabulary.load(self._source), self._settings.threads, self._settings.tolerance
        with closing(Reference(self._source, threads, self._layers)) as original:
            judgement = verify.Judgement(original, words, corpus.texts(self._settings.corpus))
        made = Source(folder, None, self._source.architecture, self._source.config)
        with closing(Reference(made, threads, self._layers)) as copy:
            rounding = (
                max(_ROUNDING[kind] for kind in map(self._weights.stored_kind, self._weights.names))
                if self._rounded
                else 0.0
            )
            checks: dict[str, Any] = {"logits": judgement.check_logits(copy, tolerance, _ROUNDINGS * rounding)}
            if not rounding:
                checks["greedy"] = judgement.check_greedy(copy, tolerance)
        return {**about, "verified": "quick" if self._layers else "full", "checks": checks}

    @property
    def _rounded(self) -> bool:
        """Whether sums of weight and adapter were cut to 16 bits."""
        return any(self._weights.kind(name) != self._weights.stored_kind(name) for name in self._weights.names)
