"""Whether `tcm eval exam --mode logprob` gives the numbers of LM Evaluation Harness: accuracy, every letter's score.

    pip install lm-eval==0.4.13
    python benchmarks/exam_logprob.py [--model FOLDER] [--items 120] [--shots 0 5] [--harness PYTHON] [--engine hf]

Both sit the same examination: CMMLU-style files (Question A B C D Answer) about what is in which formula, made of the
package's own table. The harness runs its own tasks, `cmmlu` and `ceval-valid`, included from its own files, with only
the data replaced; nothing is fetched. Without --model the tiny model of tests/tiny_model.py is made. With --engine
gguf our side reads FOLDER's neighbour tiny.gguf, the same weights through llama.cpp. --harness is the Python that has
lm-eval, if it is another than this one.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from measure import TCM

ROOT = Path(__file__).resolve().parent.parent
SUBJECT = {"cmmlu": "方剂学", "ceval": "方剂学"}
_WHERE = {"cmmlu": "cmmlu/_default_template_yaml", "ceval": "ceval/_default_ceval_yaml"}
_SPLIT = {"cmmlu": "test", "ceval": "val"}
_FIELDS = {"cmmlu": ("Question", "Answer"), "ceval": ("question", "answer")}


class Contest(NamedTuple):
    """Who sits the examination, and how long it is."""

    model: Path
    """For the harness."""
    spec: str
    """The same model for us."""
    items: int
    python: str
    """Of the harness."""


def questions(count: int, style: str, seed: int) -> list[dict[str, str]]:
    """Which of four herbs is in a formula: from the package's table, drawn by the seed."""
    rows = json.loads((ROOT / "tcmkit" / "data" / "formulas.json").read_text(encoding="utf-8"))["formulas"]
    held = {row["name"]: [one["herb"] for one in row["composition"]] for row in rows}
    every = sorted({herb for herbs in held.values() for herb in herbs})
    pick, made = random.Random(seed), []
    asked, answered = _FIELDS[style]
    for number in range(count):
        name = pick.choice(sorted(held))
        options = [pick.choice(held[name]), *pick.sample([herb for herb in every if herb not in held[name]], 3)]
        right = options[0]
        pick.shuffle(options)
        letters = dict(zip("ABCD", options, strict=True))
        answer = "ABCD"[options.index(right)]
        made.append({"id": str(number), asked: f" {name}的组成中有哪一味药？", **letters, answered: answer})
    return made


def harness(python: str, model: Path, style: str, shots: int, folder: Path) -> list[tuple[list[float], bool]]:
    """What the harness gives each question: the score of each letter, and whether it was right."""
    said = subprocess.run(
        [python, "-c", "import lm_eval; print(lm_eval.__version__, lm_eval.__path__[0])"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if said.returncode:
        raise SystemExit("lm-eval is not installed: pip install lm-eval==0.4.13, or name its Python with --harness")
    version, _, place = said.stdout.strip().splitlines()[-1].partition(" ")
    print(f"LM Evaluation Harness {version}, task {style}, {shots} examples", flush=True)
    task = {
        "include": f"{place}/tasks/{_WHERE[style]}",
        "task": f"local_{style}",
        "description": description(place, style),
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {_SPLIT[style]: str(folder / "test.jsonl"), "dev": str(folder / "dev.jsonl")}},
    }
    tasks = folder / "tasks"
    tasks.mkdir()
    (tasks / "local.yaml").write_text(json.dumps(task, ensure_ascii=False), encoding="utf-8")  # JSON is YAML
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(folder / "home")}
    command = [
        *(python, "-m", "lm_eval", "--model", "hf", "--model_args", f"pretrained={model},dtype=float32"),
        *("--tasks", f"local_{style}", "--include_path", str(tasks), "--num_fewshot", str(shots), "--device", "cpu"),
        *("--batch_size", "1", "--output_path", str(folder / "out"), "--log_samples"),
    ]
    done = subprocess.run(command, env={**os.environ, **offline}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the harness failed:\n{done.stderr[-2000:]}")
    (samples,) = (folder / "out").rglob("samples_*.jsonl")
    lines = sorted(map(json.loads, samples.read_text(encoding="utf-8").splitlines()), key=lambda line: line["doc_id"])
    return [([float(one[0]) for one in line["filtered_resps"]], bool(line["acc"])) for line in lines]


def description(place: str, style: str) -> str:
    """The harness's own words before a question, with our subject in the place of one of its own."""
    name, subject = {
        "cmmlu": ("cmmlu_nutrition.yaml", "营养学"),
        "ceval": ("ceval-valid_physician.yaml", "医师资格"),
    }[style]
    text = (Path(place) / "tasks" / style / name).read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if "description" in line)
    said: str = json.loads(line.partition(": ")[2])
    return said.replace(subject, SUBJECT[style])


