"""`tcm classify fit` and `tcm classify --model`: learns, keeps, is calibrated, falls back, and refuses what it cannot use."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tcmkit.classify import Classifier, Lessons, Settings, TrainedEngine, fit, label_set, load, save
from tcmkit.classify.features import n_grams
from tcmkit.classify.ridge import Ridge
from tests.conftest import Run, jsonl

COLD, HOT, BLOOD = "甲字号证", "乙字号证", "气虚血瘀证"
WORDS = {COLD: ["晨起喜坐", "面向东窗"], HOT: ["暮时喜卧", "背对西墙"], BLOOD: ["舌暗有瘀点", "肢体麻木"]}
FILLER = ["咳嗽三天", "纳可", "夜寐安", "二便调", "苔薄白", "脉弦", "乏力", "无发热", "口干", "头晕"]


def toy(count: int, seed: int = 0, noise: float = 0.0) -> list[dict[str, Any]]:
    """Records whose label only training can tell; a share `noise` of them has another's label."""
    dice = random.Random(seed)
    made = []
    for _ in range(count):
        label = dice.choice(list(WORDS))
        told = [dice.choice(WORDS[label]), *dice.sample(FILLER, 4), f"病程{dice.randrange(2, 999)}天"]
        dice.shuffle(told)
        wrong = dice.choice(list(WORDS)) if dice.random() < noise else label
        made.append({"text": "，".join(told) + "。", "syndrome": wrong})
    return made


def trained(tcm: Run, folder: Path, records: list[dict[str, Any]], *more: str) -> Any:
    return tcm("classify", "fit", "-o", folder, *more, stdin=jsonl(records))


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "toy"
    read = Classifier(Settings())
    lessons = Lessons()
    for record in toy(90):
        lessons.add(record["syndrome"], read.case_of(record))
    save(fit(lessons, (*label_set("tcmsd"), COLD, HOT)).model, str(folder), {})
    return folder


def predictions(model: Path, records: list[dict[str, Any]]) -> list[Any]:
    step = Classifier(Settings(model=str(model)))
    return [step(record)[0] for record in records]


def test_what_only_training_tells_is_learned(model_folder: Path) -> None:
    test = toy(40, seed=1)
    made = predictions(model_folder, test)
    assert sum(one["syndrome"] == record["syndrome"] for one, record in zip(made, test, strict=True)) >= 38
    assert all(one["label"] == record["syndrome"] for one, record in zip(made, test, strict=True))


def test_it_is_calibrated() -> None:
    read, lessons = Classifier(Settings()), Lessons()
    for record in toy(120, noise=0.25):
        lessons.add(record["syndrome"], read.case_of(record))
    labels = (*label_set("tcmsd"), COLD, HOT)
    engine = TrainedEngine(labels, fit(lessons, labels).model)
    right, sure = 0, 0.0
    test = toy(120, seed=2, noise=0.25)
    for record in test:
        shares = engine.assess(read.case_of(record)).probabilities
        right += labels[int(shares.argmax())] == record["syndrome"]
        sure += float(shares.max())
    assert 0.45 < right / len(test) < 0.9
    assert abs(sure - right) / len(test) < 0.12


def test_a_label_never_seen_is_still_found(model_folder: Path) -> None:
    text = "头晕2天，视物旋转，恶心，呕吐痰涎，胸闷，头重如裹，舌苔白腻，脉弦滑。"
    step = Classifier(Settings(model=str(model_folder), among="痰浊上蒙证,肾阳虚证,胎元不固证"))
    assert step({"text": text})[0]["syndrome"] == "痰浊上蒙证"


def test_kept_and_read_again_is_the_same(model_folder: Path, tmp_path: Path) -> None:
    model = load(str(model_folder))
    save(model, str(tmp_path / "again"), {})
    for name in ("model.json", "arrays.npz"):
        assert (tmp_path / "again" / name).read_bytes() == (model_folder / name).read_bytes()
    assert predictions(tmp_path / "again", toy(5)) == predictions(model_folder, toy(5))


def test_left_out_is_what_a_fit_without_it_says() -> None:
    dice = np.random.default_rng(0)
    for count in (6, 30):  # fewer records than columns, and more
        rows = dice.normal(size=(count, 12)).astype(np.float32)
        targets, weights = dice.normal(size=(count, 2)), dice.uniform(0.5, 2.0, count)
        without = Ridge(rows, targets, weights).left_out(0.3, np.arange(count))
        for one in range(count):
            rest = np.arange(count) != one
            expected = rows[one] @ Ridge(rows[rest], targets[rest], weights[rest]).coefficients(0.3)
            assert without[one] == pytest.approx(expected, abs=1e-4)


def test_n_grams_do_not_depend_on_their_place() -> None:
    assert set(n_grams("舌淡苔白")) < set(n_grams("查舌淡苔白脉"))
    assert len(n_grams("")) == 0


