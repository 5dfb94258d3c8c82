"""A consultation led by a model: what it may do, and what it cannot."""

from pathlib import Path
from typing import Any

import pytest

from tcmkit.consult.scoring import by_characters, score
from tests.conftest import Run, jsonl, read_json

CASE = {"text": "咳嗽三天，痰黄稠，口渴喜饮，咽痛，发热，大便干，小便黄，夜寐欠安，舌红，苔薄黄，脉浮数。"}
TEAM = {
    "when": "你是中医内科医师",
    "reply": {"questions": [{"question": "口渴吗？喝得多不多？", "dimension": "thirst", "reason": "辨寒热"}]},
}
GENERALIST = {"when": "你是全科医师", "reply": {"questions": [{"question": "睡得怎么样？", "dimension": "sleep"}]}}
MANAGER = {"when": "选一到", "reply": {"specialties": ["internal"], "chief_complaint": "咳嗽三天"}}
REVIEW = {"when": "下面是本轮拟问的问题", "reply": {"agree": True}}
SYNDROME = {"when": "候选证型", "reply": {"syndrome": "风热犯肺证", "for": ["痰黄稠"], "against": []}}
TREATMENT = {"when": "检索到的方剂与警示", "reply": {"formula": "桑菊饮", "advice": "疏风清热，宣肺止咳，与病情相合。"}}
ALL = [MANAGER, REVIEW, TEAM, GENERALIST, SYNDROME, TREATMENT]


def consulted(tcm: Run, folder: Path, script: list[dict[str, Any]], line: dict[str, Any], *options: str) -> Any:
    (folder / "script.jsonl").write_bytes(jsonl(script))
    arguments = ("--llm", "scripted:script.jsonl", "--cache", "calls", "--lang", "zh", "--summary", "s.json", *options)
    done = tcm(
        "consult", *(("--patient", "simulated") if "--patient" not in options else ()), *arguments, stdin=jsonl([line])
    )
    assert done.status == 0, done.err
    return done.records[0]["consultation"]


def test_the_team_asks_and_the_record_is_kept(tcm: Run, tmp_path: Path) -> None:
    found = consulted(tcm, tmp_path, ALL, CASE)
    assert found["complaint"] == "咳嗽三天"
    asked = [turn["text"] for turn in found["turns"] if turn["role"] == "doctor"]
    assert set(asked[:2]) == {"口渴吗？喝得多不多？", "睡得怎么样？"}
    assert asked.count("睡得怎么样？") == 1  # what was asked is not asked again: then the built-in engine goes on
    assert len(asked) > 4
    assert {"thirst", "sleep"} <= set(found["tqs"])
    agents = {step["agent"] for step in found["trace"]}
    assert {"manager", "internal", "generalist", "consultation"} <= agents


def test_a_second_run_costs_nothing(tcm: Run, tmp_path: Path) -> None:
    once = consulted(tcm, tmp_path, ALL, CASE)
    made = read_json(tmp_path / "s.json")["calls"]["made"]
    assert made > 4
    assert consulted(tcm, tmp_path, ALL, CASE) == once
    assert read_json(tmp_path / "s.json")["calls"]["made"] < made


def test_a_man_is_asked_nothing_of_menses_whatever_the_model_proposes(tcm: Run, tmp_path: Path) -> None:
    proposed = [
        {"question": "月经准不准？", "dimension": "emotion"},
        {"question": "白带多吗？", "dimension": "stool_urine"},
    ]
    script = [MANAGER, REVIEW, {**TEAM, "reply": {"questions": proposed}}, GENERALIST, SYNDROME, TREATMENT]
    man = consulted(tcm, tmp_path, script, {"text": "患者男，40岁。" + CASE["text"]})
    asked = [turn["text"] for turn in man["turns"] if turn["role"] == "doctor"]
    assert "睡得怎么样？" in asked
    assert not [text for text in asked if "月经" in text]
    left_out = [text for step in man["trace"] for text in step.get("left_out", ())]
    assert {"月经准不准？", "白带多吗？"} <= set(left_out)
    woman = consulted(tcm, tmp_path, script, {"text": "患者女，40岁。" + CASE["text"]})
    assert "月经准不准？" in [turn["text"] for turn in woman["turns"] if turn["role"] == "doctor"]


def test_without_the_generalist(tcm: Run, tmp_path: Path) -> None:
    found = consulted(tcm, tmp_path, ALL, CASE, "--no-generalist")
    assert "generalist" not in {step["agent"] for step in found["trace"]}


def test_a_model_cannot_talk_a_red_flag_away(tcm: Run, tmp_path: Path) -> None:
    line = {"answers": ["咳嗽两天", "突然胸口剧痛，出一身冷汗，喘不上气", "没事"]}
    found = consulted(tcm, tmp_path, ALL, line, "--patient", "scripted")
    assert found["ended"] == "red_flag"
    assert found["advice"] is None