def ours(spec: str, style: str, shots: int, folder: Path) -> list[tuple[list[float], bool]]:
    """The same from `tcm eval exam`."""
    few = ["--shots", str(folder / "dev.jsonl"), "--shot-count", str(shots)] if shots else []
    command = [
        *(*TCM, "eval", "exam", str(folder / "test.jsonl"), "--llm", spec, "--mode", "logprob", "--style", style),
        *("--subject", SUBJECT[style], "--no-cache", "--quiet", *few),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"tcm failed:\n{done.stderr[-2000:]}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [([line["logprobs"][letter] for letter in "ABCD"], line["correct"]) for line in lines]


def compare(theirs: list[tuple[list[float], bool]], mine: list[tuple[list[float], bool]]) -> dict[str, Any]:
    """Both accuracies, questions judged otherwise, the greatest difference of a score."""
    pairs = list(zip(theirs, mine, strict=True))
    return {
        "questions": len(pairs),
        "harness_accuracy": sum(right for _scores, right in theirs) / len(pairs),
        "tcm_accuracy": sum(right for _scores, right in mine) / len(pairs),
        "judged_otherwise": sum(one[1] != other[1] for one, other in pairs),
        "greatest_difference": max(abs(a - b) for one, other in pairs for a, b in zip(one[0], other[0], strict=True)),
    }


def sat_twice(contest: Contest, style: str, shots: int) -> dict[str, Any]:
    """One examination, sat by the harness and by us."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, number, seed in (("test.jsonl", contest.items, 1), ("dev.jsonl", 5, 2)):
            lines = [json.dumps(one, ensure_ascii=False) + "\n" for one in questions(number, style, seed)]
            (folder / file).write_text("".join(lines), encoding="utf-8")
        theirs = harness(contest.python, contest.model, style, shots, folder)
        return compare(theirs, ours(contest.spec, style, shots, folder))


def main() -> None:
    """Print a line for each style and number of examples; fail where the numbers differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--items", type=int, default=120)
    parser.add_argument("--shots", type=int, nargs="*", default=[0, 5])
    parser.add_argument("--styles", nargs="*", default=["cmmlu", "ceval"], choices=list(_WHERE))
    parser.add_argument("--harness", default=sys.executable)
    parser.add_argument("--engine", default="hf", choices=["hf", "gguf"])
    parser.add_argument("--tolerance", type=float, default=1e-4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        model = given.model
        if model is None:
            subprocess.run([sys.executable, str(ROOT / "tests" / "tiny_model.py"), made], check=True)
            model = Path(made) / "hf"
        spec = f"hf:{model}" if given.engine == "hf" else f"gguf:{model.parent / 'tiny.gguf'}"
        contest = Contest(model, spec, given.items, given.harness)
        for style in given.styles:
            for shots in given.shots:
                found = sat_twice(contest, style, shots)
                print(json.dumps({"style": style, "shots": shots, **found}), flush=True)
                if found["greatest_difference"] > given.tolerance or found["judged_otherwise"]:
                    raise SystemExit("the numbers are not the same")


if __name__ == "__main__":
    main()
