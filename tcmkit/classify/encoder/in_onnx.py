"""The network as a graph, by onnxruntime: neither torch nor transformers is needed."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from .running import Ids

FILE = "model.onnx"
MOST_TOKENS = 1 << 11
"""At once: what a layer works on then stays in the caches."""
INPUTS = ("input_ids", "attention_mask")
OUTPUT = "logits"


class OnnxNetwork:
    """A classifier in a folder."""

    def __init__(self, path: Path, threads: int = 0) -> None:
        """`threads` 0 takes every core. Raises ValueError for a file that is no graph of ours."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        try:
            session: Any = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors share no class of their own
            raise ValueError(f"{path.name}: {type(error).__name__}") from None
        if {one.name for one in session.get_inputs()} != set(INPUTS):
            raise ValueError(f"{path.name}: inputs")
        self._session = session
        self.classes = int(session.get_outputs()[0].shape[1])

    def __call__(self, ids: Ids, mask: Ids) -> NDArray[np.float32]:
        """Logits."""
        [logits] = self._session.run([OUTPUT], dict(zip(INPUTS, (ids, mask), strict=True)))
        said: NDArray[np.float32] = logits
        return said
