"""What a folder of the encoder engine holds, and how the network's opinion becomes a probability.

The score of a syndrome s is a weighted sum of opinions; its softmax is the probability, as in the linear engine:

    encoder · (logit_s - mean)   only labels seen in training; 0 for others, as an average label has
    + built-in · log P(s)        the built-in engine
    + seen · [s was seen in training]

The weights are set on validation records, so the first is also the temperature (Guo et al., ICML 2017). A label that
training never saw has the built-in engine's opinion.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcmkit.errors import MissingExtra
from tcmkit.records import Record

from ..engine import Assessment, Engine, softmax
from ..knowledge import Floats
from ..linear import log, shared
from ..pages import check_format, refused, write_page
from . import running
from .tokens import Tokens, text_of

FORMAT = 1
OPINIONS = ("encoder", "built_in", "seen")
_GRAPH, _WEIGHTS = "model.onnx", "*.safetensors"


class Network:
    """Tokenizer and network of a folder, loaded when they are first asked."""

    def __init__(self, folder: Path, most: int, pad: int) -> None:
        """Rows of at most `most` tokens; `pad` fills the shorter ones up."""
        self._folder, self._most, self._pad = folder, most, pad
        self._known: dict[str, NDArray[np.float32]] = {}

    @cached_property
    def _parts(self) -> tuple[Tokens, Any, int]:
        """The tokenizer, the network, and how many tokens it takes at once. Raises InputError, MissingExtra."""
        is_graph = (self._folder / _GRAPH).is_file()
        needed = ("onnxruntime", "tokenizers") if is_graph else ("torch", "transformers")
        if any(find_spec(package) is None for package in needed):
            raise MissingExtra(str(self._folder), "onnx" if is_graph else "train")
        try:
            tokens = Tokens(self._folder, self._most)
            if is_graph:
                from . import in_onnx

                return tokens, in_onnx.OnnxNetwork(self._folder / _GRAPH), in_onnx.MOST_TOKENS
            from . import in_torch

            return tokens, in_torch.TorchNetwork(self._folder), in_torch.MOST_TOKENS
        except (OSError, ValueError, RuntimeError) as error:
            raise refused(str(self._folder), "is damaged", "已损坏") from error

    @property
    def classes(self) -> int:
        """Columns of the logits. Raises as `read`."""
        return int(self._parts[1].classes)

    def read(self, texts: Sequence[str]) -> None:
        """Have the network read the texts that will be asked for next. Raises InputError, MissingExtra."""
        tokens, network, most = self._parts
        distinct = list(dict.fromkeys(texts))
        self._known = {}
        if distinct:
            said = running.logits_of(network, tokens(distinct), self._pad, most)
            self._known = dict(zip(distinct, said, strict=True))

    def logits(self, text: str) -> NDArray[np.float32]:
        """What the network says of a text, by itself or among those that were read last."""
        if text not in self._known:
            self.read([text])
        return self._known[text]


@dataclass(frozen=True)
class EncoderModel:
    """What `tcm classify fit --engine encoder` has learned."""

    labels: tuple[str, ...]
    """All that it chooses from."""
    seen: tuple[str, ...]
    """Those that occurred in training: the network's classes in their order."""
    weights: Floats
    """Of the opinions, in the order above."""
    threshold: float
    """Abstain below this score."""
    max_tokens: int
    pad: int
    """The token that fills up."""
    cleaned: bool
    """Whether it reads what cleaning left of a text, or all of it."""
    network: Network = field(repr=False, compare=False)

    alone = True

    def engine(self, labels: tuple[str, ...]) -> Engine:
        """The engine that chooses among `labels`."""
        return EncoderEngine(labels, self)

    def prepare(self, cases: Sequence[Record]) -> None:
        """Have the network read the cases that will be judged next."""
        self.network.read([text_of(case, self.cleaned) for case in cases])

    def page(self) -> Record:
        """What the folder's page says."""
        return {
            "labels": self.labels,
            "seen": self.seen,
            "weights": dict(zip(OPINIONS, self.weights.tolist(), strict=True)),
            "threshold": self.threshold,
            "max_tokens": self.max_tokens,
            "pad": self.pad,
            "cleaned": self.cleaned,
        }


def save_page(model: EncoderModel, folder: Path, figures: Record) -> None:
    """Write the page beside the network. Raises OSError."""
    write_page(folder, "encoder", FORMAT, {**model.page(), "training": figures})


def load(folder: str, page: dict[str, Any]) -> EncoderModel:
    """The model of a page. Raises InputError when it does not fit together."""
    check_format(folder, page, FORMAT)
    try:
        most, pad = int(page["max_tokens"]), int(page["pad"])
        model = EncoderModel(
            labels=tuple(map(str, page["labels"])),
            seen=tuple(map(str, page["seen"])),
            weights=np.array([float(page["weights"][name]) for name in OPINIONS]),
            threshold=float(page["threshold"]),
            max_tokens=most,
            pad=pad,
            cleaned=bool(page["cleaned"]),
            network=Network(Path(folder), most, pad),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise refused(folder, "is damaged", "已损坏") from error
    if not model.labels or not np.isfinite(model.weights).all() or model.network.classes != len(model.seen):
        raise refused(folder, "is damaged", "已损坏")
    return model


def centred(logits: NDArray[Any]) -> Floats:
    """Logits less their mean: what an average label has is 0."""
    less: Floats = logits.astype(np.float64) - logits.mean(axis=-1, keepdims=True, dtype=np.float64)
    return less


class EncoderEngine(Engine):
    """The built-in engine with a network's opinion added."""

    def __init__(self, labels: tuple[str, ...], model: EncoderModel) -> None:
        super().__init__(labels)
        self._model = model

    @cached_property
    def _columns(self) -> tuple[list[int], list[int]]:
        """Where the labels seen in training stand: here, and in the network."""
        return shared(self.labels, self._model.seen)

    def assess(self, case: Record) -> Assessment:
        """As the built-in engine does; the probabilities are the model's."""
        found = super().assess(case)
        said = centred(self._model.network.logits(text_of(case, self._model.cleaned)))
        (here, there), (network, built_in, seen) = self._columns, self._model.weights
        scores = built_in * log(found.probabilities)
        scores[here] += network * said[there] + seen
        return replace(found, probabilities=softmax(scores))
