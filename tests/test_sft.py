"""`tcm sft`: data in, a model out; what happens when it is cut short."""

import itertools
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run, jsonl, read_json, read_lines
from tests.warm import Warm, waited

pytest.importorskip("trl")

SIGNS = ("口苦", "耳鸣", "多梦", "盗汗", "便秘", "腰酸", "目赤", "纳差")
FULL = ("--method", "full", "--gpus", "0", "--learning-rate", "3e-3", "--batch", "4", "--log-every", "1")


def questions(count: int = 16) -> bytes:
    """Lines with one thing to learn."""
    return jsonl(
        {"question": f"{sign}第{n}次来诊，先做什么？", "answer": f"先问{sign}起于何时，再看舌脉。"}
        for n, sign in itertools.islice(enumerate(itertools.cycle(SIGNS)), count)
    )


@pytest.fixture
def sft(warm: Warm, tiny: Path, tmp_path: Path) -> Callable[..., Any]:
    """`tcm sft` on sixteen questions and the tiny model."""
    (tmp_path / "qa.jsonl").write_bytes(questions())

    def run(*more: str | Path, started: bool = False) -> Any:
        return (warm.started if started else warm)("sft", "qa.jsonl", "--model", tiny / "hf", *FULL, *more)

    return run


def weights(folder: Path) -> dict[str, Any]:
    """The tensors of a saved model."""
    from safetensors.torch import load_file

    name = next(folder.glob("*model.safetensors"))
    return load_file(name)


def assert_same(one: Path, other: Path) -> None:
    """Bit for bit."""
    import torch

    left, right = weights(one), weights(other)
    assert left.keys() == right.keys()
    assert [name for name in left if not torch.equal(left[name], right[name])] == []


def test_a_run_from_lines_to_model(sft, tmp_path: Path) -> None:
    with (tmp_path / "qa.jsonl").open("ab") as file:
        file.write('{"question":"没有回答？"}\n{"messages":[{"role":"nurse","content":"早"}]}\n'.encode())
    done = sft("-o", "out", "--epochs", "3", "--emit", "metrics", "--rejects", "bad.jsonl")
    assert done.status == 3, done.err
    *metrics, result = done.records
    assert [line["step"] for line in metrics] == list(range(1, 13))
    assert metrics[-1]["loss"] < metrics[0]["loss"] * 0.7
    assert read_lines(tmp_path / "out" / "metrics.jsonl") == [
        {name: value for name, value in line.items() if name != "event"} for line in metrics
    ]
    assert [(line["line"], line["reason"]) for line in read_lines(tmp_path / "bad.jsonl")] == [
        (17, "no_answer"),
        (18, "bad_messages"),
    ]
    assert result == read_json(tmp_path / "out" / "result.json")
    assert result["steps"] == 12
    assert result["data"]["rows"] == 16
    assert done.messages[-1] == (
        "tcm sft: read 18 = kept 16 + dropped 0 + rejected 2 (bad_messages 1, no_answer 1); written 16"
    )
    left = {path.name for path in (tmp_path / "out" / "run").iterdir()}
    assert left == {"log.txt"}, "data and checkpoints go when all is done"
    assert weights(tmp_path / "out").keys() >= {"model.embed_tokens.weight"}


