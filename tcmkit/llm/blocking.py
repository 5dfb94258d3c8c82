"""A model asked by code that does not await: a filter in the middle of a stream, an index, a conversation.

One engine lives in an event loop of its own, in a thread of its own, and every method waits for its answer. Records
that each go through a talk are `run`'s: it keeps many under way and needs no thread.
"""

import asyncio
import math
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from itertools import islice
from queue import SimpleQueue
from typing import Any, Self, TypeVar

from tcmkit.errors import RecordError
from tcmkit.llm.asking import Asker
from tcmkit.llm.cache import Cache
from tcmkit.llm.engines import make_engines, sent_to
from tcmkit.llm.protocol import CallFailed, Engine, Reply, Request
from tcmkit.llm.settings import ModelOptions
from tcmkit.llm.talk import Call
from tcmkit.llm.usage import Meter
from tcmkit.llm.watch import Watch

_EMBEDDED_AT_ONCE = 64
T = TypeVar("T")
R = TypeVar("R")


class Blocking:
    """The model `options.spec` with the retries, the requests in flight and the cache that the options name.

    Used in a `with` block, and while that lasts by any thread: all calls are carried out on the engine's own::

        with Blocking(ModelOptions(specs=("gguf:model.gguf",))) as model:
            vectors = list(model.embed(texts))

    Every method raises RecordError where one call had no success, and TcmError where no call can have any. Only `ask`
    and `mean_logprobs` read the call cache and keep what is said.
    """

    def __init__(self, options: ModelOptions) -> None:
        """Start the thread and make the engine. Raises as `make_engine` and `Cache` do."""
        self.meter = Meter()
        self._options = options
        self._loop = asyncio.new_event_loop()
        self._cache: Cache | None = None
        self._engine: Engine | None = None
        self._asker: Asker | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="tcm-model", daemon=True)
        self._thread.start()
        try:
            self._engine, self._asker = self._wait(self._make())
        except BaseException:
            self.close()
            raise

    async def _make(self) -> tuple[Engine, Asker]:
        (engine,) = make_engines((self._options.spec,), self._options.engine)
        if self._options.cache:
            self._cache = Cache(self._options.cache)  # SQLite wants to be used where it was opened
        return engine, Asker((engine,), self._options, self._cache, self.meter)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        """End the thread."""
        self.close()

    @property
    def identity(self) -> str:
        """The engine's identity."""
        return self._parts[0].identity

    @property
    def embeds(self) -> bool:
        """Whether the model is made for embedding, or gives the vectors that it thinks in. It may have to be loaded."""
        return bool(getattr(self._parts[0], "embeds", False))

    @property
    def sent_to(self) -> str:
        """The address that what is asked goes to, as it may be shown; empty for an engine of this machine.

        Of an engine that another package brings nobody knows, so its name is given.
        """
        return sent_to(self._options.spec, self._parts[0])

    @property
    def _parts(self) -> tuple[Engine, Asker]:
        if self._engine is None or self._asker is None:
            raise ValueError("closed")
        return self._engine, self._asker

    def ask(self, call: Call) -> Any:
        """The answer to a call of a talk: from the cache, or asked, held to its schema and check, repaired once."""
        return self._wait(self._answer(call))

    async def _answer(self, call: Call) -> Any:
        return (await self._parts[1].ask(call)).value

    def finish(self, talk: Generator[Call, Any, R]) -> R:
        """What a talk comes to, all its calls answered. It sees a call that had no success, and may go on without."""
        answer: Any = None
        failed: RecordError | None = None
        while True:
            try:
                call = talk.throw(failed) if failed else talk.send(answer)
            except StopIteration as end:
                result: R = end.value
                return result
            failed = None
            try:
                answer = self.ask(call)
            except RecordError as error:
                failed = error

    def chat(self, request: Request) -> Reply:
        """The whole reply."""
        engine, asker = self._parts
        return self._wait(asker.tried(lambda: engine.chat(request)))

    def stream(self, request: Request) -> Iterator[str]:
        """The reply in pieces of whole characters. It is not tried again: part of it may have been shown."""
        pieces: SimpleQueue[str | None] = SimpleQueue()

        async def pump(source: AsyncIterator[str]) -> None:
            try:
                async for piece in source:
                    pieces.put(piece)
            except CallFailed as failed:
                raise RecordError(failed.reason, failed.detail) from None
            finally:
                pieces.put(None)

        pumping = self._submit(pump(self._parts[0].stream(request)))
        try:
            while (piece := pieces.get()) is not None:
                yield piece
            pumping.result()
        finally:
            pumping.cancel()

    def embed(self, texts: Iterable[str]) -> Iterator[Sequence[float]]:
        """A vector for each text, in order; read ahead by a few batches, and no further."""
        engine, asker = self._parts

        async def vectors(batch: Sequence[str]) -> Sequence[Sequence[float]]:
            return await asker.tried(lambda: engine.embed(batch))

        for found in self._each(vectors, _batches(texts)):
            yield from found

    def mean_logprobs(self, texts: Iterable[str]) -> Iterator[float]:
        """The mean natural log probability of each text's tokens after the first, in order; several asked at once.

        Not a number for a text whose call had no success: the others are not lost by it. Raises TcmError when nearly
        all fail.
        """
        asker = self._parts[1]
        watch = Watch()

        async def scored(text: str) -> float:
            try:
                found = await asker.mean_logprob(text)
            except RecordError as error:
                watch.saw(error.reason)
                return math.nan
            watch.saw(None)
            return found

        return self._each(scored, texts)

    def close(self) -> None:
        """End what is under way, close engine and cache, end the thread. May be called again."""
        if self._loop.is_closed():
            return
        try:
            self._wait(self._end())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._engine is not None:
            await self._engine.close()
        if self._cache is not None:
            self._cache.close()
        self._engine = self._asker = self._cache = None

    def _submit(self, work: Coroutine[Any, Any, R]) -> Future[R]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _wait(self, work: Coroutine[Any, Any, R]) -> R:
        future = self._submit(work)
        try:
            return future.result()
        finally:
            future.cancel()

    def _each(self, work: Callable[[T], Coroutine[Any, Any, R]], items: Iterable[T]) -> Iterator[R]:
        """The result for each item in order, with as many under way as the options allow."""
        under_way: deque[Future[R]] = deque()
        try:
            for item in items:
                under_way.append(self._submit(work(item)))
                if len(under_way) >= self._options.concurrency:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()


def _batches(texts: Iterable[str]) -> Iterator[Sequence[str]]:
    source = iter(texts)
    while batch := list(islice(source, _EMBEDDED_AT_ONCE)):
        yield batch
