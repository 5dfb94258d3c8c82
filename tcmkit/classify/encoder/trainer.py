"""Builds the encoder's trainer, in the process that trains: weighted loss, early stopping, calibration at the end.

Records of frequent labels weigh less: a record weighs its label's count to the power of minus one half, 1 on average,
as in the linear engine. Rows alike in length are learned together. The validation part is judged once an epoch. The
best weights by weighted F1 (of equals, by the loss) are kept; training ends when PATIENCE epochs brought no better.
"""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from datasets import Sequence, Value
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from tcmkit.errors import TcmError, UsageError
from tcmkit.language import both
from tcmkit.records import Record
from tcmkit.train import Job, RunFolder, care, loading

from ..fitting import labels_of
from ..training import BALANCE
from .calibrating import calibrated, mean_loss, weighted_f1
from .lessons import BEST, most_tokens, split
from .model import save_page
from .running import logits_of, padded

_NUMBERS = Sequence(Value("int32"))
COLUMNS = {
    **{"input_ids": _NUMBERS, "label": Value("string"), "group": Value("string")},
    **{"signs": _NUMBERS, "diseases": _NUMBERS, "shares": Sequence(Value("float64"))},
}
PATIENCE = 3
_AT_ONCE = 1 << 14


def build(job: Job) -> Any:
    """The trainer. Raises TcmError for a base that transformers cannot load."""
    if job.recipe.method != "full" or job.machine.shard != "none":
        raise UsageError(
            both("an encoder is trained whole: leave out --method, --shard", "编码器全参训练：请去掉 --method、--shard")
        )
    rows = loading.load_rows(job, COLUMNS)
    lesson = Lesson(rows, job)
    tokenizer = transformers.AutoTokenizer.from_pretrained(job.folder, trust_remote_code=False)
    lesson.pad = int(tokenizer.pad_token_id or 0)
    on_gpu = job.facts["device"] != "cpu"
    half = on_gpu and job.machine.precision != "fp32"
    bf16 = half and torch.cuda.is_bf16_supported()
    config = transformers.TrainingArguments(
        **loading.arguments(
            job, bf16=bf16, fp16=half and not bf16, gradient_checkpointing=False, gradient_checkpointing_kwargs=None
        ),
        train_sampling_strategy="group_by_length",
        length_column_name="length",
    )
    model = _model(job, lesson)
    return care.with_care(EncoderTrainer)(
        lesson,
        model=model,
        args=config,
        train_dataset=lesson.dataset(),
        data_collator=lesson.collate,
        processing_class=tokenizer,
        compute_loss_func=lesson.loss,
        callbacks=[Early(lesson, job)],
    )


def _model(job: Job, lesson: "Lesson") -> Any:
    transformers.set_seed(job.recipe.seed)
    try:
        return transformers.AutoModelForSequenceClassification.from_pretrained(
            job.folder,
            num_labels=len(lesson.seen),
            id2label=dict(enumerate(lesson.seen)),
            label2id={label: number for number, label in enumerate(lesson.seen)},
            ignore_mismatched_sizes=True,  # the head of another task
            dtype=torch.float32,
            use_safetensors=True,
            trust_remote_code=False,
        )
    except (OSError, ValueError, KeyError, ImportError, AttributeError, TypeError) as error:
        why = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise TcmError(
            both(f"{job.folder}: no encoder that can classify: {why}", f"{job.folder}：不是可分类的编码器：{why}")
        ) from None


