"""The model as transformers computes it, adapter and all, in 32 bits on the CPU: what an export is judged by."""

import time
import warnings
from collections.abc import Sequence
from typing import Any

import torch
import transformers

from tcmkit.export.source import Source
from tcmkit.llm.hf_model import loading


class Reference:
    """Not merged by us, not converted by us: peft and transformers as they are."""

    def __init__(self, source: Source, threads: int, layers: int | None = None) -> None:
        """Load it, or with `layers` the model that has only its first so many. Raises EngineStopped."""
        getattr(transformers, source.config.architectures[0])  # the code is read now, not while the clock runs
        began = time.perf_counter()
        self._threads = torch.get_num_threads()
        if threads:
            torch.set_num_threads(threads)
        config = transformers.AutoConfig.from_pretrained(source.folder, trust_remote_code=False)
        if layers:
            config.num_hidden_layers = layers
            if getattr(config, "layer_types", None):
                config.layer_types = config.layer_types[:layers]
        with loading(source.folder):
            model = transformers.AutoModelForCausalLM.from_pretrained(
                source.folder, config=config, dtype=torch.float32, use_safetensors=True, trust_remote_code=False
            )
            if source.adapter:
                from peft import PeftModel

                model = PeftModel.from_pretrained(model, source.adapter)
        self._model: Any = model.eval()
        self._past: Any = None
        self.load_s = time.perf_counter() - began

    def _compute(self, tokens: Sequence[int], past: Any, **more: Any) -> Any:
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = self._model(input_ids=torch.tensor([list(tokens)]), past_key_values=past, use_cache=True, **more)
        self._past = made.past_key_values
        return made.logits[0].numpy()

    def logits(self, tokens: Sequence[int]) -> Any:
        """Scores after each token, in a row for each."""
        return self._compute(tokens, None)

    def read(self, tokens: Sequence[int]) -> Any:
        """Scores after the last token, as fast as it goes."""
        return self._compute(tokens, None, logits_to_keep=1)[-1]

    def extend(self, token: int) -> Any:
        """Scores after one more token."""
        return self._compute([token], self._past)[-1]

    def close(self) -> None:
        """Give back the memory."""
        self._model = self._past = None
        torch.set_num_threads(self._threads)
