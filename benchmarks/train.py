"""`tcm sft` against a bare TRL script of the same settings (peers/trl_sft.py), in one run, on random weights.

    python benchmarks/train.py                                               a small model on the CPU
    python benchmarks/train.py --shape 0.5b --gpus 1 --length 1024           Qwen2.5-0.5B's sizes on a GPU
    python benchmarks/train.py --shape 7b --gpus 1 --length 1024 --scratch DIR   the model is kept there

The two are run in turn, `--rounds` times. A step's time is the middle one of all steps after the first few; both log at
each step. On a CPU that is shared with others, processor time says more than time. Tokens a second count every token
of a batch that is no padding. MFU is 6 (full) or 4 (LoRA) operations a weight and token, and attention's, over what the
GPU can do in bfloat16. Loading and checking the data are not counted.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

from measure import TCM, figure, say, table

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples"
_SIZES = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
SHAPES: dict[str, dict[str, int | bool]] = {
    name: {**dict(zip(_SIZES, sizes, strict=True)), "vocab_size": words, "tie_word_embeddings": tied}
    for name, sizes, words, tied in (
        ("small", (256, 768, 6, 4, 2), 2000, True),
        ("0.5b", (896, 4864, 24, 14, 2), 151936, True),
        ("7b", (3584, 18944, 28, 28, 4), 152064, False),
    )
}
"""small is nobody's; the others are Qwen2.5's."""
LORA = {"r": 16, "lora_alpha": 32, "lora_dropout": 0.0}
PEAKS = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L40": 181e12, "4090": 165e12}
"""Dense bfloat16 operations a second, from the makers' data sheets."""
MARKED = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{% if message.role == 'assistant' %}{% generation %}"
    "{{ message.content }}<|im_end|>{% endgeneration %}\n{% else %}{{ message.content }}<|im_end|>\n{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
MAKE = """
import json, sys, torch
from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM
small, folder, sizes, template = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), sys.argv[4]
tokenizer = AutoTokenizer.from_pretrained(small)
tokenizer.chat_template = template
tokenizer.save_pretrained(folder)
torch.set_default_dtype(torch.bfloat16)
torch.manual_seed(0)
config = Qwen2Config(**sizes, eos_token_id=tokenizer.eos_token_id, bos_token_id=None, max_position_embeddings=8192)
Qwen2ForCausalLM(config).save_pretrained(folder)
"""


def make(scratch: Path, shape: str) -> Path:
    """A model of random weights, made by a process of its own."""
    small, model = scratch / "small", scratch / f"model-{shape}"
    if not (model / "config.json").exists():
        say("making the model …")
        subprocess.run([sys.executable, EXAMPLES / "make_model.py", small], check=True, stderr=subprocess.DEVNULL)
        words = [sys.executable, "-c", MAKE, str(small), str(model), json.dumps(SHAPES[shape]), MARKED]
        subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
    return model


