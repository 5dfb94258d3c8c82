"""BERTScore with a model in a local folder (Zhang et al., "BERTScore", ICLR 2020, section 3).

Each token of one text is matched with the most similar of the other by the vectors of one layer; precision is the mean
over the prediction, recall over the reference, without weights and without rescaling. The begin and end marks may be
matched but are not counted. These are the numbers of the package bert-score 0.3.13 with the same model and layer.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from tcmkit.errors import MissingExtra, UsageError
from tcmkit.language import both

_AT_ONCE = 32
_PACKAGES = ("torch", "transformers")


class Likeness(NamedTuple):
    """Precision, recall and F1."""

    precision: float
    recall: float
    f1: float


class BertScore:
    """A model that says how alike texts are. It is loaded when it is first asked."""

    def __init__(self, folder: str, layer: int | None = None) -> None:
        """`layer` counts from 1; by default two thirds of the way up, as for most models in the package's own list.

        Raises UsageError where there is no such folder, MissingExtra without transformers.
        """
        self._folder = Path(folder)
        if not (self._folder / "config.json").is_file():
            raise UsageError(
                both(
                    f"--bert {folder}: no folder with a model; nothing is fetched, put one there",
                    f"--bert {folder}：不是模型文件夹；不会自动下载，请先放好模型",
                )
            )
        if any(find_spec(package) is None for package in _PACKAGES):
            raise MissingExtra("--bert", "train")
        self._layer = layer
        self._model: Any = None
        self._tokenizer: Any = None
        self.truncated = 0
        """Texts longer than the model can read, of which only the beginning was."""

    def notes(self) -> dict[str, Any]:
        """For the summary."""
        return {"model": self._folder.name, "layer": self._layer, "truncated": self.truncated}

    def scores(self, pairs: Sequence[tuple[str, Sequence[str]]]) -> list[Likeness]:
        """Of each prediction with that reference that gives the greatest F1."""
        texts = list(dict.fromkeys(text for made, given in pairs for text in (made, *given)))
        vectors = self._vectors(texts)
        found = []
        for made, given in pairs:
            each = [_likeness(vectors[made], vectors[one]) for one in given]
            found.append(max(each, key=lambda one: one.f1))
        return found

    def _load(self) -> None:
        import torch
        import transformers

        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        local = {"local_files_only": True, "trust_remote_code": False}  # else it asks whether code may be run
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(self._folder, **local)
            model = transformers.AutoModel.from_pretrained(
                self._folder, **local, use_safetensors=True, dtype=torch.float32
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            why = str(error).strip().splitlines()[0][:200]
            message = both(f"transformers cannot load it: {why}", f"transformers 无法加载：{why}")
            raise UsageError(f"--bert {self._folder}: {message}") from None
        layers = int(model.config.num_hidden_layers)
        self._layer = round(layers * 2 / 3) if self._layer is None else self._layer
        if not 1 <= self._layer <= layers:
            raise UsageError(
                both(
                    f"--bert-layer {self._layer}: the model has {layers}",
                    f"--bert-layer {self._layer}：模型共 {layers} 层",
                )
            )
        self._model = model.eval().to("cuda" if torch.cuda.is_available() else "cpu")

    def _vectors(self, texts: Sequence[str]) -> dict[str, tuple[Any, Any]]:
        """Of each text the vectors of its tokens, each of length one, and which of them count."""
        import torch

        if self._model is None:
            self._load()
        rows = [self._tokens(text) for text in texts]
        marks = {self._tokenizer.cls_token_id, self._tokenizer.sep_token_id}
        pad = self._tokenizer.pad_token_id or 0
        found: dict[str, tuple[Any, Any]] = {}
        for at in range(0, len(rows), _AT_ONCE):
            part = rows[at : at + _AT_ONCE]
            width = max(1, *map(len, part))
            device = self._model.device
            ids = torch.tensor([row + [pad] * (width - len(row)) for row in part], device=device)
            mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in part], device=device)
            with torch.inference_mode():
                out = self._model(input_ids=ids, attention_mask=mask, output_hidden_states=True)
            states = torch.nn.functional.normalize(out.hidden_states[self._layer], dim=-1).cpu()
            for text, row, state in zip(texts[at:], part, states, strict=False):
                counts = torch.tensor([token not in marks for token in row], dtype=torch.bool)
                found[text] = (state[: len(row)], counts)
        return found

    def _tokens(self, text: str) -> list[int]:
        config = self._model.config
        longest = min(self._tokenizer.model_max_length, getattr(config, "max_position_embeddings", None) or 1 << 30)
        if "roberta" in config.model_type:
            longest = min(longest, config.max_position_embeddings - 2)  # its positions begin behind the padding's
        rows = self._tokenizer(text.strip(), truncation=True, max_length=longest + 1).input_ids
        if len(rows) > longest:
            self.truncated += 1
            rows = self._tokenizer(text.strip(), truncation=True, max_length=longest).input_ids
        return list(rows)


def _likeness(made: tuple[Any, Any], given: tuple[Any, Any]) -> Likeness:
    (ours, ours_count), (theirs, theirs_count) = made, given
    if not ours_count.any() or not theirs_count.any():
        return Likeness(0.0, 0.0, 0.0)
    alike = ours @ theirs.T
    precision = float(alike.max(dim=1).values[ours_count].mean())
    recall = float(alike.max(dim=0).values[theirs_count].mean())
    total = precision + recall
    return Likeness(precision, recall, 2 * precision * recall / total if total > 0 else 0.0)
