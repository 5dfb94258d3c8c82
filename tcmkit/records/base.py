"""What every line type is made of: the plain record, a quotation, a verdict, a stable id."""

import hashlib
from typing import Any, Literal, NamedTuple, NotRequired

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

Record = dict[str, Any]
"""A line as it was read: a JSON object of any shape."""


class Drop(NamedTuple):
    """A step's verdict that a record is not wanted.

    `reason` is a short code (`too_short`), counted in the balance. `detail` is for people.
    """

    reason: str
    detail: str = ""


class Span(TypedDict):
    """A quotation of the record."""

    text: str
    start: int
    end: int


class Told(TypedDict):
    """Which model a record is from."""

    engine: str
    prompt: int | str
    """Version of the prompt."""
    hallucinated: NotRequired[int]
    """Of a case: quotations of the model that do not stand in the source: refused."""


class Message(TypedDict):
    """One turn of a conversation, as TRL and `datasets` read it."""

    role: Literal["system", "user", "assistant"]
    content: str


def content_id(*parts: str) -> str:
    """A stable id made from content: the first 16 hex digits of BLAKE2b.

    >>> content_id("麻黄汤") == content_id("麻黄汤") != content_id("麻", "黄汤")
    True
    """
    digest = hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8)
    return digest.hexdigest()
