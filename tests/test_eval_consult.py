"""`tcm eval consult`: transcripts measured, compared and judged."""

from pathlib import Path
from typing import Any

import pytest

from tcmkit.evaluate.consultation import Measurer, is_told, points_of, stands_in
from tcmkit.evaluate.likeness import bleu1, cosine
from tests.conftest import Run, jsonl, read_json

CASE = {
    "id": "a",
    "text": "咳嗽三天，痰黄稠，口渴，大便干结，夜寐安，舌红，苔黄，脉数。",
    "syndrome": "痰热壅肺证",
}
TURNS: list[dict[str, Any]] = [
    {"round": 0, "role": "patient", "text": "咳嗽三天，痰黄稠。"},
    {"round": 1, "role": "doctor", "text": "舌象如何？", "dimension": "tongue"},
    {"round": 1, "role": "doctor", "text": "口渴吗？", "dimension": "thirst"},
    {"round": 1, "role": "patient", "text": "舌红，苔黄。", "dimension": "tongue", "wrote": "舌红，苔黄。"},
    {"round": 1, "role": "patient", "text": "嗯", "dimension": "thirst", "wrote": "口渴"},
    {"round": 2, "role": "doctor", "text": "口渴吗？", "dimension": "thirst"},
    {"round": 2, "role": "patient", "text": "不觉得，手脚冰凉。", "dimension": "thirst", "wrote": "手脚冰凉"},
]


def line(turns: list[dict[str, Any]] = TURNS, **more: Any) -> dict[str, Any]:
    return {**CASE, "consultation": {"turns": turns, "rounds": 2, "ended": "rounds"}, **more}


def test_one_transcript(tcm: Run) -> None:
    done = tcm("eval", "consult", stdin=jsonl([line()]))
    assert done.status == 0, done.err
    [record] = done.records
    measures = record.pop("measures")
    assert record == line()
    assert (measures["rounds"], measures["questions"], measures["repeated_questions"]) == (2, 3, 1)
    # chest_abdomen, thirst, stool_urine, sleep, tongue, pulse and cause (三天) are in the case
    assert [(row["round"], row["questions"], row["dimensions"]) for row in measures["curve"]] == [
        (0, 0, 0.2857),
        (1, 2, 0.5714),
        (2, 3, 0.5714),
    ]
    assert measures["rounds_to_90"] is None
    assert measures["groups"] == {"symptoms": [3, 4], "history": [1, 1], "lifestyle": [0, 1], "other": [2, 3]}
    assert measures["red_flag"] == {"found": 0, "stopped": None, "asked_on": 0}
    # 手脚冰凉 stands nowhere in the case, and was not asked for
    assert measures["patient"] == {"answers": 3, "characters": 16, "findings": 3, "faithful": 2, "asked_for": 2}
    assert measures["syndrome"]["label"] == "痰热壅肺证"


def test_what_a_red_flag_did(tcm: Run) -> None:
    flag = {"round": 1, "role": "red_flag", "text": "请立即就医"}
    stopped = line([*TURNS[:2], flag], id="s")
    stopped["consultation"]["ended"] = "red_flag"
    asked_on = line([TURNS[0], flag, *TURNS[1:]], id="o")
    done = tcm("eval", "consult", "--summary", "s.json", stdin=jsonl([stopped, asked_on]))
    assert [one["measures"]["red_flag"] for one in done.records] == [
        {"found": 1, "stopped": True, "asked_on": 0},
        {"found": 1, "stopped": False, "asked_on": 3},
    ]


def test_a_second_set_is_compared_pair_by_pair(tcm: Run, tmp_path: Path) -> None:
    other = [line(TURNS[:1], id=name) for name in ("a", "b", "x")]
    (tmp_path / "other.jsonl").write_bytes(jsonl(other))
    command = ("eval", "consult", "--against", "other.jsonl", "--html", "page.html", "--summary", "s.json")
    done = tcm(*command, stdin=jsonl([line(id="a"), line(id="b")]))
    assert done.status == 0, done.err
    found = read_json(tmp_path / "s.json")["consultations"]
    assert found["dimensions"] == {"mean": 0.5714, "interval_95": [0.5714, 0.5714], "of": 2}
    assert found["against"]["transcripts"] == 2
    assert found["against"]["dimensions"] == {"mean": 0.2857, "interval_95": [0.2857, 0.2857], "of": 2}
    assert found["others"]["transcripts"] == 3
    assert [row["under_way"] for row in found["by_round"]] == [2, 2, 2]
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2
    assert "http" not in page


def test_lines_that_are_none(tcm: Run) -> None:
    bad = [{"text": "咳嗽"}, line([]), line([{"round": -1, "role": "doctor", "text": ""}]), line(), line()]
    done = tcm("eval", "consult", stdin=jsonl(bad))
    assert done.status == 3
    assert done.messages[-1] == (
        "tcm eval consult: read 5 = kept 1 + dropped 0 + rejected 4 "
        "(bad_consultation 2, no_consultation 1, repeated 1); written 1"
    )


