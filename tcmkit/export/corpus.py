"""The texts on which two implementations are compared."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from tcmkit.errors import InputError
from tcmkit.language import both
from tcmkit.llm.protocol import ChatMessage
from tcmkit.tables import table

_FIELDS = ("text", "clean_text", "answer", "question", "content")
_MOST = 10_000


def texts(files: Sequence[Path]) -> list[str]:
    """Those of the files, lines of JSON or of plain text, ten thousand at most; then the package's own.

    Raises InputError.
    """
    found: list[str] = []
    for path in files:
        try:
            with path.open(encoding="utf-8", newline="\n") as lines:
                for line in lines:
                    found += [text for text in _texts_of(line.rstrip("\r\n")) if _can_be_read(text)]
                    if len(found) >= _MOST:
                        break
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "UTF-8?"
            raise InputError(
                both(f"--corpus {path}: cannot be read ({why})", f"--corpus {path}：无法读取（{why}）")
            ) from None
    return found[:_MOST] + list(map(str, table("export")["corpus"]))


def _can_be_read(text: str) -> bool:
    """JSON can hold halves of characters, which no tokenizer takes."""
    return bool(text) and not any("\ud800" <= char <= "\udfff" for char in text)


def _texts_of(line: str) -> Iterator[str]:
    if not line.startswith("{"):
        yield line
        return
    try:
        record = json.loads(line)
    except ValueError:
        yield line
        return
    for field in _FIELDS:
        if isinstance(record.get(field), str):
            yield record[field]
    for message in record.get("messages") or []:
        if isinstance(message, dict) and isinstance(message.get("content"), str):
            yield message["content"]


def prompts() -> list[str]:
    """Beginnings that are continued."""
    return list(map(str, table("export")["prompts"]))


def conversations() -> list[list[ChatMessage]]:
    """Conversations that a template writes."""
    return [
        [{"role": role, "content": content} for role, content in turns] for turns in table("export")["conversations"]
    ]
