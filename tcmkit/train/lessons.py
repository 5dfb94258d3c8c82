"""Lines of the pipe to rows that can be trained on, one step for each stage. A step runs in the pipe's processes.

A row is {"input_ids", "labels"} (preferences: "prompt_ids", "chosen_ids", "rejected_ids"): what TRL's trainers take as
already tokenised. What a step counts (`noted`) is said before training begins.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tcmkit.errors import RecordError, UsageError
from tcmkit.jsonl import Step
from tcmkit.language import both
from tcmkit.records import Record

from .chat import IGNORED, Chat, load_tokenizer

CUT = "cut"
_ROLES = ("system", "user", "assistant", "tool")


@dataclass(frozen=True)
class Reading:
    """How lines become rows."""

    stage: Literal["pretrain", "sft", "dpo"]
    folder: str
    """Of the model: its tokenizer and template."""
    template: str | None = None
    max_tokens: int = 2048


class Documents:
    """Stage pretrain: `text` to tokens, every one of them learned, with the end mark behind it."""

    def __init__(self, reading: Reading) -> None:
        """Raises UsageError."""
        self.noted: Counter[str] = Counter()
        self._tokenizer = load_tokenizer(reading.folder)
        if self._tokenizer.eos_token_id is None:
            raise UsageError(
                both(
                    f"{reading.folder}: its tokenizer names no eos_token, the mark that ends a document; name one in "
                    "tokenizer_config.json",
                    f"{reading.folder}：分词器没有标示文本结束的 eos_token；请在 tokenizer_config.json 中指明",
                )
            )
        self._end = [self._tokenizer.eos_token_id]

    def __call__(self, record: Record) -> list[Record]:
        """The tokens of the whole document. Raises RecordError (`no_text`, `empty_text`)."""
        text = record.get("text")
        if not isinstance(text, str):
            raise RecordError("no_text", "text")
        if not text.strip():
            raise RecordError("empty_text", "text")
        ids = self._tokenizer(text, add_special_tokens=False, verbose=False).input_ids + self._end
        self.noted.update(tokens=len(ids), learned=len(ids))
        return [{"input_ids": ids}]


class Conversations:
    """Stage sft: `messages`, or `question` and `answer`; only the answers are learned."""

    def __init__(self, reading: Reading) -> None:
        self.noted: Counter[str] = Counter()
        self._chat = Chat(reading.folder, reading.template)
        self._most = reading.max_tokens

    def __call__(self, record: Record) -> list[Record]:
        """Tokens and labels. Raises RecordError (`no_messages`, `bad_messages`, `no_answer`, `answer_cut_off` …)."""
        ids, labels = self._chat.encode(messages_of(record))
        kept = labels[: self._most]
        learned = sum(label != IGNORED for label in kept)
        if not learned:
            raise RecordError(
                "answer_cut_off",
                both(
                    f"{len(ids)} tokens, the answer lies behind the first {self._most}",
                    f"共 {len(ids)} 词元，回答在前 {self._most} 个之后",
                ),
            )
        cut = len(ids) > self._most
        self.noted.update(tokens=len(kept), learned=learned, cut=int(cut))
        return [{"input_ids": ids[: self._most], "labels": kept, **_marked(cut)}]


class Preferences:
    """`prompt`, `chosen`, `rejected`, as `tcm gen-prefs` writes them: messages, or plain strings."""

    def __init__(self, reading: Reading) -> None:
        self.noted: Counter[str] = Counter()
        self._chat = Chat(reading.folder, reading.template)
        self._most = reading.max_tokens

    def __call__(self, record: Record) -> list[Record]:
        """Three lists of tokens. Raises RecordError (`no_preference`, `same_answers`, `answer_cut_off` …)."""
        if "prompt" not in record and (other := _other_format(record)):
            raise RecordError("no_preference", other)
        prompt = turns(record.get("prompt"), "prompt", "user")
        answers = [turns(record.get(name), name, "assistant") for name in ("chosen", "rejected")]
        if answers[0] == answers[1]:
            raise RecordError("same_answers", both("chosen and rejected", "chosen 与 rejected"))
        before = self._chat.render(prompt, reply=True)
        prompt_ids = self._chat.tokens(before)
        if len(prompt_ids) >= self._most:
            raise RecordError(
                "answer_cut_off",
                both(f"the prompt alone has {len(prompt_ids)} tokens", f"仅提示就有 {len(prompt_ids)} 词元"),
            )
        chosen, rejected = (self._answer(before, [*prompt, *answer]) for answer in answers)
        longest = len(prompt_ids) + max(len(chosen), len(rejected))
        learned = len(chosen) + len(rejected)
        self.noted.update(tokens=2 * len(prompt_ids) + learned, learned=learned, cut=int(longest > self._most))
        room = self._most - len(prompt_ids)
        row = {"prompt_ids": prompt_ids, "chosen_ids": chosen[:room], "rejected_ids": rejected[:room]}
        return [{**row, **_marked(longest > self._most)}]

    def _answer(self, before: str, messages: list[dict[str, Any]]) -> list[int]:
        """The tokens of the last answer, up to the mark that ends it."""
        text = self._chat.render(messages)
        if not text.startswith(before):
            raise RecordError(
                "bad_for_template", both("the prompt changes when an answer follows", "后接回答时提示会改变")
            )
        return self._chat.tokens(text[len(before) :].rstrip("\n"))


def _marked(cut: bool) -> dict[str, bool]:
    """The mark of a row that was cut, for who reads the rows to tell its line."""
    return {CUT: True} if cut else {}


def measure(text: str) -> str:
    """How long a text is, to stand in its place."""
    return both(f"{{{len(text)} characters}}", f"{{{len(text)} 字}}")


def example_lines(reading: Reading, words: bool, record: Record) -> list[str]:
    """An example as the model will see it, what is learned in ⟦ ⟧; without `words`, each text is only measured."""

    def shown(text: str) -> str:
        return text if words else measure(text)

    if reading.stage == "pretrain":
        text = f"⟦{shown(record['text'])}{load_tokenizer(reading.folder).eos_token}⟧"
    else:
        chat = Chat(reading.folder, reading.template)
        found = messages_of(record) if reading.stage == "sft" else _preferred(record)
        pieces = chat.pieces([{**turn, "content": shown(turn["content"])} for turn in found])
        text = "".join(f"⟦{text}⟧" if is_answer else text for text, is_answer in pieces)
    said = both("the first example, what is learned in ⟦ ⟧:", "第一条样本，⟦ ⟧ 内为学习内容：")
    return [said, *text.splitlines()]


def _preferred(record: Record) -> list[dict[str, Any]]:
    return [*turns(record["prompt"], "prompt", "user"), *turns(record["chosen"], "chosen", "assistant")]


def step_for(reading: Reading) -> Step:
    """The step of a stage."""
    kinds: dict[str, Callable[[Reading], Step]] = {
        "pretrain": Documents,
        "sft": Conversations,
        "dpo": Preferences,
    }
    return kinds[reading.stage](reading)


def messages_of(record: Record) -> list[dict[str, Any]]:
    """The conversation in a line. Raises RecordError."""
    if "messages" not in record and isinstance(record.get("question"), str):
        if not isinstance(record.get("answer"), str):
            raise RecordError("no_answer", "answer")
        asked, answered = record["question"], record["answer"]
        found = [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
    else:
        found = record.get("messages") or []
        if not found:
            raise RecordError("no_messages", _other_format(record) or "messages")
    found = turns(found, "messages", "")
    if not any(turn["role"] == "assistant" and turn["content"].strip() for turn in found):
        raise RecordError("no_answer", "messages")
    return found


_FORMATS = {"instruction": "alpaca", "conversations": "sharegpt", "completion": "trl"}
"""Fields that give away whose format a line is in."""


def _other_format(record: Record) -> str:
    """What to do with a line in another trainer's format; empty when it is in none."""
    name = next((name for field, name in _FORMATS.items() if field in record), "")
    to = "trl" if "chosen" in record else "messages"
    return name and both(f"{name}: first  tcm convert FILE --to {to}", f"{name} 格式：请先  tcm convert FILE --to {to}")


