"""`tcm dpo`: preferences in, a model out that holds to them."""

from pathlib import Path

import pytest

from tests.conftest import jsonl, read_json, read_lines
from tests.warm import Warm

pytest.importorskip("trl")

SIGNS = ("口苦", "耳鸣", "多梦", "盗汗")
QUICK = ("--gpus", "0", "--batch", "4", "--log-every", "1", "--learning-rate", "3e-3", "--epochs", "4")


@pytest.fixture
def prefs(tmp_path: Path) -> Path:
    """Eight lines, one of them as plain strings; and three that cannot be used."""
    good = [
        {
            "prompt": [{"role": "user", "content": f"{sign}如何用药？"}],
            "chosen": [{"role": "assistant", "content": "须先辨证，再遣方。"}],
            "rejected": [{"role": "assistant", "content": "随意服用即可。"}],
        }
        for sign in SIGNS
    ]
    bad = [{**good[0], "rejected": good[0]["chosen"]}, {"prompt": "问"}, {**good[0], "prompt": "长" * 3000}]
    path = tmp_path / "prefs.jsonl"
    path.write_bytes(jsonl([*good, {"prompt": "问", "chosen": "答", "rejected": "不答"}, *bad]))
    return path


@pytest.mark.parametrize("method", ["full", "lora"])
def test_the_better_answer_wins(warm: Warm, tiny: Path, tmp_path: Path, prefs: Path, method: str) -> None:
    done = warm("dpo", prefs, "--model", tiny / "hf", "-o", "out", "--method", method, *QUICK)
    assert done.status == 3, done.err
    assert "rejected 3 (answer_cut_off 1, no_preference 1, same_answers 1)" in done.messages[-1]
    metrics = read_lines(tmp_path / "out" / "metrics.jsonl")
    assert metrics[-1]["loss"] < metrics[0]["loss"] * 0.5
    assert metrics[-1]["rewards/accuracies"] == 1.0
    assert done.records[-1] == read_json(tmp_path / "out" / "result.json")


@pytest.mark.parametrize(("method", "made"), [("lora", "adapter_model.safetensors"), ("full", "model.safetensors")])
def test_an_adapter_goes_on_from_itself(
    warm: Warm, tiny: Path, tmp_path: Path, prefs: Path, method: str, made: str
) -> None:
    options = ("--method", method, *QUICK, "--max-steps", "2")
    done = warm("dpo", prefs, "--model", tiny / "hf", "--adapter", tiny / "adapter", "-o", "out", *options)
    assert done.status == 3, done.err
    assert (tmp_path / "out" / made).is_file()
    assert not (tmp_path / "out" / "ref").exists()
    first = read_lines(tmp_path / "out" / "metrics.jsonl")[0]
    assert first["loss"] == pytest.approx(0.693147, abs=1e-5), "the reference is the model as it began"
    assert first["rewards/margins"] == pytest.approx(0, abs=1e-5)
