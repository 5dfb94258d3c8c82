"""Perplexity by a language model (ChiMed 2.0, basic processing: question and answer joined, scored by a model)."""

import math
from collections.abc import Iterable, Iterator

from tcmkit.errors import TcmError
from tcmkit.language import both
from tcmkit.llm import Blocking, ModelOptions

_PROBE = "脉浮者，病在表。"


class ModelPerplexity:
    """Perplexity by token. The model is woken when the first text comes: by then the other processes have begun."""

    def __init__(self, options: ModelOptions) -> None:
        """Ask it about one sentence, so that a wrong name or key is known before anything is read.

        Raises TcmError where the engine has no log probabilities to give.
        """
        self._options = options
        self._model: Blocking | None = None
        try:
            scores = list(self.perplexities([_PROBE]))
        finally:
            self.close()
        if any(map(math.isnan, scores)):
            raise TcmError(
                both(
                    f"--ppl-llm {options.spec} gave no log probabilities: try again, or name another model",
                    f"--ppl-llm {options.spec} 没有给出对数概率：请重试，或换一个模型",
                )
            )

    def perplexities(self, texts: Iterable[str]) -> Iterator[float]:
        """Of each text, in order; not a number where the model gave nothing."""
        if self._model is None:
            self._model = Blocking(self._options)
        for mean in self._model.mean_logprobs(texts):
            yield math.nan if math.isnan(mean) else math.exp(min(-mean, 700.0))

    def close(self) -> None:
        """Let the model go."""
        if self._model is not None:
            self._model.close()
            self._model = None
