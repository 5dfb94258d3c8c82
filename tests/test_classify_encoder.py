"""`tcm classify fit --engine encoder`: learns, is resumed to the same weights, predicts, becomes a graph, and refuses."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tcmkit.classify import Classifier, Settings, load
from tcmkit.classify.encoder.lessons import RowMaker, group_of, most_tokens, split
from tcmkit.classify.encoder.running import logits_of
from tcmkit.classify.encoder.tokens import Tokens
from tcmkit.errors import InputError, TcmError
from tcmkit.jsonl import Options, codec
from tcmkit.train import Job, Recipe, RunFolder, Upkeep
from tests.conftest import ROOT, Run, environment, jsonl
from tests.test_classify_fit import HOT, toy

for package in ("torch", "transformers", "datasets", "accelerate", "safetensors"):
    pytest.importorskip(package)

# The trainer runs here in this process; elsewhere its libraries warn into the worker's log.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning", "ignore::DeprecationWarning")

RECIPE = {"method": "full", "epochs": 8.0, "batch": 8, "learning_rate": 4e-3, "warmup": 0.1, "max_tokens": 512}
PHLEGM = "头晕2天，视物旋转，恶心，呕吐痰涎，胸闷，头重如裹，舌苔白腻，脉弦滑。"


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders bert and roberta with random weights."""
    from tests.tiny_encoder import main

    folder = tmp_path_factory.mktemp("bases")
    main(folder)
    return folder


def job_in(out: Path, base: Path, **recipe: Any) -> Job:
    """A job whose rows lie in its folder."""
    read, maker = Classifier(Settings()), RowMaker(base, most_tokens(base, 512), False)
    rows = [{"place": f"{n}", **maker.add(one["syndrome"], read.case_of(one))} for n, one in enumerate(toy(120))]
    job = Job(
        verb="classify fit",
        build="tcmkit.classify.encoder.trainer:build",
        model=str(base),
        folder=str(base),
        out=str(out),
        recipe=Recipe(**{**RECIPE, **recipe}),
        upkeep=Upkeep(log_every=10, save_every=1000),
        own={"cleaned": False},
    ).with_facts(device="cpu", per_device=8, accumulation=1, effective=8)
    folder = RunFolder(out)
    folder.open(False)
    folder.data.write_bytes(b"".join(map(codec.dump, rows)))
    job.save(folder.config)
    return job


def trainer_of(job: Job) -> Any:
    import torch

    from tcmkit.classify.encoder.trainer import build

    torch.set_num_threads(1)
    trainer = build(job)
    trainer.take_care(RunFolder(job.out), 2)
    return trainer


