"""A conversation as a file: what was said, in order. Everything else is worked out of it anew.

The file is its owner's only (0600), written whole beside its name and renamed, and holds nothing that the
conversation did not: no time, no machine, no name.
"""

import os
import re
import tempfile
import unicodedata
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from tcmkit.consult.asking import Question
from tcmkit.consult.chart import dimensions
from tcmkit.errors import InputError, OutputError
from tcmkit.language import both

_LARGEST = 16 << 20
"""Bytes of a file that can be a session."""


def printable(text: str) -> str:
    r"""Words without what steers a terminal or turns the direction of writing; line breaks stay.

    >>> printable("头\x1b[2J痛\r\n\u202e两天")
    '头痛\n两天'
    """
    text = _STEERING.sub("", text)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    kept = (
        char
        for char in text
        if char == "\n" or (unicodedata.category(char) not in ("Cc", "Cs", "Co", "Cn") and char not in _TURNING)
    )
    return "".join(kept)


_STEERING = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)")
"""Whole sequences of ECMA-48: a control sequence, an operating system command (a title, a link, the clipboard)."""
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
_Words = Annotated[str, AfterValidator(printable)]


def _dimension(name: str) -> str:
    if name not in dimensions():
        raise ValueError(name)
    return name


class Exchange(BaseModel):
    """A question as it was put, and its answer."""

    model_config = ConfigDict(extra="forbid")

    dimension: Annotated[str, AfterValidator(_dimension)]
    text: _Words
    named: tuple[_Words, ...] = ()
    bits: float = 0.0
    reason: _Words = ""
    again: bool | None = None
    by: _Words = ""
    """The agent of a model-led team that proposed it."""
    answer: _Words | None = None
    """None: skipped."""

    @classmethod
    def of(cls, question: Question, answer: str | None) -> "Exchange":
        """A question with its answer."""
        return cls(
            dimension=question.dimension,
            text=question.text,
            named=question.named,
            bits=question.bits,
            reason=question.reason,
            again=question.again,
            by=question.by,
            answer=answer,
        )

    @property
    def question(self) -> Question:
        """The question alone."""
        return Question(self.dimension, self.text, self.named, self.bits, self.reason, self.again, self.by)


class Session(BaseModel):
    """What was said, and under which options."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["tcm consult session"] = "tcm consult session"
    version: Literal[1] = 1
    role: Literal["practitioner", "self"] = "practitioner"
    opening: _Words = ""
    facts: dict[Literal["age", "sex", "pregnant", "medications"], _Words] = Field(default_factory=dict)
    """As they were said; a fact that is not there is not known."""
    facts_asked: bool = False
    exchanges: list[Exchange] = Field(default_factory=list)
    asides: list[_Words] = Field(default_factory=list)
    """What was said where no answer was due, if there was a red flag in it."""
    team: tuple[_Words, ...] = ()
    """The members that a model chose; empty without a model."""
    complaint: _Words = ""
    """The chief complaint in a model's words."""
    waiting: list[Exchange] = Field(default_factory=list)
    """A model's questions that are still to be put."""


def save(session: Session, path: Path) -> None:
    """Write the session, whole or not at all. Raises OutputError."""
    write_private(path, session.model_dump_json(indent=1).encode("utf-8") + b"\n")


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all. Raises OutputError."""
    temporary = ""
    try:
        target = path.resolve() if path.is_symlink() else path
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # 0600
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise OutputError(
            both(
                f"cannot write {path}: {reason}; choose another place",
                f"无法写入 {path}：{reason}；请换一个位置",
            )
        ) from None


def load(path: Path) -> Session:
    """Read a session. Raises InputError with one line for what is no session or of a later version."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(both(f"cannot read {path}: {reason}", f"无法读取 {path}：{reason}")) from None
    try:
        if len(data) > _LARGEST:
            raise ValueError
        session = Session.model_validate_json(data)
        if not {"kind", "version"} <= session.model_fields_set:
            raise ValueError
        return session
    except (ValidationError, ValueError):
        raise InputError(
            both(
                f"{path} is no saved consultation of this version: name a file that --save wrote",
                f"{path} 不是本版本保存的问诊：请给出 --save 写出的文件",
            )
        ) from None
