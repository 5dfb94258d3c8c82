"""Any OpenAI-compatible server: vLLM, llama-server, Ollama, a cloud.

A local server is just another base URL. What servers get wrong is sorted here into three kinds: this run can never
succeed (EngineStopped), this call may go better later (CallFailed with `retry`), this call never will.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import orjson

from tcmkit.errors import UsageError
from tcmkit.language import both
from tcmkit.llm import openai_body as body
from tcmkit.llm.protocol import CallFailed, EngineStopped, Reply, Request
from tcmkit.llm.servers import Server, Servers
from tcmkit.llm.settings import EngineSettings
from tcmkit.llm.thinking import Filter

if TYPE_CHECKING:
    import aiohttp

_MOST_BYTES = 16 << 20
_CONNECT_SECONDS = 15


class OpenAI:
    """A model at one or several addresses.

    `--base-url` or OPENAI_BASE_URL says where; OPENAI_API_KEY is sent if it is set.
    """

    def __init__(self, name: str, settings: EngineSettings) -> None:
        """`name` is the model's name on the server. Raises UsageError when no address is known."""
        urls = settings.base_urls or tuple(filter(None, (os.environ.get("OPENAI_BASE_URL", ""),)))
        if not name:
            raise UsageError(both("--llm openai:MODEL needs a model name", "--llm openai:MODEL 缺少模型名"))
        if not urls:
            raise UsageError(
                both(
                    "no address: give --base-url http://HOST:PORT/v1 or set OPENAI_BASE_URL",
                    "没有地址：请用 --base-url http://HOST:PORT/v1，或设置 OPENAI_BASE_URL",
                )
            )
        self.model = name
        self._servers = Servers(urls)
        self._timeout = settings.timeout
        self._form = body.Form()
        self._session: aiohttp.ClientSession | None = None

    @property
    def identity(self) -> str:
        """The model by name: the address does not change what it says."""
        return f"openai:{self.model}"

    @property
    def url(self) -> str:
        """The first address, as it may be shown."""
        return self._servers.all[0].shown

    async def chat(self, request: Request) -> Reply:
        """The whole reply."""
        while True:
            form = self._form
            try:
                answer = await self._post("/chat/completions", body.chat(self.model, request, form))
            except body.FormRefused as refused:
                self._try_next_form(form, refused.field)
                continue
            return body.reply(answer, request)

    def _try_next_form(self, sent: body.Form, refused: str) -> None:
        """A server that does not know a field as it was sent is asked in another way, from now on."""
        other = sent.without(refused)
        if other is None:
            raise CallFailed("llm_request_refused", refused)
        if self._form == sent:  # else another request has found out already
            self._form = other

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """The reply in pieces, each of whole characters: an event is decoded when all of it has come."""
        while True:
            form = self._form
            try:
                async for shown in self._streamed(body.chat(self.model, request, form._replace(json="none"))):
                    yield shown
            except body.FormRefused as refused:  # before anything was shown
                self._try_next_form(form, refused.field)
            else:
                return

    async def _streamed(self, sent: dict[str, Any]) -> AsyncIterator[str]:
        thinking = Filter()
        server = await self._choose()
        try:
            async with self._client().post(
                f"{server.url}/chat/completions", data=_encoded({**sent, "stream": True}), allow_redirects=False
            ) as response:
                self._servers.answered(server)
                if response.status != 200:
                    raise self._status_error(server, response, await _read(response))
                async for line in response.content:
                    piece = body.piece(line)
                    if shown := thinking.feed(piece):
                        yield shown
        except _connection_errors() as error:
            raise self._lost(server, error) from None
        if rest := thinking.end():
            yield rest

    async def logprobs(self, text: str) -> list[float]:
        """By the completions endpoint with `echo`, as vLLM offers it.

        llama-cpp-python's server gives each token the probability of the next one where the model has no mark for the
        beginning of a text (Qwen has none): use gguf: for these.
        """
        return body.logprobs(await self._echoed(text), text)

    async def endings(self, text: str, endings: Sequence[str]) -> list[float]:
        """A request for each, by the same endpoint; its tokens are those that begin behind the text."""
        kept = len(text.rstrip())
        found = []
        for ending in endings:
            own = body.logprobs(await self._echoed(text + ending), text + ending, kept)
            if not own:
                raise CallFailed("llm_no_ending", "an ending has no token of its own")
            found.append(sum(own))
        return found

    async def _echoed(self, text: str) -> bytes:
        sent = {"model": self.model, "prompt": text, "max_tokens": 1, "temperature": 0, "logprobs": 1, "echo": True}
        return await self._post("/completions", sent)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """By the embeddings endpoint."""
        return body.vectors(await self._post("/embeddings", {"model": self.model, "input": list(texts)}), len(texts))

    async def models(self) -> list[str]:
        """Names of the models that the first address serves. Raises CallFailed, EngineStopped."""
        server = self._servers.all[0]
        try:
            async with self._client().get(f"{server.url}/models", allow_redirects=False) as response:
                raw = await _read(response)
                if response.status != 200:
                    raise self._status_error(server, response, raw)
        except _connection_errors() as error:
            raise EngineStopped(_nothing_answers(server.shown, error)) from None
        return body.model_names(raw)

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()

    def _client(self) -> "aiohttp.ClientSession":
        if self._session is None:
            import aiohttp

            headers = {"Content-Type": "application/json"}
            if key := os.environ.get("OPENAI_API_KEY"):
                headers["Authorization"] = f"Bearer {key}"
            local = all(urlsplit(s.url).hostname in ("localhost", "127.0.0.1", "::1") for s in self._servers.all)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),  # how many are in flight is the limiter's to say
                timeout=aiohttp.ClientTimeout(total=self._timeout, sock_connect=_CONNECT_SECONDS),
                headers=headers,
                trust_env=not local,
            )
        return self._session

    async def _choose(self) -> Server:
        server = self._servers.choose()
        if wait := self._servers.seconds_until(server):
            await asyncio.sleep(wait)
        return server

    async def _post(self, path: str, sent: dict[str, Any]) -> bytes:
        """What a server answers to one request. Raises CallFailed, EngineStopped, FormRefused."""
        server = await self._choose()
        server.busy += 1
        server.sent += 1
        try:
            # A redirect would carry the key to an address that the user did not name.
            async with self._client().post(server.url + path, data=_encoded(sent), allow_redirects=False) as response:
                raw = await _read(response)
                if response.status == 200:
                    self._servers.answered(server)
                    return raw
                raise self._status_error(server, response, raw)
        except _connection_errors() as error:
            raise self._lost(server, error) from None
        finally:
            server.busy -= 1

    def _status_error(self, server: Server, response: "aiohttp.ClientResponse", raw: bytes) -> Exception:
        self._servers.answered(server)
        if response.status >= 500 and len(self._servers.all) > 1:
            self._servers.failed(server)  # a proxy may stand before a server that is down: let the others work
        return body.status_error(response.status, response.headers.get("Retry-After"), raw, self.model, server.shown)

    def _lost(self, server: Server, error: Exception) -> Exception:
        """No whole answer came. A slow answer is no dead server."""
        if isinstance(error, TimeoutError) and not _is_connect_timeout(error):
            return CallFailed("llm_timeout", f"{self._timeout:g} s", retry=True)
        if server.answered and not _never_connected(error):
            return CallFailed("llm_connection_lost", retry=True)
        self._servers.failed(server)
        if self._servers.are_gone():
            return EngineStopped(_nothing_answers(server.shown, error))
        return CallFailed("llm_no_connection", retry=True)


