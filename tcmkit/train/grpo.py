"""Builds the trainer of `tcm grpo`: group relative policy optimisation on exam items (TRL's GRPOTrainer).

The objective is Ladder-base's (Xie et al., 2025): advantage normalised in the group, loss averaged in a sequence and
then across sequences, clipped ratio, KL to the start. TRL 1.16 by itself would take loss_type "dapo", beta 0,
8 generations, temperature 1, top_p 1 and a learning rate of 1e-6.
"""

from typing import Any

from .chat import load_tokenizer
from .folder import RunFolder
from .groups import with_groups
from .loading import adapter_config, arguments, as_it_began, load_model, load_rows
from .rewarding import Named
from .settings import Job

_MESSAGE = {"role": "string", "content": "string"}
_TEXTS = ("id", "answer", "options", "record", "opened")


def build(job: Job) -> Any:
    """The trainer. Raises TcmError."""
    from trl import GRPOConfig, GRPOTrainer

    own = job.own
    rewards = [Named(**found).load() for found in own["rewards"]]
    rows = _filled(load_rows(job, _columns()), job.facts["effective"])
    model = load_model(job)
    config = GRPOConfig(**arguments(job, **_objective(own), **_rollout(own), **_by_generation(job)))
    trainer = with_groups(GRPOTrainer)(
        model=model,
        args=config,
        train_dataset=rows,
        reward_funcs=rewards,
        processing_class=load_tokenizer(job.folder, own.get("template")),
        peft_config=adapter_config(job, model),
    )
    trainer.watch_groups(RunFolder.of(job).out / "completions.jsonl", own["refill"])
    as_it_began(trainer, job)
    return trainer


def _columns() -> dict[str, Any]:
    from datasets import Value

    message = {name: Value(kind) for name, kind in _MESSAGE.items()}
    return {"prompt": [message], **{name: Value("string") for name in _TEXTS}, "tokens": Value("int32")}


def _filled(rows: Any, questions: int) -> Any:
    """Rows to whole batches: TRL would leave out the questions of the last batch where they do not fill it.

    The first questions stand in for what lacks; each row has its number.
    """
    lacking = -len(rows) % questions
    numbers = [*range(len(rows)), *(at % len(rows) for at in range(lacking))]
    return rows.select(numbers).add_column("number", numbers)


def _objective(own: dict[str, Any]) -> dict[str, Any]:
    return {
        "loss_type": own["loss"],
        "beta": own["kl"],
        "epsilon": own["epsilon"],
        "num_iterations": own["iterations"],
        "scale_rewards": "group",
        "num_generations": own["group"],
        "reward_weights": [found["weight"] for found in own["rewards"]],
        "max_completion_length": own["max_new_tokens"],
        "temperature": own["temperature"],
        "top_p": own["top_p"],
        "disable_dropout": True,
    }


def _rollout(own: dict[str, Any]) -> dict[str, Any]:
    """Who draws the answers. With transformers the numbers are ours (`drawing`), so `generate` only follows them."""
    kind = own["rollout"]
    if kind == "transformers":
        return {"generation_kwargs": {"do_sample": False, "temperature": 1.0, "top_p": 1.0, "top_k": 50}}
    mode = "server" if kind == "vllm-server" else "colocate"
    found: dict[str, Any] = {"use_vllm": True, "vllm_mode": mode}
    if mode == "server":
        found["vllm_server_base_url"] = own["vllm_url"]
    else:
        found["vllm_gpu_memory_utilization"] = own["vllm_memory"]
    return found


def _by_generation(job: Job) -> dict[str, Any]:
    """Answers are drawn anew for each step; checkpoints stand only where they are, so that none is lost."""
    again = job.own["iterations"]
    steps = -(-job.upkeep.save_every // again) * again
    return {"steps_per_generation": job.facts["accumulation"], "save_steps": steps}
