"""Canned replies: an engine for tests, documentation and demonstrations.

A script is a JSON Lines file. Each line has `reply` (a text, or a value that is sent as JSON) or `replies` (the first
for the first turn of a conversation, and so on, the last for all further turns), and may have `when`, a regular
expression. The first line whose `when` is found in the last message of the user is taken; else, as when a reply is to
be corrected, the first that fits the opening message; else the first line without `when`. So the same request always
gets the same reply. A line with `fail` (a reason code) fails instead. Of endings the one that the reply says is the
likeliest; a reply that is a JSON object gives the log probability of each.
"""

import asyncio
import math
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from tcmkit.errors import UsageError
from tcmkit.language import both
from tcmkit.llm.protocol import CallFailed, Reply, Request, Usage
from tcmkit.llm.settings import EngineSettings
from tcmkit.llm.thinking import Filter
from tcmkit.llm.usage import rough_tokens

SHIPPED = Path(__file__).resolve().parent.parent / "data" / "scripts"
_DIMENSIONS = 64
_UNLIKELY = -100.0


@dataclass(frozen=True)
class _Line:
    when: re.Pattern[str] | None
    replies: tuple[str, ...]
    fail: str


class Scripted:
    """Replies read from a file; a name without a path is looked for among those that the package ships."""

    def __init__(self, name: str, _settings: EngineSettings) -> None:
        """Raises UsageError when there is no such script, or a line of it is none."""
        path = Path(name)
        if not path.is_file():
            path = SHIPPED / f"{name}.jsonl"
        if not name or not path.is_file():
            shipped = ", ".join(sorted(p.stem for p in SHIPPED.glob("*.jsonl")))
            raise UsageError(
                both(
                    f"no script {name}: name a JSON Lines file, or one of {shipped}",
                    f"没有脚本 {name}：请给出 JSON Lines 文件，或 {shipped} 之一",
                )
            )
        raw = path.read_bytes()
        self.identity = f"scripted:{blake2b(raw, digest_size=8).hexdigest()}"
        lines = enumerate(raw.splitlines(), 1)
        self._lines = [_line(path, number, line) for number, line in lines if line.strip()]

    async def chat(self, request: Request) -> Reply:
        """The reply of the first line that fits."""
        await asyncio.sleep(0)
        line = self._fitting([m["content"] for m in request.messages if m["role"] == "user"])
        if line is None:
            raise CallFailed("script_has_no_reply", "no line of the script fits")
        if line.fail:
            raise CallFailed(line.fail)
        turn = sum(message["role"] == "assistant" for message in request.messages)
        raw = line.replies[min(turn, len(line.replies) - 1)]
        prompt = sum(rough_tokens(message["content"]) for message in request.messages)
        return Reply.written(raw, Usage(prompt, rough_tokens(raw)), self.identity)

    def _fitting(self, asked: Sequence[str]) -> _Line | None:
        for message in (*asked[-1:], *asked[:1]):
            for line in self._lines:
                if line.when is not None and line.when.search(message):
                    return line
        return next((line for line in self._lines if line.when is None), None)

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """The reply a character at a time."""
        reply = await self.chat(request)
        shown = Filter()
        for char in reply.text:
            if piece := shown.feed(char):
                yield piece
        if piece := shown.end():
            yield piece

    async def logprobs(self, text: str) -> Sequence[float]:
        """The same for each character after the first: one in a thousand."""
        return [-math.log(1000)] * max(len(text) - 1, 0)

    async def endings(self, text: str, endings: Sequence[str]) -> Sequence[float]:
        """By the reply to the text: nine in ten for the ending it says, the rest shared; or as its object says."""
        said = (await self.chat(Request(({"role": "user", "content": text},)))).text.strip()
        with suppress(ValueError, AttributeError, TypeError):
            given = orjson.loads(said)
            return [float(given.get(ending.strip(), _UNLIKELY)) for ending in endings]
        others = math.log(0.1 / max(len(endings) - 1, 1))
        return [math.log(0.9) if ending.strip() == said else others for ending in endings]

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Counts of character pairs, hashed: texts that share pairs are near."""
        return [_hashed(text) for text in texts]

    async def close(self) -> None:
        """Nothing to give back."""


def _hashed(text: str) -> list[float]:
    vector = [0.0] * _DIMENSIONS
    for pair in zip(" " + text, text + " ", strict=True):
        digest = blake2b("".join(pair).encode("utf-8", "surrogatepass"), digest_size=2).digest()
        vector[int.from_bytes(digest, "big") % _DIMENSIONS] += 1.0
    return vector


def _line(path: Path, number: int, raw: bytes) -> _Line:
    try:
        value = orjson.loads(raw)
        replies = value.get("replies", [value["reply"]] if "reply" in value else [])
        when = re.compile(value["when"], re.DOTALL) if "when" in value else None
    except (ValueError, AttributeError, TypeError, re.error):
        raise _bad(path, number) from None
    fail = value.get("fail", "")
    if not isinstance(replies, list) or not (replies or fail):
        raise _bad(path, number)
    return _Line(when, tuple(map(_as_text, replies)), str(fail))


def _as_text(reply: Any) -> str:
    return reply if isinstance(reply, str) else orjson.dumps(reply).decode("utf-8")


def _bad(path: Path, number: int) -> UsageError:
    return UsageError(
        both(
            f'{path.name}:{number}: a line of a script is {{"when": REGEX, "reply": …}}',
            f'{path.name}:{number}：脚本的每一行应为 {{"when": 正则, "reply": …}}',
        )
    )
