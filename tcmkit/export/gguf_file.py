"""A GGUF file written tensor by tensor, and made smaller by llama.cpp."""

import ctypes
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tcmkit.errors import OutputError
from tcmkit.export.architecture import Architecture
from tcmkit.export.settings import quants
from tcmkit.export.vocabulary import Vocabulary
from tcmkit.export.weights import Weights
from tcmkit.language import both

_BYTES = {"F32": 4, "F16": 2, "BF16": 2}
_ROPE_FACTORS = "rope_freqs.weight"
_BLOCK = 256
"""How many neighbours the K-types take together; a row that is no multiple of it gets an older type."""

Progress = Callable[[int, int], None]
"""Told how many tensors are written, and of how many."""


class Plan:
    """Which tensors go into a file, under which name and as what kind."""

    def __init__(self, architecture: Architecture, weights: Weights, exact: bool) -> None:
        """`exact`: all in 32 bits, to compare with; else each as it is in the source."""
        self.architecture = architecture
        self._weights = weights
        self._names = architecture.tensor_names(weights.names)
        self._exact = exact

    def _kind(self, name: str) -> str:
        """Single rows (norms, biases) are in 32 bits always: llama.cpp wants them so."""
        return "F32" if self._exact or len(self._weights.shape(name)) == 1 else self._weights.kind(name)

    def _size(self, name: str) -> int:
        return self._weights.numbers(name) * _BYTES[self._kind(name)]

    @property
    def parameters(self) -> int:
        """How many numbers the file holds."""
        return sum(map(self._weights.numbers, self._names))

    @property
    def size(self) -> int:
        """About how many bytes the file takes."""
        return sum(map(self._size, self._names)) + 60 * int(self.architecture.config.vocab_size)

    def write(self, path: Path, name: str, vocabulary: Vocabulary, progress: Progress) -> None:
        """Write the file. Raises OSError, UsageError for a tokenizer that llama.cpp does not know."""
        import gguf

        writer = gguf.GGUFWriter(path, self.architecture.name)
        try:
            writer.add_name(name)
            self.architecture.describe(writer)
            vocabulary.describe(writer)
            self._declare(writer, gguf.GGMLQuantizationType)
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_ti_data_to_file()
            self._write_tensors(writer, progress)
        finally:
            writer.close()

    def _declare(self, writer: Any, types: Any) -> None:
        import numpy as np

        if factors := self.architecture.rope_factors():
            writer.add_tensor_info(_ROPE_FACTORS, (len(factors),), np.dtype(np.float32), 4 * len(factors))
        for name, new in self._names.items():
            kind = self._kind(name)
            stored = np.dtype(np.float32 if kind == "F32" else np.uint16)
            writer.add_tensor_info(new, self._weights.shape(name), stored, self._size(name), types[kind])

    def _write_tensors(self, writer: Any, progress: Progress) -> None:
        import numpy as np
        import torch

        kinds = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
        if factors := self.architecture.rope_factors():
            writer.write_tensor_data(np.asarray(factors, dtype=np.float32))
        for done, name in enumerate(self._names, 1):
            tensor = self.architecture.arranged(name, self._weights.tensor(name).to(kinds[self._kind(name)]))
            tensor = tensor.contiguous()
            flat = tensor if tensor.dtype == torch.float32 else tensor.view(torch.uint16)
            writer.write_tensor_data(flat.numpy())
            progress(done, len(self._names))


def quantise(source: Path, target: Path, quant: str, threads: int) -> None:
    """Let llama.cpp write `target` as `quant`. Raises OutputError when it cannot."""
    import llama_cpp

    from tcmkit.llm.gguf_model import cores, say_nothing

    llama_cpp.llama_log_set(say_nothing(), ctypes.c_void_p(0))
    settings = llama_cpp.llama_model_quantize_default_params()
    settings.ftype, settings.nthread = int(quants()[quant]["ftype"]), threads or cores()
    failed = llama_cpp.llama_model_quantize(bytes(source), bytes(target), ctypes.byref(settings))
    if failed:
        raise OutputError(
            both(
                f"llama.cpp could not quantise to {quant}: free memory and space, or choose another --quant",
                f"llama.cpp 无法量化为 {quant}：请腾出磁盘与内存，或改用其他 --quant",
            )
        )


def tensor_types(path: Path, quant: str) -> tuple[dict[str, int], int]:
    """How many tensors are of each type; how many got another type than asked for, since their rows are too short."""
    import gguf

    tensors = gguf.GGUFReader(path).tensors
    counts = Counter(tensor.tensor_type.name for tensor in tensors)
    short = [tensor for tensor in tensors if len(tensor.shape) > 1 and int(tensor.shape[0]) % _BLOCK]
    return dict(sorted(counts.items())), len(short) if "_k" in quant else 0
