"""Which embedding questions are scored by: the one named, the model's own where it is made for it, else the LSA."""

import weakref
from collections.abc import Sequence
from functools import partial
from typing import Any

from tcmkit.consult.scoring import Similarity, by_lsa
from tcmkit.consult.settings import Settings
from tcmkit.consult.trace import Trace
from tcmkit.errors import RecordError, TcmError
from tcmkit.llm import Blocking


def similarity(model: Blocking | None, embedder: Blocking | None, trace: Trace) -> Similarity:
    """The similarity at hand: by the embedder, by the model if it embeds, or by the LSA.

    A model's is given up for the LSA at its first failure, which the trace tells.
    """
    if embedder:
        return _ByModel(embedder, trace)
    return _ByModel(model, trace, is_asked=False) if model else by_lsa


def of_pipe(settings: Settings, owner: object, trace: Trace) -> Similarity:
    """The same in the pipe, where only a model that was named embeds. It is closed when its owner is gone."""
    if settings.embed is None:
        return by_lsa
    embedder = Blocking(settings.embed)
    weakref.finalize(owner, embedder.close)
    return _ByModel(embedder, trace)


class _ByModel:
    """By a model's vectors as long as it gives them. Nothing is loaded before the first two texts."""

    def __init__(self, model: Blocking, trace: Trace, *, is_asked: bool = True) -> None:
        """`is_asked` is whether the user wants this model to embed; else it is looked at whether it can."""
        self._model, self._trace, self._is_asked = model, trace, is_asked
        self._similar: Similarity | None = None

    def __call__(self, one: str, other: str) -> float:
        """From 0 to 1."""
        try:
            if self._similar is None:
                self._similar = self._chosen()
            return self._similar(one, other)
        except (RecordError, TcmError) as error:
            reason = error.reason if isinstance(error, RecordError) else str(error)
            self._trace({"agent": "evaluation", "call": "embed", "failed": reason, "instead": "lsa"})
            self._similar = by_lsa
            return by_lsa(one, other)

    def _chosen(self) -> Similarity:
        from tcmkit.consult.vectors import ByVectors

        if not (self._is_asked or self._model.embeds):
            return by_lsa
        self._trace({"agent": "evaluation", "call": "embed", "by": self._model.identity})
        return ByVectors(partial(_vectors, self._model))


def _vectors(model: Blocking, texts: Sequence[str]) -> list[Any]:
    return list(model.embed(text.strip() or "。" for text in texts))
