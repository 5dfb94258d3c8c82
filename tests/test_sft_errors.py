"""What goes wrong with training, each as one line that says which knob to turn."""

import resource
import shutil
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tcmkit.errors import UsageError
from tcmkit.train.card import _batch
from tcmkit.train.folder import cannot_read_or_write
from tcmkit.train.origin import header, origin
from tcmkit.train.settings import Job, Machine
from tests.conftest import Run, jsonl, read_lines
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


def test_lines_that_are_cut_are_named(sft, tmp_path: Path) -> None:
    long = "先察舌脉，再问寒热。" * 12
    lines = [{"question": "问", "answer": long if number % 2 else "短。"} for number in range(14)]
    (tmp_path / "qa.jsonl").write_bytes(jsonl(lines))
    said = sft("--max-tokens", "40", "--check").err
    assert (
        "longer than --max-tokens 40 and cut: 7 (qa.jsonl:2, qa.jsonl:4, qa.jsonl:6, qa.jsonl:8, qa.jsonl:10, …)"
        in said
    )
    assert "超过 --max-tokens 40 而被截断：7 条（qa.jsonl:2" in sft("--max-tokens", "40", "--check", "--lang", "zh").err


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"instruction": "何意？", "input": "舌淡", "output": "虚寒。"}, "no_messages (alpaca 格式：请先  tcm convert FILE --to messages)"),
        ({"conversations": []}, "no_messages (sharegpt 格式：请先  tcm convert FILE --to messages)"),
        ({"prompt": "问", "completion": "答"}, "no_messages (trl 格式：请先  tcm convert FILE --to messages)"),
        ({"messages": [{"role": "user"}]}, "bad_messages (messages.0 须有已知的 role 与文本 content)"),
    ],
)  # fmt: skip
def test_other_formats_are_told_the_way(sft, tmp_path: Path, line: dict[str, Any], reason: str) -> None:
    (tmp_path / "qa.jsonl").write_bytes(jsonl([line]))
    assert f"tcm sft: qa.jsonl:1: {reason}" in sft("--lang", "zh").messages


def test_what_convert_makes_of_alpaca_is_trained_on(sft, tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "alpaca.jsonl").write_bytes(jsonl([{"instruction": "何意？", "input": "舌淡", "output": "虚寒。"}]))
    assert tcm("convert", "alpaca.jsonl", "--to", "messages", "-o", "qa.jsonl").status == 0
    assert "1 of 1 lines" in sft("--check").err


def test_an_adapter_of_another_model(sft, tiny: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    for name in ("wider", "deeper"):
        other = shutil.copytree(tiny / "adapter", tmp_path / name)
        file = other / "adapter_model.safetensors"
        tensors = load_file(file)
        if name == "wider":
            tensors = {key: tensor.repeat(2, -1) for key, tensor in tensors.items()}
        save_file({key.replace("layers.0", f"layers.{31 * (name == 'deeper')}"): tensors[key] for key in tensors}, file)
        said = last_words(sft("--method", "lora", "--adapter", name))
        assert said == (
            f"tcm: {name} is an adapter of another model than {tiny / 'hf'}: it names ?; give that model, or an adapter "
            "made for this one"
        )
    assert "1 of" in sft("--method", "lora", "--adapter", tiny / "adapter", "--check", "--limit", "1").err


def test_out_of_memory_names_what_grpo_has() -> None:
    from tcmkit.train.worker import _known

    assert "--per-device, --max-new-tokens or --group" in str(_known(MemoryError(), "grpo"))
    assert "--per-device or --max-tokens," in str(_known(MemoryError(), "sft"))


def test_what_cannot_be_read_is_not_what_cannot_be_written(tmp_path: Path) -> None:
    missing = FileNotFoundError(2, "No such file or directory", "/somewhere/model.safetensors")
    assert str(cannot_read_or_write(tmp_path, missing)).startswith("cannot read /somewhere/model.safetensors: No such")
    denied = PermissionError(13, "Permission denied", "/somewhere/model.safetensors")
    assert str(cannot_read_or_write(tmp_path, denied)).startswith("cannot read /somewhere/")
    inside = PermissionError(13, "Permission denied", str(tmp_path / "run"))
    assert str(cannot_read_or_write(tmp_path, inside)).startswith(f"cannot write {tmp_path / 'run'}: Permission")
    full = OSError(28, "No space left on device", "/elsewhere/cache")
    assert str(cannot_read_or_write(tmp_path, full)).startswith("cannot write /elsewhere/cache: No space")
    assert str(cannot_read_or_write(tmp_path, OSError(28, "No space left"))).startswith(f"cannot write {tmp_path}: ")


def test_machines_that_share_no_disk_are_told_so(tmp_path: Path) -> None:
    from tcmkit.train.worker import _check_shared

    here = Job(
        "sft", "", "m", "m", str(tmp_path), machine=Machine(nodes=2, node_rank=1, master="a:1"), facts={"data": "1"}
    )
    with pytest.raises(UsageError, match=r"node 1: .*training.json is not what the first machine wrote; -o must be on"):
        _check_shared(here)
    here.with_facts(data="2").save(tmp_path / "training.json")
    with pytest.raises(UsageError, match="the same data on each"):
        _check_shared(here)
    here.save(tmp_path / "training.json")
    _check_shared(here)


def test_the_weights_are_their_owners(sft, tmp_path: Path) -> None:
    assert sft("--max-steps", "1").status == 0
    assert stat.S_IMODE((tmp_path / "out" / "model.safetensors").stat().st_mode) == 0o600


def test_the_card_says_what_a_step_saw() -> None:
    found = {"recipe": {"batch": 5}, "spread": {"processes": 2, "per_device": 1, "accumulation": 2, "group": 1}}
    assert _batch(found) == "4 (5 asked for)"
    assert _batch({**found, "recipe": {"batch": 4}}) == "4"


def test_where_a_model_comes_from(tmp_path: Path) -> None:
    folder = tmp_path / "models--Qwen--Qwen3-1.7B" / "snapshots" / "abc"
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("---\nlibrary_name: transformers\nlicense: apache-2.0\n---\n# Qwen3\n")
    job = Job("sft", "", "Qwen/Qwen3-1.7B", str(folder), "out")
    assert header(origin(job, {"question": "舌淡？"})) == [
        "base_model: Qwen/Qwen3-1.7B",
        "license: apache-2.0",
        "language: zh",
    ]
    (folder / "README.md").write_text("# Qwen3\n\nlicense: none of it\n")
    own = Job("sft", "", str(tmp_path), str(tmp_path), "out")
    assert header(origin(own, {"question": "why?"})) == ["license: unknown", "language: en"]
    assert origin(job, None)["licence"] == "unknown"
