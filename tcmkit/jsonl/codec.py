"""One line of JSON to a record and back.

orjson does the work. It turns integers beyond 64 bits into floats, which would change a field that
must pass through untouched, so lines with very long digit runs go through the standard library.
"""

import json
import re
from typing import Any

import orjson

from tcmkit.errors import RecordError
from tcmkit.language import both
from tcmkit.records import Record

_LONG_DIGITS = re.compile(rb"\d{19}")


def parse(line: bytes) -> Record:
    """The record on a line.

    Raises RecordError: `bad_json`, `bad_encoding`, `json_array` or `not_an_object`.
    """
    try:
        value: Any = _parse_slowly(line) if _LONG_DIGITS.search(line) else orjson.loads(line)
    except (ValueError, RecursionError) as error:
        raise _explain(line, error) from None
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        raise RecordError(
            "json_array",
            both(
                "a JSON array, not a record a line; `jq -c '.[]'` makes lines of it",
                "是 JSON 数组，而非每行一条；可用 `jq -c '.[]'` 拆成行",
            ),
        )
    raise RecordError("not_an_object", type(value).__name__)


def _parse_slowly(line: bytes) -> Any:
    """What orjson gives, but integers of up to 308 digits as they are. It refuses NaN, 1e999 and half a character."""
    orjson.loads(line)
    return json.loads(line)


def _explain(line: bytes, error: Exception) -> RecordError:
    """Why a line is no JSON, without quoting it."""
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as bad:
        return RecordError(
            "bad_encoding",
            both(
                f"not UTF-8 at byte {bad.start}; text goes through  tcm ingest FILE  first",
                f"第 {bad.start} 字节不是 UTF-8；文本请先用  tcm ingest FILE  读入",
            ),
        )
    if line.lstrip()[:1] not in (b"{", b"["):
        return RecordError(
            "bad_json",
            both(
                'not a JSON record, such as {"text": "…"}; text, pages and tables are read by  tcm ingest FILE,  by '
                "the file's name and not from stdin",
                '不是 JSON 记录（如 {"text": "…"}）；文本、网页和表格请用  tcm ingest FILE  按文件名读入，不经标准输入',
            ),
        )
    if line.lstrip()[:1] == b"[":
        return RecordError(
            "json_array",
            both(
                "part of a JSON array; `jq -c '.[]'` makes lines of it",
                "是 JSON 数组的一部分；可用 `jq -c '.[]'` 拆成行",
            ),
        )
    if isinstance(error, RecursionError):
        return RecordError("bad_json", both("nested too deep", "嵌套过深"))
    if isinstance(error, json.JSONDecodeError):
        return RecordError("bad_json", f"{error.msg.removesuffix(' at')} at column {error.colno}")
    return RecordError("bad_json", str(error).partition(":")[0])


def dump(record: Record) -> bytes:
    """The line for a record, with its line break; Chinese stays as it is.

    Raises RecordError `cannot_encode` for what JSON Lines cannot hold (lone surrogates, nesting too deep).
    """
    try:
        return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        return _dump_slowly(record)


def _dump_slowly(record: Record) -> bytes:
    """The same line by the standard library: for integers beyond 64 bits and deep nesting."""
    try:
        return (json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8")
    except (ValueError, TypeError, RecursionError) as error:
        raise RecordError("cannot_encode", type(error).__name__) from None
