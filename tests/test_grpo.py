"""`tcm grpo`: exam items in, a model out that answers them; what is watched, and what happens when it is cut short."""

import os
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run, jsonl, read_json, read_lines
from tests.exam_model import items
from tests.test_sft import assert_same, weights
from tests.warm import Warm, waited

pytest.importorskip("trl")

QUICK = ("--method", "full", "--gpus", "0", "--max-new-tokens", "16", "--log-every", "1", "--per-device", "24")
FREE = ("--temperature", "1", "--top-p", "1", "--kl", "0")


@pytest.fixture
def grpo(warm: Warm, candidate: Path, tmp_path: Path) -> Callable[..., Any]:
    """`tcm grpo` on twenty-four questions and a model that guesses."""
    shutil.copy(candidate / "exam.jsonl", tmp_path)
    shutil.copy(candidate / "prompt.txt", tmp_path)

    def run(*more: str | Path, started: bool = False) -> Any:
        fixed = ("--model", candidate / "hf", "--prompt", "prompt.txt", *QUICK)
        return (warm.started if started else warm)("grpo", "exam.jsonl", *fixed, *more)

    return run


def right(warm: Warm, model: Path | str) -> int:
    """How many of the questions a model answers."""
    exam = ("exam.jsonl", "--llm", f"hf:{model}", "--prompt", "prompt.txt", "--no-cache", "--max-tokens", "16")
    done = warm("eval", "exam", *exam, "--summary", "score.json")
    assert done.status == 0, done.err
    return int(read_json(warm.folder / "score.json")["exam"]["right"])


def test_an_examination_is_learned(grpo, warm: Warm, tmp_path: Path, candidate: Path) -> None:
    before = right(warm, candidate / "hf")
    recipe = ("--batch", "4", "--max-steps", "40", "--learning-rate", "3e-4", "--schedule", "constant")
    done = grpo("-o", "out", *recipe, *FREE)
    assert done.status == 0, done.err
    assert before <= 12
    assert right(warm, "out") >= 22, "of 24"
    metrics = read_lines(tmp_path / "out" / "metrics.jsonl")
    assert len(metrics) == 40
    rewarded = [line["rewards/correctness/mean"] for line in metrics]
    assert sum(rewarded[:3]) / 3 < 0.5
    assert sum(rewarded[-5:]) / 5 > 0.6, "drawn, not the likeliest"
    for name in ("correctness", "well_formed", "tags"):
        assert {f"rewards/{name}/{part}" for part in ("mean", "std", "no_signal")} <= metrics[0].keys()
    answers = read_lines(tmp_path / "out" / "completions.jsonl")
    assert [line["step"] for line in answers] == [step for step in range(1, 41) for _ in range(24)]
    first = answers[0]
    assert first["place"].startswith("exam.jsonl:")
    weighted = 5 * first["rewards"]["correctness"] + first["rewards"]["well_formed"] + first["rewards"]["tags"]
    assert first["reward"] == pytest.approx(weighted)
    groups = [answers[at : at + 6] for at in range(0, len(answers), 6)]
    assert all(len({line["id"] for line in group}) == 1 for group in groups)


def test_kill_and_resume_gives_the_same_weights_and_answers(grpo, tmp_path: Path) -> None:
    recipe = (
        "--batch",
        "10",
        "--group",
        "2",
        "--epochs",
        "3",
        "--save-every",
        "2",
        "--seed",
        "3",
        "--learning-rate",
        "1e-4",
    )
    assert grpo("-o", "whole", *recipe).status == 0
    process = grpo("-o", "cut", *recipe, started=True)
    waited(lambda: list((tmp_path / "cut" / "run" / "checkpoints").glob("checkpoint-4")))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    again = grpo("-o", "cut", *recipe, "--resume")
    assert again.status == 0, again.err
    assert "going on from checkpoint-" in again.err
    assert_same(tmp_path / "whole", tmp_path / "cut")
    one, other = (read_lines(tmp_path / name / "completions.jsonl") for name in ("whole", "cut"))
    assert one == other
    one_seen, other_seen = (
        [line["tokens_seen"] for line in read_lines(tmp_path / name / "metrics.jsonl")] for name in ("whole", "cut")
    )
    assert one_seen == other_seen
    assert len(one) == 9 * 20, "three epochs of 24 questions, ten a step: none is left out"
    assert {line["id"] for line in one[:60]} == {item["id"] for item in items()}


