"""Log probabilities from llama.cpp: of the tokens of a text, and of whatever may follow it."""

from collections.abc import Callable
from typing import Any

import llama_cpp
import numpy as np

from tcmkit.llm import local
from tcmkit.llm.protocol import CallFailed

BATCH = 512
_SCORED_AT_ONCE = 64  # a row of the vocabulary's size for each

Stop = Callable[[], bool]


def scored(llama: Any, tokens: list[int], first: int, stop: Stop) -> list[float]:
    """Log probabilities of the tokens from `first` on, given those before them. Forgets what was computed before."""
    forget(llama)
    batch = llama_cpp.llama_batch_init(_SCORED_AT_ONCE, 0, 1)
    try:
        rows = []
        for at in range(0, len(tokens) - 1, _SCORED_AT_ONCE):
            if stop():
                raise local.stopped()
            rows.append(_score_batch(llama, batch, tokens[at : at + _SCORED_AT_ONCE + 1], at))
    finally:
        llama_cpp.llama_batch_free(batch)
    return [float(x) for x in np.concatenate(rows)[first - 1 :]]


def scores_after(llama: Any, tokens: list[int], first: int, stop: Stop) -> Any:
    """A row of log probabilities of every token of the vocabulary after the first `first` tokens, after one more …"""
    forget(llama)
    batch = llama_cpp.llama_batch_init(BATCH, 0, 1)
    rows = []
    try:
        for at in range(0, len(tokens), BATCH):
            if stop():
                raise local.stopped()
            asked = fill(batch, tokens[at : at + BATCH], at, first - 1)
            decode(llama, batch)
            rows += [_logits(llama, number).astype(np.float64) for number in asked]
    finally:
        llama_cpp.llama_batch_free(batch)
    logits = np.stack(rows)
    logits -= logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def forget(llama: Any) -> None:
    """Let go of what was computed before."""
    llama.reset()
    llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(llama.ctx), True)


def _score_batch(llama: Any, batch: Any, tokens: list[int], at: int) -> Any:
    """Log probabilities of all tokens but the first; the last is only looked up, not read."""
    read = tokens[:_SCORED_AT_ONCE] if len(tokens) > _SCORED_AT_ONCE else tokens[:-1]
    fill(batch, read, at, at)
    decode(llama, batch)
    logits = np.ctypeslib.as_array(llama_cpp.llama_get_logits(llama.ctx), shape=(len(read), _vocabulary(llama)))
    top = logits.max(axis=1)
    total = top + np.log(np.exp(logits - top[:, None]).sum(axis=1, dtype=np.float64))
    return logits[np.arange(len(read)), tokens[1 : len(read) + 1]] - total


def _vocabulary(llama: Any) -> int:
    return int(llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(llama.model)))


def _logits(llama: Any, number: int) -> Any:
    row = llama_cpp.llama_get_logits_ith(llama.ctx, number)
    return np.ctypeslib.as_array(row, shape=(_vocabulary(llama),))


def decode(llama: Any, batch: Any) -> None:
    """Compute a batch. Raises CallFailed."""
    if llama_cpp.llama_decode(llama.ctx, batch):
        raise CallFailed("llm_failed", "llama_decode")


def fill(batch: Any, tokens: list[int], at: int, asked_from: int) -> list[int]:
    """Put tokens into a batch; the numbers in it of those whose logits are asked for: from a place of the text on."""
    batch.n_tokens = len(tokens)
    asked = []
    for i, token in enumerate(tokens):
        batch.token[i], batch.pos[i], batch.logits[i] = token, at + i, at + i >= asked_from
        batch.n_seq_id[i] = 1
        batch.seq_id[i][0] = 0
        asked += [i] if at + i >= asked_from else []
    return asked
