"""How one call is made: looked up, sent, tried again, checked, repaired once, kept."""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from tcmkit.errors import RecordError
from tcmkit.language import both
from tcmkit.llm import replies
from tcmkit.llm.cache import Cache, key_of
from tcmkit.llm.limiter import Limiter
from tcmkit.llm.protocol import (
    CallFailed,
    ChatMessage,
    Engine,
    EngineStopped,
    Reply,
    Request,
    Sampling,
    ScoresEndings,
    Usage,
    no_log_probabilities,
)
from tcmkit.llm.settings import ModelOptions
from tcmkit.llm.talk import Call, ReplyError
from tcmkit.llm.usage import Meter, rough_tokens

_LONGEST_PAUSE = 60.0
R = TypeVar("R")


class Missing(Exception):
    """No reply of that call is kept."""


@dataclass(frozen=True)
class Answer:
    """What a talk is sent: `value`; and what stands behind it."""

    value: Any
    reply: Reply


class Asker:
    """Answers the calls of a run by its engines and its cache."""

    def __init__(self, engines: tuple[Engine, ...], options: ModelOptions, cache: Cache | None, meter: Meter) -> None:
        self._engines = engines
        self._options = options
        self._cache = cache
        self.meter = meter
        self._limiter = Limiter(options.concurrency)
        self._random = random.Random(options.sampling.seed)
        self._stopped: EngineStopped | None = None
        self._under_way: dict[bytes, asyncio.Future[Reply]] = {}

    def kept(self, call: Call) -> Answer:
        """The answer as far as it is in the cache, with no turn of the event loop.

        Raises Missing when the model must be asked. A repair that was made before is found again: the call is then
        the bad reply with the model's correction after it.
        """
        if self._cache is None:
            raise Missing
        request = call.request(self._options.sampling)
        identity = self._engines[call.model].identity
        found: list[Reply] = []
        for _turn in range(2):
            reply = self._cache.get(key_of(identity, request))
            if reply is None:
                raise Missing
            found.append(reply)
            try:
                answer = Answer(checked(reply, call), reply)
            except ReplyError as error:
                request = repair(request, reply, error)
            else:
                self._count_saved(*found)
                return answer
        raise Missing

    def _count_saved(self, *found: Reply) -> None:
        for reply in found:
            self.meter.cached += 1
            self.meter.saved += reply.usage

    async def ask(self, call: Call) -> Answer:
        """The answer from the model. Raises RecordError when there is none to be had, TcmError to end the run.

        When the answer will not do, the model is shown why and asked once more. Both replies are kept if the second
        will do, else neither: they are asked for anew next time.
        """
        begun: list[bytes] = []
        try:
            return await self._ask(call, begun)
        finally:
            for key in begun:  # by now what was good is in the cache
                self._under_way.pop(key, None)

    async def _ask(self, call: Call, begun: list[bytes]) -> Answer:
        engine = self._engines[call.model]
        request = call.request(self._options.sampling)
        first = await self._reply(engine, request, begun)
        try:
            answer = Answer(checked(first, call), first)
        except ReplyError as error:
            self.meter.repairs += 1
            corrected = repair(request, first, error)
            self._keep(engine, request, first)  # it is paid for, should the run be killed now
            try:
                second = await self._reply(engine, corrected, begun)
                answer = Answer(checked(second, call), second)
            except (RecordError, ReplyError) as failed:
                self._forget(engine, request)
                if isinstance(failed, ReplyError):
                    raise RecordError(failed.reason, both("also after one repair", "修正一次后仍然如此")) from None
                raise
            self._keep(engine, corrected, second)
            return answer
        self._keep(engine, request, first)
        return answer

    def _keep(self, engine: Engine, request: Request, reply: Reply) -> None:
        if self._cache is not None:
            self._cache.put(engine.identity, key_of(engine.identity, request), reply)

    def _forget(self, engine: Engine, request: Request) -> None:
        if self._cache is not None:
            self._cache.forget(key_of(engine.identity, request))

    async def _reply(self, engine: Engine, request: Request, begun: list[bytes]) -> Reply:
        """The reply to a request, asked for once for all who want it; `begun` takes the key of one begun here."""
        key = key_of(engine.identity, request)
        if kept := self._cache.get(key) if self._cache else None:
            self._count_saved(kept)
            return kept
        if same := self._under_way.get(key):
            reply = await asyncio.shield(same)
            self._count_saved(reply)
            return reply
        shared = self._under_way[key] = asyncio.get_running_loop().create_future()
        begun.append(key)
        try:
            reply = await self._tried(engine, request)
        except Exception as error:
            shared.set_exception(error)
            shared.exception()  # perhaps nobody else waits for it
            raise
        except BaseException:
            shared.cancel()
            raise
        shared.set_result(reply)
        return reply

    async def mean_logprob(self, text: str) -> float:
        """The mean log probability of a text's tokens after the first, kept as a call is; nan for fewer than two.

        Raises as `ask`.
        """
        engine = self._engines[0]
        request = Request(({"role": "logprobs", "content": text},), sampling=Sampling(max_tokens=0))
        if kept := self._cache.get(key_of(engine.identity, request)) if self._cache else None:
            self._count_saved(kept)
            return float(kept.text)
        found = await self.tried(lambda: engine.logprobs(text))
        mean = sum(found) / len(found) if found else math.nan
        reply = Reply(repr(mean), usage=Usage(prompt=len(found) + 1))
        self.meter.calls += 1
        self.meter.used += reply.usage
        self._keep(engine, request, reply)
        return mean

    async def _tried(self, engine: Engine, request: Request) -> Reply:
        reply = await self.tried(lambda: scored(engine, request) if request.endings else engine.chat(request))
        self.meter.calls += 1
        self.meter.used += reply.usage
        return reply

    async def tried(self, attempt: Callable[[], Awaitable[R]]) -> R:
        """What an engine gives, after as many tries as it takes and the user allows.

        Raises RecordError when none of them went well.
        """
        pauses, answered = self._pauses(), self._limiter.answered
        began = 0
        while True:
            try:
                async with self._limiter as began:
                    if self._stopped:
                        raise self._stopped
                    result = await attempt()
            except EngineStopped as stopped:
                self._stopped = stopped  # who waits for a place need not hear it from the server again
                raise
            except CallFailed as failed:
                self.meter.used += failed.usage
                if failed.reason == "llm_rate_limited":
                    self._limiter.overrun(began, failed.after)
                    if self._limiter.answered > answered:  # the server works, only not for all of us at once
                        pauses, answered = self._pauses(), self._limiter.answered
                pause = next(pauses, None)
                if not failed.retry or pause is None:
                    raise RecordError(failed.reason, failed.detail) from None
                self.meter.retries += 1
                await asyncio.sleep(max(pause, failed.after or 0.0))
                continue
            self._limiter.went_well()
            return result

    def _pauses(self) -> Iterator[float]:
        """Seconds before each further try: 0.5, 1, 2 …, each shifted so that records do not come back together."""
        for attempt in range(self._options.retries):
            yield min(0.5 * 2**attempt, _LONGEST_PAUSE) * (0.5 + self._random.random())


