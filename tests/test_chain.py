"""The whole way on the CPU: read on, learn to answer, prefer, be rewarded, sit the examination, become one file."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run, jsonl, read_json, read_lines
from tests.exam_model import SIGNS, WHO, guesses
from tests.warm import Warm

for package in ("trl", "gguf", "llama_cpp"):
    pytest.importorskip(package)

SHARED = ("--method", "full", "--gpus", "0", "--log-every", "1", "--batch", "4", "--schedule", "constant")
ASKED = ("--prompt", "prompt.txt", "--no-cache", "--max-tokens", "16", "--summary", "score.json")


@pytest.fixture
def start(candidate: Path, tmp_path: Path) -> Path:
    """The files of the four stages, and the model that they begin with."""
    for name in ("exam.jsonl", "prompt.txt"):
        shutil.copy(candidate / name, tmp_path)
    talks = guesses(str(tmp_path / "prompt.txt"))[:48]
    formless = [{"role": "assistant", "content": "C"}]
    texts = [f"{who}{sign}，先看寒热虚实。" for who in WHO for sign in SIGNS]
    (tmp_path / "documents.jsonl").write_bytes(jsonl({"text": text} for text in texts))
    (tmp_path / "sft.jsonl").write_bytes(jsonl({"messages": talk} for talk in talks))
    prefs = [{"prompt": talk[:-1], "chosen": talk[-1:], "rejected": formless} for talk in talks[:16]]
    (tmp_path / "prefs.jsonl").write_bytes(jsonl(prefs))
    return candidate / "hf"


def test_from_documents_to_one_file(start: Path, warm: Warm, tcm: Run, tmp_path: Path) -> None:
    def train(verb: str, data: str, model: Any, out: str, *more: str) -> list[Any]:
        done = warm(verb, data, "--model", model, "-o", out, *SHARED, *more)
        assert done.status == 0, done.err
        return read_lines(tmp_path / out / "metrics.jsonl")

    def right(llm: str, run: Run = warm) -> int:
        done = run("eval", "exam", "exam.jsonl", "--llm", llm, *ASKED)
        assert done.status == 0, done.err
        return int(read_json(tmp_path / "score.json")["exam"]["right"])

    read = train(
        "sft", "documents.jsonl", start, "read", "--stage", "pretrain", "--learning-rate", "1e-3", "--epochs", "6"
    )
    told = train("sft", "sft.jsonl", "read", "told", "--learning-rate", "1e-3", "--epochs", "2")
    preferred = train("dpo", "prefs.jsonl", "told", "preferred", "--learning-rate", "1e-4", "--epochs", "2")
    for metrics in (read, told, preferred):
        assert metrics[-1]["loss"] < metrics[0]["loss"]
    sampling = (
        "--prompt",
        "prompt.txt",
        "--max-new-tokens",
        "16",
        "--temperature",
        "1",
        "--top-p",
        "1",
        "--per-device",
        "24",
    )
    rewarded = train(
        "grpo", "exam.jsonl", "preferred", "out", *sampling, "--kl", "0", "--learning-rate", "1e-3", "--max-steps", "6"
    )
    assert all(0 <= line["rewards/correctness/mean"] <= 1 for line in rewarded)  # that it learns, test_grpo.py holds
    assert len(rewarded) == 6
    after = right("hf:out")
    # llama.cpp does not load in a fork of a process that has run PyTorch: these two are processes of their own.
    done = tcm("export", "out", "-o", "tcm.gguf", "--quant", "f32", seconds=300)
    assert done.status == 0, done.err
    assert right("gguf:tcm.gguf", tcm) == after
