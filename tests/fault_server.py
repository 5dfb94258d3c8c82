"""An OpenAI-compatible server that does wrong what it is told to do wrong.

Each request is answered by what its first message of the user says: `fault=NAME` does the fault (every time, or only the first N
times with `NAME*N`), and a plain message is answered by its own text, backwards. It counts what it was asked.
"""

import asyncio
import contextlib
import email.utils
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web


class FaultServer:
    """The state of the server: what came, how many at once, and how it misbehaves."""

    def __init__(
        self,
        delay: float = 0.0,
        key: str = "",
        models: tuple[str, ...] = ("tiny",),
        jitter: float = 0.0,
        refuse_after: int = 0,
    ) -> None:
        self.delay = delay
        self.key = key
        self.models = models
        self.calls: Counter[str] = Counter()
        self.refuse_after = refuse_after
        """With a number: 429 whenever more than so many are in flight."""
        self.jitter = jitter
        """Seconds by which an answer may come later, a different time each."""
        self.in_flight = 0
        self.most_in_flight = 0
        self.arrivals: list[int] = []
        """How many were in flight when each request came, it included."""
        self.bodies: list[dict[str, Any]] = []
        self.url = ""

    async def chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        asked = next(message["content"] for message in body["messages"] if message["role"] == "user")
        self.calls[asked] += 1
        self.bodies.append(body)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.arrivals.append(self.in_flight)
        try:
            return await self._answer(request, body, asked)
        finally:
            self.in_flight -= 1

    async def _answer(self, request: web.Request, body: dict[str, Any], asked: str) -> web.StreamResponse:
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            return web.json_response({"error": {"message": "bad key"}}, status=401)
        if body["model"] not in self.models:
            error = {"message": f"The model `{body['model']}` does not exist.", "code": "model_not_found"}
            return web.json_response({"error": error}, status=404)
        if self.refuse_after and self.in_flight > self.refuse_after:
            return web.json_response({"error": "busy"}, status=429, headers={"Retry-After": "0.05"})
        if self.delay or self.jitter:
            await asyncio.sleep(self.delay + self.jitter * (hash(asked) % 97) / 97)
        if "fault=" in asked:
            name, _, times = asked.partition("fault=")[2].split()[0].partition("*")
            if not times or self.calls[asked] <= int(times):
                return await getattr(self, "fault_" + name)(request, body)
        return web.json_response(completion(asked[::-1], body))

    async def fault_busy(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response({}, status=429, headers={"Retry-After": "0.1"})

    async def fault_mendable(self, request: web.Request, body: Any) -> web.StreamResponse:
        mended = len(body["messages"]) > 1
        return web.json_response(completion('{"answer": "甲"}' if mended else "甲", body))

    async def fault_later(self, request: web.Request, body: Any) -> web.StreamResponse:
        when = email.utils.formatdate(time.time() + 1, usegmt=True)
        return web.json_response({}, status=429, headers={"Retry-After": when})

    async def fault_moved(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": "http://127.0.0.1:9/v1/chat/completions"})

    async def fault_huge(self, request: web.Request, body: Any) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for _ in range(40):
                await response.write(b" " * (1 << 20))
        return response

    async def fault_deep(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.Response(text="[" * 100_000, content_type="application/json")

    async def fault_array(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response([completion("x", body)])

    async def fault_error(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response({"error": {"message": "internal"}})

    async def fault_nomessage(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response({"choices": [{"finish_reason": "stop"}]})

    async def fault_nocontent(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response({"choices": [{"message": {"content": None}, "finish_reason": "stop"}]})

    async def fault_nousage(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response({**completion("好", body), "usage": {"prompt_tokens": "x", "completion_tokens": -1}})

    async def fault_filtered(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response(completion("", body, finish="content_filter"))

    async def fault_odd(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.Response(status=418)

    async def fault_value(self, request: web.Request, body: Any) -> web.StreamResponse:
        error = {"message": f"{body['messages']}: no", "code": "unsupported_value", "param": "temperature"}
        return web.json_response({"error": error}, status=400)

    async def fault_slowgate(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.Response(status=524, text="<html>The origin web server took too long to respond.</html>")

    async def fault_limitname(self, request: web.Request, body: Any) -> web.StreamResponse:
        if "max_tokens" in body:
            error = {"message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}
            return web.json_response({"error": error}, status=400)
        return web.json_response(completion("好" if body["max_completion_tokens"] == 2048 else "?", body))

    async def fault_broken(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.Response(status=503, text="upstream")

    async def fault_reset(self, request: web.Request, body: Any) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"choices": [')
        assert request.transport
        request.transport.abort()
        return response

    async def fault_drip(self, request: web.Request, body: Any) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):  # the other side hangs up
            for _ in range(200):
                await response.write(b" ")
                await asyncio.sleep(0.1)
        return response

    async def fault_silent(self, request: web.Request, body: Any) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    async def fault_truncated(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.Response(text=json.dumps(completion("x" * 50, body))[:60], content_type="application/json")

    async def fault_html(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.Response(text="<html>gateway</html>", content_type="text/html")

    async def fault_nochoices(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response({"choices": []})

    async def fault_length(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response(completion("cut", body, finish="length"))

    async def fault_types(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response({"choices": [{"message": {"content": 7}, "finish_reason": "stop"}]})

    async def fault_keys(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response(completion('{"answer": "甲", "answer": "乙"}', body))

    async def fault_badjson(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response(completion('{"answer": ', body))

    async def fault_shape(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response(completion('{"answer": 3}', body))

    async def fault_utf(self, request: web.Request, body: Any) -> web.StreamResponse:
        whole = json.dumps(completion("KEY", body)).encode().replace(b"KEY", b"\xe4\xb8")
        return web.Response(body=whole, content_type="application/json")

    async def fault_control(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response(completion('{"answer": "甲\x07\n\ud800乙"}', body))

    async def fault_refusal(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response(completion("抱歉，我无法提供这些内容。", body))

    async def fault_empty(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response(completion("", body))

    async def fault_context(self, request: web.Request, body: Any) -> web.StreamResponse:
        error = {"message": "This model's maximum context length is 10 tokens", "code": "context_length_exceeded"}
        return web.json_response({"error": error}, status=400)

    async def fault_noform(self, request: web.Request, body: Any) -> web.StreamResponse:
        if body.get("response_format", {}).get("type") == "json_schema":
            return web.json_response({"error": "response_format json_schema is not supported"}, status=400)
        return web.json_response(completion('```json\n{"answer": "甲"}\n```', body))

    async def fault_think(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response(completion('<think>先想{"answer": 1}</think>\n{"answer": "甲"}', body))

    async def serve_count(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text=str(self.calls.total()))

    async def serve_models(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"object": "list", "data": [{"id": name} for name in self.models]})


def completion(text: str, body: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
    """A chat answer."""
    prompt = sum(len(message["content"]) for message in body["messages"])
    return {
        "model": body["model"],
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        "usage": {"prompt_tokens": prompt, "completion_tokens": len(text)},
    }


def _app(state: FaultServer) -> web.Application:
    app = web.Application()
    app.router.add_post("/v1/chat/completions", state.chat)
    app.router.add_get("/v1/models", state.serve_models)
    app.router.add_get("/v1/count", state.serve_count)
    return app


@contextmanager
def serving(port: int = 0, **how: Any) -> Iterator[FaultServer]:
    """The server on a port of this machine, in a thread of its own."""
    state = FaultServer(**how)
    loop = asyncio.new_event_loop()
    started = threading.Event()
    runner = web.AppRunner(_app(state), shutdown_timeout=0.1)

    async def start() -> None:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        state.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/v1"  # type: ignore[union-attr]
        started.set()

    def run() -> None:
        loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield state
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


if __name__ == "__main__":  # python fault_server.py PORT DELAY: for benchmarks and for trying things by hand
    web.run_app(_app(FaultServer(delay=float(sys.argv[2]))), host="127.0.0.1", port=int(sys.argv[1]), print=None)