def _encoded(sent: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(sent)
    except TypeError:
        raise CallFailed("cannot_encode", "a lone surrogate in the text") from None


async def _read(response: "aiohttp.ClientResponse") -> bytes:
    raw = bytearray()
    async for part in response.content.iter_any():
        raw += part
        if len(raw) > _MOST_BYTES:
            raise CallFailed("llm_bad_reply", f"over {_MOST_BYTES >> 20} MiB")
    return bytes(raw)


def _connection_errors() -> tuple[type[Exception], ...]:
    import aiohttp

    return (aiohttp.ClientError, OSError, TimeoutError)


def _never_connected(error: Exception) -> bool:
    import aiohttp

    return isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)


def _is_connect_timeout(error: Exception) -> bool:
    import aiohttp

    return isinstance(error, aiohttp.ConnectionTimeoutError)


def _nothing_answers(url: str, error: Exception) -> str:
    code = getattr(error, "errno", None) or 0
    why = os.strerror(code) if code > 0 else getattr(error, "strerror", None) or type(error).__name__
    return both(
        f"nothing answers at {url} ({why}): start the server, or correct --base-url",
        f"{url} 没有应答（{why}）：请启动服务，或改正 --base-url",
    )


class Served(NamedTuple):
    """What an address says of itself."""

    url: str
    models: list[str]
    error: str
    """Why there is no answer; empty where there is one."""


def served(urls: Sequence[str], timeout: float = 10.0) -> list[Served]:
    """The models that each address serves, all asked at once. Raises UsageError for what is no address."""
    engines = [OpenAI("any", EngineSettings((url,), timeout)) for url in urls]

    async def one(engine: OpenAI) -> Served:
        try:
            return Served(engine.url, await engine.models(), "")
        except (CallFailed, EngineStopped) as error:
            return Served(engine.url, [], str(error))
        finally:
            await engine.close()

    async def every() -> list[Served]:
        return await asyncio.gather(*map(one, engines))

    return asyncio.run(every())
