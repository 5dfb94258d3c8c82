"""How a verb uses a model: a talk, which is a step that may pause to ask.

A talk is written as a generator that yields calls and is sent the answers, so it knows nothing of servers, caches,
retries or order, and a test can drive it by hand::

    def translate(record: Record) -> Talk:
        answer = yield Call(prompt.messages(text=record["text"]), schema=SCHEMA, check=terms_are_kept)
        return [{**record, "modern": answer["modern"]}]
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

from tcmkit.llm.protocol import ChatMessage, Request, Sampling, Schema
from tcmkit.records import Drop, Record


@dataclass(frozen=True)
class Call:
    """One question to the model.

    With a schema the answer is the parsed value, else the text. `check` looks at the answer further and raises
    ReplyError if it will not do; the model is then shown the error and asked once more.
    """

    messages: Sequence[ChatMessage]
    schema: Schema | None = None
    check: Callable[[Any], None] | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)
    """What this call wants otherwise than the command line says: fields of Sampling."""
    raw: bool = False
    """Take the reply as it was written, thinking and all, for what it is: nothing is parsed, nothing asked again."""
    expected_tokens: int = 300
    """Usual length of an answer, for --estimate."""
    independent: bool = False
    """Whether the record's next call is the same whatever the answer is: --estimate goes on with an empty one then."""
    endings: Sequence[str] = ()
    """With these nothing is answered: the one message is plain text, and the answer is the log probability of each of
    them after it."""
    model: int = 0
    """Which of the run's models is asked, where a verb takes several."""

    def request(self, sampling: Sampling) -> Request:
        """The call with the sampling of the run."""
        if self.endings:
            return Request(tuple(self.messages), sampling=Sampling(max_tokens=0), endings=tuple(self.endings))
        return Request(tuple(self.messages), self.schema, replace(sampling, **self.sampling))


class ReplyError(Exception):
    """An answer that will not do.

    `reason` is the code of the reject if the repair fails too; `advice` is shown to the model, in Chinese.
    """

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


Talk = Generator[Call, Any, Sequence[Record] | Drop]
"""A step under way: yields calls, is sent answers, returns the records to write or why there are none."""

TalkStep = Callable[[Record], Talk]
"""What a per-record verb with a model is. Raises RecordError as a plain step does."""


@runtime_checkable
class InOrder(Protocol):
    """A step whose results hang on those before them: it sees each once more, in the order of the input."""

    def last_word(self, result: Sequence[Record] | Drop) -> Sequence[Record] | Drop:
        """What becomes of a result."""
        ...
