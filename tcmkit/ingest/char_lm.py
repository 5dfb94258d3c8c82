"""A character trigram model: perplexity of Chinese text with no download.

ChiMed 2.0 (basic processing) scores with a Chinese GPT-2 and drops the worst 1%. This stands in for it:
interpolated maximum likelihood over one, two and three characters, in hashed tables of fixed size, so memory
does not grow with the text (84 MB). When a model scores the text it was trained on, each count leaves
the scored place out, so that a text cannot vouch for itself.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tcmkit.errors import InputError
from tcmkit.language import both

_UNIGRAMS, _BIGRAMS, _TRIGRAMS = 1 << 16, 1 << 22, 1 << 24
_WEIGHTS = (0.55, 0.32, 0.125, 0.005)
"""Of three, two, one character, and of the uniform distribution."""
_VOCABULARY = 20_000
_VERSION = 1
_BLOCK = 1 << 21

Counts = NDArray[np.uint32]
Codes = NDArray[np.uint64]


class CharModel:
    """Train with `train`, then ask `perplexities`."""

    def __init__(self) -> None:
        self._one: Counts = np.zeros(_UNIGRAMS, dtype=np.uint32)
        self._two: Counts = np.zeros(_BIGRAMS, dtype=np.uint32)
        self._three: Counts = np.zeros(_TRIGRAMS, dtype=np.uint32)

    def train(self, texts: Iterable[str]) -> None:
        """Count the characters of the texts; may be called again with more."""
        for codes, _ in _blocks(texts):
            for counts, keys in zip((self._one, self._two, self._three), _keys(codes), strict=True):
                np.add.at(counts, keys, np.uint32(1))

    @property
    def is_trained(self) -> bool:
        """Whether it has seen any text."""
        return bool(self._one.any())

    def perplexities(self, texts: Iterable[str], own: bool) -> Iterator[float]:
        """Perplexity of each text by character; `own` says that the model was trained on these very texts."""
        total = max(int(self._one.sum(dtype=np.uint64)), 1)
        for codes, starts in _blocks(texts):
            surprise = -np.log(self._probabilities(codes, total, 1.0 if own else 0.0))
            lengths = np.diff(np.append(starts, len(codes)))
            yield from np.exp(np.add.reduceat(surprise, starts) / lengths).tolist()

    def _probabilities(self, codes: Codes, total: int, left_out: float) -> NDArray[np.float64]:
        one, two, three = _keys(codes)
        counts = [table[keys] - left_out for table, keys in ((self._one, one), (self._two, two), (self._three, three))]
        before = np.roll(counts[0], 1)
        pair_before = np.roll(counts[1], 1)
        three_weight, two_weight, one_weight, uniform = _WEIGHTS
        likelihood = three_weight * np.maximum(counts[2], 0) / np.maximum(pair_before, 1)
        likelihood += two_weight * np.maximum(counts[1], 0) / np.maximum(before, 1)
        likelihood += one_weight * np.maximum(counts[0], 0) / total
        result: NDArray[np.float64] = np.minimum(likelihood, 1 - uniform) + uniform / _VOCABULARY
        return result

    def save(self, path: str) -> None:
        """Write the model as an .npz file without pickle. Raises OSError."""
        header = np.frombuffer(json.dumps({"tcmkit_char_lm": _VERSION}).encode(), dtype=np.uint8)
        with Path(path).open("wb") as file:
            np.savez_compressed(file, header=header, one=self._one, two=self._two, three=self._three)

    @classmethod
    def load(cls, path: str) -> "CharModel":
        """Read a saved model. Raises InputError for a file that is none."""
        model = cls()
        try:
            with np.load(path, allow_pickle=False) as saved:
                if json.loads(bytes(saved["header"]))["tcmkit_char_lm"] != _VERSION:
                    raise KeyError("version")
                model._one, model._two, model._three = saved["one"], saved["two"], saved["three"]
        except (OSError, KeyError, ValueError, TypeError, EOFError) as error:
            reason = type(error).__name__
            raise InputError(
                both(
                    f"{path} is no language model of tcm ({reason}): make one with --save-lm",
                    f"{path} 不是 tcm 的语言模型（{reason}）：用 --save-lm 生成",
                )
            ) from None
        return model


def _blocks(texts: Iterable[str]) -> Iterator[tuple[Codes, NDArray[np.intp]]]:
    """Texts joined until a block is full, as code points, with the place where each text starts."""
    waiting: list[str] = []
    size = 0
    for text in texts:
        waiting.append(text + "\n")  # an end mark: also keeps an empty text countable
        size += len(waiting[-1])
        if size >= _BLOCK:
            yield _joined(waiting)
            waiting, size = [], 0
    if waiting:
        yield _joined(waiting)


def _joined(texts: Sequence[str]) -> tuple[Codes, NDArray[np.intp]]:
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    ends = np.cumsum([len(text) for text in texts])
    return codes, np.concatenate(([0], ends[:-1])).astype(np.intp)


def _keys(codes: Codes) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Table places of the one, two and three characters that end at each position."""
    before, before_that = np.roll(codes, 1), np.roll(codes, 2)
    pair = before * np.uint64(0x9E3779B97F4A7C15) + codes * np.uint64(0xC2B2AE3D27D4EB4F)
    triple = pair * np.uint64(0xD6E8FEB86659FD93) + before_that * np.uint64(0xA0761D6478BD642F)
    return (
        (codes % _UNIGRAMS).astype(np.intp),
        (pair >> np.uint64(64 - 22)).astype(np.intp),
        (triple >> np.uint64(64 - 24)).astype(np.intp),
    )
