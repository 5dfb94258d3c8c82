"""What was asked and answered in a line, whatever its format: the form between any two of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tcmkit.errors import RecordError
from tcmkit.language import both
from tcmkit.records import Record

Turn = dict[str, Any]
"""role, content, and what else the format gave."""


@dataclass
class Talk:
    """A conversation, or a prompt with two answers of which one is preferred."""

    turns: list[Turn]
    """All turns; of a preference, those before the answers."""
    chosen: list[Turn] | None = None
    rejected: list[Turn] | None = None
    rest: Record = field(default_factory=dict)
    """The line's other fields."""


_HUMAN, _MODEL = ("human", "user"), ("gpt", "assistant", "bard", "chatgpt", "bing")


def _without(record: Record, *names: str) -> Record:
    return {name: value for name, value in record.items() if name not in names}


def _turns(value: Any, name: str, role: str) -> list[Turn]:
    """Turns of a field: a list of messages, or a plain string said by `role`. Raises RecordError("bad_messages")."""
    if isinstance(value, str):
        return [{"role": role, "content": value}]
    if isinstance(value, list) and value and all(isinstance(turn, dict) and "role" in turn for turn in value):
        return value
    raise RecordError(
        "bad_messages",
        both(f"{name} is no list of messages with role and content", f"{name} 不是含 role 与 content 的消息列表"),
    )


def _from_messages(record: Record) -> Talk:
    return Talk(_turns(record["messages"], "messages", "user"), rest=_without(record, "messages"))


def _from_trl(record: Record) -> Talk:
    prompt = _turns(record["prompt"], "prompt", "user")
    if "chosen" in record and "rejected" in record:
        chosen, rejected = (_turns(record[name], name, "assistant") for name in ("chosen", "rejected"))
        return Talk(prompt, chosen, rejected, _without(record, "prompt", "chosen", "rejected"))
    answer = _turns(record["completion"], "completion", "assistant") if "completion" in record else []
    return Talk([*prompt, *answer], rest=_without(record, "prompt", "completion"))


def _from_question(record: Record) -> Talk:
    """A question and its answer, its options below it as `tcm gen-qa` writes them."""
    asked = record["question"]
    if not isinstance(asked, str):
        raise RecordError("bad_question", both("question is no text", "question 不是文本"))
    options = record.get("options")
    if isinstance(options, dict):
        asked = "\n".join([asked, *(f"{letter}. {option}" for letter, option in options.items())])
    answer = record.get("answer")
    turns = [{"role": "user", "content": asked}]
    return Talk([*turns, {"role": "assistant", "content": answer}] if isinstance(answer, str) else turns, rest=record)


def _from_alpaca(record: Record) -> Talk:
    instruction, added = record["instruction"], record.get("input") or ""
    if not isinstance(instruction, str) or not isinstance(added, str):
        raise RecordError("bad_alpaca", both("instruction or input is no string", "instruction 或 input 不是字符串"))
    turns = [{"role": "system", "content": record["system"]}] if isinstance(record.get("system"), str) else []
    for pair in record.get("history") or []:
        if not (isinstance(pair, list) and len(pair) == 2):
            raise RecordError("bad_alpaca", both("history is no list of pairs", "history 不是成对的列表"))
        turns += [{"role": "user", "content": pair[0]}, {"role": "assistant", "content": pair[1]}]
    turns.append({"role": "user", "content": f"{instruction}\n{added}" if added else instruction})
    rest = _without(record, "instruction", "output", "system", "history", "chosen", "rejected")
    if not added:
        rest.pop("input", None)
    if isinstance(record.get("chosen"), str) and isinstance(record.get("rejected"), str):
        chosen, rejected = ([{"role": "assistant", "content": record[name]}] for name in ("chosen", "rejected"))
        return Talk(turns, chosen, rejected, rest)
    if isinstance(record.get("output"), str):
        turns.append({"role": "assistant", "content": record["output"]})
    return Talk(turns, rest=rest)


def _said(turn: Any) -> Turn:
    """A turn of ShareGPT as a message."""
    if not (isinstance(turn, Mapping) and isinstance(turn.get("from"), str) and "value" in turn):
        raise RecordError("bad_sharegpt", both("a turn without from and value", "有一轮没有 from 与 value"))
    name = turn["from"]
    role = "user" if name in _HUMAN else "assistant" if name in _MODEL else name
    return {"role": role, "content": turn["value"], **_without(dict(turn), "from", "value")}


def _from_sharegpt(record: Record) -> Talk:
    if not isinstance(record["conversations"], list):
        raise RecordError("bad_sharegpt", both("conversations is no list", "conversations 不是列表"))
    turns = [_said(turn) for turn in record["conversations"]]
    rest = _without(record, "conversations", "chosen", "rejected")
    if isinstance(record.get("system"), str):
        turns = [{"role": "system", "content": rest.pop("system")}, *turns]
    if "chosen" in record and "rejected" in record:
        return Talk(turns, [_said(record["chosen"])], [_said(record["rejected"])], rest)
    return Talk(turns, rest=rest)


READERS: dict[str, tuple[str, Callable[[Record], Talk]]] = {
    "sharegpt": ("conversations", _from_sharegpt),
    "alpaca": ("instruction", _from_alpaca),
    "messages": ("messages", _from_messages),
    "trl": ("prompt", _from_trl),
    "question": ("question", _from_question),
}
"""Each format: the field that tells it, and how it is read."""


def read_talk(record: Record, origin: str | None) -> Talk | None:
    """The talk of a line; None when it holds none. Raises RecordError for one that cannot be read.

    `origin` names the format that is meant where a line might be of several.
    """
    if origin and READERS[origin][0] not in record:
        raise RecordError(f"not_{origin}", both(f"no field {READERS[origin][0]}", f"没有字段 {READERS[origin][0]}"))
    for name in [origin] if origin else READERS:
        known, reader = READERS[name]
        if record.get(known) is not None:
            return reader(record)
    return None
