"""A character trigram model: perplexity of Chinese text with no download.

ChiMed 2.0 (basic processing) scores with a Chinese GPT-2 and drops the worst 1%. This stands in for it:
interpolated maximum likelihood over one, two and three characters, in hashed tables of fixed size, so memory
does not grow with the text (84 MB). When a model scores the text it was trained on, each count leaves
the scored place out, so that a text cannot vouch for itself.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from tcmkit.errors import InputError
from tcmkit.language import both

_UNIGRAMS, _BIGRAMS, _TRIGRAMS = 1 << 16, 1 << 22, 1 << 24
_WEIGHTS = (0.55, 0.32, 0.125, 0.005)
"""Of three, two, one character, and of the uniform distribution."""
_VOCABULARY = 20_000
_VERSION = 1
_BLOCK = 1 << 16

Counts = NDArray[np.uint32]
Codes = NDArray[np.uint32]


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
            yield from np.exp(np.add.reduceat(surprise, starts, dtype=np.float64) / lengths).tolist()

    def _probabilities(self, codes: Codes, total: int, left_out: float) -> NDArray[np.float32]:
        """Of each character after the two before it. `left_out` is taken off every count."""
        one, two, three = (
            np.maximum(table.take(keys).astype(np.float32) - np.float32(left_out), np.float32(0))
            for table, keys in zip((self._one, self._two, self._three), _keys(codes), strict=True)
        )
        three_weight, two_weight, one_weight, uniform = map(np.float32, _WEIGHTS)
        three[1:] /= np.maximum(two[:-1], 1)
        two[1:] /= np.maximum(one[:-1], 1)
        one /= np.float32(total)
        mixed: NDArray[np.float32] = three * three_weight
        mixed += two * two_weight
        mixed += one * one_weight
        np.minimum(mixed, 1 - uniform, out=mixed)
        mixed += uniform / np.float32(_VOCABULARY)
        return mixed

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
            with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as saved:
                if json.loads(bytes(saved["header"]))["tcmkit_char_lm"] != _VERSION:
                    raise KeyError("version")
                model._one, model._two, model._three = saved["one"], saved["two"], saved["three"]
                model._check_shapes()
        except FileNotFoundError:
            raise InputError(both(f"no such file: {path}", f"找不到文件：{path}")) from None
        except (OSError, KeyError, ValueError, TypeError, EOFError, BadZipFile, zlib.error) as error:
            reason = type(error).__name__
            raise InputError(
                both(
                    f"{path} is no language model of tcm ({reason}): make one with --save-lm",
                    f"{path} 不是 tcm 的语言模型（{reason}）：用 --save-lm 生成",
                )
            ) from None
        return model

    def _check_shapes(self) -> None:
        """Raise ValueError for tables that are not ours."""
        for table, size in ((self._one, _UNIGRAMS), (self._two, _BIGRAMS), (self._three, _TRIGRAMS)):
            if table.shape != (size,) or table.dtype != np.uint32:
                raise ValueError("shape")


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
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    ends = np.cumsum([len(text) for text in texts])
    return codes, np.concatenate(([0], ends[:-1])).astype(np.intp)


def _keys(codes: Codes) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Table places of the one, two and three characters that end at each position."""
    pair = codes * np.uint32(0x85EBCA6B)
    pair[1:] += codes[:-1] * np.uint32(0x9E3779B1)
    triple = pair * np.uint32(0xC2B2AE35)
    triple[2:] += codes[:-2] * np.uint32(0x27D4EB2F)
    return (
        (codes & np.uint32(_UNIGRAMS - 1)).astype(np.intp),
        (_stirred(pair) >> np.uint32(32 - 22)).astype(np.intp),
        (_stirred(triple) >> np.uint32(32 - 24)).astype(np.intp),
    )


def _stirred(values: Codes) -> Codes:
    """Spread the differences of neighbouring code points over all bits."""
    return (values ^ (values >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
