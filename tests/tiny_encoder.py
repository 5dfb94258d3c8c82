"""A real encoder small enough to make in a test: a BERT, or a RoBERTa, with a WordPiece tokenizer of our own sentences.

`python tiny_encoder.py FOLDER` writes FOLDER/bert and FOLDER/roberta with random weights: what is learned from the
toy records of a test is learned there.
"""

import sys
from pathlib import Path
from typing import Any

SENTENCES = [
    "晨起喜坐，面向东窗，咳嗽三天，纳可，夜寐安，二便调。",
    "暮时喜卧，背对西墙，苔薄白，脉弦，乏力，无发热，口干。",
    "舌暗有瘀点，肢体麻木，头晕，病程两天，视物旋转，恶心，呕吐痰涎。",
    "胸闷，头重如裹，舌苔白腻，脉弦滑，胃痛，泛酸，口苦，舌红苔黄。",
]
MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
SIZES = {
    **{"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64},
    **{"hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1},
}


def make_tokenizer() -> Any:
    """WordPiece over single Chinese characters, with [CLS] and [SEP] put round each text."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=400, special_tokens=list(MARKS), show_progress=False)
    tokenizer.train_from_iterator([*SENTENCES, "0 1 2 3 4 5 6 7 8 9 天"], trainer)
    ends = [(mark, tokenizer.token_to_id(mark)) for mark in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )


def main(folder: Path) -> None:
    """Make both."""
    import torch
    from transformers import BertConfig, BertForMaskedLM, RobertaConfig, RobertaForMaskedLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    tokenizer = make_tokenizer()
    size = len(tokenizer)
    for name, model, config in (
        ("bert", BertForMaskedLM, BertConfig(vocab_size=size, max_position_embeddings=64, **SIZES)),
        (
            "roberta",
            RobertaForMaskedLM,
            RobertaConfig(vocab_size=size, max_position_embeddings=66, pad_token_id=0, **SIZES),
        ),
    ):
        torch.manual_seed(0)
        model(config).save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
