"""Exam items as they come, to the rows of `tcm grpo`: what is asked, and what the rewards need to know."""

import json
from collections import Counter
from dataclasses import dataclass

from tcmkit.errors import RecordError
from tcmkit.exam import conversation, read_item
from tcmkit.language import both
from tcmkit.llm import load
from tcmkit.llm.local import opened_thinking
from tcmkit.records import Record, content_id

from .chat import Chat
from .lessons import measure
from .places import context_of
from .rewarding import Named
from .settings import Job


@dataclass(frozen=True)
class Asking:
    """How questions are put."""

    folder: str
    """Of the model: its tokenizer and template."""
    template: str | None = None
    prompt: str | None = None
    """A file in place of the prompt `exam`."""
    max_new_tokens: int = 1024
    max_tokens: int = 2048
    """A longer question is rejected."""


class Questions:
    """A line to a row: `prompt` (the conversation that `tcm eval exam` holds too), `answer`, `options`, `record`."""

    def __init__(self, asking: Asking) -> None:
        """Raises UsageError for a prompt or template that cannot be used."""
        self.noted: Counter[str] = Counter()
        self._prompt = load("exam", asking.prompt)
        self._chat = Chat(asking.folder, asking.template)
        self._most = min(asking.max_tokens, (context_of(asking.folder) or 1 << 30) - asking.max_new_tokens)

    def __call__(self, record: Record) -> list[Record]:
        """The row. Raises RecordError: as `read_item`, and `prompt_too_long`."""
        item = read_item(record)
        messages = [dict(message) for message in conversation(self._prompt, item)]
        text = self._chat.render(messages, reply=True)
        tokens = len(self._chat.tokens(text))
        if tokens > self._most:
            raise RecordError(
                "prompt_too_long",
                both(
                    f"{tokens} tokens, room for {max(self._most, 0)}: lower --max-new-tokens",
                    f"共 {tokens} 词元，只容 {max(self._most, 0)}：请降低 --max-new-tokens",
                ),
            )
        self.noted.update(tokens=tokens, several=int(item.several))
        given = record.get("id")
        return [
            {
                "id": given if isinstance(given, str) else content_id(item.question, *item.options.values()),
                "prompt": messages,
                "answer": item.key,
                "options": json.dumps(item.options, ensure_ascii=False),
                "record": json.dumps(record, ensure_ascii=False),
                "opened": opened_thinking(text),
                "tokens": tokens,
            }
        ]

    def text(self, row: Record) -> str:
        """The prompt of a row as the template writes it."""
        return self._chat.render(row["prompt"], reply=True)


def asking_of(job: Job) -> Asking:
    """How the questions of a job are put."""
    own = job.own
    return Asking(job.folder, own.get("template"), own.get("prompt"), own["max_new_tokens"], job.recipe.max_tokens)


def first_shown(words: bool, job: Job, record: Record) -> list[str]:
    """The first question as the model sees it; without `words`, each text is only measured.

    The user's rewards are tried on it. Raises TcmError.
    """
    step = Questions(asking_of(job))
    row = step(record)[0]
    for found in job.own["rewards"]:
        Named(**found).load().try_on(row)
    turns = [{**turn, "content": turn["content"] if words else measure(turn["content"])} for turn in row["prompt"]]
    return [
        both("the first question, as the model sees it:", "第一题（模型所见）："),
        *step.text({**row, "prompt": turns}).splitlines(),
    ]
