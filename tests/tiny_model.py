"""A real language model small enough to make in a test: a Qwen2 of 650,000 weights, taught a few sentences.

`python tiny_model.py FOLDER` trains it and writes FOLDER/hf, as transformers saves it; FOLDER/tiny.gguf, the same
weights for llama.cpp, and pooled.gguf, which also says how to embed; FOLDER/adapter, a LoRA adapter that forbids wine.
It answers what it was asked about a complaint: plainly, after thinking when asked to think, and as JSON when asked for
JSON.
"""

import itertools
import json
import random
import sys
from pathlib import Path
from typing import Any

COMPLAINTS = ("咳嗽", "头痛", "失眠", "腹胀", "心悸", "口干", "乏力", "腰酸", "便溏", "畏寒", "多汗", "耳鸣")
SINCE = ("两天", "半月", "一年", "十余日")
SIGNS = ("舌红", "舌淡", "苔白", "苔黄腻", "脉细", "脉弦", "脉滑数")
ADVICE = {
    "咳嗽": "宜饮温水，少食辛辣，夜里垫高枕头。",
    "头痛": "宜避风，早些歇息，少看灯火。",
    "失眠": "宜晚饭少食，睡前静坐，温水泡脚。",
    "腹胀": "宜细嚼慢咽，饭后缓行百步。",
    "心悸": "宜静养，忌饮浓茶，若胸痛须就医。",
    "口干": "宜小口饮水，多食梨与百合。",
    "乏力": "宜按时进食，缓步而行，不可过劳。",
    "腰酸": "宜护腰避寒，坐久起身。",
    "便溏": "宜食热粥，忌生冷瓜果。",
    "畏寒": "宜添衣晒背，食羊肉生姜。",
    "多汗": "宜汗后擦干避风，饮淡盐水。",
    "耳鸣": "宜安静少怒，早睡。",
}
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
SYSTEM = "你是医者，答得简短。"
LAYERS, HIDDEN, HEADS, KEY_HEADS, INNER, CONTEXT = 4, 128, 4, 2, 256, 1024


def conversations() -> list[list[dict[str, str]]]:
    """Every question that the model is taught, with its answer, in a shuffled order that never changes."""
    made = []
    for complaint, since, sign in itertools.product(COMPLAINTS, SINCE, SIGNS):
        asked = f"{complaint}{since}，{sign}，怎样调养？"
        for before, answer in (
            ("", ADVICE[complaint]),
            ("想一想：", f"<think>{sign}，主诉{complaint}。</think>{ADVICE[complaint]}"),
            ("用 JSON 回答：", json.dumps({"answer": ADVICE[complaint]}, ensure_ascii=False)),
        ):
            turns = [("system", SYSTEM), ("user", before + asked), ("assistant", answer)]
            kept = turns[len(made) % 2 :]  # every other one without the system message
            made.append([{"role": role, "content": content} for role, content in kept])
    random.Random(0).shuffle(made)
    return made


def rendered(messages: list[dict[str, str]]) -> str:
    """As the template writes it."""
    return "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in messages)


def make_tokenizer(texts: list[str], entries: int = 500) -> Any:
    """A byte-level BPE in the manner of Qwen2; with 500 entries, many characters are several tokens."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import Qwen2TokenizerFast

    words = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(words), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=entries, initial_alphabet=alphabet, show_progress=False)
    )
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in SPECIALS])
    return Qwen2TokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>", chat_template=TEMPLATE
    )


def train(tokenizer: Any, texts: list[str], steps: int = 90, batch: int = 16) -> Any:
    """A model that has read the texts a few times."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(0)
    torch.set_num_threads(1)  # as fast here, and other tests run beside it
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN,
        intermediate_size=INNER,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=KEY_HEADS,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = Qwen2ForCausalLM(config)
    descend(model, tokenizer, [texts[i % len(texts)] for i in range(steps * batch)], batch, rate=4e-3)
    return model.eval()


def descend(model: Any, tokenizer: Any, texts: list[str], batch: int, rate: float) -> None:
    """A step for each batch of texts."""
    import torch

    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=len(texts) // batch)
    for at in range(0, len(texts), batch):
        chosen = texts[at : at + batch]
        read = tokenizer(chosen, return_tensors="pt", padding=True)
        labels = read.input_ids.masked_fill(read.attention_mask == 0, -100)
        loss = model(**read, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()


def write_adapter(model: Any, tokenizer: Any, path: Path) -> None:
    """A LoRA adapter that has been taught one answer to everything; `model` is no longer itself afterwards."""
    from peft import LoraConfig, get_peft_model

    adapted = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM"))
    answered = [[*messages[:-1], {"role": "assistant", "content": "忌酒。"}] for messages in conversations()[:192]]
    descend(adapted, tokenizer, [rendered(messages) for messages in answered], 8, rate=1e-2)
    adapted.save_pretrained(path)


def write_gguf(model: Any, tokenizer: Any, path: Path, pooled: bool = False) -> None:
    """The same weights for llama.cpp, at full precision; `pooled` says in the file that vectors are means."""
    import gguf

    config = model.config
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_name("tiny")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    if pooled:
        writer.add_pooling_type(gguf.PoolingType.MEAN)
    _write_vocabulary(writer, tokenizer)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN2, config.num_hidden_layers)
    for name, tensor in model.state_dict().items():
        if name != "lm_head.weight":  # tied to the embeddings
            kept = names.get_name(name, try_suffixes=(".weight", ".bias"))
            assert kept, name
            writer.add_tensor(kept, tensor.float().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _write_vocabulary(writer: Any, tokenizer: Any) -> None:
    import gguf

    tokens = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    kinds = [gguf.TokenType.CONTROL if token in SPECIALS else gguf.TokenType.NORMAL for token in tokens]
    merges = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_pad_token_id(tokenizer.pad_token_id)
    writer.add_add_bos_token(False)
    writer.add_chat_template(tokenizer.chat_template)


def main(folder: Path) -> None:
    """Make all of them."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    texts = [rendered(messages) for messages in conversations()]
    tokenizer = make_tokenizer(texts)
    model = train(tokenizer, texts)
    model.save_pretrained(folder / "hf")
    tokenizer.save_pretrained(folder / "hf")
    write_gguf(model, tokenizer, folder / "tiny.gguf")
    write_gguf(model, tokenizer, folder / "pooled.gguf", pooled=True)
    write_adapter(model, tokenizer, folder / "adapter")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