def test_two_processes_do_what_one_does(tcm: Run, grpo, candidate: Path, tmp_path: Path) -> None:
    recipe = ("--batch", "3", "--group", "4", "--max-steps", "2", "--learning-rate", "1e-4", "--refill", "1")
    assert grpo("-o", "one", *recipe).status == 0
    fixed = ("--model", candidate / "hf", "--prompt", "prompt.txt", *QUICK, "--processes", "2")
    done = tcm("grpo", "exam.jsonl", "-o", "two", *fixed, *recipe, timeout=300, seconds=300)
    assert done.status == 0, done.err
    one, two = (read_lines(tmp_path / name / "completions.jsonl") for name in ("one", "two"))
    assert [line["completion"] for line in one] == [line["completion"] for line in two]
    left, other = weights(tmp_path / "one"), weights(tmp_path / "two")
    assert max(float((left[name] - other[name]).abs().max()) for name in left) < 1e-4


def test_lora_learns_and_leaves_no_reference_behind(grpo, warm: Warm, tmp_path: Path) -> None:
    done = grpo("-o", "out", "--method", "lora", "--batch", "2", "--max-steps", "2", "--save-every", "1")
    assert done.status == 0, done.err
    assert (tmp_path / "out" / "adapter_model.safetensors").is_file()
    assert not (tmp_path / "out" / "ref").exists()
    more = grpo("--model", "out", "-o", "more", "--method", "lora", "--batch", "2", "--max-steps", "1")
    assert more.status == 0, more.err
    assert read_lines(tmp_path / "more" / "metrics.jsonl")[0]["kl"] == pytest.approx(0, abs=1e-6)
    assert right(warm, "more") <= 24


def test_groups_without_signal_are_replaced(grpo, tmp_path: Path) -> None:
    (tmp_path / "first.py").write_text(
        "def is_q0(completions, id, **_):\n    return [float(name == 'q0') * len(t[-1]['content']) for t, name in zip(completions, id)]\n"
    )
    only = (
        "--reward",
        "first.py:is_q0",
        "--weight",
        "correctness=0",
        "--weight",
        "well_formed=0",
        "--weight",
        "tags=0",
    )
    done = grpo("-o", "out", "--batch", "2", "--max-steps", "1", "--refill", "2", *only, *FREE)
    assert done.status == 0, done.err
    answers = read_lines(tmp_path / "out" / "completions.jsonl")
    rounds = [line.get("round", 0) for line in answers]
    assert rounds == sorted(rounds)
    assert rounds[-1] == 2, "only q0 has a signal at all"
    assert len({line["id"] for line in answers}) == len(answers) // 6, "no question twice"
    assert read_lines(tmp_path / "out" / "metrics.jsonl")[0]["refilled"] == 2


def test_several_steps_on_the_same_answers(grpo, tmp_path: Path) -> None:
    done = grpo("-o", "out", "--batch", "12", "--group", "2", "--epochs", "1", "--iterations", "2", "--save-every", "3")
    assert done.status == 0, done.err
    assert "about 4 steps" in done.err
    assert done.records[-1]["steps"] == 4
    answers = read_lines(tmp_path / "out" / "completions.jsonl")
    assert [line["step"] for line in answers] == [1] * 24 + [3] * 24


def test_what_has_stalled_is_said(grpo, tmp_path: Path) -> None:
    (tmp_path / "exam.jsonl").write_bytes(
        jsonl({**item, "options": ["甲", "乙"], "answer": "A"} for item in items()[:2])
    )
    done = grpo("-o", "out", "--batch", "1", "--group", "2", "--max-steps", "21", "--max-new-tokens", "2")
    assert done.status == 0, done.err
    assert "for 20 steps most completions are cut short: raise --max-new-tokens" in done.err
    assert "for 20 steps every answer is wrong, so there is nothing to prefer" in done.err
    assert done.err.count("cut short") == 1
    assert re.search(r"the longest batch \(a row of \d+ tokens\) passes; a step learns in", done.err)


def test_questions_that_cannot_be_asked_are_named(grpo, tmp_path: Path) -> None:
    bad = [
        {"question": "?", "options": ["甲", "乙"]},
        {"question": "?", "options": ["甲", "甲"], "answer": "A"},
        {"question": "长" * 3000, "options": ["甲", "乙"], "answer": "A"},
        {"question": " 何  者？ ", "options": ["A. 甲 ", "B. 乙", ""], "answer": "答案：B"},
    ]
    (tmp_path / "exam.jsonl").write_bytes(jsonl(bad))
    measured = grpo("-o", "out", "--check")
    assert "何 者" not in measured.err
    done = grpo("-o", "out", "--check", "--show", "--rejects", "bad.jsonl")
    assert done.status == 3, done.err
    assert [(line["line"], line["reason"]) for line in read_lines(tmp_path / "bad.jsonl")] == [
        (1, "no_answer"),
        (2, "bad_options"),
        (3, "prompt_too_long"),
    ]
    assert "1 of 4 lines" in done.err
    shown = [line.removeprefix("tcm grpo: ") for line in done.messages]
    assert [line for line in ("何 者？", "A. 甲", "B. 乙") if line in shown] == ["何 者？", "A. 甲", "B. 乙"]