def test_the_commands(tcm: Run, tmp_path: Path) -> None:
    records = [*toy(40), *toy(2), {"text": "咳嗽"}, {"text": " ", "syndrome": HOT}]
    done = trained(tcm, tmp_path / "model", records, "--summary", str(tmp_path / "sum.json"))
    assert done.status == 3
    assert "2 labels stand in no table" in done.err
    assert done.messages[-1].endswith(
        "read 44 = kept 40 + dropped 2 (duplicate 2) + rejected 2 (empty_text 1, no_label 1); written 0"
    )
    notes = json.loads((tmp_path / "sum.json").read_text(encoding="utf-8"))
    assert (notes["records"], notes["classes"], notes["leaked"]) == (40, 3, 0)
    test = toy(10, seed=3)
    made = tcm("classify", "--model", tmp_path / "model", stdin=jsonl(test))
    assert made.status == 0
    assert sum(one["syndrome"] == one["label"] for one in made.records) >= 9
    twice = tcm("classify", "--model", tmp_path / "model", "--jobs", "2", stdin=jsonl(test))
    assert twice.out == made.out


def test_tcm_sd_lines_go_in_as_they_are(tcm: Run, tmp_path: Path) -> None:
    old = [
        {"chief_complaint": WORDS[name][0], "description": f"第{n}日", "detection": "脉弦", "norm_syndrome": name}
        for n in range(6)
        for name in (COLD, HOT)
    ]
    new = [
        {**{key: row[key] for key in ("chief_complaint", "detection", "norm_syndrome")}, "medical_history": "x"}
        for row in old[:2]
    ]
    done = trained(tcm, tmp_path / "model", [*old, *new])
    assert done.status == 0
    assert "kept 14" in done.messages[-1]
    made = tcm("classify", "--model", tmp_path / "model", stdin=jsonl(old[:2])).records
    assert [one["syndrome"] for one in made] == [COLD, HOT]


def test_a_leaked_label_is_told_by_both(tcm: Run, tmp_path: Path) -> None:
    records = toy(12)
    records[0]["text"] += f"辨证：{records[0]['syndrome']}"
    said = "1 records name their own label in the text"
    assert said in trained(tcm, tmp_path / "model", records).err
    assert said in tcm("classify", stdin=jsonl(records)).err
    assert said not in tcm("classify", stdin=jsonl(records[1:])).err


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([], "no labelled record that can be used"),
        ([{"text": f"咳嗽{n}天", "syndrome": HOT} for n in range(3)], "every record has the label 乙字号证"),
    ],
)
def test_nothing_to_tell_apart_is_refused(tcm: Run, tmp_path: Path, records: list[Any], said: str) -> None:
    done = trained(tcm, tmp_path / "model", records)
    assert done.status == 1
    assert said in done.messages[-1]
    assert not (tmp_path / "model").exists()


def test_few_and_long_records_are_enough(tcm: Run, tmp_path: Path) -> None:
    records = [{"text": "咳嗽，痰白。", "证": "风寒袭肺"}, {"text": "胃痛，口苦。" * 9000, "证": "肝胃郁热"}]
    done = trained(tcm, tmp_path / "model", records, "--label", "证")
    assert done.status == 0
    assert "2 labels have one record only" in done.err
    assert tcm("classify", "--model", tmp_path / "model", stdin=jsonl(records)).status == 0


def test_foreign_and_damaged_folders(tcm: Run, tmp_path: Path, model_folder: Path) -> None:
    def said(folder: Path) -> str:
        done = tcm("classify", "--model", folder, stdin=jsonl(toy(1)))
        assert (done.status, len(done.messages), done.out) == (1, 1, b""), done.err
        return str(done.messages[0])

    assert "holds no model; train it: tcm classify fit DATA -o" in said(tmp_path)
    page = json.loads((model_folder / "model.json").read_text(encoding="utf-8"))
    arrays = (model_folder / "arrays.npz").read_bytes()
    for name, changed, bytes_, expected in (
        ("cut", page, arrays[:1000], "is damaged"),
        ("short", {**page, "seen": page["seen"][1:]}, arrays, "is damaged"),
        ("strange", {**page, "weights": [1]}, arrays, "is damaged"),
        ("old", {**page, "format": 0}, arrays, "was made by another version"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.json").write_text(json.dumps(changed), encoding="utf-8")
        (tmp_path / name / "arrays.npz").write_bytes(bytes_)
        assert expected in said(tmp_path / name)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("x")
    done = trained(tcm, tmp_path / "mine", toy(6))
    assert done.status == 1
    assert "mine is there and is no model; name another folder with -o" in done.messages[-1]
    assert "name the folder of the model with -o" in tcm("classify", "fit", stdin=jsonl(toy(6))).messages[-1]