@pytest.mark.parametrize(
    ("method", "every"),
    [(("--method", "full"), 2), (("--method", "lora", "--lora-dropout", "0.2"), 3)],
    ids=["full", "lora"],
)
def test_kill_and_resume_gives_the_same_weights(sft, tmp_path: Path, method: tuple[str, ...], every: int) -> None:
    recipe = (*method, "--epochs", "3", "--save-every", str(every), "--keep", "2", "--seed", "7")
    assert sft("-o", "whole", *recipe).status == 0
    process = sft("-o", "cut", *recipe, started=True)
    checkpoints = tmp_path / "cut" / "run" / "checkpoints"
    waited(lambda: list(checkpoints.glob(f"checkpoint-{2 * every}")))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    metrics = tmp_path / "cut" / "metrics.jsonl"
    steady = waited(lambda: _steady(metrics))
    assert not (tmp_path / "cut" / "result.json").exists(), "the worker went with the one that started it"
    assert steady < 12
    half = checkpoints / "unfinished" / "checkpoint-11"
    half.mkdir(parents=True, exist_ok=True)
    (half / "trainer_state.json").write_text("{", encoding="utf-8")
    again = sft("-o", "cut", *recipe, "--resume")
    assert again.status == 0, again.err
    assert "going on from checkpoint-" in again.err
    assert_same(tmp_path / "whole", tmp_path / "cut")
    assert [line["step"] for line in read_lines(metrics)] == list(range(1, 13))
    once_more = sft("-o", "cut", *recipe, "--resume")
    assert (once_more.status, once_more.out) == (0, again.out), "what is finished is only said again"
    assert "cut is finished, with this data and these settings; nothing is to be done" in once_more.err
    assert not (tmp_path / "cut" / "run" / "data.jsonl").exists()
    (tmp_path / "qa.jsonl").write_bytes(questions(15))
    other = sft("-o", "cut", *recipe, "--resume", "--warmup", "0.5")
    assert (other.status, other.messages[-1]) == (
        2,
        "tcm: --resume: not the run that ended in cut: data, warmup changed; take the old command or a new -o",
    )
    assert not (tmp_path / "cut" / "run" / "data.jsonl").exists()
    assert (tmp_path / "cut" / "result.json").read_bytes() == again.out


def _steady(path: Path) -> int:
    """Lines of a file that has not grown for a while."""
    import time

    before = path.stat().st_size
    time.sleep(1)
    return len(path.read_bytes().splitlines()) if path.stat().st_size == before else 0


def test_lora_leaves_the_model_and_writes_an_adapter(sft, tmp_path: Path, tiny: Path) -> None:
    done = sft(
        "-o", "out", "--method", "lora", "--lora-rank", "4", "--lora-targets", "q_proj,v_proj", "--max-steps", "4"
    )
    assert done.status == 0, done.err
    config = read_json(tmp_path / "out" / "adapter_config.json")
    assert (config["r"], sorted(config["target_modules"])) == (4, ["q_proj", "v_proj"])
    assert Path(config["base_model_name_or_path"]) == tiny / "hf"
    assert not list((tmp_path / "out").glob("model*.safetensors"))
    again = sft("--model", "out", "-o", "more", "--method", "lora", "--max-steps", "2")
    assert again.status == 0, again.err
    before, after = weights(tmp_path / "out"), weights(tmp_path / "more")
    assert before.keys() == after.keys()
    assert any((before[name] != after[name]).any() for name in before)


def test_frozen_weights_do_not_move(sft, tmp_path: Path, tiny: Path) -> None:
    import torch

    done = sft("-o", "out", "--freeze", "2", "--freeze", "mlp", "--max-steps", "2")
    assert done.status == 0, done.err
    before, after = weights(tiny / "hf"), weights(tmp_path / "out")
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved
    assert not [name for name in moved if "mlp" in name or "embed_tokens" in name or ".layers.0." in name]
    assert any(".layers.3.self_attn" in name for name in moved)


