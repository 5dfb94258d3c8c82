"""clean-tqs with a model: it chooses and quotes, we say where it stands and refuse what does not."""

from pathlib import Path
from typing import Any

import pytest

from tcmkit.clean_tqs import Settings
from tcmkit.clean_tqs.by_model import ModelCleaner
from tcmkit.clean_tqs.parts import parts
from tcmkit.clean_tqs.placing import place
from tcmkit.llm import ModelOptions, ReplyError
from tcmkit.records import Drop, Record
from tests.conftest import Run, jsonl, read_json, read_lines

RECORD = "咳嗽3天，痰黄，无恶寒，夜间头痛，复又头痛。胸片示肺纹理增粗。证属风热犯肺。舌红苔薄黄，脉浮数。"


def says(*findings: tuple[str, str, str] | tuple[str, str], removed: tuple[tuple[str, str], ...] = ()) -> Record:
    """A reply: findings as (dimension, quotation, polarity if not present), removed as (category, quotation)."""
    return {
        "findings": [
            {"dimension": dimension, "quote": quote, "polarity": polarity[0] if polarity else "present"}
            for dimension, quote, *polarity in findings
        ],
        "removed": [{"category": category, "quote": quote} for category, quote in removed],
    }


def cleaned(text: str, *answers: Record, merge: bool = False, **fields: Any) -> Record:
    """The case that a talk with these answers ends with; each answer is checked as a run would."""
    talk = ModelCleaner(Settings(merge=merge), ModelOptions(("scripted:demo",)))({"text": text, **fields})
    call = next(talk)
    try:
        for answer in answers:
            assert call.check is not None
            call.check(answer)
            call = talk.send(answer)
    except StopIteration as end:
        assert not isinstance(end.value, Drop)
        return end.value[0]
    raise AssertionError("it asks for more")


def told(case: Record) -> set[tuple[str, str, int, str]]:
    return {
        (dimension, finding["text"], finding["start"], finding["polarity"])
        for dimension, findings in case["tqs"].items()
        for finding in findings
    }


def test_quotations_get_their_place_and_what_is_not_there_is_refused() -> None:
    answer = says(
        ("chest_abdomen", "痰黄"),
        ("cold_heat", "恶寒", "absent"),
        ("sweat", "微汗出"),
        ("pulse", "脉浮数"),
        removed=(("instrument_result", "胸片示肺纹理增粗"), ("administrative", "门诊随访")),
    )
    case = cleaned(RECORD, answer, id=7, ward="3")
    assert told(case) == {
        ("chest_abdomen", "痰黄", 5, "present"),
        ("cold_heat", "恶寒", 9, "absent"),
        ("pulse", "脉浮数", 44, "present"),
    }
    assert case["removed"] == [{"category": "instrument_result", "text": "胸片示肺纹理增粗", "start": 22, "end": 30}]
    assert case["clean_text"] == "主诉：痰黄。\n寒热：无恶寒。\n胸腹：痰黄。\n脉象：脉浮数。"
    assert case["llm"] == {"engine": "scripted:demo", "prompt": 1, "hallucinated": 2}
    assert (case["id"], case["ward"], case["text"]) == (7, "3", RECORD)
    assert "sweat" in case["missing"]


def test_a_repeated_quotation_takes_one_place_after_another() -> None:
    answer = says(*[("head_body", "头痛")] * 3, ("pain", "头痛"))
    assert told(cleaned(RECORD, answer)) == {
        ("head_body", "头痛", 14, "present"),
        ("head_body", "头痛", 19, "present"),
        ("pain", "头痛", 14, "present"),
    }


def test_a_short_quotation_does_not_take_its_place_inside_a_longer_one() -> None:
    case = cleaned("腹痛拒按，腰部酸痛，脚痛。", says(("pain", "痛"), ("pain", "腹痛拒按"), ("pain", "腰部酸痛")))
    assert {(text, start) for _, text, start, _ in told(case)} == {("腹痛拒按", 0), ("腰部酸痛", 5), ("痛", 11)}