def turns(value: Any, name: str, role: str) -> list[dict[str, Any]]:
    """The messages in a field; a plain string is said by `role`. Raises RecordError."""
    if isinstance(value, str) and role:
        value = [{"role": role, "content": value}]
    if value is None or value == []:
        raise RecordError("no_messages" if name == "messages" else "no_preference", name)
    if not isinstance(value, list):
        raise RecordError("bad_messages", both(f"{name} is no list", f"{name} 不是列表"))
    return [_turn(turn, f"{name}.{place}") for place, turn in enumerate(value)]


def _turn(turn: Any, name: str) -> dict[str, Any]:
    if not isinstance(turn, dict) or turn.get("role") not in _ROLES or not isinstance(turn.get("content"), str):
        raise RecordError(
            "bad_messages",
            both(f"{name} needs a known role and a text as content", f"{name} 须有已知的 role 与文本 content"),
        )
    return {"role": turn["role"], "content": turn["content"]}


class Packer:
    """Documents end to end, cut into rows of `size` tokens; the rest at the end is a row of its own."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._ids: list[int] = []
        self._places: list[str] = []

    def add(self, place: str, ids: Sequence[int]) -> list[Record]:
        """The rows that are full now."""
        self._ids += ids
        self._places.append(place)
        full = []
        end = len(self._ids) - len(self._ids) % self._size
        for at in range(0, end, self._size):
            full.append(self._row(self._ids[at : at + self._size]))
            self._places = [place]
        if full:
            self._ids = self._ids[end:]
            self._places = [place] if self._ids else []
        return full

    def rest(self) -> list[Record]:
        """What is left; a token alone teaches nothing."""
        return [self._row(self._ids)] if len(self._ids) > 1 else []

    def _row(self, ids: list[int]) -> Record:
        return {"place": ", ".join(self._places), "input_ids": ids, "labels": ids}
