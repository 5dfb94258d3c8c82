"""What a builder of a trainer needs, in the worker: rows, model, adapter, and the arguments that all kinds share."""

import copy
import fnmatch
import shutil
from pathlib import Path
from typing import Any

import torch
import transformers
from datasets import Dataset, Features, Sequence, Value

from tcmkit.errors import TcmError, UsageError
from tcmkit.language import both
from tcmkit.tables import table

from .folder import RunFolder
from .settings import Job

_INTEGERS = Sequence(Value("int32"))
COLUMNS = {
    "rows": {"input_ids": _INTEGERS, "labels": _INTEGERS},
    "preferences": {"prompt_ids": _INTEGERS, "chosen_ids": _INTEGERS, "rejected_ids": _INTEGERS},
}


def load_rows(job: Job, columns: dict[str, Any]) -> Any:
    """The run's data as a Dataset on disk, its columns typed; `place` says which line each row came from."""
    folder = RunFolder.of(job)
    features = Features({"place": Value("string"), **columns})
    with transformers.TrainingArguments(str(folder.run), use_cpu=True, report_to=[]).main_process_first():
        return Dataset.from_json(str(folder.data), features=features, cache_dir=str(folder.arrow))


def has_bfloat16(job: Job) -> bool:
    """Whether it is trained on a GPU that computes in bfloat16."""
    return job.facts.get("device") != "cpu" and bool(torch.cuda.is_bf16_supported())


def precision(job: Job) -> Any:
    """The type of the weights while they are trained (`Machine.precision`)."""
    wanted = job.machine.precision
    if wanted == "auto":
        wanted = "bf16" if has_bfloat16(job) and job.recipe.method != "full" else "fp32"
    return torch.bfloat16 if wanted == "bf16" else torch.float32


def load_model(job: Job) -> Any:
    """The model to train. A new adapter is put on by the trainer: `peft_config=adapter_config(job, model)`.

    An adapter as --model: with lora or qlora it is trained further as it is; with full it is first merged into its
    base. Raises TcmError.
    """
    method = job.recipe.method
    model = _base(job, transformers.AutoModelForCausalLM)
    if method == "qlora":
        from peft import prepare_model_for_kbit_training

        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    if job.adapter:
        from peft import PeftModel

        try:
            model = PeftModel.from_pretrained(model, job.adapter, is_trainable=method != "full")
        except (ValueError, KeyError, TypeError) as error:
            why = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
            raise TcmError(
                both(f"{job.adapter}: peft cannot load it: {why}", f"{job.adapter}：peft 无法加载：{why}")
            ) from None
        if method == "full":
            model = model.merge_and_unload().requires_grad_(True)  # peft holds the base still
    model.config.use_cache = False
    return model


def _base(job: Job, kind: Any) -> Any:
    more: dict[str, Any] = {}
    if job.recipe.method == "qlora":
        more = {"quantization_config": _four_bits(), "device_map": {"": torch.cuda.current_device()}}
    try:
        return kind.from_pretrained(
            job.folder, dtype=precision(job), use_safetensors=True, trust_remote_code=False, **more
        )
    except (OSError, ValueError, KeyError, ImportError, AttributeError, TypeError) as error:
        why = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise TcmError(
            both(f"{job.folder}: transformers cannot load it: {why}", f"{job.folder}：transformers 无法加载：{why}")
        ) from None


def _four_bits() -> Any:
    """QLoRA (Dettmers et al., 2023): NF4, doubly quantised."""
    return transformers.BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def adapter_config(job: Job, model: Any) -> Any:
    """The LoRA adapter that is to be new; None with full, and where one is trained further.

    TRL draws its weights by the recipe's seed. Raises UsageError for modules that the model has not.
    """
    from peft import LoraConfig

    recipe = job.recipe
    if recipe.method == "full" or job.adapter:
        return None
    targets = recipe.lora_targets.split(",")
    there = {name.rpartition(".")[2] for name, _ in model.named_modules()}
    for target in targets:
        if target not in {"all-linear", *there}:
            raise UsageError(
                both(f"--lora-targets {target}: no such module", f"--lora-targets {target}：没有这样的模块")
            )
    return LoraConfig(
        r=recipe.lora_rank,
        lora_alpha=recipe.lora_alpha,
        lora_dropout=recipe.lora_dropout,
        target_modules="all-linear" if targets == ["all-linear"] else targets,
        task_type="CAUSAL_LM",
    )