@pytest.mark.parametrize(
    ("quote", "text", "start"),
    [
        ("咳嗽，痰黄", "咳嗽,痰\n黄", 0),  # half width, a line break between
        ("神疲乏力", "神疲\u200b乏力", 6),  # a character without width
        ("体温38.5℃", "体温３８．５℃", 12),
    ],
)
def test_only_blanks_and_width_are_forgiven(quote: str, text: str, start: int) -> None:
    source = "咳嗽,痰\n黄神疲\u200b乏力，体温３８．５℃，頭痛"
    placed = place(says(("cold_heat", quote)), source)
    start, end, *_ = placed.spots[0]
    assert source[start:end] == text
    for other in ("头痛", "咳嗽痰黄", "神疲无力", "体温38.6℃", "", " "):
        assert place(says(("pain", other)), source).missing == [other]


@pytest.mark.parametrize(
    ("quote", "kept", "polarity"),
    [
        ("无恶寒", "恶寒", "absent"),
        ("否认胸闷、心悸", "胸闷、心悸", "absent"),
        ("未见浮肿", "浮肿", "absent"),
        ("腹胀不明显", "腹胀", "absent"),
        ("肝掌（-）", "肝掌", "absent"),
        ("无汗", "无汗", "present"),
        ("口不渴", "口不渴", "present"),
        ("大便不干", "大便不干", "present"),
    ],
)
def test_what_is_denied_stands_without_its_denial_or_tells_it_itself(quote: str, kept: str, polarity: str) -> None:
    placed = place(says(("sweat", quote, "absent")), f"症见{quote}。")
    start, end, _, said = placed.spots[0]
    assert (f"症见{quote}。"[start:end], said) == (kept, polarity)


@pytest.mark.parametrize(
    ("source", "quote", "kept"),
    [
        ("大便日行，无腹胀、排便不尽。", "排便不尽", "排便不尽"),
        ("大便日行，无排便不尽。", "无排便不尽", "排便不尽"),
        ("神清，无言语不利。", "言语不利", "言语不利"),
    ],
)
def test_what_is_denied_before_the_quotation_stays_denied(source: str, quote: str, kept: str) -> None:
    start, end, _, polarity = place(says(("stool_urine", quote, "absent")), source).spots[0]
    assert (source[start:end], polarity) == (kept, "absent")


def test_the_place_that_is_denied_is_taken_by_the_denial() -> None:
    case = cleaned(
        "便血三日，无头痛。复诊：无便血，头痛。", says(("stool_urine", "便血", "absent"), ("head_body", "头痛"))
    )
    assert told(case) == {("stool_urine", "便血", 13, "absent"), ("head_body", "头痛", 16, "present")}


def test_a_conclusion_and_a_name_are_no_findings() -> None:
    text = "张某，咳嗽。证属风热犯肺。"
    case = cleaned(text, says(("cause", "风热犯肺"), ("complexion_form", "张某"), ("chest_abdomen", "咳嗽")))
    assert told(case) == {("chest_abdomen", "咳嗽", 3, "present")}
    assert [piece["text"] for piece in case["stated"]] == ["证属风热犯肺"]
    assert [piece["category"] for piece in case["removed"]] == ["identity"]


def test_a_sentence_end_ends_a_finding() -> None:
    assert told(cleaned(RECORD, says(("head_body", "复又头痛。胸片"), ("pulse", "脉浮数。")))) == {
        ("pulse", "脉浮数", 44, "present")
    }


def test_merging_fills_in_where_the_model_said_nothing() -> None:
    answer = says(("chest_abdomen", "咳嗽3天，痰黄"), removed=(("duplicate", "复又头痛"),))
    case = cleaned(RECORD, answer, merge=True)
    by = {finding["text"]: finding.get("by") for findings in case["tqs"].values() for finding in findings}
    assert by["咳嗽3天，痰黄"] is None
    assert by["恶寒"] == by["脉浮数"] == "rules"
    assert "复又头痛" not in by
    assert told(cleaned(RECORD, answer)) == {("chest_abdomen", "咳嗽3天，痰黄", 0, "present")}