def checked(reply: Reply, call: Call) -> Any:
    """The answer in a reply: parsed, held to the schema and to the call's own check. Raises ReplyError."""
    if call.endings:
        return [float(score) for score in reply.text.split()]
    if call.raw:
        return replies.clean_text(reply.whole)
    if not reply.text:
        raise ReplyError("llm_empty", "请给出回答。")
    value = replies.clean_text(reply.text) if call.schema is None else replies.structured(reply.text, call.schema)
    if call.schema is None and replies.is_refusal(reply.text):
        raise ReplyError("llm_refused", "请按要求完成任务。")
    if call.check:
        call.check(value)
    return value


async def scored(engine: Engine, request: Request) -> Reply:
    """The log probabilities of a request's endings as a reply, so that they are kept as one. Raises EngineStopped."""
    if not isinstance(engine, ScoresEndings):
        raise no_log_probabilities()
    text = request.messages[0]["content"]
    found = await engine.endings(text, request.endings)
    tokens = Usage(rough_tokens(text), 0, estimated=True)
    return Reply(" ".join(map(repr, map(float, found))), usage=tokens)


def repair(request: Request, reply: Reply, error: ReplyError) -> Request:
    """The request that shows the model its reply and what is wrong with it."""
    more: tuple[ChatMessage, ...] = (
        {"role": "assistant", "content": reply.text},
        {"role": "user", "content": error.advice},
    )
    return replace(request, messages=request.messages + more)
