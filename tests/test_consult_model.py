"""The whole loop with a real tiny model through llama.cpp: it talks nonsense, so what is tested is the mechanism."""

from pathlib import Path
from typing import Any

import pytest

from tcmkit.consult.limits import is_question, oversteps
from tests.conftest import Ended, Run, jsonl, read_json
from tests.test_consult_live import ALL, longer, one_core

__all__ = ["one_core"]

CASE = {
    "id": "a",
    "chief_complaint": "咳嗽三天，痰黄。",
    "text": "咳嗽三天，痰黄稠，口渴喜饮，咽痛，发热，大便干，舌红，苔薄黄，脉浮数。",
}
LED = ("consult", "--patient", "simulated", "--max-rounds", "1", "--formulas", "1", "--lang", "zh", "--no-cache")


@pytest.fixture
def model(tiny: Path, tmp_path: Path) -> tuple[str, ...]:
    pytest.importorskip("llama_cpp")
    return (f"gguf:{longer(tiny, tmp_path)}", "--context", "8192", "--max-tokens", "200")


def transcripts(done: Ended) -> list[dict[str, Any]]:
    assert done.status == 0, done.err
    return [record["consultation"] for record in done.records]


@pytest.mark.usefixtures("one_core")
def test_doctors_patient_and_judge(tcm: Run, tmp_path: Path, model: tuple[str, ...]) -> None:
    """Nonsense is refused, what stands in for it is counted, and verdicts come in their form."""
    led = tcm(*LED, "--patient-llm", model[0], "--summary", "s.json", "--llm", *model, stdin=jsonl([CASE]), timeout=300)
    [found] = transcripts(led)
    asked = [turn for turn in found["turns"] if turn["role"] == "doctor"]
    by_model = [turn["text"] for turn in asked if "by" in turn]
    assert found["asked_by"] == {"model": len(by_model), "built_in": len(asked) - len(by_model)}
    assert sum(found["answered_by"].values()) == len(asked) > 0
    assert all(is_question(text) and not oversteps(text) for text in by_model)
    assert {step["agent"] for step in found["trace"]} >= {"manager", "internal", "generalist", "consultation"}
    assert found["advice"]["formulas"]
    assert {"model_syndrome", "model_advice"} <= found["advice"].keys()
    summary = read_json(tmp_path / "s.json")
    assert (summary["asked_by"], summary["answered_by"]) == (found["asked_by"], found["answered_by"])
    assert (summary["read"], summary["kept"], summary["written"]) == (1, 1, 1)
    (tmp_path / "led.jsonl").write_bytes(led.out)
    (tmp_path / "built-in.jsonl").write_bytes(tcm(*LED, stdin=jsonl([CASE])).out)
    judge = ("eval", "consult", "led.jsonl", "--no-cache", "--summary", "j.json", "--judge", *model)
    marked = tcm(*judge, timeout=300)
    assert marked.status == 0, marked.err
    assert marked.records[0]["judged"].keys() == {"proactiveness", "accuracy", "practicality", "overall"}
    assert all(mark in range(1, 11) for mark in marked.records[0]["judged"].values())
    compared = tcm(*judge, "--against", "built-in.jsonl", timeout=300)
    assert compared.status == 0, compared.err
    assert set(compared.records[0]["judged"].values()) <= {"win", "loss", "tie"}
    shares = read_json(tmp_path / "j.json")["consultations"]["judged"]["overall"]
    assert sum(shares[name]["count"] for name in ("win", "loss", "tie")) == 1
    assert read_json(tmp_path / "j.json")["calls"]["made"] == 2  # both orders


def test_who_asked_is_counted_and_said(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "all.jsonl").write_bytes(jsonl(ALL))
    (tmp_path / "none.jsonl").write_bytes(jsonl([{"fail": "llm_refused"}]))
    summary = ("--summary", "s.json")
    some = tcm(
        *LED,
        "--max-rounds",
        "2",
        "--max-turns",
        "0",
        "--llm",
        "scripted:all.jsonl",
        *summary,
        stdin=jsonl([CASE, CASE]),
    )
    assert [one["asked_by"] for one in transcripts(some)] == [{"model": 2, "built_in": 2}] * 2
    assert read_json(tmp_path / "s.json")["asked_by"] == {"model": 4, "built_in": 4}
    assert "answered_by" not in read_json(tmp_path / "s.json")
    assert some.messages[-2] == "tcm consult: 模型提问 4 次，内置引擎代问 4 次"
    none = tcm(*LED, "--patient-llm", "scripted:none.jsonl", *summary, stdin=jsonl([CASE]))
    assert transcripts(none)[0]["answered_by"] == {"model": 0, "rules": 2}
    assert none.messages[-2] == "tcm consult: 模型作答 0 次，由规则代答 2 次"
    assert "asked_by" not in transcripts(none)[0]


@pytest.mark.parametrize("answers", [["嗓子疼"], ["：", "…"], ["脉滑数，怎样调养。" * 5, "睡不好"], ["嗓子疼", ""]])
def test_answers_of_a_played_patient_that_will_not_do_are_given_by_rules(
    tcm: Run, tmp_path: Path, answers: list[str]
) -> None:
    (tmp_path / "p.jsonl").write_bytes(jsonl([{"reply": {"answers": answers}}]))
    done = tcm(*LED, "--patient-llm", "scripted:p.jsonl", stdin=jsonl([CASE]))
    by_rules = tcm(*LED, stdin=jsonl([CASE]))
    assert transcripts(done)[0]["turns"] == transcripts(by_rules)[0]["turns"]
    assert transcripts(done)[0]["answered_by"] == {"model": 0, "rules": 2}
