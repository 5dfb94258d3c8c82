"""The tokenizer as GGUF holds it: tokens, kinds, merges or scores, marks, and the chat template."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tcmkit.errors import UsageError
from tcmkit.export.source import Source
from tcmkit.language import both
from tcmkit.llm.protocol import ChatMessage
from tcmkit.tables import table

_GENERATION = re.compile(r"\{%(?P<open>[-+]?)\s*(?P<end>end)?generation\s*(?P<close>[-+]?)%\}")
_BYTE = re.compile(r"<0x[0-9A-F]{2}>")
_NEVER_MERGED = -1e6


def without_generation_marks(template: str) -> str:
    """The template with the marks that trainers need in the words of Jinja's own, so that every reader takes it.

    >>> without_generation_marks("{%- generation %}x{% endgeneration -%}")
    '{%- if true %}x{% endif -%}'
    """
    return _GENERATION.sub(lambda m: f"{{%{m['open']} {'endif' if m['end'] else 'if true'} {m['close']}%}}", template)


@dataclass(frozen=True)
class Vocabulary:
    """A tokenizer, and what of it goes into the file."""

    tokenizer: Any
    """As transformers loads it."""
    size: int
    """How many tokens the model knows: as many as the tokenizer, or more."""
    ends: tuple[int, ...]
    """Tokens that end a reply; the first is the one that the tokenizer names."""

    @property
    def template(self) -> str:
        """The chat template, without marks for trainers; empty if there is none."""
        found = self.tokenizer.chat_template
        if isinstance(found, Mapping):
            found = found.get("default", "")
        return without_generation_marks(found or "")

    def rendered(self, messages: Sequence[ChatMessage], reply: bool) -> str | None:
        """A conversation as transformers writes it; None where the template refuses it (a system message, say)."""
        from jinja2 import TemplateError

        try:
            return str(self.tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=reply))
        except TemplateError:
            return None

    @property
    def normalises(self) -> bool:
        """Whether the tokenizer first brings text into the form NFC, which llama.cpp leaves to the caller."""
        return '"NFC"' in json.dumps(_plain(self.tokenizer)["normalizer"])

    def describe(self, writer: Any) -> None:
        """Write it. Raises UsageError for a kind that llama.cpp does not know."""
        plain = _plain(self.tokenizer)
        kinds = self._kinds(plain)
        if self._is_sentencepiece(plain):
            _describe_sentencepiece(writer, plain, kinds)
        else:
            _describe_bytes(writer, plain)
        writer.add_token_list([token for token, _ in kinds])
        writer.add_token_types([kind for _, kind in kinds])
        self._describe_marks(writer)
        if self.template:
            writer.add_chat_template(self.template)

    def _is_sentencepiece(self, plain: Mapping[str, Any]) -> bool:
        return bool(plain["model"].get("byte_fallback"))

    def _kinds(self, plain: Mapping[str, Any]) -> list[tuple[str, int]]:
        """Every token with its kind; what the model has room for beyond the tokenizer is unused."""
        from gguf import TokenType

        own = {number: (token, int(_kind(token))) for token, number in plain["model"]["vocab"].items()}
        for row in plain["added_tokens"]:
            kind = TokenType.CONTROL if row["special"] else TokenType.USER_DEFINED
            own[row["id"]] = (row["content"], int(kind))
        unknown = self.tokenizer.unk_token_id
        if unknown is not None and self._is_sentencepiece(plain):
            own[unknown] = (own[unknown][0], int(TokenType.UNKNOWN))
        if max(own) >= self.size:
            raise UsageError(
                both(
                    f"the tokenizer has {max(own) + 1} tokens, and the model room for {self.size}: it belongs to"
                    " another model, or the model was not resized",
                    f"分词器有 {max(own) + 1} 个词元，模型只有 {self.size} 个位置：两者不配套，或模型未调整大小",
                )
            )
        return [own.get(number, (f"[PAD{number}]", int(TokenType.UNUSED))) for number in range(self.size)]

    def _describe_marks(self, writer: Any) -> None:
        tokenizer = self.tokenizer
        plain, marked = (tokenizer("气", add_special_tokens=special).input_ids for special in (False, True))
        writer.add_add_bos_token(marked[: len(marked) - len(plain)] == [tokenizer.bos_token_id])
        for number, add in (
            (tokenizer.bos_token_id, writer.add_bos_token_id),
            (tokenizer.pad_token_id, writer.add_pad_token_id),
            (tokenizer.unk_token_id, writer.add_unk_token_id),
        ):
            if number is not None:
                add(number)
        for end, add in zip(
            self.ends, (writer.add_eos_token_id, writer.add_eot_token_id, writer.add_eom_token_id), strict=False
        ):
            add(end)


def load(source: Source) -> Vocabulary:
    """The tokenizer of a source. Raises TcmError when it cannot be loaded, UsageError for a kind without a file."""
    import transformers

    from tcmkit.llm.hf_model import loading

    with loading(source.tokenizer):
        tokenizer = transformers.AutoTokenizer.from_pretrained(source.tokenizer, trust_remote_code=False)
    if not tokenizer.is_fast:
        raise UsageError(
            both(f"{source.tokenizer} holds no tokenizer.json", f"{source.tokenizer} 中没有 tokenizer.json")
        )
    return Vocabulary(tokenizer, source.config.vocab_size, _ends(source, tokenizer))


def _ends(source: Source, tokenizer: Any) -> tuple[int, ...]:
    """The end that the tokenizer names first, then the others of generation_config.json, or else of config.json."""
    path = source.folder / "generation_config.json"
    said = json.loads(path.read_text(encoding="utf-8")).get("eos_token_id") if path.is_file() else None
    named = source.config.eos_token_id if said is None else said
    ends = [tokenizer.eos_token_id, *(named if isinstance(named, list) else [named])]
    return tuple(dict.fromkeys(end for end in ends if end is not None))


def _plain(tokenizer: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(tokenizer.backend_tokenizer.to_str())
    return found


def _kind(token: str) -> int:
    from gguf import TokenType

    return TokenType.BYTE if _BYTE.fullmatch(token) else TokenType.NORMAL


def _merges(plain: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pairs, whichever way the file writes them."""
    pairs = plain["model"]["merges"]
    return [(left, right) for left, right in (pair.split(" ") if isinstance(pair, str) else pair for pair in pairs)]