def test_nothing_that_is_there_is_a_fault_that_the_model_is_shown() -> None:
    with pytest.raises(ReplyError) as raised:
        cleaned(RECORD, says(("sweat", "自汗"), ("sleep", "失眠")))
    assert raised.value.reason == "llm_not_in_source"
    assert "“自汗”、“失眠”" in raised.value.advice
    assert cleaned(RECORD, says())["tqs"] == {}


def test_a_long_record_is_asked_about_in_parts() -> None:
    visits = [
        f"{name}：{symptom}，" + "病情同前，" * 110 + "脉弦。\n"
        for name, symptom in (("初诊", "咳嗽"), ("二诊", "头痛"), ("三诊", "失眠"))
    ]
    text = "".join(visits)
    case = cleaned(
        text, says(("pulse", "脉弦")), says(("pulse", "脉弦"), ("head_body", "头痛")), says(("sleep", "失眠"))
    )
    assert told(case) == {
        ("pulse", "脉弦", len(visits[0]) - 4, "present"),
        ("pulse", "脉弦", len(visits[0] + visits[1]) - 4, "present"),
        ("head_body", "头痛", len(visits[0]) + 3, "present"),
        ("sleep", "失眠", len(visits[0] + visits[1]) + 3, "present"),
    }
    assert len(case["visits"]) == 3


@pytest.mark.parametrize("text", ["", "咳", "咳嗽。" * 2000, "咳" * 5000, "\n" * 3000])
def test_parts_cover_the_text(text: str) -> None:
    spans = list(parts(text, []))
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(0 < end - start <= 1000 for start, end in spans)


def test_documents_that_are_no_cases_pass_without_a_call() -> None:
    page = {"text": "麻黄味辛温，主治伤寒头痛，发表出汗。", "source": {"path": "a"}, "meta": {"encoding": "utf-8"}}
    for only, expected in ((False, [page]), (True, Drop("not_a_record"))):
        talk = ModelCleaner(Settings(only_records=only), ModelOptions(("scripted:demo",)))(page)
        with pytest.raises(StopIteration) as ended:
            next(talk)
        assert ended.value.value == expected


def test_a_run_counts_repairs_and_rejects(tcm: Run, tmp_path: Path) -> None:
    good = says(("chest_abdomen", "咳嗽"), ("sweat", "盗汗"))
    script = [
        {"when": "整理下面的病案.*甲", "reply": good},
        {"when": "整理下面的病案.*乙", "replies": [says(("sweat", "盗汗")), good]},
        {"when": "整理下面的病案.*丙", "reply": says(("sweat", "盗汗"))},
        {
            "when": "整理下面的病案.*丁",
            "reply": {"findings": [{"dimension": "aura", "quote": "咳嗽", "polarity": "present"}]},
        },
    ]
    (tmp_path / "script").write_bytes(jsonl(script))
    args = ("clean-tqs", "--llm", "scripted:script", "--cache", "calls", "--rejects", "rejects", "--summary", "summary")
    stdin = jsonl({"id": name, "text": f"咳嗽，{name}。"} for name in "甲乙丙丁")
    ended = tcm(*args, stdin=stdin)
    assert ended.status == 3
    assert [(case["id"], case["llm"]) for case in ended.records] == [
        (name, {"engine": "scripted:script", "prompt": 1, "hallucinated": 1}) for name in "甲乙"
    ]
    assert [line["reason"] for line in read_lines(tmp_path / "rejects")] == ["llm_not_in_source", "llm_wrong_shape"]
    summary = read_json(tmp_path / "summary")
    assert summary["findings"] == {"by_model": 2, "by_rules": 0, "hallucinated": 2, "not_findings": 0}
    assert summary["calls"]["repairs"] == 3
    assert tcm(*args, stdin=stdin).out == ended.out


def test_rules_are_the_default_and_know_no_merging(tcm: Run) -> None:
    assert "llm" not in tcm("clean-tqs", stdin=jsonl([{"text": RECORD}])).records[0]
    for option in ("--merge", "--estimate"):
        ended = tcm("clean-tqs", option, stdin=jsonl([{"text": RECORD}]))
        assert (ended.status, ended.messages) == (2, [f"tcm: {option} needs a model: give --llm"])
