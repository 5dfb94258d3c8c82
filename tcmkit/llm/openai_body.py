"""What is sent to an OpenAI-compatible server and what comes back, as bodies: no network here."""

import json
import re
import time
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import orjson

from tcmkit.language import both
from tcmkit.llm.protocol import CallFailed, EngineStopped, Reply, Request, Usage
from tcmkit.llm.usage import rough_tokens

_JSON_FORMS = ("json_schema", "json_object", "none")
"""Ways to ask for structured replies, tried in this order: OpenAI and vLLM, llama.cpp, no way at all."""
_LIMITS = ("max_tokens", "max_completion_tokens")
"""What the longest reply is called: by everybody, by OpenAI's models that reason."""


class Form(NamedTuple):
    """How a request is written where servers differ."""

    json: str = _JSON_FORMS[0]
    limit: str = _LIMITS[0]

    def without(self, refused: str) -> "Form | None":
        """The next to try, when the server does not know `response_format` or `max_tokens` so; None after the last.

        >>> Form().without("max_tokens")
        Form(json='json_schema', limit='max_completion_tokens')
        """
        field, ways = ("limit", _LIMITS) if refused == "max_tokens" else ("json", _JSON_FORMS)
        further = ways[ways.index(getattr(self, field)) + 1 :]
        return self._replace(**{field: further[0]}) if further else None


