"""Vectors by a language model instead of LSA: `--embed`."""

import weakref
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from tcmkit.errors import InputError, RecordError
from tcmkit.language import both
from tcmkit.llm import Blocking, ModelOptions
from tcmkit.retrieve.dense import Floats, unit

LONGEST = 500
"""Characters of a text that are embedded: models read a few hundred, and what matters is said first."""


class Embedder:
    """A model that makes vectors. It is woken by the first text."""

    def __init__(self, options: ModelOptions) -> None:
        self._options = options

    @cached_property
    def _model(self) -> Blocking:
        model = Blocking(self._options)
        weakref.finalize(self, model.close)
        return model

    def wake(self) -> None:
        """Make the engine. Raises TcmError when there is none of this name."""
        assert self._model

    @property
    def origin(self) -> Mapping[str, str]:
        """What an index keeps of it. Raises as the engine does when there is no such model."""
        return {"spec": self._options.spec, "identity": self._model.identity}

    def embed(self, texts: Sequence[str]) -> Floats:
        """Unit vectors, (n, d). Raises RecordError where a call had no success, TcmError where none can have any."""
        vectors = list(self._model.embed(text[:LONGEST].strip() or "。" for text in texts))
        return unit(np.array(vectors, dtype=np.float32))

    def embed_all(self, texts: Sequence[str]) -> Floats:
        """The same for an index, which is whole or not at all: one that had no success raises InputError."""
        try:
            return self.embed(texts)
        except RecordError as error:
            spec = self._options.spec
            raise InputError(
                both(
                    f"--embed {spec}: {error.reason}; run it again, or name another model",
                    f"--embed {spec}：{error.reason}；请重试，或换一个模型",
                )
            ) from None


def embedder_of(origin: Mapping[str, str], options: ModelOptions | None, rebuild: str) -> Embedder:
    """The model that made an index of this origin; `options` when the user names it.

    Raises InputError, with the command that builds the index anew, when it is another.
    """
    embedder = Embedder(options or ModelOptions((origin["spec"],)))
    own = embedder.origin
    if own["identity"] != origin["identity"]:
        raise InputError(
            both(
                f"the index was embedded by {origin['spec']}, which is not {own['spec']} as it is now; "
                f"build it: {rebuild} --embed {own['spec']}",
                f"索引的向量由 {origin['spec']} 建立，与现在的 {own['spec']} 不同；"
                f"请重建：{rebuild} --embed {own['spec']}",
            )
        )
    return embedder
