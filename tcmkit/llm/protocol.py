"""What an engine is: a request in, a reply out, and what can go wrong between them.

EngineStopped (TcmError)  1  no call can succeed: a bad key, an unknown model, nothing at the address
CallFailed                -  one call failed; `retry` says whether the same call may go better later
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypedDict, runtime_checkable

from tcmkit.errors import TcmError
from tcmkit.language import both
from tcmkit.llm.thinking import split

Schema = Mapping[str, Any]
"""JSON Schema of a structured reply."""


class ChatMessage(TypedDict):
    """One turn: role is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True)
class Sampling:
    """How a reply is drawn. The default is greedy, so the same request gives the same reply."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 2048
    """Longest reply, in tokens. A reply that reaches it is cut short, which is a failure."""
    seed: int = 0


@dataclass(frozen=True)
class Request:
    """One call to a model: everything that determines the reply, and nothing else."""

    messages: tuple[ChatMessage, ...]
    schema: Schema | None = None
    """What a structured reply must look like; engines that can decode by grammar are held to it."""
    sampling: Sampling = field(default_factory=Sampling)
    endings: tuple[str, ...] = ()
    """Not to be answered but to be scored: each of these after the one message, which is plain text."""


@dataclass(frozen=True)
class Usage:
    """Tokens of a call, as the engine counted them."""

    prompt: int = 0
    completion: int = 0
    estimated: bool = False
    """Whether nobody counted some of them, so that we did."""

    def __add__(self, other: "Usage") -> "Usage":
        prompt, completion = self.prompt + other.prompt, self.completion + other.completion
        return Usage(prompt, completion, self.estimated or other.estimated)

    @property
    def total(self) -> int:
        """Both together."""
        return self.prompt + self.completion


@dataclass(frozen=True)
class Reply:
    """What a model said."""

    text: str
    """The answer; a thinking block has been taken out."""
    thinking: str = ""
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    """The model's own name for itself, where a server says it."""
    raw: str = ""
    """All of it as the model wrote it, where that is not the text alone."""

    @classmethod
    def written(cls, raw: str, usage: Usage, model: str) -> "Reply":
        """The reply in what a model wrote: the answer, and the thinking apart."""
        text, thinking = split(raw)
        return cls(text, thinking, usage, model, "" if raw == text else raw)

    @property
    def whole(self) -> str:
        """What the model wrote, thinking and all."""
        return self.raw or self.text


class Engine(Protocol):
    """A language model. Engines are made by `tcmkit.llm.engines.make_engine`, used in one event loop, then closed."""

    @property
    def identity(self) -> str:
        """What tells this model from any other: part of the key of the call cache."""
        ...

    async def chat(self, request: Request) -> Reply:
        """The whole reply. Raises CallFailed or EngineStopped."""
        ...

    def stream(self, request: Request) -> AsyncIterator[str]:
        """The reply in pieces of whole characters, the thinking block left out. Raises as `chat`."""
        ...

    async def logprobs(self, text: str) -> Sequence[float]:
        """Natural log probability of each token of `text` after the first. Raises EngineStopped where it has none."""
        ...

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """A vector for each text, of equal length, not normalised. Raises EngineStopped where it has none."""
        ...

    async def close(self) -> None:
        """Give back connections and memory."""
        ...


@runtime_checkable
class ScoresEndings(Protocol):
    """An engine that can say how likely texts are to go on in given ways."""

    async def endings(self, text: str, endings: Sequence[str]) -> Sequence[float]:
        """Natural log probability of each ending after `text`, summed over its tokens. Raises as `chat`.

        The tokens of an ending are those of text and ending together, beyond as many as the text alone has.
        """
        ...


class EngineStopped(TcmError):
    """No call to this engine can succeed: the run ends with this one line."""


def no_log_probabilities() -> EngineStopped:
    """The error of an engine that is no ScoresEndings."""
    return EngineStopped(
        both(
            "this engine gives no log probabilities: use hf:, gguf:, or openai: with a server that does, as vLLM",
            "此引擎不给出对数概率：请用 hf:、gguf:，或以 openai: 连接能给出的服务（如 vLLM）",
        )
    )


class CallFailed(Exception):
    """One call failed.

    `reason` is a short code (`llm_timeout`), the reason of the reject if no retry helps. `detail` never quotes a
    record or a reply. `retry` is whether the same call may succeed later, `after` the seconds the server asked for.
    `usage` is what an answer that will not do has used: it is paid for all the same.
    """

    def __init__(
        self,
        reason: str,
        detail: str = "",
        *,
        retry: bool = False,
        after: float | None = None,
        usage: Usage | None = None,
    ) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.retry = retry
        self.after = after
        self.usage = usage or Usage()
