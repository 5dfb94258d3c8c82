"""`tcm grpo` against a bare TRL script of the same settings (peers/trl_grpo.py), in one run, on random weights.

    python benchmarks/train_grpo.py                          a small model on the CPU
    python benchmarks/train_grpo.py --shape 0.5b --gpus 1    Qwen2.5-0.5B's sizes on a GPU

The two are run in turn, `--rounds` times, as train.py does it: LoRA, the same questions, the same number of answers to
each, as long as `--new`, since random weights end none. A step draws the answers, rewards them and learns; ours also
draws each by its own seed, writes them down, and measures what each reward can teach.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from measure import TCM, figure, say, table
from train import LORA, SHAPES, by_script, make, precision, steps

from tcmkit.exam import conversation, read_item
from tcmkit.llm import load

GROUP = 4
PROMPT = "# version: 1\n[system]\n考试。\n[user]\n选{{count}}：{{question}}\n"
_ALIKE: dict[str, Any] = {"temperature": 1.0, "top_p": 1.0, "epsilon": 0.2}
_RATE = 1e-5


def questions(folder: Path, count: int) -> tuple[Path, Path]:
    """Exam items, and the same as TRL takes them: the conversation that we would ask, by a short prompt."""
    exam, asked = folder / "exam.jsonl", folder / "asked.jsonl"
    (folder / "prompt.txt").write_text(PROMPT, encoding="utf-8")
    prompt = load("exam", str(folder / "prompt.txt"))
    with exam.open("w", encoding="utf-8") as items, asked.open("w", encoding="utf-8") as conversations:
        for number in range(count):
            options = {letter: f"方剂{number}{letter}" for letter in "ABCDE"}
            item = {
                "question": f"第{number}题：舌淡苔白，脉沉细，宜用何方？",
                "options": options,
                "answer": "ABCDE"[number % 5],
            }
            items.write(json.dumps(item, ensure_ascii=False) + "\n")
            messages = [dict(message) for message in conversation(prompt, read_item(item))]
            row = {"prompt": messages, "answer": item["answer"]}
            conversations.write(json.dumps(row, ensure_ascii=False) + "\n")
    return exam, asked


def ours(given: argparse.Namespace, model: Path, data: Path, out: Path) -> dict[str, Any]:
    """When each step ended, in time and in processor time."""
    shutil.rmtree(out, ignore_errors=True)
    words = [
        *(*TCM, "grpo", str(data), "--model", str(model), "-o", str(out), "--gpus", str(given.gpus), "--quiet"),
        *("--method", "lora", "--batch", str(given.batch), "--per-device", str(given.batch * GROUP)),
        *("--group", str(GROUP), "--max-new-tokens", str(given.new), "--max-steps", str(given.steps)),
        *("--log-every", "1", "--save-every", "1000000", "--schedule", "constant", "--no-preflight"),
        *(
            "--prompt",
            str(data.with_name("prompt.txt")),
            "--precision",
            precision(given),
            "--kl",
            "0.01",
            "--learning-rate",
            str(_RATE),
            "--warmup",
            "0",
        ),
        *(word for name, value in _ALIKE.items() for word in (f"--{name.replace('_', '-')}", str(value))),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    return {
        "ends": [line["seconds"] for line in lines],
        "processor": [line["cpu_seconds"] for line in lines],
        "device": json.loads(done.stdout.splitlines()[-1])["device"],
    }


def bare(given: argparse.Namespace, model: Path, data: Path, out: Path) -> dict[str, Any]:
    """The same of the script."""
    settings = {
        "model": str(model),
        "data": str(data),
        "lora": LORA,
        "arguments": {
            **_ALIKE,
            "output_dir": str(out),
            "per_device_train_batch_size": given.batch * GROUP,
            "num_generations": GROUP,
            "max_completion_length": given.new,
            "beta": 0.01,
            "loss_type": "grpo",
            "reward_weights": [5.0, 1.0, 1.0],
            "learning_rate": _RATE,
        },
    }
    return by_script("trl_grpo.py", given, settings)


def main() -> None:
    """Print a table: ours and the bare script, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()) / "tcm-train")
    parser.add_argument("--shape", choices=SHAPES, default="small")
    parser.add_argument("--gpus", type=int, default=0)
    parser.add_argument("--batch", type=int, default=2, help="questions of a step")
    parser.add_argument("--new", type=int, default=32, help="tokens of an answer")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--first", type=int, default=4, help="steps that are not counted")
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    given.scratch.mkdir(parents=True, exist_ok=True)
    model = make(given.scratch, given.shape)
    exam, asked = questions(given.scratch, given.steps * given.batch)
    names = ("tcm grpo", "bare TRL")
    times: dict[str, list[float]] = {name: [] for name in names}
    processor: dict[str, list[float]] = {name: [] for name in names}
    device = ""
    for number in range(given.rounds):
        for name, run, data in zip(names, (ours, bare), (exam, asked), strict=True):
            found = run(given, model, data, given.scratch / name.replace(" ", "-"))
            times[name] += steps(found["ends"], given.first)
            processor[name] += steps(found["processor"], given.first)
            device = device or found["device"]
            say(f"round {number + 1}: {name}: {statistics.median(processor[name]) * 1000:.1f} ms a step so far")
    shown = [[name, *(f"{statistics.median(of[name]) * 1000:.1f}" for of in (times, processor))] for name in names]
    print(table(["", "ms a step", "ms of the processor"], shown))
    for what, taken in (("time", times), ("processor time", processor)):
        first, second = (statistics.median(taken[name]) for name in names)
        print(f"\na step of tcm grpo takes {first / second:.4f} of the bare script's {what} ({device})")
        figure(f"a step of tcm grpo, {what}, {device}", 1000 * first, "ms", "a bare TRL script", 1000 * second)


if __name__ == "__main__":
    main()
