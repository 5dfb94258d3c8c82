"""transformers in this process, on CUDA or the CPU, with or without a LoRA adapter (extra [train]).

Requests that wait together are answered together, each with its own length, temperature and seed: what is drawn for
one depends on its own seed alone. What stands beside it in the batch can change a reply only through rounding, where
two tokens are as good as equally likely; on the CPU, in 32 bits, the tests see no such case.

A schema is not held to by grammar here: the prompt says what is wanted, the reply is checked, and a wrong one is shown
to the model once, as for every engine. Only safetensors are read and no code of a model's own is run.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

from tcmkit.errors import MissingExtra
from tcmkit.language import both
from tcmkit.llm.hf_folders import fingerprint, places
from tcmkit.llm.protocol import CallFailed, Reply, Request
from tcmkit.llm.settings import EngineSettings
from tcmkit.llm.thinking import Filter

if TYPE_CHECKING:
    from tcmkit.llm.hf_model import Model

_MOST_AT_ONCE = 32
_PACKAGES = ("torch", "transformers")
Result = TypeVar("Result")


@dataclass(eq=False)
class _Job:
    request: Request
    reply: asyncio.Future[Reply]
    loop: asyncio.AbstractEventLoop

    def settle(self, end: Reply | Exception) -> None:
        self.loop.call_soon_threadsafe(self._settle, end)

    def _settle(self, end: Reply | Exception) -> None:
        if self.reply.done():
            return
        if isinstance(end, Exception):
            self.reply.set_exception(end)
        else:
            self.reply.set_result(end)


class HF:
    """A model in a folder, or of the Hugging Face hub. It is loaded when it is first asked."""

    embeds = True
    """It gives the vectors that it thinks in."""

    def __init__(self, name: str, settings: EngineSettings) -> None:
        """`name` is a path, a name in the model folders, or a name of the hub; it may be an adapter's folder.

        Raises UsageError when there is no such model or it cannot be used, MissingExtra without the packages.
        """
        if any(find_spec(package) is None for package in _PACKAGES):
            raise MissingExtra(both("the hf: engine", "引擎 hf:"), "train")
        self._folder, self._adapter = places(name, settings.adapter)
        self.identity = f"hf:{fingerprint(self._folder)}"
        if self._adapter:
            self.identity += f"+{fingerprint(self._adapter)}"
        self._model: Model | None = None
        self._worker = ThreadPoolExecutor(1, "hf")
        self._closed = threading.Event()
        self._waiting: deque[_Job] = deque()
        self._at_once = _MOST_AT_ONCE

    async def chat(self, request: Request) -> Reply:
        """The whole reply."""
        loop = asyncio.get_running_loop()
        job = _Job(request, loop.create_future(), loop)
        self._waiting.append(job)
        loop.call_soon(self._begin)  # after those that ask at the same moment, so that one batch takes them all
        try:
            return await job.reply
        finally:
            job.reply.cancel()

    def _begin(self) -> None:
        if not self._closed.is_set():
            self._worker.submit(self._take_waiting)

    def _take_waiting(self) -> None:
        jobs: list[_Job] = []
        while self._waiting and len(jobs) < self._at_once:
            job = self._waiting.popleft()
            if not job.reply.done():
                jobs.append(job)
        if jobs:
            self._answer(jobs)

    def _answer(self, jobs: list[_Job]) -> None:
        """Settle every job, whatever happens."""
        try:
            ends = self._said([job.request for job in jobs])
        except Exception as error:  # it goes on where the job is awaited
            ends = [error] * len(jobs)
        for job, end in zip(jobs, ends, strict=True):
            job.settle(end)

    def _said(self, requests: list[Request]) -> list[Reply | Exception]:
        """A reply or an error for each; in halves, and from then on fewer at once, when the memory does not suffice."""
        from tcmkit.llm.hf_model import OutOfMemory

        try:
            return self._loaded().say(requests, self._closed.is_set)
        except OutOfMemory:
            if len(requests) == 1:
                return [CallFailed("llm_out_of_memory", "the model and this record need more memory")]
        half = len(requests) // 2
        self._at_once = min(self._at_once, max(half, 1))
        return self._said(requests[:half]) + self._said(requests[half:])

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """The reply in pieces of whole characters, computed by itself."""
        loop, stop = asyncio.get_running_loop(), threading.Event()
        pieces: asyncio.Queue[str | None] = asyncio.Queue()

        def put(piece: str | None) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        def work() -> Reply | Exception:
            try:
                return self._loaded().say([request], lambda: stop.is_set() or self._closed.is_set(), put)[0]
            finally:
                put(None)

        done = loop.run_in_executor(self._worker, work)
        shown = Filter()
        try:
            while (piece := await pieces.get()) is not None:
                if text := shown.feed(piece):
                    yield text
            if text := shown.end():
                yield text
            end = await done
            if isinstance(end, Exception):
                raise end
        finally:
            stop.set()

    async def logprobs(self, text: str) -> Sequence[float]:
        """A long text is scored in windows of 1024 tokens at most, each token with at least half of one before it."""
        return await self._work(lambda model: model.logprobs(text, self._closed.is_set))

    async def endings(self, text: str, endings: Sequence[str]) -> Sequence[float]:
        """Endings that differ in their last token alone, as letters do, cost one look at the model."""
        return await self._work(lambda model: model.endings(text, endings, self._closed.is_set))

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """As the folder says by its sentence-transformers files, else the mean over all tokens of the last layer."""
        return await self._work(lambda model: model.embed(texts, self._closed.is_set)) if texts else []

    async def close(self) -> None:
        """Stop what is under way at the next token, and give back the memory."""
        self._closed.set()
        self._worker.shutdown(wait=True, cancel_futures=True)
        for job in self._waiting:
            job.settle(CallFailed("llm_stopped", "the run ended"))
        if self._model:
            self._model.close()
            self._model = None

    async def _work(self, task: "Callable[[Model], Result]") -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._worker, lambda: task(self._loaded()))

    def _loaded(self) -> "Model":
        if self._model is None:
            from tcmkit.llm.hf_model import Model

            self._model = Model(self._folder, self._adapter)
        return self._model