@pytest.mark.parametrize("role", ["practitioner", "self"])
def test_no_dose_and_no_all_clear_of_a_model_is_shown(tcm: Run, tmp_path: Path, role: str) -> None:
    """Every call is answered with a prescription: questions, complaint, reasons and advice of it are all refused."""
    words = "没有危险，不用去医院，附子30克煎服，对吗？"
    evil = {
        "reply": {
            "specialties": ["internal"],
            "chief_complaint": words,
            "questions": [{"question": words, "dimension": "sleep", "reason": words}],
            "agree": False,
            "suggestions": [{"number": 1, "suggestion": words}],
            "syndrome": "痰热壅肺证",
            "for": [words[:20]],
            "against": [],
            "formula": "桑菊饮",
            "advice": words,
        }
    }
    found = consulted(tcm, tmp_path, [evil], CASE, "--role", role, "--no-cache")
    assert words[:10] not in str(found)
    assert found["asked_by"]["model"] == 0
    assert found["ended"] != "red_flag"
    typed = "".join(f"{line}\n" for line in ("咳嗽三天，痰黄", "30", "女", "否", "无", "睡不好", "/done"))
    options = ("--llm", "scripted:script.jsonl", "--role", role, "--report", "r.json", "--trace", "t")
    shown = tcm("consult", "--plain", "--lang", "zh", *options, stdin=typed)
    assert shown.status == 0, shown.err
    assert words[:10] not in shown.out.decode("utf-8") + (tmp_path / "r.json").read_text(encoding="utf-8")
    flagged = typed.replace("睡不好", "突然胸口剧痛，出一身冷汗，喘不上气")
    stopped = tcm("consult", "--plain", "--lang", "zh", *options, stdin=flagged).out.decode("utf-8")
    assert stopped.index("危险信号：请立即就医") > stopped.index("喘不上气")
    assert "模型正在小结" not in stopped


@pytest.mark.parametrize("option", ["--no-generalist", "--single-stage", "--random-questions", "--fixed-order"])
def test_ablations_go_with_a_model_too(tcm: Run, tmp_path: Path, option: str) -> None:
    found = consulted(tcm, tmp_path, ALL, CASE, option, "--max-rounds", "2", "--no-cache")
    usual = consulted(tcm, tmp_path, ALL, CASE, "--max-rounds", "2", "--no-cache")
    by = [turn.get("by") for turn in found["turns"] if turn["role"] == "doctor"]
    asked = [turn["text"] for turn in found["turns"] if turn["role"] == "doctor"][:2]
    steps = {step["call"] for step in found["trace"]}
    if option == "--no-generalist":
        assert by[0] == "internal"
        assert "generalist" not in by
    elif option == "--single-stage":
        assert found["turns"] == usual["turns"]
    else:  # no score is looked at
        assert set(asked) == {"口渴吗？喝得多不多？", "睡得怎么样？"}
        assert "consult-review" not in steps
        assert option != "--fixed-order" or asked[0].startswith("口渴")
    assert found["asked_by"]["model"] + found["asked_by"]["built_in"] == len(by)
    assert found["advice"]["syndrome"]["syndrome"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"when": "候选证型", "reply": {"syndrome": "臆造证", "for": [], "against": []}}, "llm_wrong_shape"),
        ({"when": "候选证型", "reply": {"syndrome": "风热犯肺证", "for": ["咯血"], "against": []}}, "not_told"),
    ],
)
def test_a_syndrome_must_be_a_candidate_and_its_reasons_told(
    tcm: Run, tmp_path: Path, bad: dict[str, Any], reason: str
) -> None:
    found = consulted(tcm, tmp_path, [MANAGER, REVIEW, TEAM, GENERALIST, bad, TREATMENT, {"reply": "x"}], CASE)
    said = found["advice"]["model_syndrome"]
    assert said == {"failed": reason} or said.get("syndrome") != "臆造证"
    assert "failed" in said


@pytest.mark.parametrize(
    ("advice", "reason"),
    [
        ({"formula": "神仙汤", "advice": "此方最好，可以放心服用。"}, "no_candidate"),
        ({"formula": "", "advice": "可以加附子三钱，效果更好。"}, "herb_added"),
        ({"formula": "", "advice": "每日服用 30 克即可，不必多虑。"}, "dose_added"),
    ],
)
def test_advice_keeps_to_what_was_found(tcm: Run, tmp_path: Path, advice: dict[str, str], reason: str) -> None:
    first = consulted(tcm, tmp_path, ALL, CASE)["advice"]["formulas"][0]["formula"]["name"]
    reply = {"when": "检索到的方剂与警示", "reply": {**advice, "formula": advice["formula"] or first}}
    found = consulted(
        tcm, tmp_path, [MANAGER, REVIEW, TEAM, GENERALIST, SYNDROME, reply, {"reply": "x"}], CASE, "--no-cache"
    )
    assert "failed" in found["advice"]["model_advice"], reason
    assert all(hit["safety"]["status"] for hit in found["advice"]["formulas"])


def test_a_model_that_fails_leaves_the_work_to_the_built_in_engine(tcm: Run, tmp_path: Path) -> None:
    found = consulted(tcm, tmp_path, [{"fail": "llm_refused"}], CASE)
    assert found["rounds"] > 3
    assert found["advice"]["syndrome"]["syndrome"]
    assert found["advice"]["model_syndrome"] == {"failed": "llm_refused"}


def test_a_model_plays_the_patient(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_bytes(jsonl([{"reply": {"answers": ["嗓子疼，口渴", "睡不好"]}}]))
    arguments = ("--patient", "simulated", "--patient-llm", "scripted:p.jsonl", "--no-cache", "--max-rounds", "1")
    done = tcm("consult", *arguments, stdin=jsonl([CASE]))
    said = [turn["text"] for turn in done.records[0]["consultation"]["turns"] if turn["role"] == "patient"]
    assert said[1:] == ["嗓子疼，口渴", "睡不好"]


def test_scores_are_of_the_song_and_of_the_patient() -> None:
    close = score("平时口渴吗？", ["饮食、口渴、口味"], "咳嗽三天", by_characters)
    far = score("你喜欢什么颜色的车？", ["饮食、口渴、口味"], "咳嗽三天", by_characters)
    assert close.total > far.total + 0.3
    assert 0 <= far.comprehensiveness <= close.comprehensiveness <= 1
