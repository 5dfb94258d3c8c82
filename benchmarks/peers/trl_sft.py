"""What anybody would write with TRL: SFT on the answers of a file. Settings are one JSON argument.

Prints one JSON line: when each step ended, processor time by then, and the peak of GPU memory.
"""

import json
import sys
from typing import Any

import torch
from clock import Clock
from datasets import load_dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer


def main(given: dict[str, Any]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(given["model"])
    model = AutoModelForCausalLM.from_pretrained(given["model"], dtype=getattr(torch, given["dtype"]))
    config = SFTConfig(
        **given["arguments"],
        assistant_only_loss=True,
        max_length=given["max_tokens"],
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
    )
    lora = LoraConfig(**given["lora"], target_modules="all-linear", task_type="CAUSAL_LM") if given["lora"] else None
    clock = Clock()
    trainer = SFTTrainer(
        model=model,
        args=config,
        train_dataset=load_dataset("json", data_files=given["data"], split="train"),
        processing_class=tokenizer,
        peft_config=lora,
        callbacks=[clock],
    )
    trainer.train()
    peak = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
    sys.stdout.write(json.dumps({"ends": clock.ends, "processor": clock.processor, "peak_memory": peak}) + "\n")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