@pytest.fixture(scope="module")
def model(bases: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has learned the toy labels."""
    out = tmp_path_factory.mktemp("taught") / "model"
    trainer = trainer_of(job_in(out, bases / "bert"))
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert losses[-1] < 0.3 * losses[0]
    trainer.save_model(str(out))
    return out


def predictions(folder: Path, records: list[dict[str, Any]], **more: Any) -> list[Any]:
    return [made for [made] in Classifier(Settings(model=str(folder), **more)).together(records)]  # type: ignore[misc]


def test_what_only_training_tells_is_learned(model: Path) -> None:
    test = toy(40, seed=1)
    made = predictions(model, test)
    assert sum(one["syndrome"] == record["syndrome"] for one, record in zip(made, test, strict=True)) >= 38
    assert {"syndrome", "score", "candidates", "abstained", "why", "label"} <= set(made[0])
    page = json.loads((model / "model.json").read_text(encoding="utf-8"))
    assert page["kind"] == "tcmkit classify encoder"
    assert page["training"]["network_alone_weighted_f1"] > 0.9


def test_one_by_one_is_as_together(model: Path) -> None:
    records = [*toy(6, seed=2), {"text": " "}, {"text": "咳嗽"}]
    step = Classifier(Settings(model=str(model)))
    for record, together in zip(records, step.together(records), strict=True):
        if isinstance(together, list):
            assert step(record)[0]["candidates"] == together[0]["candidates"]
        else:
            assert getattr(together, "reason", "") == "empty_text"


def test_a_label_never_seen_is_still_found(model: Path) -> None:
    [made] = predictions(model, [{"text": PHLEGM}], among="痰浊上蒙证,肾阳虚证,胎元不固证")
    assert made["syndrome"] == "痰浊上蒙证"


@pytest.mark.parametrize("text", ["咳嗽。" * 17_000, "咳嗽\ud800𠮷", "。", "abc " * 300])
def test_strange_and_long_texts(model: Path, text: str) -> None:
    [made] = predictions(model, [{"text": text}])
    assert 0 < made["score"] <= 1


def test_both_ends_of_a_long_text_are_read(bases: Path) -> None:
    tokens = Tokens(bases / "bert", 8)
    [long], [head], [tail] = tokens(["咳嗽" * 9 + "脉弦"]), tokens(["咳嗽"]), tokens(["脉弦"])
    assert len(long) == 8
    assert long[:3] == head[:3]
    assert long[-3:] == tail[-3:]


def test_positions_of_each_kind(bases: Path) -> None:
    assert [most_tokens(bases / name, 512) for name in ("bert", "roberta")] == [64, 65]
    assert most_tokens(bases / "bert", 32) == 32
    with pytest.raises(InputError, match=r"no readable config\.json"):
        most_tokens(bases, 512)


def test_order_and_padding_do_not_matter() -> None:
    def network(ids: Any, mask: Any) -> Any:
        assert (ids[mask == 0] == 7).all()
        return (ids * mask).sum(axis=1, keepdims=True).astype(np.float32)

    rows = [[1, 2], [3] * 40, [], [5], [1] * 39]
    assert logits_of(network, rows, 7, 64)[:, 0].tolist() == [3, 120, 7, 5, 39]


def test_no_text_stands_in_both_parts() -> None:
    texts = [f"咳嗽{n % 7}天，痰白{'甲乙丙丁戊己庚辛壬癸'[n % 10]}。" for n in range(200)]
    labels = ["甲证" if n % 10 < 5 else "乙证" for n in range(200)]
    groups = list(map(group_of, texts))
    parts = split(labels, groups, 0, 0.3)
    assert sorted([*parts.train, *parts.validation]) == list(range(200))
    assert not {groups[n] for n in parts.train} & {groups[n] for n in parts.validation}
    assert {labels[n] for n in parts.validation} == {"甲证", "乙证"}
    assert split(labels, groups, 0, 0.3) == parts != split(labels, groups, 1, 0.3)


def test_going_on_gives_the_same_weights(bases: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file
    from transformers import TrainerCallback

    class Stop(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            control.should_save = control.should_training_stop = state.global_step == 20

    whole = job_in(tmp_path / "whole", bases / "roberta", epochs=2.0)
    trainer = trainer_of(whole)
    trainer.train()
    trainer.save_model(whole.out)
    broken = job_in(tmp_path / "broken", bases / "roberta", epochs=2.0)
    trainer = trainer_of(broken)
    trainer.add_callback(Stop())
    trainer.train()
    latest = RunFolder(broken.out).latest()
    assert latest
    assert latest.name == "checkpoint-20"
    torch.manual_seed(99)
    again = trainer_of(broken)
    again.train(resume_from_checkpoint=str(latest))
    again.save_model(broken.out)
    one, other = (load_file(Path(job.out) / "model.safetensors") for job in (whole, broken))
    assert all(torch.equal(one[name], other[name]) for name in one)
    first, second = (json.loads((Path(job.out) / "model.json").read_text(encoding="utf-8")) for job in (whole, broken))
    assert first == second


@pytest.fixture(scope="module")
def small(model: Path) -> Any:
    """The model's graph, and what was said of it."""
    pytest.importorskip("onnxscript")
    from tcmkit.classify.encoder.exporting import export

    tokens = Tokens(model, 64)
    return export(str(model), tokens([record["text"] for record in toy(40, seed=4)]))


def test_the_graph_says_what_torch_says(model: Path, small: Any) -> None:
    assert small["f32_max_difference"] < 1e-4
    assert small["int8_agreement"] >= 0.95
    assert small["rows"] == 40
    assert sorted(path.name for path in (model / "onnx").iterdir()) == ["model.json", "model.onnx", "tokenizer.json"]


def test_the_graph_needs_no_torch(model: Path, small: Any) -> None:
    test = toy(20, seed=5)
    code = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'onnx', 'onnxscript', 'datasets'): sys.modules[name] = None\n"
        "from tcmkit.cli import main\n"
        "sys.argv = ['tcm', *sys.argv[1:]]\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, "classify", "--model", str(model / "onnx"), "--jobs", "2"],
        input=jsonl(test), capture_output=True, cwd=ROOT, env=environment(), check=True, timeout=60,
    )  # fmt: skip
    made = [json.loads(line) for line in done.stdout.splitlines()]
    by_torch = predictions(model, test)
    assert [one["syndrome"] for one in made] == [one["syndrome"] for one in by_torch]
    assert max(abs(one["score"] - other["score"]) for one, other in zip(made, by_torch, strict=True)) < 0.05


