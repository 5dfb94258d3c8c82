"""Texts to the numbers that an encoder reads, by the tokenizer.json in its folder (package tokenizers)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tcmkit.records import Record

FILE = "tokenizer.json"
MOST_CHARACTERS = 20_000
"""Of a longer text only the two ends are looked at."""


def text_of(case: Record, cleaned: bool) -> str:
    """What is read of a case: all of it, or what cleaning left (all of it where nothing is left)."""
    clean = case.get("clean_text") if cleaned else None
    return clean if isinstance(clean, str) and clean.strip() else str(case["text"])


class Tokens:
    """A tokenizer. Of a text that is too long the two ends stay: complaint, and tongue and pulse."""

    def __init__(self, folder: Path, most: int) -> None:
        """`most` tokens are kept. Raises OSError or ValueError for a file that is missing or damaged."""
        from tokenizers import Tokenizer

        path = folder / FILE
        try:
            self._tokenizer: Any = Tokenizer.from_str(path.read_text(encoding="utf-8"))
        except OSError:
            raise
        except Exception as error:  # tokenizers raises nothing more exact
            raise ValueError(f"{path.name}: {error}") from None
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._most = most

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each text with the marks of the model, at most `most`."""
        return [self._cut(one.ids) for one in self._tokenizer.encode_batch(list(map(_readable, texts)))]

    def _cut(self, ids: list[int]) -> list[int]:
        if len(ids) <= self._most:
            return ids
        head = self._most // 2
        return ids[:head] + ids[head - self._most :]


def _readable(text: str) -> str:
    """The text without lone surrogates, and without its middle where it is very long."""
    if len(text) > MOST_CHARACTERS:
        text = text[: MOST_CHARACTERS // 2] + text[-MOST_CHARACTERS // 2 :]
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
