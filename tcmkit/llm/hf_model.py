"""One transformers model in memory: requests to tokens, tokens to replies. Used by one thread at a time."""

import copy
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import transformers

from tcmkit.language import both
from tcmkit.llm import local
from tcmkit.llm.hf_batch import Drawn, Limits, Listener, Row, Stop
from tcmkit.llm.hf_folders import pooling
from tcmkit.llm.protocol import CallFailed, ChatMessage, EngineStopped, Reply, Request, Usage

OutOfMemory = torch.OutOfMemoryError
_SCORED_AT_ONCE = 1024
_EMBEDDED_AT_ONCE = 32


class Model:
    """The model, its adapter and its tokenizer. Raises EngineStopped for what transformers cannot load."""

    def __init__(self, folder: Path, adapter: Path | None) -> None:
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        self.name = folder.name
        self._folder, self._adapter = folder, adapter
        with loading(folder):
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        self._render = local.template_of(self._template, self.name)
        self._talker: Any = None
        self._reader: Any = None

    def _template(self, messages: Sequence[ChatMessage], reply: bool) -> str:
        return str(self._tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=reply))

    def _load(self, kind: Any) -> Any:
        on_cuda = torch.cuda.is_available()
        with loading(self._folder):
            model = kind.from_pretrained(
                self._folder,
                dtype="auto" if on_cuda else torch.float32,
                device_map="auto" if on_cuda else None,
                use_safetensors=True,
                trust_remote_code=False,
            )
            if self._adapter:
                from peft import PeftModel

                model = PeftModel.from_pretrained(model, self._adapter)
        return model.eval()

    @property
    def _language_model(self) -> Any:
        """The model with its head, which says what comes next."""
        if self._talker is None:
            self._talker = self._load(transformers.AutoModelForCausalLM)
        return self._talker

    @property
    def _body(self) -> Any:
        """The model without its head; a part of the whole where that is loaded, or must be for the adapter's sake."""
        if self._reader is None and (self._talker or self._adapter):
            whole = self._language_model
            self._reader = (whole.get_base_model() if self._adapter else whole).base_model
        elif self._reader is None:
            self._reader = self._load(transformers.AutoModel)
        return self._reader

    @property
    def _ends(self) -> list[int]:
        """Tokens that end a reply."""
        named = self._language_model.generation_config.eos_token_id
        ends = {self._tokenizer.eos_token_id, *(named if isinstance(named, list) else [named])}
        return sorted(ends - {None})

    def _context(self, model: Any) -> int:
        return int(getattr(model.config.get_text_config(), "max_position_embeddings", None) or 1 << 30)

    def say(
        self, requests: Sequence[Request], stop: Stop, put: Callable[[str], None] | None = None
    ) -> list[Reply | Exception]:
        """A reply or an error for each request. With `put`, which takes the reply as it comes, there is one request."""
        if not self._tokenizer.chat_template:
            raise local.no_template(self.name)
        context = self._context(self._language_model)
        rows: list[Row | Exception] = []
        for request in requests:
            try:
                rows.append(self._row(request, context))
            except CallFailed as error:
                rows.append(error)
        good = [row for row in rows if isinstance(row, Row)]
        if good:
            listener = Listener(self._decode, put) if put else None
            if put and good[0].opened:
                put(good[0].opened)
            said = self._generate(good, stop, listener)
            for row, tokens in zip(good, said, strict=True):
                row.said = tokens
            if listener:
                listener.flush()
        return [row if isinstance(row, Exception) else self._ended(row) for row in rows]

    def _row(self, request: Request, context: int) -> "Row":
        prompt = self._render(request.messages, True)
        tokens = self._tokens(prompt, special=False)
        if len(tokens) >= context:
            raise local.too_long(len(tokens), context)
        most = min(request.sampling.max_tokens, context - len(tokens))
        return Row(tokens, request.sampling, most, local.opened_thinking(prompt))

    def _tokens(self, text: str, special: bool = True) -> list[int]:
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise CallFailed("cannot_encode", "a lone surrogate in the text") from None
        return list(self._tokenizer(text, add_special_tokens=special).input_ids)

    def _generate(self, rows: "list[Row]", stop: Stop, listener: Any) -> list[list[int]]:
        """The tokens that each row is answered with, up to its end mark or its limit."""
        model, ends = self._language_model, self._ends
        width = max(len(row.prompt) for row in rows)
        pad = self._tokenizer.pad_token_id if self._tokenizer.pad_token_id is not None else ends[0]
        ids = [[pad] * (width - len(row.prompt)) + row.prompt for row in rows]
        mask = [[0] * (width - len(row.prompt)) + [1] * len(row.prompt) for row in rows]
        # Nothing of the model's own advice on sampling: a reply is drawn as the request says.
        model.generation_config = transformers.GenerationConfig(
            do_sample=False, max_new_tokens=max(row.most for row in rows), eos_token_id=ends, pad_token_id=pad
        )
        with torch.inference_mode():
            out = model.generate(
                input_ids=torch.tensor(ids, device=model.device),
                attention_mask=torch.tensor(mask, device=model.device),
                logits_processor=transformers.LogitsProcessorList([Drawn(rows)]),
                stopping_criteria=transformers.StoppingCriteriaList([Limits(rows, width, stop)]),
                streamer=listener,
            )
        return [tokens[: row.most] for row, tokens in zip(rows, out[:, width:].tolist(), strict=True)]

    def _ended(self, row: "Row") -> Reply | Exception:
        ends = self._ends
        end = next((at for at, token in enumerate(row.said) if token in ends), None)
        said = row.said[:end]
        try:
            return local.whole_reply(
                row.opened + self._decode(said), Usage(len(row.prompt), len(said)), self.name, end is not None
            )
        except CallFailed as error:
            return error

    def _decode(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def logprobs(self, text: str, stop: Stop) -> list[float]:
        """Natural log probability of each token after the first."""
        model, tokens = self._language_model, self._tokens(text)
        found: list[float] = []
        for start, first, end in local.windows(len(tokens), min(self._context(model), _SCORED_AT_ONCE)):
            if stop():
                raise local.stopped()
            ids = torch.tensor([tokens[start:end]], device=model.device)
            with torch.inference_mode():
                scores = model(input_ids=ids).logits[0, first - start - 1 : -1].float().log_softmax(-1)
            found += scores.gather(1, ids[0, first - start :, None])[:, 0].tolist()
        return found

    def endings(self, text: str, endings: Sequence[str], stop: Stop) -> list[float]:
        """Natural log probability of each ending after the text."""
        model = self._language_model
        rows = local.with_endings(self._tokens, text, endings)
        context = self._context(model)
        found = [0.0] * len(rows)
        groups = local.by_beginning(rows)
        shared = local.shared(rows) if len(groups) > 1 else []
        held = self._held(shared) if shared else None
        for beginning, numbers in groups.items():
            if stop():
                raise local.stopped()
            if len(beginning) > context:
                raise local.too_long(len(beginning), context)
            first = rows[numbers[0]][1]
            ids = torch.tensor([beginning[len(shared) :]], device=model.device)
            more = {"past_key_values": copy.deepcopy(held), "use_cache": True} if held is not None else {}
            with torch.inference_mode():
                logits = model(input_ids=ids, **more).logits[0, first - 1 - len(shared) :]
                scores = logits.float().log_softmax(-1)
            for number in numbers:
                own = torch.tensor(rows[number][0][first:], device=scores.device)
                found[number] = float(scores.gather(1, own[:, None]).sum())
        return found

    def _held(self, tokens: list[int]) -> Any:
        """What the model has computed of tokens that several texts begin with."""
        model = self._language_model
        with torch.inference_mode():
            ids = torch.tensor([tokens], device=model.device)
            return model(input_ids=ids, use_cache=True, logits_to_keep=1).past_key_values

    def embed(self, texts: Sequence[str], stop: Stop) -> list[list[float]]:
        """A vector for each text."""
        pool = pooling(self._folder)
        found: list[list[float]] = []
        for at in range(0, len(texts), _EMBEDDED_AT_ONCE):
            if stop():
                raise local.stopped()
            found += self._vectors(texts[at : at + _EMBEDDED_AT_ONCE], pool)
        return found

    def _vectors(self, texts: Sequence[str], pool: str) -> list[list[float]]:
        body = self._body
        context = self._context(body)
        rows = [self._tokens(text) for text in texts]
        for row in rows:
            if len(row) > context:
                raise local.too_long(len(row), context)
        width = max(1, *map(len, rows))
        pad = self._tokenizer.pad_token_id or 0
        ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows], device=body.device)
        lengths = torch.tensor([max(len(row), 1) for row in rows], device=ids.device)
        mask = torch.arange(width, device=ids.device) < lengths[:, None]
        with torch.inference_mode():
            states = body(input_ids=ids, attention_mask=mask.long()).last_hidden_state.float()
        if pool == "cls":
            vectors = states[:, 0]
        elif pool == "last":
            vectors = states[torch.arange(len(rows), device=ids.device), lengths - 1]
        else:
            vectors = (states * mask[:, :, None]).sum(1) / lengths[:, None]
        return [[float(x) for x in vector] for vector in vectors.tolist()]

    def close(self) -> None:
        """Give back the memory."""
        self._talker = self._reader = None
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


@contextmanager
def loading(folder: Path) -> Iterator[None]:
    """What goes wrong while loading as one line, and no warnings of libraries about each other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except (OSError, ValueError, RuntimeError, KeyError, ImportError, AttributeError, TypeError) as error:
            why = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
            raise EngineStopped(
                both(f"{folder}: transformers cannot load it: {why}", f"{folder}：transformers 无法加载：{why}")
            ) from None
