"""One GGUF model in memory: prompts to tokens, tokens to bytes. Used by one thread at a time."""

import ctypes
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from tcmkit.llm import local
from tcmkit.llm.gguf_scores import BATCH, scored, scores_after
from tcmkit.llm.protocol import CallFailed, ChatMessage, EngineStopped, Request, Sampling, Usage
from tcmkit.llm.settings import EngineSettings

_KEPT_AT_ONCE = 64
"""Tokens that are read together, and found again together: fewer are read more slowly, of more less is found."""
_LONGEST_EMBEDDED = 2048
_MEAN, _ANY_SEED = llama_cpp.LLAMA_POOLING_TYPE_MEAN, 0xFFFFFFFF
_ANY_CHAR, _NO_CONTROL = r'char ::= [^"\\]', r'char ::= [^"\\\x7F\x00-\x1F]'
_END_OF_THINKING = (b"</think>", b"</thinking>")

Stop = Callable[[], bool]


class Model:
    """The model, and what it has computed of the last prompt.

    Making it raises what llama-cpp-python raises when it cannot load.
    """

    def __init__(self, path: Path, settings: EngineSettings) -> None:
        self._path, self._settings = path, settings
        self._llama = self._open(n_ctx=settings.context, n_batch=BATCH)
        self._for_embedding: Any = None
        about = self._llama.metadata
        self.name = about.get("general.name") or path.stem
        trained = about.get(f"{about.get('general.architecture')}.context_length", "")
        self.context = min(self._llama.n_ctx(), int(trained) if trained.isdigit() else self._llama.n_ctx())
        self._vocabulary = llama_cpp.llama_model_get_vocab(self._llama.model)
        self._render = self._template(about.get("tokenizer.chat_template", ""))
        # What cannot be cut back to an earlier place is computed anew for each prompt.
        model = self._llama.model
        self._keeps = not (llama_cpp.llama_model_is_recurrent(model) or llama_cpp.llama_model_is_hybrid(model))
        self._held: list[list[int]] = []
        self.computed = 0
        """Tokens of the last prompt that had to be computed."""
        self._piece = cache(self._bytes_of)
        self._grammar_of = cache(self._grammar)

    def _open(self, **more: Any) -> Any:
        llama_cpp.llama_log_set(say_nothing(), ctypes.c_void_p(0))
        _leave_streams_alone()
        threads = self._settings.threads or cores()
        layers = -1 if llama_cpp.llama_supports_gpu_offload() else 0
        return llama_cpp.Llama(
            str(self._path), n_threads=threads, n_threads_batch=threads, n_gpu_layers=layers, verbose=False, **more
        )

    def _template(self, template: str) -> local.Render:
        if not template:
            return _none_of(self.name)
        ends, begins = (
            self._text_of(token) if token >= 0 else "" for token in (self._llama.token_eos(), self._llama.token_bos())
        )
        formatters = [
            Jinja2ChatFormatter(template, ends, begins, add_generation_prompt=reply) for reply in (False, True)
        ]

        def render(messages: Sequence[ChatMessage], reply: bool) -> str:
            return str(formatters[reply](messages=list(messages)).prompt)  # type: ignore[arg-type]

        return local.template_of(render, self.name)

    def opened(self, request: Request) -> str:
        """The mark with which the template begins the thinking; empty if it does not."""
        return local.opened_thinking(self._render(request.messages, True))

    def say(self, request: Request, put: Callable[[bytes], None], stop: Stop) -> tuple[Usage, bool]:
        """Give the reply to `put`, token by token; tokens used, and whether it came to an end.

        Raises CallFailed for a prompt that does not fit, EngineStopped for a model without a chat template.
        """
        parts = self._parts(request.messages)
        used = sum(map(len, parts))
        self.computed = used - sum(map(len, parts[: self._known(parts)]))
        if used >= self.context:
            raise local.too_long(used, self.context)
        self._compute(parts, stop)
        said = 0
        for token in self._tokens_said(parts[-1], request):
            if llama_cpp.llama_vocab_is_eog(self._vocabulary, token):
                return Usage(used, said), True
            said += 1
            put(self._piece(token))
            if stop():
                raise local.stopped()
            if said >= request.sampling.max_tokens or used + said >= self.context:
                break
        return Usage(used, said), False

    def _parts(self, messages: Sequence[ChatMessage]) -> list[list[int]]:
        """The tokens of the prompt, cut where messages end and the template lets it be seen, and every few tokens.

        A message that goes on where the last one's ended, as the record of a consultation does, is read from there.
        """
        whole = self._tokens(self._render(messages, True), special=True)
        cuts = [0]
        for count in range(1, len(messages) + 1):
            try:
                head = self._tokens(self._render(messages[:count], False), special=True)
            except EngineStopped:  # the template wants more than this beginning
                continue
            if cuts[-1] < len(head) < len(whole) and whole[: len(head)] == head:
                cuts.append(len(head))
        ends = [*cuts[1:], len(whole)]
        return [
            whole[at : min(at + _KEPT_AT_ONCE, end)]
            for start, end in zip(cuts, ends, strict=True)
            for at in range(start, end, _KEPT_AT_ONCE)
        ]

    def _tokens(self, text: str, special: bool = False) -> list[int]:
        try:
            raw = text.encode("utf-8")
        except UnicodeEncodeError:
            raise CallFailed("cannot_encode", "a lone surrogate in the text") from None
        return list(self._llama.tokenize(raw, add_bos=not special, special=special))

    def _compute(self, parts: list[list[int]], stop: Stop) -> None:
        """Everything before the last tokens of the last part, as far as it is not held from the prompt before."""
        kept = self._known(parts)
        self._held = []
        self._llama.reset()
        self._llama.n_tokens = sum(map(len, parts[:kept]))
        for part in parts[kept:-1]:
            self._read(part, stop)
        self._held = parts[:-1]
        self._read(parts[-1][: _last_batch(parts[-1])], stop)

    def _known(self, parts: list[list[int]]) -> int:
        """How many parts are held from the prompt before."""
        pairs = zip(self._held, parts[:-1], strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs)) if self._keeps else 0

    def _read(self, tokens: list[int], stop: Stop) -> None:
        for at in range(0, len(tokens), BATCH):
            if stop():
                self._held = []
                raise local.stopped()
            self._llama.eval(tokens[at : at + BATCH])

    def _tokens_said(self, last: list[int], request: Request) -> Iterator[int]:
        """The tokens of a reply; where the template opened the thinking, the grammar begins after its end."""
        tokens = last[_last_batch(last) :]
        grammar = self._grammar_of(json.dumps(request.schema)) if request.schema is not None else None
        if grammar and self.opened(request):
            thought = b""
            for token in self._drawn(tokens, request.sampling, None):
                yield token
                thought = thought[-32:] + self._piece(token)
                if any(mark in thought for mark in _END_OF_THINKING):
                    tokens = [token]
                    break
        yield from self._drawn(tokens, request.sampling, grammar)

    def _drawn(self, tokens: list[int], sampling: Sampling, grammar: Any) -> Iterator[int]:
        self._llama.set_seed(sampling.seed % _ANY_SEED)  # that one number would mean a seed from the clock
        drawn: Iterator[int] = self._llama.generate(
            list(tokens),
            top_k=0,
            top_p=sampling.top_p,
            min_p=0.0,
            temp=sampling.temperature,
            reset=False,
            grammar=grammar,
        )
        return drawn

    def _grammar(self, schema: str) -> Any:
        """The grammar of a schema; None where llama.cpp can make none of it, and the reply's check has to do."""
        from llama_cpp.llama_grammar import LlamaGrammar, json_schema_to_gbnf

        try:
            text = json_schema_to_gbnf(schema).replace(_ANY_CHAR, _NO_CONTROL)  # JSON has no raw line breaks in strings
        except (ValueError, KeyError, TypeError, AssertionError):
            return None
        tried = llama_cpp.llama_sampler_init_grammar(self._vocabulary, text.encode("utf-8"), b"root")
        if not tried:
            return None
        llama_cpp.llama_sampler_free(tried)
        return LlamaGrammar.from_string(text, verbose=False)

    def _bytes_of(self, token: int) -> bytes:
        """The bytes of a token, none for a mark of the template."""
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            length = llama_cpp.llama_token_to_piece(self._vocabulary, token, buffer, size, 0, False)
            if length >= 0:
                return buffer.raw[:length]
            size = -length

    def _text_of(self, token: int) -> str:
        return bytes(llama_cpp.llama_vocab_get_text(self._vocabulary, token)).decode("utf-8", "replace")

    def logprobs(self, text: str, stop: Stop) -> list[float]:
        """Natural log probability of each token after the first."""
        tokens = self._tokens(text)
        found: list[float] = []
        for start, first, end in local.windows(len(tokens), self.context):
            self._held = []
            found += scored(self._llama, tokens[start:end], first - start, stop)
        return found

    def endings(self, text: str, endings: Sequence[str], stop: Stop) -> list[float]:
        """Natural log probability of each ending after the text."""
        rows = local.with_endings(self._tokens, text, endings)
        found = [0.0] * len(rows)
        for beginning, numbers in local.by_beginning(rows).items():
            if len(beginning) > self.context:
                raise local.too_long(len(beginning), self.context)
            first = rows[numbers[0]][1]
            self._held = []
            scores = scores_after(self._llama, list(beginning), first, stop)
            for number in numbers:
                own = rows[number][0][first:]
                found[number] = float(scores[np.arange(len(own)), own].sum())
        return found

    @property
    def names_pooling(self) -> bool:
        """Whether the file says how to pool, as a model made for embedding does."""
        return any(key.endswith(".pooling_type") for key in self._llama.metadata)

    def prepare_embedding(self) -> None:
        """Make ready to embed: a second context over the same file."""
        if self._for_embedding is None:
            size = min(self.context, _LONGEST_EMBEDDED)
            pooling = -1 if self.names_pooling else _MEAN
            self._for_embedding = self._open(
                n_ctx=size, n_batch=size, n_ubatch=size, embedding=True, pooling_type=pooling
            )

    def embed(self, text: str) -> list[float]:
        """The vector of a text; it is computed by itself, so other texts do not matter."""
        tokens, most = len(self._tokens(text)), self._for_embedding.n_ctx()
        if tokens > most:
            raise local.too_long(tokens, most)
        return [float(x) for x in self._for_embedding.embed(text)]

    def close(self) -> None:
        """Give back the memory."""
        self._llama.close()
        if self._for_embedding:
            self._for_embedding.close()


@cache
def say_nothing() -> Any:
    """What llama.cpp calls with its messages. Kept for good, since C holds on to it."""
    return llama_cpp.llama_log_callback(lambda _level, _text, _data: None)


def _last_batch(tokens: list[int]) -> int:
    """Where the last batch of a part begins: it is left to the generator, which reads it and draws from it."""
    return (len(tokens) - 1) // BATCH * BATCH


def _leave_streams_alone() -> None:
    """Keep llama-cpp-python from pointing stdout and stderr of the whole process at nothing while it loads.

    What another thread writes meanwhile, a record or a question, would be lost; `say_nothing` keeps it quiet instead.
    """
    for module in (llama_cpp.llama, llama_cpp._internals):
        module.suppress_stdout_stderr = lambda **_: nullcontext()  # type: ignore[attr-defined]


def _none_of(name: str) -> local.Render:
    def render(_messages: Sequence[ChatMessage], _reply: bool) -> str:
        raise local.no_template(name)

    return render


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
