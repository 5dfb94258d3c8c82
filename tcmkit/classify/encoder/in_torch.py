"""The network by torch and transformers: on CUDA in 16 bits, else on the CPU in 32."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray

from .running import Ids

MOST_TOKENS = 1 << 14 if torch.cuda.is_available() else 1 << 12


class TorchNetwork:
    """A classifier in a folder. Only safetensors are read, and no code of a model's own is run."""

    def __init__(self, folder: Path, plain: bool = False) -> None:
        """With `plain`, on the CPU, attention written out: as it is exported.

        Raises OSError, ValueError or RuntimeError for a folder that transformers cannot load.
        """
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        self._device = "cuda" if torch.cuda.is_available() and not plain else "cpu"
        half = torch.bfloat16 if self._device == "cuda" and torch.cuda.is_bf16_supported() else torch.float16
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model: Any = transformers.AutoModelForSequenceClassification.from_pretrained(
                folder,
                dtype=torch.float32 if self._device == "cpu" else half,
                use_safetensors=True,
                trust_remote_code=False,
                **({"attn_implementation": "eager"} if plain else {}),
            )
        self._model = model.eval().to(self._device)
        self.classes = int(model.config.num_labels)

    @property
    def module(self) -> Any:
        """Tokens and mask to logits, as torch has it."""
        return _Logits(self._model)

    def __call__(self, ids: Ids, mask: Ids) -> NDArray[np.float32]:
        """Logits."""
        with torch.inference_mode():
            said = self._model(
                input_ids=torch.from_numpy(ids).to(self._device), attention_mask=torch.from_numpy(mask).to(self._device)
            )
        logits: NDArray[np.float32] = said.logits.float().cpu().numpy()
        return logits


class _Logits(torch.nn.Module):  # type: ignore[misc]
    def __init__(self, model: Any) -> None:
        super().__init__()
        self._model = model
        self.eval()

    def forward(self, input_ids: Any, attention_mask: Any) -> Any:
        """Logits."""
        return self._model(input_ids=input_ids, attention_mask=attention_mask).logits