def as_it_began(trainer: Any, job: Job) -> None:
    """Make the reference of a whole model what the model is, its adapter merged: TRL reads the base alone."""
    if job.adapter and job.recipe.method == "full" and trainer.ref_model is not None:
        trainer.ref_model.load_state_dict(trainer.model.state_dict())


def freeze(model: Any, patterns: tuple[str, ...]) -> int:
    """Hold still the weights that the patterns name; how many that are. The worker does it for every kind.

    A number N stands for the embeddings and the first N layers. Raises UsageError for a pattern that names nothing,
    and when nothing is left to train.
    """
    held = 0
    for pattern in patterns:
        found = [weight for name, weight in model.named_parameters() if _matches(name, pattern)]
        if not found:
            raise UsageError(both(f"--freeze {pattern} matches no weight", f"--freeze {pattern} 不匹配任何权重"))
        for weight in found:
            weight.requires_grad_(False)
            held += weight.numel()
    if not any(weight.requires_grad for weight in model.parameters()):
        raise UsageError(both("--freeze leaves nothing to train", "--freeze 之后没有可训练的权重"))
    return held


def _matches(name: str, pattern: str) -> bool:
    if pattern.isdigit():
        return "embed_tokens" in name or any(f".layers.{layer}." in name for layer in range(int(pattern)))
    return fnmatch.fnmatch(name, f"*{pattern}*")


def arguments(job: Job, **own: Any) -> dict[str, Any]:
    """What every trainer's arguments say alike; `own` adds and overrides."""
    recipe, machine, upkeep = job.recipe, job.machine, job.upkeep
    on_cpu = job.facts.get("device") == "cpu"
    recompute = machine.recompute if machine.recompute is not None else not on_cpu
    return {
        "output_dir": str(RunFolder(job.out).checkpoints),
        "num_train_epochs": recipe.epochs,
        "max_steps": recipe.max_steps or -1,
        "per_device_train_batch_size": job.facts["per_device"],
        "gradient_accumulation_steps": job.facts["accumulation"],
        "learning_rate": recipe.learning_rate,
        "warmup_steps": recipe.warmup,
        "lr_scheduler_type": recipe.schedule,
        "weight_decay": recipe.weight_decay,
        "max_grad_norm": recipe.clip,
        "logging_steps": upkeep.log_every,
        "logging_first_step": True,
        "logging_nan_inf_filter": False,
        "save_strategy": "steps",
        "save_steps": upkeep.save_every,
        "save_total_limit": None,
        "seed": recipe.seed,
        "data_seed": recipe.seed,
        "use_cpu": on_cpu,
        "bf16": machine.precision != "fp32" and has_bfloat16(job),
        "gradient_checkpointing": recompute,
        "gradient_checkpointing_kwargs": {"use_reentrant": False} if recompute else None,
        "dataloader_pin_memory": not on_cpu,
        "remove_unused_columns": False,
        "report_to": [],
        "disable_tqdm": True,
        **_sharding(job),
        **own,
    }


def _sharding(job: Job) -> dict[str, Any]:
    """FSDP or DeepSpeed, as data/train_shards.json has them."""
    return copy.deepcopy(table("train_shards")[job.machine.shard])  # transformers changes what it is given


def save(trainer: Any, target: Path) -> None:
    """Weights, or the adapter, and the tokenizer, as transformers and peft write them."""
    trainer.save_model(str(target))
    for name in ("training_args.bin", "README.md"):
        (target / name).unlink(missing_ok=True)
    shutil.rmtree(target / "ref", ignore_errors=True)  # the adapter as it was before: TRL's reference
