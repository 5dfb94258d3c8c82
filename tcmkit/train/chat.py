"""Conversations as the model's template writes them, and which tokens of them are answers.

A template that marks answers itself (`{% generation %}`) is believed. For any other the places of the answers are
found: the conversation is rendered with a stand-in for each answer, the answers are put back, and the text must be
what the template writes for the real conversation. So the tokens that are learned are the answers and the mark that
ends each, and nothing else, whatever the template.
"""

import itertools
import re
from collections.abc import Sequence
from typing import Any

from tcmkit.errors import RecordError, UsageError
from tcmkit.language import both

Messages = Sequence[dict[str, Any]]
IGNORED = -100
"""The label of a token that is not learned."""

_STAND_IN = "\ue0a0{}\ue0a1"
_STANDING_IN = re.compile("\ue0a0(\\d+)\ue0a1")
_GENERATION = re.compile(r"\{%-?\s*generation\b")
_TRIAL = [
    {"role": "user", "content": "一"},
    {"role": "assistant", "content": "二"},
    {"role": "user", "content": "三"},
    {"role": "assistant", "content": "四"},
]


class Chat:
    """The template and the tokenizer of a model."""

    def __init__(self, folder: str, template: str | None = None) -> None:
        """`template` takes the place of the model's own. Raises UsageError for a template that cannot be used."""
        self.tokenizer = load_tokenizer(folder, template)
        if not self.tokenizer.chat_template:
            raise UsageError(
                both(
                    f"{folder} has no chat template: give one with --template FILE, or a model made for chat",
                    f"{folder} 没有对话模板：请用 --template FILE 给出，或改用对话模型",
                )
            )
        self._marked = bool(_GENERATION.search(str(self.tokenizer.chat_template)))
        self._check()

    def _check(self) -> None:
        """Try the template on a conversation whose answers are known. Raises UsageError."""
        try:
            ids, labels = self.encode(_TRIAL)
        except RecordError as error:
            raise wrong_template(error.detail) from None
        learned = self.tokenizer.decode([token for token in labels if token != IGNORED])
        everything = self.tokenizer.decode(ids)
        if not all(word in everything for word in "一二三四") or "四" not in learned:
            raise wrong_template(both("the answers are not in what it writes", "输出中没有回答"))
        if any(word in learned for word in "一三"):
            raise wrong_template(both("questions would be learned too", "问题也会被学习"))

    def render(self, messages: Messages, reply: bool = False) -> str:
        """The conversation as text; with `reply`, up to where the next answer begins. Raises RecordError."""
        try:
            return str(self.tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=reply))
        except Exception as error:  # a template is a program: it raises what it likes
            raise RecordError("bad_for_template", type(error).__name__) from None

    def tokens(self, text: str) -> list[int]:
        """Its tokens, with nothing added."""
        found: list[int] = self.tokenizer(text, add_special_tokens=False, verbose=False).input_ids
        return found

    def encode(self, messages: Messages) -> tuple[list[int], list[int]]:
        """Tokens, and labels: the token itself in answers, IGNORED elsewhere. Raises RecordError."""
        if self._marked:
            made = self._by_marks(messages)
            pairs = zip(made["input_ids"], made["assistant_masks"], strict=True)
            return list(made["input_ids"]), [token if mask else IGNORED for token, mask in pairs]
        ids: list[int] = []
        labels: list[int] = []
        for text, is_answer in self.pieces(messages):
            found = self.tokens(text)
            ids += found
            labels += found if is_answer else [IGNORED] * len(found)
        return ids, labels

    def _by_marks(self, messages: Messages) -> Any:
        """Tokens, and 1 for each that the template marks. Raises RecordError."""
        try:
            return self.tokenizer.apply_chat_template(
                list(messages), tokenize=True, return_dict=True, return_assistant_tokens_mask=True
            )
        except Exception as error:  # as in `render`
            raise RecordError("bad_for_template", type(error).__name__) from None

    def pieces(self, messages: Messages) -> list[tuple[str, bool]]:
        """The rendered conversation in pieces; True for an answer with the mark that ends it. Raises RecordError."""
        whole = self.render(messages)
        for wanted in (lambda text: text, str.strip):
            contents = [wanted(turn["content"]) for turn in messages if turn["role"] == "assistant"]
            pieces = self._composed(messages, contents)
            if "".join(text for text, _ in pieces) == whole:
                return pieces
        return self._by_prefix(messages, whole)

    def _composed(self, messages: Messages, contents: Sequence[str]) -> list[tuple[str, bool]]:
        """The template's text around stand-ins, the answers in their place."""
        count = itertools.count()
        standing_in = [
            {**turn, "content": _STAND_IN.format(next(count))} if turn["role"] == "assistant" else turn
            for turn in messages
        ]
        around = _STANDING_IN.split(self.render(standing_in))
        pieces = [(around[0], False)]
        for number, after in zip(around[1::2], around[2::2], strict=True):
            end = self._end_of_turn(after)
            pieces += [(contents[int(number)] + after[:end], True), (after[end:], False)]
        return [piece for piece in pieces if piece[0]]

    def _by_prefix(self, messages: Messages, whole: str) -> list[tuple[str, bool]]:
        """For a template that rewrites answers (thinking): only the last answer is learned, from where it begins."""
        prefix = self.render(messages[:-1], reply=True)
        if messages[-1]["role"] != "assistant" or not whole.startswith(prefix):
            raise RecordError(
                "bad_for_template",
                both("the template does not write the answers as they are", "模板没有照原样写出回答"),
            )
        answer = whole[len(prefix) :]
        if messages[-1]["content"].rpartition("</think>")[2].strip() not in answer:
            raise RecordError(
                "bad_for_template",
                both("the template does not write the answers as they are", "模板没有照原样写出回答"),
            )
        return [(prefix, False), (answer, True)]

    def _end_of_turn(self, after: str) -> int:
        """Where the mark ends that closes an answer, in the text that follows it. Raises RecordError."""
        for mark in self.tokenizer.all_special_tokens:
            if after.lstrip().startswith(mark):
                return after.index(mark) + len(mark)
        raise RecordError("bad_for_template", both("no token ends an answer", "没有结束回答的词元"))


def load_tokenizer(folder: str, template: str | None = None) -> Any:
    """The tokenizer in the folder of a model. Raises UsageError."""
    import transformers

    transformers.utils.logging.set_verbosity_error()
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = str(error).splitlines()[0][:200]
        raise UsageError(both(f"{folder}: no tokenizer: {why}", f"{folder}：没有分词器：{why}")) from None
    if template is not None:
        tokenizer.chat_template = template
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def wrong_template(why: str) -> UsageError:
    """The one line for a template that cannot be trained with."""
    return UsageError(
        both(
            f"wrong template: {why}; mark answers with {{% generation %}} in a file and give it with --template",
            f"模板不适用：{why}；请在文件中用 {{% generation %}} 标出回答，并用 --template 给出",
        )
    )
