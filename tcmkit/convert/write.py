"""A talk in each format. What a format cannot hold is said: the line is refused, or the field is counted as lost."""

from collections import Counter
from collections.abc import Callable

from tcmkit.convert.talk import Talk, Turn
from tcmkit.errors import RecordError
from tcmkit.language import both
from tcmkit.records import Record

Lost = Counter[str]
_FROM = {"user": "human", "assistant": "gpt"}


def _joined(own: Record, rest: Record, lost: Lost) -> Record:
    """The format's own fields in front of the line's others; another field of the same name is lost."""
    lost.update(name for name in rest if name in own and rest[name] != own[name])
    return {**own, **{name: value for name, value in rest.items() if name not in own}}


def _to_messages(talk: Talk, lost: Lost) -> Record:
    if talk.chosen is not None:
        return _to_trl(talk, lost)
    return _joined({"messages": talk.turns}, talk.rest, lost)


def _to_trl(talk: Talk, lost: Lost) -> Record:
    if talk.chosen is not None:
        answers: Record = {"chosen": talk.chosen, "rejected": talk.rejected}
        return _joined({"prompt": talk.turns, **answers}, talk.rest, lost)
    if talk.turns[-1]["role"] == "assistant" and len(talk.turns) > 1:
        return _joined({"prompt": talk.turns[:-1], "completion": talk.turns[-1:]}, talk.rest, lost)
    return _joined({"prompt": talk.turns}, talk.rest, lost)


def _text(turn: Turn, role: str, lost: Lost) -> str:
    """What a turn says, for a format that knows neither its role nor anything else of it."""
    content = turn.get("content")
    if turn["role"] != role or not isinstance(content, str):
        raise RecordError(
            "cannot_hold",
            both(
                "alpaca holds a system prompt, then user and assistant in turn, all of them text",
                "alpaca 只能是系统提示后用户与助手轮流，且都是文本",
            ),
        )
    lost.update(f"messages.{name}" for name in turn if name not in ("role", "content"))
    return content


def _to_alpaca(talk: Talk, lost: Lost) -> Record:
    turns = list(talk.turns)
    system = _text(turns.pop(0), "system", lost) if turns and turns[0]["role"] == "system" else None
    answer = turns.pop() if talk.chosen is None and turns and turns[-1]["role"] == "assistant" else None
    if len(turns) % 2 == 0:
        raise RecordError(
            "cannot_hold",
            both(
                "alpaca holds a system prompt, then user and assistant in turn, all of them text",
                "alpaca 只能是系统提示后用户与助手轮流，且都是文本",
            ),
        )
    rest = dict(talk.rest)
    own: Record = _split(_text(turns.pop(), "user", lost), rest)
    if answer is not None:
        own["output"] = _text(answer, "assistant", lost)
    elif compared := _compared(talk, "alpaca"):
        own |= {name: _text(turn, "assistant", lost) for name, turn in compared.items()}
    if system is not None:
        own["system"] = system
    if turns:
        said = [_text(turn, ("user", "assistant")[n % 2], lost) for n, turn in enumerate(turns)]
        own["history"] = [list(pair) for pair in zip(said[::2], said[1::2], strict=True)]
    return _joined(own, rest, lost)


def _compared(talk: Talk, form: str) -> dict[str, Turn]:
    """The two answers of a preference, for a format that holds one message of each; none of another talk.

    Raises RecordError("cannot_hold") for an answer of several messages.
    """
    if talk.chosen is None or talk.rejected is None:
        return {}
    if len(talk.chosen) != 1 or len(talk.rejected) != 1:
        raise RecordError(
            "cannot_hold",
            both(
                f"{form} holds one message as chosen and one as rejected",
                f"{form} 的 chosen、rejected 各只能有一条消息",
            ),
        )
    return {"chosen": talk.chosen[0], "rejected": talk.rejected[0]}


def _split(asked: str, rest: Record) -> Record:
    """The question as instruction and input, as the line had them if it came from alpaca."""
    added = rest.get("input")
    if isinstance(added, str) and added and asked.endswith("\n" + added):
        del rest["input"]
        return {"instruction": asked[: -len(added) - 1], "input": added}
    return {"instruction": asked, "input": ""}


def _as_sharegpt(turn: Turn) -> Record:
    role = turn["role"]
    if not isinstance(role, str) or role in _FROM.values() or "from" in turn or "value" in turn:
        raise RecordError(
            "cannot_hold",
            both(
                "a turn whose role or fields ShareGPT uses for something else",
                "某一轮的角色或字段在 ShareGPT 中另有用途",
            ),
        )
    more = {name: value for name, value in turn.items() if name not in ("role", "content")}
    return {"from": _FROM.get(role, role), "value": turn.get("content"), **more}


def _to_sharegpt(talk: Talk, lost: Lost) -> Record:
    own: Record = {"conversations": [_as_sharegpt(turn) for turn in talk.turns]}
    if compared := _compared(talk, "ShareGPT"):
        own |= {name: _as_sharegpt(turn) for name, turn in compared.items()}
    elif "system" in talk.rest or ("chosen" in talk.rest and "rejected" in talk.rest):
        raise RecordError(
            "cannot_hold",
            both(
                "a field that ShareGPT uses for something else: system, chosen, rejected",
                "字段 system、chosen、rejected 在 ShareGPT 中另有用途",
            ),
        )
    return _joined(own, talk.rest, lost)


WRITERS: dict[str, Callable[[Talk, Lost], Record]] = {
    "alpaca": _to_alpaca,
    "sharegpt": _to_sharegpt,
    "messages": _to_messages,
    "trl": _to_trl,
}
"""How each format is written."""
