"""The perplexity filter: a threshold that streams, or the worst share, which must wait for the end."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from tcmkit.ingest.model_ppl import ModelPerplexity


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
        self._ahead: dict[bytes, float] = {}
        _check_folder(settings.save_lm)
        self._asked = _asked_model(settings)
        self._model = _given_model(settings)
        if self._limit is not None and self._model is None and self._asked is None:
            raise UsageError(
                both(
                    "--max-ppl needs a model: --lm FILE, --lm-corpus FILE or --ppl-llm SPEC",
                    "--max-ppl 需要语言模型：--lm FILE、--lm-corpus FILE 或 --ppl-llm SPEC",
                )
            )
        self.quantiles: dict[str, float] = {}
        """Perplexity of the median, the 90th and 99th percentile, and the highest that was kept; how many documents
        the model gave nothing for, which are kept.
        """

    @property
    def holds_back(self) -> bool:
        """Whether documents must wait until all have been read."""
        return self._limit is None and (self._share > 0 or (self._save_to is not None and self._model is None))

    def look_ahead(self, lines: Iterable[bytes]) -> None:
        """Score documents that `is_too_high` will be asked about, together: a model answers several at once."""
        if self._limit is not None and self._asked is not None:
            waiting = list(lines)
            scores = self._asked.perplexities(orjson.loads(line)["text"] for line in waiting)
            self._ahead = dict(zip(waiting, scores, strict=True))

    def is_too_high(self, line: bytes) -> bool:
        """Whether a document is above the threshold (False when there is none)."""
        if self._limit is None:
            return False
        if self._model is None:
            return self._ahead[line] > self._limit
        return next(iter(self._model.perplexities([orjson.loads(line)["text"]], own=False))) > self._limit

    def close(self) -> None:
        """Let a language model go."""
        if self._asked is not None:
            self._asked.close()

    def verdicts(self) -> Iterator[tuple[bytes, bool]]:
        """All documents of the spool in order, each with whether it is among the worst share."""
        scores = np.fromiter(self._scores(), dtype=np.float64)
        worst = np.zeros(len(scores), dtype=bool)
        count = min(int(self._share * len(scores) + 1e-9), int(np.isfinite(scores).sum()))  # 0.29 of 100 are 29
        if count:
            worst[np.argsort(-np.nan_to_num(scores, nan=0.0), kind="stable")[:count]] = True
        self._describe(scores, worst)
        yield from zip(self._spool.lines(), worst.tolist(), strict=True)

    def _scores(self) -> Iterator[float]:
        """Of every document of the spool, by the model that the settings name or one trained on the spool itself."""
        if self._asked is not None:
            return self._asked.perplexities(self._spool.texts())
        model, own = self._model, False
        if model is None:
            model, own = CharModel(), True
            model.train(self._spool.texts())
        if self._save_to:
            _save(model, self._save_to)
        return model.perplexities(self._spool.texts(), own)

    def _describe(self, scores: NDArray[np.float64], worst: NDArray[np.bool_]) -> None:
        scored = np.isfinite(scores)
        if (scored & ~worst).any():
            p50, p90, p99 = np.percentile(scores[scored], [50, 90, 99]).tolist()
            highest = float(scores[scored & ~worst].max())
            named = {"p50": p50, "p90": p90, "p99": p99, "highest_kept": highest}
            self.quantiles = {name: round(value, 2) for name, value in named.items()}
        if unscored := int((~scored).sum()):
            self.quantiles["unscored"] = unscored


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


def _asked_model(settings: Settings) -> "ModelPerplexity | None":
    """The language model of --ppl-llm. Raises UsageError beside a built-in one, TcmError when it cannot score."""
    if settings.ppl_llm is None:
        return None
    if settings.lm or settings.lm_corpus or settings.save_lm:
        raise UsageError(
            both(
                "--ppl-llm goes without --lm, --lm-corpus and --save-lm",
                "--ppl-llm 不与 --lm、--lm-corpus、--save-lm 同用",
            )
        )
    from tcmkit.ingest.model_ppl import ModelPerplexity

    return ModelPerplexity(settings.ppl_llm)


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