REWARDS = """
import math
def few(completions, **_): return [1.0]
def nan(completions, **_): return [math.nan for _ in completions]
def words(completions, **_): return ["high" for _ in completions]
def breaks(completions, **_): return [completions[0]["content"] for _ in completions]
def good(completions, answer, options, record, **_): return [float(r["question"] != "" and a in o) for a, o, r in zip(answer, options, record)]
async def later(completions, **_): return [1.0]
"""


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--reward", "none.py:x"], 2, "--reward: no such file: "),
        (["--reward", "mine.py"], 2, "--reward mine.py: write FILE.py:FUNCTION"),
        (["--reward", "mine.py:x"], 2, "has no plain function x; it has few, nan, words, breaks, good, later"),
        (["--reward", "mine.py:later"], 2, "has no plain function later"),
        (["--reward", "broken.py:x"], 1, "broken.py:2: SyntaxError: "),
        (["--reward", "mine.py:few"], 1, "the reward few gave 1 results for 2 completions"),
        (["--reward", "mine.py:nan"], 1, "the reward nan gave result 1 is nan"),
        (["--reward", "mine.py:words"], 1, "the reward words gave result 1 is a str, no number"),
        (["--reward", "mine.py:breaks"], 1, "mine.py:6: TypeError: "),
        (
            ["--weight", "beauty=2"],
            2,
            "--weight beauty=2: write NAME=NUMBER, NAME one of correctness, well_formed, tags",
        ),
        (["--weight", "tags=much"], 2, "--weight tags=much: write NAME=NUMBER"),
        (["--reward", "mine.py:good", "--reward", "mine.py:good"], 2, "two rewards have the same name"),
        (
            ["--weight", "correctness=0", "--weight", "well_formed=0", "--weight", "tags=0"],
            2,
            "every reward has the weight 0",
        ),
        (["--temperature", "0"], 2, "--temperature cannot be 0.0"),
        (["--top-p", "1.5"], 2, "--top-p cannot be 1.5"),
        (["--rollout", "vllm"], 1, '--rollout vllm needs the extra [vllm]: run pip install "tcmkit[vllm]"'),
        (["--reward", "mine.py:good"], 0, "good:1.0"),
    ],
)
def test_rewards_and_settings_that_cannot_be_used(
    grpo, tmp_path: Path, arguments: list[str], status: int, message: str
) -> None:
    (tmp_path / "mine.py").write_text(REWARDS)
    (tmp_path / "broken.py").write_text("x = 1\nreturn x\n")
    done = grpo("-o", "out", "--check", *arguments)
    assert done.status == status, done.err
    assert message in done.err
    assert "Traceback" not in done.err


def test_a_changed_reward_is_another_run_than_the_one_that_ended(grpo, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(REWARDS)
    recipe = ("-o", "out", "--batch", "1", "--group", "2", "--max-steps", "1", "--reward", "mine.py:good")
    assert grpo(*recipe).status == 0
    (tmp_path / "mine.py").write_text(REWARDS + "\n")
    done = grpo(*recipe, "--resume")
    assert done.status == 2
    assert "not the run that ended in out: rewards changed" in done.err


LATER = """
def later(completions, **columns):
    import pathlib
    lines = pathlib.Path("out/metrics.jsonl")
    if lines.is_file() and len(lines.read_text().splitlines()) >= {steps}:
        raise ValueError("the file of scores is closed")
    return [float(len(text[-1]["content"])) for text in completions]
"""


@pytest.mark.parametrize(
    ("steps", "said"),
    [(1, "no checkpoint yet: it begins anew"), (3, "the file of the reward later has changed")],
)
def test_a_reward_that_fails_in_training_can_be_mended(grpo, tmp_path: Path, steps: int, said: str) -> None:
    (tmp_path / "mine.py").write_text(LATER.format(steps=steps))
    short = ("--batch", "1", "--group", "2", "--max-steps", "4", "--save-every", "2")
    failed = grpo("-o", "out", *short, "--reward", "mine.py:later")
    assert failed.status == 1
    assert failed.messages[-1].startswith("tcm: the reward later failed: ")
    assert failed.messages[-1].endswith("mine.py:6: ValueError: the file of scores is closed")
    (tmp_path / "mine.py").write_text(LATER.format(steps=99))
    mended = grpo("-o", "out", *short, "--reward", "mine.py:later", "--resume")
    assert mended.status == 0, mended.err
    assert said in mended.err
    assert [line["step"] for line in read_lines(tmp_path / "out" / "metrics.jsonl")] == [1, 2, 3, 4]
