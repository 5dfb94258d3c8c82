"""llama.cpp in this process: quantised models on a laptop, through llama-cpp-python (extra [gguf]).

One thread works off the requests in turn. The same request gives the same reply, whatever was asked before: a prompt
is cut where its messages end and every few tokens, each part is computed by itself, and a part that stands at the
same place in the last prompt is kept. So a task's system message, and the earlier turns of a consultation, are computed
once.

A schema is held to by grammar. A model that thinks without its template saying so goes straight to the JSON then; one
whose template opens the thinking may first finish it.
"""

import asyncio
import codecs
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from glob import escape
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tcmkit.errors import MissingExtra, TcmError, UsageError
from tcmkit.language import both
from tcmkit.llm import local
from tcmkit.llm.places import find_model, model_folders
from tcmkit.llm.protocol import CallFailed, EngineStopped, Reply, Request, Usage
from tcmkit.llm.settings import EngineSettings
from tcmkit.llm.thinking import Filter

if TYPE_CHECKING:
    from tcmkit.llm.gguf_model import Model

_MAGIC = b"GGUF"
Result = TypeVar("Result")


class GGUF:
    """A model in a file. It is loaded when it is first asked, so a run that finds all in the cache loads nothing."""

    def __init__(self, name: str, settings: EngineSettings) -> None:
        """`name` is a path, or a name in the model folders, with or without .gguf.

        Raises UsageError when there is no such file or it is no GGUF, MissingExtra without llama-cpp-python.
        """
        self._path = _file(name)
        if find_spec("llama_cpp") is None:
            raise MissingExtra(both("the gguf: engine", "引擎 gguf:"), "gguf")
        self.identity = f"gguf:{local.fingerprint(_parts(self._path))}"
        self._settings = settings
        self._model: Model | None = None
        self._worker = ThreadPoolExecutor(1, "gguf")
        self._closed = threading.Event()

    async def chat(self, request: Request) -> Reply:
        """The whole reply."""
        model, pieces = self._loaded(), list[bytes]()
        stop = threading.Event()

        def work() -> Reply:
            usage, ended = model.say(request, pieces.append, self._stopper(stop))
            said = model.opened(request) + b"".join(pieces).decode("utf-8", "replace")
            return local.whole_reply(said, usage, model.name, ended)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, work)
        finally:
            stop.set()

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """The reply in pieces; a character whose bytes come in several tokens is held back until it is whole."""
        model, loop, stop = self._loaded(), asyncio.get_running_loop(), threading.Event()
        pieces: asyncio.Queue[bytes | None] = asyncio.Queue()

        def put(piece: bytes | None) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        def work() -> tuple[Usage, bool]:
            try:
                return model.say(request, put, self._stopper(stop))
            finally:
                put(None)

        done = loop.run_in_executor(self._worker, work)
        shown, decoder = Filter(), codecs.getincrementaldecoder("utf-8")("replace")
        try:
            shown.feed(model.opened(request))
            while (piece := await pieces.get()) is not None:
                if text := shown.feed(decoder.decode(piece)):
                    yield text
            usage, ended = await done
            # Where the reply was cut, its last character may have been too: what there is of it is left out.
            if text := shown.feed(decoder.decode(b"", ended)) + shown.end():
                yield text
            if not ended:
                raise CallFailed("llm_cut_short", f"after {usage.completion} tokens; raise --max-tokens or --context")
        finally:
            stop.set()

    async def logprobs(self, text: str) -> Sequence[float]:
        """Of a text longer than the context, each token is scored with at least half a context before it."""
        return await self._work(lambda model: model.logprobs(text, self._closed.is_set))

    async def endings(self, text: str, endings: Sequence[str]) -> Sequence[float]:
        """Endings that differ in their last token alone, as letters do, cost one look at the model."""
        return await self._work(lambda model: model.endings(text, endings, self._closed.is_set))

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """By the pooling that the file names, else the mean over all tokens. Raises CallFailed for a text too long."""
        if texts:
            self._loaded().prepare_embedding()
        return await self._work(lambda model: [model.embed(text) for text in texts]) if texts else []

    @property
    def embeds(self) -> bool:
        """Whether the file says how to pool: a model made for embedding. Loads the model."""
        return self._loaded().names_pooling

    async def close(self) -> None:
        """Stop what is under way at the next token, and give back the memory."""
        self._closed.set()
        self._worker.shutdown(wait=True, cancel_futures=True)
        if self._model:
            self._model.close()
            self._model = None

    async def _work(self, task: "Callable[[Model], Result]") -> Result:
        model = self._loaded()
        return await asyncio.get_running_loop().run_in_executor(self._worker, lambda: task(model))

    def _stopper(self, stop: threading.Event) -> Callable[[], bool]:
        return lambda: stop.is_set() or self._closed.is_set()

    def _loaded(self) -> "Model":
        """The model, loaded in the caller's thread: the library points stdout elsewhere while it loads."""
        if self._model is None:
            from tcmkit.llm.gguf_model import Model

            try:
                self._model = Model(self._path, self._settings)
            except (ValueError, RuntimeError, OSError, AssertionError):
                raise EngineStopped(
                    both(
                        f"{self._path}: llama.cpp cannot load it: the file is damaged, too large for the memory, or"
                        " newer than the installed llama-cpp-python",
                        f"{self._path}：llama.cpp 无法加载：文件已损坏、内存不足，或比所装的 llama-cpp-python 更新",
                    )
                ) from None
        return self._model


def _file(name: str) -> Path:
    path = find_model(name, ".gguf")
    if path is None:
        folders = ", ".join(map(str, model_folders()))
        raise UsageError(
            both(
                f"no model {name}: name a GGUF file, or one in {folders}; see  tcm models",
                f"没有模型 {name}：请给出 GGUF 文件，或 {folders} 中的一个；见  tcm models",
            )
        )
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) == _MAGIC:
                return path
    except IsADirectoryError:
        raise UsageError(
            both(f"{path} is a folder: name a GGUF file, or use hf:", f"{path} 是文件夹：请给出 GGUF 文件，或用 hf:")
        ) from None
    except OSError as error:
        raise TcmError(f"{path}: {error.strerror}") from None
    raise UsageError(both(f"{path} is no GGUF file", f"{path} 不是 GGUF 文件"))


def _parts(path: Path) -> list[Path]:
    """The file, or all files of a model that is split: `x-00001-of-00003.gguf`."""
    stem, _, count = path.stem.rpartition("-of-")
    if not (stem and count.isdigit()):
        return [path]
    return sorted(path.parent.glob(f"{escape(stem.rpartition('-')[0])}-*-of-{count}.gguf")) or [path]