class FormRefused(Exception):
    """The server does not know `field` as it was sent."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def chat(model: str, request: Request, form: Form) -> dict[str, Any]:
    """The body of a chat call."""
    drawn = request.sampling
    sent: dict[str, Any] = {
        "model": model,
        "messages": list(request.messages),
        "temperature": drawn.temperature,
        form.limit: drawn.max_tokens,
    }
    if drawn.temperature > 0:
        sent |= {"top_p": drawn.top_p, "seed": drawn.seed}
    if request.schema is None or form.json == "none":
        return sent
    if form.json == "json_schema":
        named = {"name": "reply", "strict": True, "schema": request.schema}
        return {**sent, "response_format": {"type": "json_schema", "json_schema": named}}
    return {**sent, "response_format": {"type": "json_object", "schema": request.schema}}


def reply(raw: bytes, request: Request) -> Reply:
    """The reply in a chat answer. Raises CallFailed for an answer that is none."""
    answer = _json(raw)
    choice = _first(answer)
    message = choice.get("message")
    if not isinstance(message, dict):
        raise CallFailed("llm_bad_reply", "no message", retry=True)
    content = message.get("content")
    usage = _usage(answer, request, content if isinstance(content, str) else "")
    if choice.get("finish_reason") == "content_filter" or message.get("refusal"):
        raise CallFailed("llm_refused", "the server's filter", usage=usage)
    said = message.get("reasoning_content") or message.get("reasoning")  # the latter: Ollama, newer vLLM
    if content is None and isinstance(said, str):
        content = ""
    if not isinstance(content, str):
        raise CallFailed("llm_bad_reply", "content is no text", retry=True, usage=usage)
    if choice.get("finish_reason") == "length":
        raise CallFailed("llm_cut_short", "finish_reason length; raise --max-tokens", usage=usage)
    if isinstance(said, str) and said:
        content = f"<think>{said}</think>{content}"  # as the model wrote it, before the server took it apart
    if not content.strip():
        raise CallFailed("llm_empty", "no answer", retry=True, usage=usage)
    name = answer.get("model")
    return Reply.written(content, usage, name if isinstance(name, str) else "")


def _json(raw: bytes) -> dict[str, Any]:
    try:
        answer = _loads(raw)
    except (ValueError, RecursionError):
        what = "HTML" if raw.lstrip()[:1] == b"<" else "no JSON"
        raise CallFailed("llm_bad_reply", f"{what} in place of an answer", retry=True) from None
    if not isinstance(answer, dict):
        raise CallFailed("llm_bad_reply", "the answer is no object", retry=True)
    return answer


def _loads(raw: bytes) -> Any:
    """The value; half a surrogate pair, which some models write, is for the check of the reply to take out."""
    try:
        return orjson.loads(raw)
    except ValueError:
        return json.loads(raw.decode("utf-8"))


def _first(answer: dict[str, Any]) -> dict[str, Any]:
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise CallFailed("llm_bad_reply", "no choices", retry=True)
    return choices[0]


def _usage(answer: dict[str, Any], request: Request, content: str) -> Usage:
    counted = answer.get("usage")
    if isinstance(counted, dict):
        prompt, completion = counted.get("prompt_tokens"), counted.get("completion_tokens")
        if isinstance(prompt, int) and isinstance(completion, int) and min(prompt, completion) >= 0:
            return Usage(prompt, completion)
    return Usage(sum(rough_tokens(m["content"]) for m in request.messages), rough_tokens(content), estimated=True)


def piece(line: bytes) -> str:
    """The text in one line of an event stream. Raises CallFailed for an error event."""
    if not line.startswith(b"data:") or line[5:].strip() in (b"", b"[DONE]"):
        return ""
    event = _json(line[5:])
    if "error" in event:
        raise CallFailed("llm_server_error", "in mid-stream", retry=True)
    choices = event.get("choices")
    if not isinstance(choices, list) or not choices:
        return ""
    delta = choices[0].get("delta") if isinstance(choices[0], dict) else None
    content = delta.get("content") if isinstance(delta, dict) else None
    return content if isinstance(content, str) else ""


def logprobs(raw: bytes, text: str, after: int = 0) -> list[float]:
    """Log probabilities of the tokens of `text` that begin at `after` or later; the first of all has none."""
    found = _first(_json(raw)).get("logprobs")
    values = found.get("token_logprobs") if isinstance(found, dict) else None
    offsets = found.get("text_offset") if isinstance(found, dict) else None
    if not isinstance(values, list) or not isinstance(offsets, list):
        raise EngineStopped(
            both(
                "this server gives no log probabilities of a prompt: use vLLM, or gguf: or hf:",
                "此服务不给出提示文本的对数概率：请用 vLLM、gguf: 或 hf:",
            )
        )
    start = offsets[0] if offsets else 0
    pairs = zip(values, offsets, strict=False)
    return [float(value) for value, at in pairs if value is not None and after <= at - start < len(text)]


def vectors(raw: bytes, wanted: int) -> list[list[float]]:
    """The vectors of an embeddings answer, in the order of the texts."""
    data = _json(raw).get("data")
    if not isinstance(data, list) or len(data) != wanted:
        raise CallFailed("llm_bad_reply", "as many vectors as texts were expected", retry=True)
    try:
        ordered = sorted(data, key=lambda item: item.get("index", 0))
        return [[float(x) for x in item["embedding"]] for item in ordered]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise CallFailed("llm_bad_reply", "no vectors", retry=True) from None


def model_names(raw: bytes) -> list[str]:
    """Names in the answer of the models endpoint."""
    data = _json(raw).get("data")
    entries = data if isinstance(data, list) else []
    return sorted(str(entry["id"]) for entry in entries if isinstance(entry, dict) and "id" in entry)


_TOO_LONG = ("context length", "context_length", "context window", "context size", "too long")


def status_error(status: int, retry_after: str | None, raw: bytes, model: str, url: str) -> Exception:
    """What an HTTP status means for the run."""
    said = raw[:2000].decode("utf-8", "replace").lower()
    if why := _hopeless(status, said, model, url):
        return EngineStopped(why)
    if status in (400, 422, 500) and "response_format" in said:  # llama-cpp-python's server says 500
        return FormRefused("response_format")
    if status in (400, 422) and "max_completion_tokens" in said:
        return FormRefused("max_tokens")
    # Not of 502 to 599: there a proxy says that the server took too long.
    if status == 413 or (status <= 500 and status != 429 and any(words in said for words in _TOO_LONG)):
        return CallFailed("llm_too_long", "the model's context is too short for this record")
    if status == 429 or status in (408, 425) or status >= 500:
        reason = "llm_rate_limited" if status == 429 else "llm_server_error"
        return CallFailed(reason, f"HTTP {status}", retry=True, after=_seconds(retry_after))
    return CallFailed("llm_request_refused", " ".join([f"HTTP {status}", *_codes(raw)]))


def _hopeless(status: int, said: str, model: str, url: str) -> str:
    """Why no call can succeed; empty when one may."""
    if status in (401, 403):
        return both(
            f"{url} refused the key ({status}): set OPENAI_API_KEY",
            f"{url} 拒绝了密钥（{status}）：请设置 OPENAI_API_KEY",
        )
    if status == 402 or "insufficient_quota" in said:
        return both(f"{url}: the account has no credit left", f"{url}：账户余额不足")
    if 300 <= status < 400:
        return both(
            f"{url} leads elsewhere ({status}): give --base-url the address it leads to, perhaps https://",
            f"{url} 转向别处（{status}）：请用 --base-url 给出最终地址，可能是 https://",
        )
    if "model_not_found" in said or ("model" in said and (status == 404 or "does not exist" in said)):
        return both(
            f"{url} has no model {model} ({status}): see  tcm models --base-url {url}",
            f"{url} 没有模型 {model}（{status}）：见  tcm models --base-url {url}",
        )
    if status == 404:
        return both(
            f"no OpenAI-compatible API at {url} (404): correct --base-url; most addresses end in /v1",
            f"{url} 没有 OpenAI 兼容接口（404）：请改正 --base-url，地址多以 /v1 结尾",
        )
    return ""


_CODE = re.compile(r"[\w.\[\]-]{1,40}", re.ASCII)


def _codes(raw: bytes) -> list[str]:
    """What the server calls the fault and the field: short codes, never its words, which may quote the record."""
    try:
        error = orjson.loads(raw)["error"]
        return [code for code in (error.get("code"), error.get("param")) if code and _CODE.fullmatch(code)]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After as seconds: it may be a number or a date.

    >>> _seconds("2"), _seconds("soon"), _seconds("-1")
    (2.0, None, None)
    """
    if not retry_after:
        return None
    try:
        wait = float(retry_after)
    except ValueError:
        try:
            wait = parsedate_to_datetime(retry_after).timestamp() - time.time()
        except (ValueError, TypeError):
            return None
    return min(wait, 600.0) if 0 <= wait < float("inf") else None
