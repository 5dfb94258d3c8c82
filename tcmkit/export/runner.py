"""What was written, computed by llama.cpp: to be compared, and to be measured."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np

from tcmkit.errors import TcmError
from tcmkit.language import both
from tcmkit.llm.gguf_model import Model
from tcmkit.llm.gguf_scores import decode, fill, forget
from tcmkit.llm.protocol import CallFailed, ChatMessage
from tcmkit.llm.settings import EngineSettings

_AT_ONCE = 64  # a row of the vocabulary's size for each


class Runner(Model):
    """A GGUF file in memory. `exact` keeps keys and values in 32 bits, where 16 would show in the fourth digit."""

    def __init__(self, path: Path, threads: int, context: int, exact: bool = False) -> None:
        """Load it. Raises TcmError when llama.cpp cannot."""
        self._more: dict[str, Any] = {"type_k": 0, "type_v": 0} if exact else {}
        began = time.perf_counter()
        try:
            super().__init__(path, EngineSettings(context=context, threads=threads))
        except (ValueError, RuntimeError, OSError, AssertionError):
            raise TcmError(
                both(
                    "llama.cpp cannot load what was written: the model is built in a way that it does not know, or the"
                    " memory does not suffice; nothing was kept",
                    "llama.cpp 无法加载写出的文件：模型结构它不认识，或内存不足；未保留任何文件",
                )
            ) from None
        self.load_s = time.perf_counter() - began
        self._batch = llama_cpp.llama_batch_init(_AT_ONCE, 0, 1)
        self._at = 0

    def _open(self, **more: Any) -> Any:
        return super()._open(**self._more, **more)

    def tokens(self, text: str, marked: bool) -> list[int]:
        """Numbers of the tokens; `marked` with what the model wants at the beginning of a text."""
        return list(self._llama.tokenize(text.encode("utf-8"), add_bos=marked, special=True))

    def rendered(self, messages: Sequence[ChatMessage], reply: bool) -> str:
        """A conversation as the chat template in the file writes it."""
        return self._render(messages, reply)

    def ends(self, token: int) -> bool:
        """Whether the token ends a reply."""
        return bool(llama_cpp.llama_vocab_is_eog(self._vocabulary, token))

    def _read_batch(self, tokens: Sequence[int], at: int) -> Any:
        """Scores after each of these, which stand at `at`."""
        fill(self._batch, list(tokens), at, at)
        try:
            decode(self._llama, self._batch)
        except CallFailed:
            raise TcmError(
                both(
                    "llama.cpp stopped while computing: the memory does not suffice; nothing was kept",
                    "llama.cpp 计算中断：内存不足；未保留任何文件",
                )
            ) from None
        size = llama_cpp.llama_vocab_n_tokens(self._vocabulary)
        return np.ctypeslib.as_array(llama_cpp.llama_get_logits(self._llama.ctx), shape=(len(tokens), size)).copy()

    def logits(self, tokens: Sequence[int]) -> Any:
        """Scores after each token, in a row for each."""
        forget(self._llama)
        rows = [self._read_batch(tokens[at : at + _AT_ONCE], at) for at in range(0, len(tokens), _AT_ONCE)]
        self._at = len(tokens)
        return np.concatenate(rows)

    def read(self, tokens: Sequence[int]) -> Any:
        """Scores after the last token, as fast as it goes."""
        forget(self._llama)
        self._llama.eval(list(tokens))
        self._at = len(tokens)
        size = llama_cpp.llama_vocab_n_tokens(self._vocabulary)
        return np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(self._llama.ctx, -1), shape=(size,)).copy()

    def extend(self, token: int) -> Any:
        """Scores after one more token."""
        row = self._read_batch([token], self._at)[0]
        self._at += 1
        return row

    def close(self) -> None:
        """Give back the memory."""
        llama_cpp.llama_batch_free(self._batch)
        super().close()