class Lesson:
    """The rows of a run in their two parts, as the trainer and the judge want them."""

    def __init__(self, rows: Any, job: Job) -> None:
        self.rows, self.pad = rows, 0
        self.cleaned = bool(job.own["cleaned"])
        self.most = most_tokens(Path(job.folder), job.recipe.max_tokens)
        labels = rows["label"][:]
        self.parts = split(labels, rows["group"][:], job.recipe.seed)
        counts = Counter(labels[place] for place in self.parts.train)
        self.seen = tuple(sorted(counts))
        self.labels = labels_of(set(labels))
        self._class = {label: number for number, label in enumerate(self.seen)}
        share = np.array([counts[label] ** -BALANCE for label in self.seen])
        many = np.array([counts[label] for label in self.seen])
        self._weights = torch.tensor(share * many.sum() / (share @ many), dtype=torch.float32)
        self.every = -(-len(self.parts.train) // int(job.facts["effective"]))
        """Steps of an epoch."""

    def dataset(self) -> list[dict[str, Any]]:
        """What is learned from."""
        return [
            {
                "input_ids": row["input_ids"],
                "labels": self._class[row["label"]],
                "length": len(row["input_ids"]),
                "place": row["place"],
            }
            for row in self.rows.select(self.parts.train)
        ]

    def collate(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        """A batch."""
        ids, mask = padded([example["input_ids"] for example in examples], self.pad)
        labels = torch.tensor([example["labels"] for example in examples])
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask), "labels": labels}

    def loss(self, outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
        """Weighted cross-entropy, over all examples of a step."""
        each = torch.nn.functional.cross_entropy(
            outputs.logits.float(), labels, self._weights.to(labels.device), reduction="none"
        )
        return each.sum() / (num_items_in_batch if num_items_in_batch is not None else len(labels))

    def judge(self) -> list[Record]:
        """The validation rows."""
        return [dict(row) for row in self.rows.select(self.parts.validation)]

    def logits(self, model: Any, rows: list[Record]) -> NDArray[np.float32]:
        """What a model says of rows."""
        device = model.device

        def network(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
            with torch.inference_mode():
                said = model(
                    input_ids=torch.from_numpy(ids).to(device), attention_mask=torch.from_numpy(mask).to(device)
                )
            found: NDArray[np.float32] = said.logits.float().cpu().numpy()
            return found

        was_training = model.training
        model.eval()
        try:
            return logits_of(network, [row["input_ids"] for row in rows], self.pad, _AT_ONCE)
        finally:
            model.train(was_training)

    def classes_of(self, rows: list[Record]) -> NDArray[np.int64]:
        """The class of each row; -1 for a label that is not learned."""
        return np.array([self._class.get(row["label"], -1) for row in rows])


class Early(transformers.TrainerCallback):  # type: ignore[misc]
    """Judges once an epoch, keeps the best weights, stops when nothing gets better; all of it from the history.

    The history is in each checkpoint, so a run that goes on decides as one that was never stopped.
    """

    def __init__(self, lesson: Lesson, job: Job) -> None:
        self._lesson, self._rows = lesson, lesson.judge()
        self.best = RunFolder(job.out).run / BEST

    def on_step_end(self, _args: Any, state: Any, control: Any, model: Any = None, **_more: Any) -> None:
        """At the end of an epoch: look, keep, perhaps stop."""
        if not self._rows:
            return
        at_end = state.global_step % self._lesson.every == 0 or state.global_step >= state.max_steps
        if at_end and not _is_over(state.log_history):
            self._look(state, model)
        if _is_over(state.log_history):
            state.max_steps = min(state.max_steps, state.global_step)
            control.should_training_stop = True

    def _look(self, state: Any, model: Any) -> None:
        model = getattr(model, "module", model)
        said = self._lesson.logits(model, self._rows)
        right = self._lesson.classes_of(self._rows)
        found = {"validation_f1": weighted_f1(right, said.argmax(axis=1)), "validation_loss": mean_loss(right, said)}
        earlier = _scores(state.log_history)
        state.log_history.append({"step": state.global_step, "epoch": state.epoch, **found})
        if state.is_world_process_zero and (not earlier or _scores([found])[0] > max(earlier)):
            part = self.best.with_suffix(".part")
            save_file({name: one.detach().cpu().contiguous() for name, one in model.state_dict().items()}, part)
            os.replace(part, self.best)


def _scores(history: list[dict[str, Any]]) -> list[tuple[float, float]]:
    """F1 of each look, then how small the loss was."""
    return [(entry["validation_f1"], -entry["validation_loss"]) for entry in history if "validation_f1" in entry]


def _is_over(history: list[dict[str, Any]]) -> bool:
    """Whether the last PATIENCE looks found nothing better."""
    scores = _scores(history)
    return len(scores) > PATIENCE and max(scores[:-PATIENCE]) >= max(scores[-PATIENCE:])


class EncoderTrainer(transformers.Trainer):  # type: ignore[misc]
    """A Trainer whose last word is the best weights, calibrated."""

    def __init__(self, lesson: Lesson, **more: Any) -> None:
        super().__init__(**more)
        self._lesson = lesson

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """A checkpoint as it is; at the end the best weights, and the page that says how they are read."""
        if _internal_call:
            super().save_model(output_dir, _internal_call)
            return
        [early] = [one for one in self.callback_handler.callbacks if isinstance(one, Early)]
        if early.best.is_file():
            self.model.load_state_dict(load_file(early.best), strict=False)
        super().save_model(output_dir, _internal_call)
        if self.is_world_process_zero():
            rows = self._lesson.judge()
            said = self._lesson.logits(self.model, rows) if rows else np.zeros((0, len(self._lesson.seen)))
            model, figures = calibrated(self._lesson, rows, said, _looks(self.state))
            save_page(model, Path(str(output_dir)), figures)


def _looks(state: Any) -> dict[str, Any]:
    """How training went."""
    scores = _scores(state.log_history)
    return {"epochs_judged": len(scores), "best_epoch": scores.index(max(scores)) + 1 if scores else None}