def test_documents_are_packed_and_every_token_learned(warm: Warm, tiny: Path, tmp_path: Path) -> None:
    texts = [f"{sign}者，当察其寒热，辨其虚实。" * 6 for sign in SIGNS]
    (tmp_path / "documents.jsonl").write_bytes(jsonl({"text": text} for text in texts))
    options = ("--stage", "pretrain", "--max-tokens", "64", "--epochs", "3", *FULL)
    done = warm("sft", "documents.jsonl", "--model", tiny / "hf", "-o", "out", *options)
    assert done.status == 0, done.err
    data = done.records[-1]["data"]
    assert data["tokens"] == data["learned"]
    assert data["rows"] == -(-data["tokens"] // 64)
    losses = [line["loss"] for line in read_lines(tmp_path / "out" / "metrics.jsonl")]
    assert losses[-1] < losses[0] * 0.7


def test_what_lies_beside_the_model(sft, tmp_path: Path) -> None:
    done = sft("-o", "out", "--max-steps", "3", "--preset", "chimed-sft", "--show")
    assert done.status == 0, done.err
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    result = done.records[-1]
    assert result["data"]["sha256"] in card
    assert card.startswith(
        "---\nlibrary_name: transformers\nlicense: unknown\nlanguage: zh\ntags: [tcmkit, sft]\n---\n"
    )
    assert f"| base model | {result['model']} |" in card
    assert "| preset | chimed-sft |" in card
    assert "| learning_rate | 0.003 |" in card, "an option overrides the preset"
    assert "| warmup | 0.1 |" in card
    assert (tmp_path / "out" / "curves.png").read_bytes().startswith(b"\x89PNG")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 3
    assert "http" not in page.replace("<!doctype html>", ""), "nothing from elsewhere"
    said = done.err
    assert "⟦先问口苦起于何时，再看舌脉。<|im_end|>⟧" in said
    assert "the longest batch" in said
    assert "--max-tokens 2048 becomes 1024" in said


def test_without_show_no_word_of_the_data_is_said(sft, tmp_path: Path) -> None:
    done = sft("-o", "out", "--check")
    assert done.status == 0, done.err
    assert "⟦{14 characters}<|im_end|>⟧" in done.err
    assert "口苦" not in done.err
    assert done.out == b""
    assert not (tmp_path / "out" / "training.json").exists()
    assert not (tmp_path / "out" / "run" / "data.jsonl").exists(), "no copy of the data is left"
    assert sft("-o", "out", "--max-steps", "1").status == 0, "the folder is still free"


def test_a_polite_kill_saves_and_says_so(sft, tmp_path: Path) -> None:
    process = sft("-o", "out", "--max-steps", "400", started=True)
    waited((tmp_path / "out" / "metrics.jsonl").exists)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait() == 130
    said = max(tmp_path.glob("stderr.*")).read_text(encoding="utf-8")
    assert "saved; the same command with --resume goes on" in said
    assert "Traceback" not in said
    (saved,) = (tmp_path / "out" / "run" / "checkpoints").iterdir()
    assert int(saved.name.removeprefix("checkpoint-")) < 400
    other = sft("-o", "out", "--max-steps", "400", "--resume", "--seed", "5")
    assert (other.status, other.messages[-1]) == (
        2,
        "tcm: --resume: not the run that began in out: seed changed; take the old command or a new -o",
    )
    (tmp_path / "qa.jsonl").write_bytes(questions(15))
    other = sft("-o", "out", "--max-steps", "400", "--resume")
    assert other.status == 2
    assert "data changed" in other.messages[-1]
    again = sft("-o", "out", "--max-steps", "400")
    assert again.messages[-1] == (
        "tcm: out holds a run that did not end: go on with --resume, or name another folder with -o"
    )


def test_two_processes_give_what_one_gives(sft, tcm: Run, tiny: Path, tmp_path: Path) -> None:
    """Real interpreters under torchrun: here nothing is forked."""
    import torch

    recipe = ("--max-steps", "3", "--batch", "8")
    assert sft("-o", "one", *recipe).status == 0
    words = ("sft", "qa.jsonl", "--model", tiny / "hf", *FULL, "-o", "two", *recipe, "--processes", "2")
    done = tcm(*words, env={"OMP_NUM_THREADS": "1"}, timeout=300, seconds=300)
    assert done.status == 0, done.err
    assert done.records[-1]["spread"] == {"processes": 2, "per_device": 4, "accumulation": 1, "group": 1}
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    for name in one:
        torch.testing.assert_close(two[name], one[name], rtol=1e-4, atol=1e-5)
    losses = [[line["loss"] for line in read_lines(tmp_path / name / "metrics.jsonl")] for name in ("one", "two")]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