def questions(path: Path, count: int, length: int) -> None:
    """Conversations of about `length` tokens: here a Chinese character is three."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            answer = (f"第{number}问，先看舌脉，再问寒热，后定其方。" * length)[: (length - 60) // 3]
            turns = [{"role": "user", "content": "此证如何论治？"}, {"role": "assistant", "content": answer}]
            file.write(json.dumps({"messages": turns}, ensure_ascii=False) + "\n")


def ours(given: argparse.Namespace, model: Path, data: Path, out: Path) -> dict[str, Any]:
    """Seconds at the end of each step, tokens of a step, peak memory."""
    shutil.rmtree(out, ignore_errors=True)
    words = [
        *(*TCM, "sft", str(data), "--model", str(model), "-o", str(out), "--gpus", str(given.gpus), "--quiet"),
        *("--method", given.method, "--batch", str(given.batch), "--per-device", str(given.per_device)),
        *("--max-steps", str(given.steps), "--max-tokens", str(given.length), "--log-every", "1"),
        *("--save-every", "1000000", "--schedule", "constant", "--no-preflight", "--precision", precision(given)),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    tokens = result["data"]["tokens"] / result["data"]["rows"] * given.batch
    trained = json.loads((model / "config.json").read_text(encoding="utf-8"))
    return {
        "ends": [line["seconds"] for line in lines],
        "processor": [line["cpu_seconds"] for line in lines],
        "loss": lines[-1]["loss"],
        "tokens": tokens,
        "peak_memory": lines[-1].get("peak_memory", 0),
        "device": result["device"],
        "config": trained,
    }


def precision(given: argparse.Namespace) -> str:
    """Of the weights: the same for both."""
    return "bf16" if given.gpus else "fp32"


def bare(given: argparse.Namespace, model: Path, data: Path, out: Path) -> dict[str, Any]:
    """The same of the script."""
    settings = {
        "model": str(model),
        "data": str(data),
        "max_tokens": given.length,
        "lora": LORA if given.method == "lora" else None,
        "arguments": {
            "output_dir": str(out),
            "per_device_train_batch_size": given.per_device,
            "gradient_accumulation_steps": given.batch // given.per_device,
            "learning_rate": 2e-5,
        },
    }
    return by_script("trl_sft.py", given, settings)


def by_script(name: str, given: argparse.Namespace, settings: dict[str, Any]) -> dict[str, Any]:
    """What a script of peers/ prints, with `settings` and all that the runs of both methods have in common."""
    whole = {
        **settings,
        "dtype": "bfloat16" if given.gpus else "float32",
        "arguments": {
            **settings["arguments"],
            "max_steps": given.steps,
            "lr_scheduler_type": "constant",
            "logging_steps": 1,
            "seed": 0,
            "use_cpu": not given.gpus,
            "bf16": bool(given.gpus),
            "gradient_checkpointing": bool(given.gpus),
        },
    }
    words = [sys.executable, str(HERE / "peers" / name), json.dumps(whole)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def operations(config: dict[str, Any], method: str, length: int) -> float:
    """Floating-point operations for a token of a row of `length`."""
    wide, layers = config["hidden_size"], config["num_hidden_layers"]
    keys = wide * config["num_key_value_heads"] // config["num_attention_heads"]
    layer = 2 * wide * wide + 2 * wide * keys + 3 * wide * config["intermediate_size"]
    weights = layers * layer + wide * config["vocab_size"]
    times = 4 if method == "lora" else 6
    return float(times * (weights + layers * length * wide))


def main() -> None:
    """Print a table: ours and the bare script, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()) / "tcm-train")
    parser.add_argument("--shape", choices=SHAPES, default="small")
    parser.add_argument("--method", choices=("lora", "full"), default="lora")
    parser.add_argument("--gpus", type=int, default=0)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--per-device", type=int, default=4)
    parser.add_argument("--length", type=int, default=256)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--first", type=int, default=8, help="steps that are not counted")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    given.scratch.mkdir(parents=True, exist_ok=True)
    model, data = make(given.scratch, given.shape), given.scratch / f"data-{given.length}.jsonl"
    questions(data, given.steps * given.batch, given.length)
    names = ("tcm sft", "bare TRL")
    times: dict[str, list[float]] = {name: [] for name in names}
    processor: dict[str, list[float]] = {name: [] for name in names}
    peaks: dict[str, int] = {}
    facts: dict[str, Any] = {}
    for number in range(given.rounds):
        for name, run in zip(names, (ours, bare), strict=True):
            found = run(given, model, data, given.scratch / name.replace(" ", "-"))
            times[name] += steps(found["ends"], given.first)
            processor[name] += steps(found["processor"], given.first)
            peaks[name] = found["peak_memory"]
            facts = facts or found
            say(f"round {number + 1}: {name}: {statistics.median(times[name]) * 1000:.1f} ms a step so far")
    print(table(*rows(given, times, peaks, facts)))
    for what, taken in (("time", times), ("processor time", processor)):
        first, second = (statistics.median(taken[name]) for name in names)
        print(f"\na step of tcm sft takes {first / second:.4f} of the bare script's {what} ({facts['device']})")
        figure(f"a step of tcm sft, {what}, {facts['device']}", 1000 * first, "ms", "a bare TRL script", 1000 * second)


def steps(ends: list[float], first: int) -> list[float]:
    """What each step took, without the first ones."""
    return [later - earlier for earlier, later in pairwise(ends[first:])]


def rows(
    given: argparse.Namespace, times: dict[str, list[float]], peaks: dict[str, int], facts: dict[str, Any]
) -> tuple[list[str], list[list[str]]]:
    """The table's heads and rows."""
    heads = ["", "ms a step", "p10–p90", "tokens/s", "MFU", "peak memory"]
    peak = next((value for name, value in PEAKS.items() if name in facts["device"]), 0.0)
    made = []
    for name, taken in times.items():
        middle = statistics.median(taken)
        cut = statistics.quantiles(taken, n=10)
        speed = facts["tokens"] / middle
        used = speed * operations(facts["config"], given.method, given.length) / peak if peak else 0.0
        memory = f"{peaks[name] / 2**30:.1f} GiB" if peaks[name] else "–"
        made.append(
            [name, f"{middle * 1000:.1f}", f"{cut[0] * 1000:.1f}–{cut[-1] * 1000:.1f}", f"{speed:,.0f}",
             f"{used:.1%}" if used else "–", memory]
        )  # fmt: skip
    return heads, made


if __name__ == "__main__":
    main()