def test_a_graph_that_says_something_else_is_refused() -> None:
    from tcmkit.classify.encoder.exporting import check_parity

    good = {"f32_max_difference": 9e-5, "int8_agreement": 0.95}
    check_parity(good)
    for bad, said in (
        ({"f32_max_difference": 2e-4}, "differ from torch by 0.0002"),
        ({"f32_max_difference": float("nan")}, "differ from torch by nan"),
        ({"int8_agreement": 0.94}, "only 0.940 of the labels"),
    ):
        with pytest.raises(TcmError, match=said):
            check_parity({**good, **bad})


def fitted(folder: Path, base: Path, records: list[Any], **recipe: Any) -> int:
    from tcmkit.classify.encoder.fitting import DEFAULTS, fit_encoder

    (folder / "data.jsonl").write_bytes(jsonl(records))
    settings = Recipe(**{**DEFAULTS, **recipe})
    job = Job("classify fit", "tcmkit.classify.encoder.trainer:build", str(base), "", str(folder / "model"))
    job = replace(job, recipe=settings, own={"cleaned": True}, upkeep=Upkeep(log_every=2, save_every=2))
    return fit_encoder(Options(inputs=(str(folder / "data.jsonl"),)), job, "", False, None)


def test_the_verb(bases: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], tcm: Run) -> None:
    old = [
        {"chief_complaint": f"咳嗽{n}天", "description": f"第{'一二三四五'[n % 5]}次，{'痰白' * (n + 1)}", "detection": "脉弦", "norm_syndrome": name}
        for n in range(6)
        for name in ("甲字号证", HOT)
    ]  # fmt: skip
    for number, row in enumerate(old):
        row["chief_complaint"] += "，口干" if number % 2 else "，口苦"
    new = [{**{k: v for k, v in old[0].items() if k != "description"}, "medical_history": old[0]["description"]}]
    leaking = [{"text": f"咳嗽，{HOT}。", "syndrome": HOT}, {"text": " ", "syndrome": HOT}]
    assert fitted(tmp_path, bases / "bert", [*old, *new, *leaking], max_steps=3) == 3
    out, err = capfd.readouterr()
    assert "1 records name their own label" in err
    assert "2 labels stand in no table" in err
    assert "read 15 = kept 13 + dropped 1 (duplicate 1) + rejected 1 (empty_text 1)" in err.splitlines()[-1]
    result = json.loads(out)
    assert (result["steps"], result["data"]["rows"]) == (3, 13)
    assert [path.name for path in (tmp_path / "model" / "run").iterdir()] == ["log.txt"]
    assert result["validation"]["validation_records"] == 1
    scored = tcm("eval", "syndrome", stdin=jsonl(predictions(tmp_path / "model", old)))
    assert scored.status == 0
    assert scored.records[0]["records"] == 12


def test_one_label_only_is_refused(bases: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="every record has the label 乙字号证"):
        fitted(tmp_path, bases / "bert", [{"text": f"咳嗽{n}天", "syndrome": HOT} for n in range(3)])
    assert not (tmp_path / "model" / "training.json").exists()


def test_a_damaged_folder_and_wrong_options(model: Path, tmp_path: Path, tcm: Run) -> None:
    shutil.copytree(model, tmp_path / "short")
    page = json.loads((model / "model.json").read_text(encoding="utf-8"))
    (tmp_path / "short" / "model.json").write_text(json.dumps({**page, "seen": page["seen"][1:]}), encoding="utf-8")
    with pytest.raises(InputError, match="is damaged"):
        load(str(tmp_path / "short"))
    done = tcm("classify", "fit", "--epochs", "2", "-o", "x", stdin=jsonl(toy(3)))
    assert done.status == 2
    assert "add --engine encoder" in done.err
    done = tcm("classify", "fit", "--engine", "encoder", "-o", "x", stdin=jsonl(toy(3)))
    assert "name the model with --model" in done.err
