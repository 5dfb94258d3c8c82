"""Models of every architecture that can be exported, with random weights, made in a moment."""

import warnings
from pathlib import Path
from typing import Any

from tests.tiny_model import TEMPLATE, conversations, make_tokenizer, rendered

LLAMA3_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3_TEMPLATE = (
    "{{- bos_token }}{% for m in messages %}{{ '<|start_header_id|>' + m.role + '<|end_header_id|>\n\n' }}"
    "{{- m.content | trim + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
MARKED_TEMPLATE = TEMPLATE.replace("{{ message.content }}", "{% generation %}{{ message.content }}{% endgeneration %}")
SIZES: dict[str, Any] = {
    **{"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 4},
    **{"num_key_value_heads": 2, "max_position_embeddings": 512},
}


def _texts() -> list[str]:
    return [rendered(messages) for messages in conversations()[:120]]


def qwen_tokenizer() -> Any:
    """Of Qwen's kind; its template has the marks that trainers need, and one token of its own is no mark."""
    from tokenizers import AddedToken

    tokenizer = make_tokenizer(_texts())
    tokenizer.add_tokens([AddedToken("<think>", special=False, normalized=False)])
    tokenizer.chat_template = MARKED_TEMPLATE
    return tokenizer


def llama3_tokenizer() -> Any:
    """Of Llama 3's kind: numbers in threes, a mark at the beginning, two that end a reply."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(LLAMA3_WORDS), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    numbers = [f"{number} {number}" for number in range(100, 130)] * 9  # so that some are one token
    trainer = trainers.BpeTrainer(vocab_size=480, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(_texts() + numbers, trainer)
    marks = ("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in marks])
    begin = (marks[0], tokenizer.token_to_id(marks[0]))
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{marks[0]} $A", special_tokens=[begin])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=marks[0], eos_token=marks[4], chat_template=LLAMA3_TEMPLATE
    )


def llama2_tokenizer() -> Any:
    """Of the kind that SentencePiece made for the older Llamas: ▁ for a space, bytes for what it does not know."""
    from tokenizers import Tokenizer, decoders, models, normalizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    trained = Tokenizer(models.BPE())
    spaced = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    trained.normalizer = spaced
    short = [text[:40] for text in _texts()] + [
        "the pulse is thready and the tongue is pale",
        "the patient has coughed",
    ]
    trained.train_from_iterator(short, trainers.BpeTrainer(vocab_size=400, show_progress=False))
    marks = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    words = sorted(trained.get_vocab(), key=lambda word: (len(word) == 1, trained.get_vocab()[word]))
    vocabulary = {token: number for number, token in enumerate(marks + words)}
    merges = [
        (word[:cut], word[cut:])
        for word in words
        for cut in range(1, len(word))
        if word[:cut] in vocabulary and word[cut:] in vocabulary
    ]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = spaced
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.add_special_tokens(marks[:3])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>")


def write(folder: Path, kind: str, tokenizer: Any, dtype: str = "float32", **more: Any) -> Path:
    """A model of the kind ("Qwen2", "Qwen3", "Llama") with its tokenizer, as transformers saves them."""
    import torch
    import transformers

    torch.manual_seed(1)
    torch.set_num_threads(1)
    saving = {"max_shard_size": more.pop("max_shard_size")} if "max_shard_size" in more else {}
    room = more.pop("room", 0)
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=len(tokenizer) + room,
        **{**SIZES, "eos_token_id": tokenizer.eos_token_id, "bos_token_id": tokenizer.bos_token_id, **more},
    )
    model = getattr(transformers, f"{kind}ForCausalLM")(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():  # norms of 1 and biases of 0 would hide a mix-up
            weight.normal_(1.0 if "norm" in name else 0.0, 0.3 if "norm" in name or name.endswith("bias") else 0.12)
    model.to(getattr(torch, dtype)).save_pretrained(folder, **saving)
    tokenizer.save_pretrained(folder)
    return folder


def write_adapter(model: Path, folder: Path, **settings: Any) -> Path:
    """A LoRA adapter for the model, with random weights."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of these libraries about each other
        return _write_adapter(model, folder, settings)


def _write_adapter(model: Path, folder: Path, settings: dict[str, Any]) -> Path:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(2)
    settings = {"r": 4, "lora_alpha": 8, "target_modules": "all-linear", **settings}
    adapted = get_peft_model(AutoModelForCausalLM.from_pretrained(model), LoraConfig(task_type="CAUSAL_LM", **settings))
    with torch.no_grad():
        for _, weight in adapted.named_parameters():
            if weight.requires_grad:
                weight.add_(torch.randn_like(weight) * 0.05)
    adapted.save_pretrained(folder)
    return folder
