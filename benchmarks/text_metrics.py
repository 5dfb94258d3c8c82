"""Whether `tcm eval text` gives the figures of the packages rouge-score and bert-score.

    pip install rouge-score bert-score
    python benchmarks/text_metrics.py [--pairs 200]

Both read the same pairs of random Chinese texts, cut into the same tokens; BERTScore is taken with one BERT of random
weights, made here, at the same layer. BLEU and METEOR are the packages' own functions, so there is nothing to compare.
"""

import argparse
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tcmkit.evaluate.bert_score import BertScore
from tcmkit.evaluate.text_scores import Scores, value
from tcmkit.evaluate.text_tokens import tokenizer

ALPHABET = "舌红苔黄腻脉滑数寒热虚实气血阴阳予麻桂枝汤加减，。"
LAYER = 2


def made_pairs(count: int) -> list[tuple[str, str]]:
    """Texts of 1 to 30 characters, two by two."""
    draw = random.Random(3)
    texts = ["".join(draw.choices(ALPHABET, k=draw.randint(1, 30))) for _ in range(2 * count)]
    return list(zip(texts[::2], texts[1::2], strict=True))


def rouge_difference(pairs: list[tuple[str, str]]) -> float:
    """The greatest difference of ROUGE-L from rouge-score's."""
    from rouge_score import rouge_scorer

    cut = tokenizer("zh")

    class Tokens:
        def tokenize(self, text: str) -> list[str]:
            return [token.lower() for token in cut(text)]

    theirs, ours = rouge_scorer.RougeScorer(["rougeL"], tokenizer=Tokens()), Scores(cut)
    return max(
        abs(float(theirs.score(given, made)["rougeL"].fmeasure) - value("rouge_l", ours.row(made, [given])))
        for made, given in pairs
    )


def write_bert(folder: Path) -> None:
    """A BERT of three layers with random weights."""
    import torch
    import transformers

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted(set(ALPHABET))]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    transformers.BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    transformers.BertModel(config).save_pretrained(folder)


def bert_difference(pairs: list[tuple[str, str]]) -> float:
    """The greatest difference of precision, recall or F1 from bert-score's."""
    import bert_score

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "bert"
        folder.mkdir()
        write_bert(folder)
        ours = BertScore(str(folder), LAYER).scores([(made, [given]) for made, given in pairs])
        made, given = map(list, zip(*pairs, strict=True))
        theirs = bert_score.score(made, given, model_type=str(folder), num_layers=LAYER, device="cpu")
    return max(
        abs(float(b) - a) for column, found in enumerate(theirs) for a, b in zip(_at(ours, column), found, strict=True)
    )


def _at(rows: Sequence[Sequence[float]], column: int) -> list[float]:
    return [row[column] for row in rows]


def main() -> None:
    """Print the greatest differences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=200)
    pairs = made_pairs(parser.parse_args().pairs)
    print(f"ROUGE-L: greatest difference {rouge_difference(pairs):.1e}", flush=True)
    print(f"BERTScore: greatest difference {bert_difference(pairs):.1e}", flush=True)


if __name__ == "__main__":
    main()