def test_a_reference_that_is_not_there(tcm: Run) -> None:
    done = tcm("eval", "consult", "--reference", "gold", stdin=jsonl([line(), line(id="b", gold="咳嗽，痰黄")]))
    assert done.status == 3
    assert "no_reference 1" in done.messages[-1]
    assert [one["id"] for one in done.records] == ["b"]


def test_a_second_set_with_a_bad_line(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "other.jsonl").write_bytes(jsonl([line(), {"id": 1}]))
    done = tcm("eval", "consult", "--against", "other.jsonl", stdin=jsonl([line()]))
    assert (done.status, done.messages) == (1, ["tcm: other.jsonl:2: no_consultation: correct the line"])


def script(folder: Path, *lines: dict[str, Any]) -> str:
    (folder / "script.jsonl").write_bytes(jsonl(lines))
    return "scripted:script.jsonl"


def verdict(proactiveness: Any, rest: Any) -> str:
    return f'{{"proactiveness":{proactiveness},"accuracy":{rest},"practicality":{rest},"overall":{rest}}}'


def test_a_judge_marks(tcm: Run, tmp_path: Path) -> None:
    judge = script(tmp_path, {"when": "问诊记录", "reply": verdict(8, 6)})
    done = tcm("eval", "consult", "--judge", judge, "--no-cache", "--summary", "s.json", stdin=jsonl([line()]))
    assert done.status == 0, done.err
    assert done.records[0]["judged"] == {"proactiveness": 8, "accuracy": 6, "practicality": 6, "overall": 6}
    judged = read_json(tmp_path / "s.json")["consultations"]["judged"]
    assert judged["proactiveness"] == {"mean": 8.0, "interval_95": [8.0, 8.0], "of": 1}


def test_a_judge_who_prefers_the_first_place_makes_ties(tcm: Run, tmp_path: Path) -> None:
    """The scripted judge finds A more proactive whatever stands there, and the one with questions better else."""
    (tmp_path / "other.jsonl").write_bytes(jsonl([line(TURNS[:1])]))
    longer_first = {"when": "问诊记录 A：(?:(?!问诊记录 B).)*医：", "reply": verdict('"A"', '"A"')}
    judge = script(tmp_path, longer_first, {"when": "问诊记录", "reply": verdict('"A"', '"B"')})
    command = ("eval", "consult", "--against", "other.jsonl", "--judge", judge, "--no-cache", "--summary", "s.json")
    done = tcm(*command, stdin=jsonl([line(), line(id="unpaired")]))
    assert done.status == 0, done.err
    judged = {"proactiveness": "tie", "accuracy": "win", "practicality": "win", "overall": "win"}
    assert [one.get("judged") for one in done.records] == [judged, None]
    totals = read_json(tmp_path / "s.json")["consultations"]["judged"]
    assert totals["accuracy"]["win"] == {"count": 1, "share": 1.0, "interval_95": [0.2065, 1.0]}
    assert totals["proactiveness"]["win"]["count"] == 0


def test_likeness() -> None:
    assert bleu1("舌红苔黄", "舌红苔黄") == 1.0
    assert bleu1("舌红苔黄脉数", "舌红") == 0.3333
    assert bleu1("", "舌红") == bleu1("舌", "") == 0.0
    assert cosine("", "舌红") == 0.0
    # 舌 红 舌红 against 舌 红 舌红 苔 红苔: 3 / sqrt(3 * 5)
    assert cosine("舌红", "舌红苔") == 0.7746


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        (("sweat", "present", "自汗"), True),
        (("sweat", "present", "汗"), True),
        (("sweat", "absent", "自汗"), False),
        (("sweat", "present", "盗汗"), False),
    ],
)
def test_what_stands_in_a_case(point: tuple[str, str, str], expected: bool) -> None:
    case = {"text": "自汗，无盗汗。", "tqs": {}}
    case["tqs"] = {
        "sweat": [
            {"text": "自汗", "start": 0, "end": 2, "polarity": "present"},
            {"text": "盗汗", "start": 4, "end": 6, "polarity": "absent"},
        ]
    }
    assert stands_in(point, points_of(case), "自汗，无盗汗。") is expected
    assert is_told(point, case) is expected


def test_a_case_told_whole_is_known_whole() -> None:
    told = line([{"round": 0, "role": "patient", "text": CASE["text"]}])
    _, measures = Measurer()(told)
    assert (measures["curve"][0]["dimensions"], measures["curve"][0]["key_points"]) == (1.0, 1.0)
    assert (measures["similarity"], measures["bleu1"]) == (1.0, 1.0)
    assert measures["syndrome"]["full_record"] == measures["syndrome"]["consultation"]
