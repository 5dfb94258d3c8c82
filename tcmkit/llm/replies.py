"""Structured replies: one JSON value of the wanted shape, or a reason why not.

Models wrap JSON in fences and sentences, repeat keys, leave raw line breaks in strings and stop in the middle. What
can be read in one way only is read; the rest is an error that the model is shown once.
"""

import json
import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from tcmkit.llm.protocol import Schema
from tcmkit.llm.talk import ReplyError

_FENCE = re.compile(r"```(?:json|JSON)?\s*\n(.*?)```", re.DOTALL)
_REFUSAL = re.compile(
    r"^(?:(?:非常|很|十分)?(?:抱歉|对不起|遗憾)|我(?:无法|不能)(?:提供|回答|完成|协助|帮)|作为(?:一个|一名)?(?:AI|人工智能|语言模型)"
    r"|I(?:'m| am) sorry|I can(?:no|')t|As an AI)",
    re.IGNORECASE,
)


def is_refusal(text: str) -> bool:
    """Whether a reply refuses the task instead of doing it.

    >>> is_refusal("抱歉，我无法提供医疗建议。"), is_refusal("患者诉抱歉二字不离口")
    (True, False)
    """
    return bool(_REFUSAL.match(text.strip()))


def structured(text: str, schema: Schema) -> Any:
    """The JSON value of a reply, held to its schema.

    Raises ReplyError: `llm_refused`, `llm_bad_json`, `llm_wrong_shape`.
    """
    try:
        value = _value_in(text)
    except (ValueError, RecursionError) as error:
        if is_refusal(text):
            raise ReplyError("llm_refused", "请按要求完成任务，只输出 JSON。") from None
        raise ReplyError("llm_bad_json", f"上面的回答不是合法的 JSON：{_short(error)}。请只输出一个 JSON。") from None
    if fault := _fault(value, schema):
        raise ReplyError("llm_wrong_shape", f"上面的 JSON 不合要求：{fault}。请只输出改正后的 JSON。")
    return value


def _short(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)[:80]


def _value_in(text: str) -> Any:
    """The one JSON object or array in a reply. Raises ValueError."""
    text = text.strip().removeprefix("\ufeff")
    fenced = _FENCE.findall(text)
    if len(fenced) == 1:
        text = fenced[0].strip()
    starts = [at for at in (text.find("{"), text.find("[")) if at >= 0]
    if not starts:
        raise ValueError("没有 JSON")
    decoder = json.JSONDecoder(
        object_pairs_hook=_no_duplicates, parse_constant=_refuse_constant, parse_float=_finite, strict=False
    )
    value, end = decoder.raw_decode(text, min(starts))
    if any(bracket in text[end:] for bracket in "{["):
        raise ValueError("有不止一个 JSON")
    return _clean(value)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("同一个键出现了两次")
    return value


def _refuse_constant(_name: str) -> float:
    raise ValueError("NaN 或 Infinity 不是 JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("数字太大")
    return number


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _clean(value: Any) -> Any:
    """Strings without control characters and lone surrogates, which no line of ours may hold."""
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_CONTROL.sub("", key): _clean(item) for key, item in value.items()}
    return value


def clean_text(text: str) -> str:
    """A plain reply without control characters and lone surrogates."""
    return _CONTROL.sub("", text)


def _fault(value: Any, schema: Schema) -> str:
    """The first thing wrong with the value, for the model to read; empty if nothing is."""
    return _validator(json.dumps(schema, ensure_ascii=False, sort_keys=True))(value)


@lru_cache(maxsize=64)
def _validator(schema: str) -> Callable[[Any], str]:
    from jsonschema_rs import validator_for

    validator = validator_for(schema)

    def check(value: Any) -> str:
        error = next(validator.iter_errors(value), None)
        if error is None:
            return ""
        where = "/".join(str(part) for part in error.instance_path) or "最外层"
        return f"{where}：{error.message[:120]}"

    return check
