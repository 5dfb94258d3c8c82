"""`tcm classify --llm` and `--engine llm`: a language model chooses, only from the set, by log probability."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tcmkit.classify import Settings, label_set
from tcmkit.classify.llm import ByLetters, ByNames, ModelClassifier
from tcmkit.errors import InputError
from tcmkit.jsonl import Options
from tcmkit.llm import EngineSettings
from tcmkit.llm.engines import make_engine
from tests.conftest import Run, jsonl

PHLEGM = "头晕2天，视物旋转，恶心，呕吐痰涎，胸闷，头重如裹，舌苔白腻，脉弦滑。"
A, B = "甲字号证", "乙字号证"


def driven(step: ModelClassifier, record: dict[str, Any], scores: Any) -> tuple[Any, Any]:
    """The call of a talk, and what it makes of these scores."""
    talk = step(record)
    call = next(talk)
    try:
        talk.send(scores(call))
    except StopIteration as end:
        return call, end.value
    raise AssertionError("one call is enough")


def test_only_the_set_can_be_chosen() -> None:
    step = ModelClassifier(Settings(top=30), ByLetters())
    call, [made] = driven(step, {"text": PHLEGM}, lambda call: [-5 * float(n > 0) for n in range(len(call.endings))])
    assert list(call.endings) == [f" {chr(65 + n)}" for n in range(26)]
    text = call.messages[0]["content"]
    assert text.index("A. ") < text.index("Z. ")
    assert text.rstrip().endswith("：")
    shares = {one["syndrome"]: one["score"] for one in made["candidates"]}
    assert set(shares) <= set(label_set("tcmsd"))
    assert sum(score > 0 for score in shares.values()) == 26
    assert made["syndrome"] in text
    assert made["why"]["for"]


def test_the_likeliest_letter_wins_and_a_label_moves_aside() -> None:
    step = ModelClassifier(Settings(among="肝阳上亢,痰浊上蒙,肾精不足"), ByLetters())

    def third(call: Any) -> list[float]:
        lines = call.messages[0]["content"].splitlines()
        wanted = next(line[0] for line in lines if line.endswith("肾精不足证"))
        return [0.0 if ending == f" {wanted}" else -5.0 for ending in call.endings]

    call, [made] = driven(step, {"text": PHLEGM, "syndrome": "痰浊上蒙证"}, third)
    assert len(call.endings) == 3
    assert (made["syndrome"], made["label"]) == ("肾精不足", "痰浊上蒙证")
    assert made["score"] == pytest.approx(0.9867, abs=1e-3)


def test_the_command_with_a_scripted_model(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "script").write_bytes(jsonl([{"reply": "B"}]))
    records = [{"text": PHLEGM}, {"text": " "}, {"text": f"{PHLEGM}痰浊上蒙证", "syndrome": "痰浊上蒙"}]
    done = tcm("classify", "--llm", f"scripted:{tmp_path / 'script'}", stdin=jsonl(records))
    assert done.status == 3
    assert [one["score"] for one in done.records] == [0.9, 0.9]
    assert "1 records name their own label" in done.err
    both = tcm("classify", "--llm", "scripted:x", "--model", "y", stdin=b"")
    assert (both.status, "do not go together" in both.err) == (2, True)


def toy(count: int) -> list[dict[str, Any]]:
    signs = {A: "晨起喜坐", B: "背对西墙"}
    return [{"text": f"第{n}案，{signs[name]}。", "syndrome": name} for n in range(count) for name in (A, B)]


@pytest.fixture(scope="module")
def taught(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Qwen2 that has learned two names."""
    pytest.importorskip("trl")
    from tcmkit.classify.llm.fitting import DEFAULTS, fit_llm
    from tcmkit.train import Job, Recipe, Upkeep

    folder = tmp_path_factory.mktemp("llm")
    (folder / "data.jsonl").write_bytes(jsonl(toy(40)))
    settings = {**DEFAULTS, "batch": 4, "max_tokens": 512, "learning_rate": 5e-3, "max_steps": 30, "method": "full"}
    job = Job("classify fit", "tcmkit.train.sft:build", str(tiny / "hf"), "", str(folder / "model"))
    job = replace(job, recipe=Recipe(**settings), own={"stage": "sft"}, upkeep=Upkeep(preflight=False))
    assert fit_llm(Options(inputs=(str(folder / "data.jsonl"),), quiet=True), job, "", False) == 0
    return folder / "model"


def asked(folder: Path, calls: Sequence[Any]) -> list[list[float]]:
    async def ask() -> list[list[float]]:
        engine: Any = make_engine(f"hf:{folder}", EngineSettings())
        try:
            return [list(await engine.endings(call.messages[0]["content"], call.endings)) for call in calls]
        finally:
            await engine.close()

    return asyncio.run(ask())


def test_a_taught_model_says_what_it_learned(taught: Path) -> None:
    page = json.loads((taught / "model.json").read_text(encoding="utf-8"))
    assert page["kind"] == "tcmkit classify llm"
    assert page["seen"] == sorted([A, B])
    losses = [json.loads(line)["loss"] for line in (taught / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    assert losses[-1] < 0.3 * losses[0]
    step = ModelClassifier(Settings(), ByNames(str(taught)))
    tests = [{"text": f"第{n}案，{sign}。"} for n in (91, 92) for sign in ("晨起喜坐", "背对西墙")]
    calls = [next(step(record)) for record in tests]
    assert len(calls[0].endings) == 150
    assert calls[0].endings[0].endswith("<|im_end|>\n") or calls[0].endings[0].endswith("<|im_end|>")
    scores = asked(taught, calls)
    made = [driven(step, record, lambda _call, own=own: own)[1][0] for record, own in zip(tests, scores, strict=True)]
    assert [one["syndrome"] for one in made] == [A, B, A, B]
    assert all(one["syndrome"] in {*label_set("tcmsd"), A, B} for each in made for one in each["candidates"])


def test_what_texts_share_is_computed_once_and_changes_nothing(tiny: Path) -> None:
    class Fake:
        def __init__(self, text: str, endings: list[str]) -> None:
            self.messages, self.endings = ({"role": "text", "content": text},), endings

    endings = ["咳嗽两天", "头痛。", "失眠，舌红", "腹胀"]
    together, *alone = asked(
        tiny / "hf", [Fake("患者主诉：", endings), *(Fake("患者主诉：", [one]) for one in endings)]
    )
    assert together == pytest.approx([one for [one] in alone], abs=1e-4)


def test_a_folder_of_another_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no model"):
        ByNames(str(tmp_path))
