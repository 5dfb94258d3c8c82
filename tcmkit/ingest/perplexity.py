"""The perplexity filter: a threshold that streams, or the worst share, which must wait for the end."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from tcmkit.errors import InputError, OutputError, UsageError
from tcmkit.ingest.char_lm import CharModel
from tcmkit.ingest.settings import Settings
from tcmkit.ingest.spool import Spool
from tcmkit.jsonl.sink import cannot_write
from tcmkit.language import both
from tcmkit.text import normalise
from tcmkit.text.decode import NotText, decode


class PerplexityFilter:
    """Says which documents read least like the language of the rest (ChiMed 2.0, basic processing)."""

    def __init__(self, settings: Settings, spool: Spool) -> None:
        """Load or train the model if the settings name one.

        Raises UsageError for a threshold without a model, InputError for a model or corpus that cannot be read,
        OutputError when there is no place for the model.
        """
        self._share = settings.drop_worst
        self._limit = settings.max_ppl
        self._save_to = settings.save_lm
        self._spool = spool
        _check_folder(settings.save_lm)
        self._model = _given_model(settings)
        if self._limit is not None and self._model is None:
            raise UsageError(
                both(
                    "--max-ppl needs a model: --lm FILE or --lm-corpus FILE",
                    "--max-ppl 需要语言模型：--lm FILE 或 --lm-corpus FILE",
                )
            )
        self.quantiles: dict[str, float] = {}
        """Perplexity of the median, the 90th and 99th percentile, and the highest that was kept."""

    @property
    def holds_back(self) -> bool:
        """Whether documents must wait until all have been read."""
        return self._limit is None and (self._share > 0 or (self._save_to is not None and self._model is None))

    def is_too_high(self, line: bytes) -> bool:
        """Whether a document is above the threshold (False when there is none)."""
        if self._limit is None or self._model is None:
            return False
        return next(iter(self._model.perplexities([orjson.loads(line)["text"]], own=False))) > self._limit

    def verdicts(self) -> Iterator[tuple[bytes, bool]]:
        """All documents of the spool in order, each with whether it is among the worst share."""
        model, own = self._model, False
        if model is None:
            model, own = CharModel(), True
            model.train(self._spool.texts())
        if self._save_to:
            _save(model, self._save_to)
        scores = np.fromiter(model.perplexities(self._spool.texts(), own), dtype=np.float64)
        worst = np.zeros(len(scores), dtype=bool)
        count = int(self._share * len(scores) + 1e-9)  # 0.29 of 100 are 29
        if count:
            worst[np.argsort(-scores, kind="stable")[:count]] = True
        self._describe(scores, worst)
        yield from zip(self._spool.lines(), worst.tolist(), strict=True)

    def _describe(self, scores: NDArray[np.float64], worst: NDArray[np.bool_]) -> None:
        if not worst.all():
            p50, p90, p99 = np.percentile(scores, [50, 90, 99]).tolist()
            highest = float(scores[~worst].max())
            named = {"p50": p50, "p90": p90, "p99": p99, "highest_kept": highest}
            self.quantiles = {name: round(value, 2) for name, value in named.items()}


def _given_model(settings: Settings) -> CharModel | None:
    """The model that --lm or --lm-corpus names; None when the stream itself is to train it."""
    if settings.lm:
        return CharModel.load(settings.lm)
    if not settings.lm_corpus:
        return None
    model = CharModel()
    model.train(_read_corpus(path) for path in settings.lm_corpus)
    if settings.save_lm:
        _save(model, settings.save_lm)
    return model


def _check_folder(path: str | None) -> None:
    """Say now, not when everything has been read, that there is no place for the model."""
    if path and not Path(path).parent.is_dir():
        folder = Path(path).parent
        raise OutputError(both(f"--save-lm {path}: no folder {folder}", f"--save-lm {path}：没有文件夹 {folder}"))


def _save(model: CharModel, path: str) -> None:
    try:
        model.save(path)
    except OSError as error:
        raise cannot_write(path, error) from None


def _read_corpus(path: str) -> str:
    try:
        return normalise.normalise(decode(Path(path).read_bytes()).text)
    except OSError as error:
        raise InputError(both(f"cannot read {path}: {error.strerror}", f"无法读取 {path}：{error.strerror}")) from None
    except NotText:
        raise InputError(both(f"{path} is no text", f"{path} 不是文本")) from None
