"""`tcm classify`: the built-in engine, what it says for itself, its labels and its bad input."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcmkit.classify import Classifier, Engine, Settings, canonical, deciding_findings, diseases, elements_of, label_set
from tcmkit.clean_tqs import Cleaner
from tcmkit.clean_tqs import Settings as CleanSettings
from tcmkit.errors import RecordError
from tcmkit.tables import dimensions, table
from tests.conftest import Run, jsonl

classify = Classifier(Settings())
PHLEGM = "头晕2天，视物旋转，恶心，呕吐痰涎，胸闷，头重如裹，舌苔白腻，脉弦滑。"


def predict(text: str, **more: Any) -> Any:
    [made] = classify({"text": text, **more})
    return made


def case_of(text: str) -> Any:
    [case] = Cleaner(CleanSettings())({"text": text})
    return case


KNOWN = [
    ("右侧肢体活动不利半年，乏力，气短，自汗，舌暗有瘀点，苔薄白，脉细涩。", "气虚血瘀证"),
    ("肛内肿物脱出伴便血1周，色鲜红，肛门灼热，大便粘，小便黄，舌红，苔黄腻，脉滑数。", "湿热下注证"),
    ("腰部簇集水疱3天，灼热刺痛，口苦，急躁易怒，舌红，苔黄腻，脉弦滑数。", "肝经湿热证"),
    ("咳嗽1周，痰多色白质粘，胸闷，纳呆，舌淡红，苔白腻，脉滑。", "痰湿蕴肺证"),
    ("咳嗽3天，痰黄稠，发热，口干，舌红，苔黄腻，脉滑数。", "痰热壅肺证"),
    ("心悸1月，失眠，多梦，健忘，面色萎黄，纳差，便溏，舌淡，脉细弱。", "心脾两虚证"),
    ("胃脘胀痛连及两胁，嗳气，生气后加重，善太息，苔薄白，脉弦。", "肝胃不和证"),
    ("头晕耳鸣，面红目赤，急躁易怒，血压升高，头胀痛，舌红，苔黄，脉弦。", "肝阳上亢证"),
    ("昨日摔倒后右腕肿痛，活动受限，局部青紫，拍片示桡骨远端骨折，舌暗，脉弦涩。", "气滞血瘀证"),
    ("反复双下肢水肿2年，畏寒肢冷，腰膝酸软，便溏，尿少，舌淡胖，苔白滑，脉沉细。", "脾肾阳虚证"),
    ("口渴多饮5年，乏力，气短，自汗，五心烦热，舌红少津，苔少，脉细弱。血糖升高。", "气阴两虚证"),
    ("全身风团瘙痒1天，色鲜红，遇热加重，咽痛，舌红，苔薄黄，脉浮数。", "风热袭表证"),
]


@pytest.mark.parametrize(("text", "expected"), KNOWN, ids=[expected for _, expected in KNOWN])
def test_textbook_pictures(text: str, expected: str) -> None:
    assert expected in [one["syndrome"] for one in predict(text)["candidates"][:3]]


def test_most_textbook_pictures_come_first() -> None:
    first = [predict(text)["syndrome"] == expected for text, expected in KNOWN]
    assert sum(first) >= 9


def test_the_reasons_are_quotations() -> None:
    made = predict(PHLEGM)
    assert next((one["name"], one["text"]) for one in made["why"]["disease"]) == ("眩晕", "头晕")
    assert {"舌苔白腻", "呕吐痰涎"} <= {one["text"] for one in made["why"]["for"]}
    for part in ("disease", "for", "against"):
        for one in made["why"][part]:
            assert made["text"][one["start"] : one["end"]] == one["text"]


def test_heat_speaks_against_cold() -> None:
    engine = Engine(("脾胃虚寒证", "脾胃湿热证"))
    cold, hot = (engine.assess(case_of(f"胃痛，{tongue}。")).probabilities for tongue in ("舌淡苔白", "舌红苔黄腻"))
    assert cold[0] > 0.8
    assert hot[1] > 0.8


def test_denied_is_not_present() -> None:
    said = predict("咳嗽3天，无发热，无口干，舌淡红，苔白，脉浮紧。")
    assert all(one["text"] != "发热" for one in said["why"]["for"])


def test_the_western_name_counts_although_cleaning_removes_it() -> None:
    made = predict("诊断为慢性阻塞性肺疾病10年，近3天加重，舌淡红，苔白，脉滑。")
    assert made["why"]["disease"][0]["name"] == "肺胀"
    denied = predict("胃痛1天，无慢性阻塞性肺疾病，舌红，苔黄，脉弦。")
    assert all(one["name"] != "肺胀" for one in denied["why"]["disease"])


def test_a_label_moves_aside() -> None:
    made = predict(PHLEGM, syndrome="肝阳上亢证")
    assert made["label"] == "肝阳上亢证"
    [again] = classify(made)
    assert again["label"] == "肝阳上亢证"
    assert again["syndrome"] == made["syndrome"]


def test_both_tcm_sd_schemas() -> None:
    old = {"user_id": 1, "chief_complaint": "头晕2天", "description": "视物旋转，恶心", "detection": "舌苔白腻，脉弦滑"}
    new = {
        "example_id": 1,
        "chief_complaint": "头晕2天",
        "medical_history": "视物旋转，恶心",
        "detection": "舌苔白腻，脉弦滑",
    }
    [one], [other] = classify(old), classify(new)
    assert one["candidates"] == other["candidates"]


def test_among_a_field_and_a_list() -> None:
    by_field = Classifier(Settings(among="options"))
    options = "A:脾胃不和;B:血热妄行;C:痰浊上蒙;D:太阳中风"
    [made] = by_field({"text": PHLEGM, "options": options})
    assert made["syndrome"] == "痰浊上蒙"
    assert {one["syndrome"] for one in made["candidates"]} == {"脾胃不和", "血热妄行", "痰浊上蒙", "太阳中风"}
    [made] = Classifier(Settings(among="肝阳上亢证,痰浊上蒙证"))({"text": PHLEGM})
    assert made["syndrome"] == "痰浊上蒙证"
    with pytest.raises(RecordError, match="no_candidates"):
        by_field({"text": PHLEGM})


@pytest.mark.parametrize(
    ("record", "reason"), [({}, "no_text"), ({"text": " \n"}, "empty_text"), ({"text": 3}, "bad_field")]
)
def test_bad_records(record: Any, reason: str) -> None:
    with pytest.raises(RecordError) as raised:
        classify(record)
    assert raised.value.reason == reason


def test_nothing_found_is_told() -> None:
    assert predict("患者来诊，一般情况可。")["abstained"]


def test_very_long_text() -> None:
    assert predict(PHLEGM * 1500)["syndrome"] == predict(PHLEGM)["syndrome"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from([*"舌苔脉红淡黄白腻弦滑细数，。无、咳痰喘痛肛胃", "头晕", "便溏", "\ud800", "𠮷", "糖尿病"]),
        max_size=60,
    )
)
def test_any_text_gives_probabilities(parts: list[str]) -> None:
    text = "".join(parts)
    if not text.strip():
        return
    made = predict(text)
    scores = [one["score"] for one in made["candidates"]]
    assert scores == sorted(scores, reverse=True)
    assert 0 < sum(scores) <= 1.001


def test_names() -> None:
    assert canonical(" 氣虛血瘀 ") == "气虚血瘀证"
    assert elements_of("肝肾阴虚证").keys() == {"肝", "肾", "阴虚"}
    assert len(label_set("tcmsd")) == 148
    assert len(label_set("all")) > 1000
    assert label_set("all")[:148] == label_set("tcmsd")


def test_every_label_has_elements() -> None:
    assert [label for label in label_set("tcmsd") if not elements_of(label)] == []


def test_the_tables_agree() -> None:
    known = set(table("syndrome_elements")["locations"]) | set(table("syndrome_elements")["natures"])
    for sign in table("syndrome_signs")["signs"]:
        assert set(sign["elements"]) <= known
        assert sign["dimension"] in dimensions()
        assert sign["source"] in table("syndrome_signs")["sources"]
    sources = set(table("diseases")["sources"])
    assert len(diseases()) >= 150
    for disease in diseases():
        assert disease["source"]
        assert set(disease["source"]) <= sources
        listed = [name for group in ("common", "possible", "rare") for name in disease[group].split()]
        assert len(listed) == len(set(listed)), disease["name"]
        assert all(elements_of(name) for name in listed), disease["name"]


def test_what_would_decide_between_two() -> None:
    engine = Engine(label_set("tcmsd"))
    rows = deciding_findings(engine, case_of("胃痛3天。"), ("脾胃虚寒证", "脾胃湿热证"))
    assert [row.bits for row in rows] == sorted((row.bits for row in rows), reverse=True)
    assert "苔黄腻" in [row.sign for row in rows[:12]]
    asked = deciding_findings(engine, case_of("胃痛3天。"), ("脾胃虚寒证", "脾胃湿热证"), can_examine=False)
    assert {row.dimension for row in asked}.isdisjoint({"tongue", "pulse"})
    assert "胃痛" not in [row.sign for row in rows]
    with pytest.raises(KeyError):
        deciding_findings(engine, case_of("胃痛3天。"), ("不是证",))


def test_the_command(tcm: Run) -> None:
    records = [{"text": PHLEGM, "extra": 1}, {"text": ""}, {"no": 1}]
    done = tcm("classify", "--top", "2", "--ask", "1", stdin=jsonl(records))
    assert done.status == 3
    [made] = done.records
    assert made["extra"] == 1
    assert len(made["candidates"]) == 2
    assert len(made["ask"]) == 1
    assert done.messages[-1].endswith("read 3 = kept 1 + dropped 0 + rejected 2 (empty_text 1, no_text 1); written 1")
    assert PHLEGM[:6] not in done.err


def test_labels_from_a_file(tcm: Run, tmp_path: Any) -> None:
    (tmp_path / "names.txt").write_text("痰浊上蒙\n肝阳上亢\n", encoding="utf-8")
    done = tcm("classify", "--labels", tmp_path / "names.txt", stdin=jsonl([{"text": PHLEGM}]))
    assert done.records[0]["syndrome"] == "痰浊上蒙证"
    missing = tcm("classify", "--labels", tmp_path / "none.txt", stdin=b"")
    assert missing.status == 1
    assert len(missing.messages) == 1


def test_jobs_give_the_same_bytes(tcm: Run) -> None:
    records = jsonl({"id": str(number), "text": text} for number, (text, _) in enumerate(KNOWN * 30))
    assert tcm("classify", stdin=records).out == tcm("classify", "--jobs", "2", stdin=records).out


def test_the_schema_names_what_is_written(tcm: Run) -> None:
    schema = json.loads(tcm("schema", "prediction").out)
    assert set(predict(PHLEGM)) <= set(schema["properties"])
