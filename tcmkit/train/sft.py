"""Builds the trainer of `tcm sft`: both stages, documents and conversations (TRL's SFTTrainer)."""

from typing import Any

from .care import with_care
from .chat import load_tokenizer
from .loading import COLUMNS, adapter_config, arguments, load_model, load_rows
from .settings import Job


def build(job: Job) -> Any:
    """The trainer. Its rows are already tokenised, cut and labelled, so TRL prepares nothing. Raises TcmError."""
    from trl import SFTConfig, SFTTrainer

    rows = load_rows(job, COLUMNS["rows"])
    model = load_model(job)
    config = SFTConfig(**arguments(job, max_length=None, packing=False, dataset_kwargs={"skip_prepare_dataset": True}))
    tokenizer = load_tokenizer(job.folder, job.own.get("template"))
    return with_care(SFTTrainer)(
        model=model,
        args=config,
        train_dataset=rows,
        processing_class=tokenizer,
        peft_config=adapter_config(job, model),
    )