def _describe_bytes(writer: Any, plain: Mapping[str, Any]) -> None:
    """Byte-level BPE, in the manner of GPT-2. A space inside a token is written so that the pair can be told."""
    if plain["model"]["type"] != "BPE":
        raise _unknown(plain["model"]["type"])
    writer.add_tokenizer_model("gpt2")
    merges = _merges(plain)
    if merges:
        writer.add_tokenizer_pre(_pre_tokenizer(plain["pre_tokenizer"] or {}))
        writer.add_token_merges([" ".join(part.replace(" ", "Ġ") for part in pair) for pair in merges])
    else:  # it does not matter then where text is split; but llama.cpp wants one merge: of bytes that UTF-8 never has
        writer.add_tokenizer_pre("gpt-2")
        writer.add_token_merges(["ÿ ÿ"])


def _pre_tokenizer(settings: Mapping[str, Any]) -> str:
    """llama.cpp's name for how text is split before the merges."""
    steps = settings.get("pretokenizers", [settings])
    expression = "".join(step["pattern"].get("Regex", "?") for step in steps if step.get("type") == "Split")
    by_itself = any(step.get("use_regex") for step in steps if step.get("type") == "ByteLevel")
    if all(step.get("type") in ("Split", "ByteLevel") for step in steps) and by_itself != bool(expression):
        for row in table("export")["pre_tokenizers"]:
            if row["regex"] == expression:
                return str(row["name"])
    raise _unknown(expression or "+".join(str(step.get("type")) for step in steps))


def _unknown(kind: str) -> UsageError:
    return UsageError(
        both(
            f"llama.cpp's name for this tokenizer is not known here ({kind[:60]}); --format safetensors needs none",
            f"不知道此分词器在 llama.cpp 中的名称（{kind[:60]}）；--format safetensors 不需要",
        )
    )


def _describe_sentencepiece(writer: Any, plain: Mapping[str, Any], kinds: list[tuple[str, int]]) -> None:
    """The older Llama's: a token's score is the rank of the first merge that gives it, so the same pairs are merged."""
    ranks: dict[str, float] = {}
    for rank, (left, right) in enumerate(_merges(plain)):
        ranks.setdefault(left + right, -float(rank))
    text = json.dumps([plain["normalizer"], plain["pre_tokenizer"]])
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_scores([ranks.get(token, _NEVER_MERGED) for token, _ in kinds])
    writer.add_add_space_prefix('"Prepend"' in text or '"first"' in text or '"always"' in text)
