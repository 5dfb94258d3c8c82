"""Builds the trainer of `tcm dpo`: preferences without a reward model (Rafailov et al., 2023; TRL's DPOTrainer)."""

from typing import Any

from .care import with_care
from .chat import load_tokenizer
from .loading import COLUMNS, adapter_config, arguments, as_it_began, load_model, load_rows
from .settings import Job


def build(job: Job) -> Any:
    """The trainer. Its reference is the model as it was at the start. Raises TcmError."""
    from trl import DPOConfig, DPOTrainer

    class Tokenised(DPOTrainer):  # type: ignore[misc]
        """Takes rows that are tokens already: DPOConfig has no option for it, as SFTConfig has."""

        def _prepare_dataset(self, dataset: Any, *_args: Any, **_more: Any) -> Any:
            return dataset

    rows = load_rows(job, COLUMNS["preferences"])
    model = load_model(job)
    config = DPOConfig(
        **arguments(job, max_length=None, beta=job.own.get("beta", 0.1), loss_type=[job.own.get("loss", "sigmoid")])
    )
    tokenizer = load_tokenizer(job.folder, job.own.get("template"))
    trainer = with_care(Tokenised)(
        model=model,
        args=config,
        train_dataset=rows,
        processing_class=tokenizer,
        peft_config=adapter_config(job, model),
    )
    as_it_began(trainer, job)
    return trainer
