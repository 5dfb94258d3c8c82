"""The settings that only `tcm grpo` has, and which of them no run can use."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib.util import find_spec
from typing import Any

from tcmkit.errors import MissingExtra, UsageError
from tcmkit.language import both

from .rewarding import chosen
from .settings import Job

DEFAULTS: dict[str, Any] = {
    "loss": "grpo",
    "group": 6,
    "temperature": 0.7,
    "top_p": 0.8,
    "epsilon": 0.2,
    "kl": 0.01,
    "iterations": 1,
    "max_new_tokens": 1024,
    "refill": 0,
    "rollout": "transformers",
    "vllm_url": "",
    "vllm_memory": 0.3,
}
"""Where neither an option nor a preset says: what Ladder-base states, and for the rest TRL's."""

_LEAST = {"group": 2, "iterations": 1, "max_new_tokens": 1, "refill": 0, "kl": 0, "epsilon": 0, "vllm_memory": 0}


def checked(own: dict[str, Any]) -> dict[str, Any]:
    """The settings, whole. Raises UsageError for values that no run can use, MissingExtra."""
    found = {**DEFAULTS, **own}
    wrong = [name for name, least in _LEAST.items() if found[name] < least]
    wrong += ["temperature"] if found["temperature"] <= 0 else []
    wrong += ["top_p"] if not 0 < found["top_p"] <= 1 else []
    if wrong:
        option = "--" + wrong[0].replace("_", "-")
        raise UsageError(both(f"{option} cannot be {found[wrong[0]]}", f"{option} 不能是 {found[wrong[0]]}"))
    if found["rollout"] != "transformers" and find_spec("vllm") is None:
        raise MissingExtra(f"--rollout {found['rollout']}", "vllm")
    if found["rollout"] == "vllm-server" and not found["vllm_url"]:
        raise UsageError(
            both("--rollout vllm-server needs --vllm-url URL", "--rollout vllm-server 需要用 --vllm-url 给出地址")
        )
    return found


def grpo_job(job: Job, rewards: Sequence[str], weights: Sequence[str]) -> Job:
    """The job with all its settings and rewards; the user's own are loaded to see that they are there.

    Raises UsageError, MissingExtra, TcmError.
    """
    own = checked(job.own)
    found = chosen(rewards, weights, own.pop("weights", None))
    for named in found:
        named.load()
    return replace(job, own={**own, "rewards": [asdict(named) for named in found]})
