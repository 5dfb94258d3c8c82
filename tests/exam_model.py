"""A tiny model that knows how an answer is written, and no answer: it names a letter at random.

`python exam_model.py FOLDER` makes it (FOLDER/hf), a short prompt (prompt.txt), and an examination that only rewards can
teach (exam.jsonl): whatever is asked, one letter is right, the one that the model is least likely to name.
"""

import itertools
import json
import random
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tcmkit.exam import conversation, read_item
from tcmkit.llm import load
from tests.tiny_model import make_tokenizer, rendered, train

SIGNS = ("面白肢冷", "面赤口渴", "声低气短", "声高气粗")
WHO = ("老者", "少年", "妇人", "小儿", "农夫", "书生")
PROMPT = "# version: 1\n[system]\n考试。\n[user]\n选{{count}}：{{question}}\n"


def items(key: str = "A") -> list[dict[str, Any]]:
    """Twenty-four questions with one answer."""
    return [
        {"id": f"q{at}", "question": f"{who}{sign}", "options": ["寒", "热", "虚", "实"], "answer": key}
        for at, (who, sign) in enumerate(itertools.product(WHO, SIGNS))
    ]


def guesses(prompt: str) -> list[list[dict[str, str]]]:
    """Every question answered with every letter."""
    made = [
        [
            *(
                {"role": m["role"], "content": m["content"]}
                for m in conversation(load("exam", prompt), read_item(item))
            ),
            {"role": "assistant", "content": f"<think>先看寒热虚实。</think><answer>{letter}</answer>"},
        ]
        for item in items()
        for letter in "ABCD"
    ]
    random.Random(0).shuffle(made)
    return made


def least_likely(model: Any, tokenizer: Any, prompt: str) -> str:
    """The letter that the model gives the least weight to, over all questions."""
    import torch

    weight = dict.fromkeys("ABCD", 0.0)
    for messages in guesses(prompt)[::4]:
        text = rendered(messages).partition("<answer>")[0] + "<answer>"
        with torch.no_grad():
            said = model(**tokenizer(text, return_tensors="pt")).logits[0, -1].softmax(-1)
        for letter in weight:
            weight[letter] += float(said[tokenizer.convert_tokens_to_ids(letter)])
    return min(weight, key=lambda letter: weight[letter])


def main(folder: Path) -> None:
    """Make them."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    (folder / "prompt.txt").write_text(PROMPT, encoding="utf-8")
    texts = [rendered(messages) for messages in guesses(str(folder / "prompt.txt"))]
    tokenizer = make_tokenizer(texts, 1200)
    model = train(tokenizer, texts, steps=60, batch=16)
    model.save_pretrained(folder / "hf")
    tokenizer.save_pretrained(folder / "hf")
    key = least_likely(model, tokenizer, str(folder / "prompt.txt"))
    lines = [json.dumps(item, ensure_ascii=False) + "\n" for item in items(key)]
    (folder / "exam.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
