"""What goes wrong with training, each as one line that says which knob to turn."""

import resource
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import jsonl, read_lines
from tests.warm import Warm

pytest.importorskip("trl")

FULL = ("--method", "full", "--gpus", "0", "--batch", "4", "--log-every", "1")


@pytest.fixture
def sft(warm: Warm, tiny: Path, tmp_path: Path) -> Callable[..., Any]:
    """`tcm sft` on eight questions and the tiny model."""
    lines = ({"question": f"第{n}问，舌淡何意？", "answer": "多属虚寒。"} for n in range(8))
    (tmp_path / "qa.jsonl").write_bytes(jsonl(lines))

    def run(*more: str | Path, before: Callable[[], object] | None = None) -> Any:
        words = ("sft", "qa.jsonl", "--model", tiny / "hf", "-o", "out", *FULL, *more)
        return warm.ended(warm.started(*words, before=before))

    return run


def last_words(done: Any) -> str:
    """The one line; nothing else may look like a crash."""
    assert done.status in (1, 2), done.err
    assert "Traceback" not in done.err
    assert done.out == b""
    line: str = done.messages[-1]
    assert line.startswith("tcm: ")
    return line


def test_before_anything_is_loaded(sft, tiny: Path, tmp_path: Path) -> None:
    assert last_words(sft("--gpus", "9")).startswith("tcm: --gpus 9: GPUs that PyTorch can use here: ")
    assert "--method qlora needs a CUDA GPU" in last_words(sft("--method", "qlora"))
    assert last_words(sft("--shard", "zero3")) == "tcm: --shard zero3 spreads a model over GPUs: leave it out here"
    shutil.copytree(tiny / "adapter", tmp_path / "adapter")
    said = last_words(sft("--model", "adapter"))
    assert "adapter names no base model" in said
    assert "--adapter" in said
    assert "no model nowhere" in last_words(sft("--model", "nowhere"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        master = f"127.0.0.1:{taken.getsockname()[1]}"
        said = last_words(sft("--nodes", "2", "--master", master))
    assert said == f"tcm: --master {master}: Address already in use; choose another port, or an address of this machine"
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").touch()
    assert last_words(sft()) == "tcm: out is there and is no run of training; name another folder with -o"


def test_data_and_template(sft, tmp_path: Path) -> None:
    (tmp_path / "plain.jinja").write_text("{% for m in messages %}{{ m.content }}{% endfor %}", encoding="utf-8")
    assert "wrong template: no token ends an answer" in last_words(sft("--template", "plain.jinja"))
    (tmp_path / "qa.jsonl").write_text('{"text":"甲"}\n{"question":"乙"}\n', encoding="utf-8")
    assert last_words(sft()) == (
        "tcm: no data: none of 2 lines can be trained on (no_messages 1, no_answer 1); --rejects FILE shows them"
    )
    (tmp_path / "qa.jsonl").write_bytes(b"")
    assert last_words(sft()) == "tcm: no data: the input is empty"
    assert not (tmp_path / "out" / "training.json").exists()


def test_a_pattern_that_names_nothing(sft) -> None:
    assert last_words(sft("--freeze", "mpl", "--max-steps", "1")) == "tcm: --freeze mpl matches no weight"


def test_a_loss_that_is_no_number(sft, tmp_path: Path) -> None:
    said = last_words(sft("--learning-rate", "1e25", "--warmup", "0", "--max-steps", "5"))
    assert "is no number" in said
    assert "the batch was qa.jsonl:" in said
    assert "--learning-rate" in said
    assert all(line["loss"] == line["loss"] for line in read_lines(tmp_path / "out" / "metrics.jsonl"))


def test_a_full_disk(sft, tmp_path: Path) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    said = last_words(sft("--max-steps", "2", "--save-every", "1", before=small_files))
    assert "cannot write out/run/checkpoints" in said
    assert "free space, then the same command with --resume goes on" in said
    assert not list((tmp_path / "out" / "run" / "checkpoints").glob("checkpoint-*"))
    again = sft("--max-steps", "2", "--save-every", "1", "--resume")
    assert again.status == 0, again.err


def test_too_little_memory(sft, tmp_path: Path) -> None:
    long = "舌淡，苔白。" * 300
    (tmp_path / "qa.jsonl").write_bytes(jsonl({"question": "问", "answer": f"{n}{long}"} for n in range(64)))

    def little() -> None:
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + (400 << 20),) * 2)

    said = last_words(sft("--per-device", "64", "--batch", "64", "--max-steps", "1", before=little))
    assert said.startswith("tcm: out of memory: lower --per-device or --max-tokens")


def test_the_watchdog_writes_where_it_hangs(sft, tmp_path: Path) -> None:
    done = sft("--max-steps", "3", "--watchdog", "0.1")
    assert done.status == 0, done.err
    log = (tmp_path / "out" / "run" / "log.txt").read_text(encoding="utf-8")
    assert "most recent call first" in log
    assert "no step for 0.1 seconds" in done.err
