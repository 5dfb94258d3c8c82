"""What the tests of the engines share: questions that the tiny model was taught, and an engine for a while."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from tcmkit.llm import CallFailed, ChatMessage, Engine, EngineSettings, Request, Sampling
from tcmkit.llm.engines import make_engine
from tests.conftest import environment
from tests.tiny_model import ADVICE, SYSTEM

Result = TypeVar("Result")
PLAIN, THINK, JSON = (
    "咳嗽半月，舌红，怎样调养？",
    "想一想：头痛两天，脉弦，怎样调养？",
    "用 JSON 回答：腹胀一年，苔白，怎样调养？",
)
ANSWERS = {PLAIN: ADVICE["咳嗽"], JSON: f'{{"answer": "{ADVICE["腹胀"]}"}}'}
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string", "maxLength": 20}, "level": {"enum": ["轻", "重"]}},
    "required": ["answer", "level"],
    "additionalProperties": False,
}


def asking(*said: str, schema: Any = None, **sampling: Any) -> Request:
    """A request: the system message that the model knows, then turns of the user and the model."""
    roles = ["user", "assistant"] * len(said)
    turns: list[ChatMessage] = [{"role": role, "content": text} for role, text in zip(roles, said, strict=False)]
    return Request(({"role": "system", "content": SYSTEM}, *turns), schema, Sampling(**{"max_tokens": 120, **sampling}))


@asynccontextmanager
async def engine(spec: str, **settings: Any) -> AsyncIterator[Engine]:
    """The engine of that name, closed at the end."""
    made = make_engine(spec, EngineSettings(**{"threads": 1, **settings}))
    try:
        yield made
    finally:
        await made.close()


def using(spec: str, work: Callable[[Engine], Awaitable[Result]], **settings: Any) -> Result:
    """What the work with an engine gives."""

    async def go() -> Result:
        async with engine(spec, **settings) as made:
            return await work(made)

    return asyncio.run(go())


async def pieces(made: Engine, request: Request) -> list[str]:
    """The reply as it streams."""
    return [piece async for piece in made.stream(request)]


async def cut_streams(made: Engine) -> list[str]:
    """What a stream gives that is cut after one token, two, and so on."""
    given = []
    for most in range(1, 16):
        shown: list[str] = []
        with suppress(CallFailed):
            async for piece in made.stream(asking(PLAIN, max_tokens=most)):
                shown.append(piece)
        given.append("".join(shown))
    return given


def made_in_a_new_process(spec: str) -> tuple[str, set[str]]:
    """The class of the engine that a process makes, and the modules that it has then loaded."""
    code = (
        "import sys; from tcmkit.llm import EngineSettings; from tcmkit.llm.engines import make_engine\n"
        f"print(type(make_engine({spec!r}, EngineSettings())).__name__, *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, env=environment(), stdout=subprocess.PIPE, text=True
    )
    name, *loaded = done.stdout.split()
    return name, set(loaded)
