"""What the engines share that run in this process: gguf: and hf:."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import takewhile
from pathlib import Path

from tcmkit.language import both
from tcmkit.llm.protocol import CallFailed, ChatMessage, EngineStopped, Reply, Usage

Render = Callable[[Sequence[ChatMessage], bool], str]
"""A model's chat template: messages, and whether the mark that begins the reply is added, to text. It may raise."""

_SMALL, _BLOCK, _BLOCKS = 4 << 20, 1 << 14, 64
_OPENED = re.compile(r"<think(?:ing)?>\s*\Z")


def fingerprint(paths: Iterable[Path]) -> str:
    """What tells the content of these files from any other, in milliseconds however large they are.

    Names and sizes, all bytes of small files, and 64 blocks spread over each large one, its first and last among them.
    Raises OSError.
    """
    digest = blake2b(digest_size=8)
    for path in sorted(paths, key=lambda path: path.name):
        size = path.stat().st_size
        digest.update(f"{path.name}\0{size}\0".encode("utf-8", "surrogateescape"))
        with path.open("rb") as file:
            if size <= _SMALL:
                digest.update(file.read())
                continue
            for block in range(_BLOCKS):
                file.seek((size - _BLOCK) * block // (_BLOCKS - 1))
                digest.update(file.read(_BLOCK))
    return digest.hexdigest()


def template_of(render: Render, model: str) -> Render:
    """The template, except that a system message goes into the user's first where the template knows none.

    Raises EngineStopped when called with messages that it cannot write even so.
    """

    def forgiving(messages: Sequence[ChatMessage], reply: bool) -> str:
        try:
            return render(messages, reply)
        except Exception as first:  # a template is a program: it raises what it likes
            if len(messages) > 1 and messages[0]["role"] == "system":
                content = f"{messages[0]['content']}\n\n{messages[1]['content']}"
                return forgiving([{**messages[1], "content": content}, *messages[2:]], reply)
            raise EngineStopped(
                both(
                    f"the chat template of {model} failed ({type(first).__name__}): use a model made for chat",
                    f"{model} 的对话模板出错（{type(first).__name__}）：请改用对话模型",
                )
            ) from None

    return forgiving


def no_template(model: str) -> EngineStopped:
    """The model was never taught to converse."""
    return EngineStopped(
        both(
            f"{model} has no chat template: it is a base model; use its chat or instruct form",
            f"{model} 没有对话模板：这是基座模型，请改用其 chat 或 instruct 版本",
        )
    )


def opened_thinking(prompt: str) -> str:
    """The mark with which a template has begun the thinking for the model; empty if it has not.

    >>> opened_thinking("<|im_start|>assistant\\n<think>\\n"), opened_thinking("<think>\\n\\n</think>\\n")
    ('<think>', '')
    """
    found = _OPENED.search(prompt)
    return found[0].strip() if found else ""


def whole_reply(said: str, usage: Usage, model: str, ended: bool) -> Reply:
    """What a model has said, as a reply. Raises CallFailed when it did not come to an end or said nothing.

    Nothing here is worth a second try: the same request gives the same reply.
    """
    if not ended:
        raise CallFailed("llm_cut_short", f"after {usage.completion} tokens; raise --max-tokens or --context")
    if not said.strip():
        raise CallFailed("llm_empty", "no answer")
    return Reply.written(said, usage, model)


def too_long(tokens: int, context: int) -> CallFailed:
    """The prompt does not fit."""
    return CallFailed("llm_too_long", f"{tokens} tokens, and the model takes {context}")


def stopped() -> CallFailed:
    """The run has ended meanwhile."""
    return CallFailed("llm_stopped", "the run ended")


Tokenize = Callable[[str], list[int]]


def with_endings(tokens: Tokenize, text: str, endings: Sequence[str]) -> list[tuple[list[int], int]]:
    """For each ending the tokens of text and ending, and how many of them are the text's.

    As LM Evaluation Harness cuts them: both are read together, and spaces at the end of the text are the ending's.
    Raises CallFailed for an ending that is lost in the text's last token.
    """
    head = text.rstrip()
    count = len(tokens(head))
    rows = [tokens(text + ending) for ending in endings]
    if not count or any(len(row) <= count for row in rows):
        raise CallFailed("llm_no_ending", "an ending has no token of its own")
    return [(row, count) for row in rows]


def by_beginning(rows: Sequence[tuple[list[int], int]]) -> dict[tuple[int, ...], list[int]]:
    """Numbers of the rows that are alike but for their last token: one look at the model does for all of these.

    >>> by_beginning([([1, 2, 7], 2), ([1, 2, 8], 2), ([1, 2, 8, 9], 2)])
    {(1, 2): [0, 1], (1, 2, 8): [2]}
    """
    groups: dict[tuple[int, ...], list[int]] = {}
    for number, (row, _count) in enumerate(rows):
        groups.setdefault(tuple(row[:-1]), []).append(number)
    return groups


def shared(rows: Sequence[tuple[list[int], int]]) -> list[int]:
    """The tokens that all rows begin with, but for the text's last: what follows that is asked for.

    >>> shared([([1, 2, 3, 7], 3), ([1, 2, 3, 8], 3)]), shared([([1, 5, 7], 2), ([2, 5, 7], 2)])
    ([1, 2], [])
    """
    columns = zip(*(row[: count - 1] for row, count in rows), strict=False)
    return [column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns)]


def windows(tokens: int, size: int) -> Iterator[tuple[int, int, int]]:
    """How a text longer than the context is scored: (start, first token scored, end) of each window.

    Each token but the first is scored once, with at least half a window before it where there is so much.

    >>> list(windows(10, 4)), list(windows(3, 4)), list(windows(1, 4))
    ([(0, 1, 4), (2, 4, 6), (4, 6, 8), (6, 8, 10)], [(0, 1, 3)], [])
    """
    scored = 1
    while scored < tokens:
        start = 0 if scored == 1 else scored - (size - size // 2)
        end = min(start + size, tokens)
        yield start, scored, end
        scored = end
