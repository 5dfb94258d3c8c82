"""What anybody would write with TRL: GRPO on exam questions, with three plain rewards. Settings are one JSON argument.

Prints one JSON line: when each step ended, and processor time by then.
"""

import json
import re
import sys
from typing import Any

from clock import Clock
from datasets import load_dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer

FORM = re.compile(r"\s*<think>.+?</think>\s*<answer>\s*([A-Z]+)\s*</answer>\s*", re.DOTALL)


def correctness(completions: list[Any], answer: list[str], **_columns: Any) -> list[float]:
    """1 for the right letter in the tags."""
    found = [FORM.fullmatch(text[0]["content"]) for text in completions]
    return [float(match is not None and match[1] == right) for match, right in zip(found, answer, strict=True)]


def well_formed(completions: list[Any], **_columns: Any) -> list[float]:
    """1 for the whole form."""
    return [float(bool(FORM.fullmatch(text[0]["content"]))) for text in completions]


def tags(completions: list[Any], **_columns: Any) -> list[float]:
    """A quarter for each of the four tags."""
    names = ("<think>", "</think>", "<answer>", "</answer>")
    return [sum(text[0]["content"].count(name) == 1 for name in names) / 4 for text in completions]


def main(given: dict[str, Any]) -> None:
    clock = Clock()
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(given["model"], dtype=given["dtype"]),
        args=GRPOConfig(**given["arguments"], save_strategy="no", report_to=[], disable_tqdm=True),
        train_dataset=load_dataset("json", data_files=given["data"], split="train"),
        reward_funcs=[correctness, well_formed, tags],
        processing_class=AutoTokenizer.from_pretrained(given["model"]),
        peft_config=LoraConfig(**given["lora"], target_modules="all-linear", task_type="CAUSAL_LM"),
        callbacks=[clock],
    )
    trainer.train()
    sys.stdout.write(json.dumps({"ends": clock.ends, "processor": clock.processor}) + "\n")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
