"""`tcm check` on prescriptions: each code once, names, doses, patients, and the command itself."""

from typing import Any

import pytest

from tcmkit.errors import RecordError
from tcmkit.records import Record
from tcmkit.safety import Checker, Settings, codes
from tests.conftest import Run, jsonl

MAN = {"sex": "男", "age": "45岁"}
PREGNANT = {"sex": "女", "age": 28, "pregnant": True}
checker = Checker(Settings(language="zh"))
english = Checker(Settings(language="en"))


def safety(prescription: Any, patient: Any = MAN, **more: Any) -> Any:
    record: Record = {"prescription": prescription, "patient": patient, **more}
    return checker(record)[0]["safety"]


def found(prescription: Any, patient: Any = MAN) -> list[tuple[str, str, str]]:
    """Code, severity and names of each finding."""
    findings = safety(prescription, patient)["findings"]
    return [(f["code"], f["severity"], "+".join(herb["name"] for herb in f["herbs"])) for f in findings]


TOXIC_ACONITE = ("toxic", "warn", "附子")

EACH_CODE = [
    ("incompat18", "海藻10g，炙甘草6g", MAN, [("incompat18", "block", "海藻+炙甘草")]),
    ("fear19", "人参6g另煎，五灵脂6g包煎", MAN, [("fear19", "block", "人参+五灵脂")]),
    ("pregnancy_forbidden", "三棱6g，陈皮6g", PREGNANT, [("pregnancy_forbidden", "block", "三棱")]),
    ("pregnancy_caution", "桃仁9g，当归10g", PREGNANT, [("pregnancy_caution", "warn", "桃仁")]),
    ("dose_over", "黄芪20g，麻黄15g", MAN, [("dose_over", "warn", "麻黄")]),
    ("dose_under", "甘草1g", MAN, [("dose_under", "warn", "甘草")]),
    ("toxic", "香加皮6g", MAN, [("toxic", "warn", "香加皮")]),
    ("slightly_toxic", "苦杏仁9g", MAN, [("slightly_toxic", "warn", "苦杏仁")]),
    ("controlled", "生川乌3g", MAN, [("controlled", "block", "川乌"), ("toxic", "block", "川乌")]),
    ("banned", "关木通6g，当归10g", MAN, [("banned", "block", "关木通")]),
    ("herb_drug", "丹参15g", {**MAN, "medications": ["华法林钠片 3mg"]}, [("herb_drug", "warn", "丹参")]),
    ("condition", "麻黄6g", {**MAN, "history": "高血压十年"}, [("condition", "warn", "麻黄")]),
    ("child", "陈皮9g", {"sex": "女", "age": "3岁"}, [("child", "warn", "陈皮")]),
    ("unknown_herb", "当归10g，紫晶草10g", MAN, [("unknown_herb", "not_checked", "")]),
    ("duplicate_herb", "当归5g，全当归6g", MAN, [("duplicate_herb", "warn", "当归+当归")]),
    ("route", "芦荟3g", MAN, [("route", "warn", "芦荟")]),
    ("decocting", "旋覆花9g", MAN, [("decocting", "note", "旋覆花")]),
    ("not_checked", "当归，白芍", MAN, [("not_checked", "not_checked", "")]),
]


@pytest.mark.parametrize(("code", "prescription", "patient", "expected"), EACH_CODE, ids=[row[0] for row in EACH_CODE])
def test_each_code(code: str, prescription: str, patient: Any, expected: list[tuple[str, str, str]]) -> None:
    assert found(prescription, patient) == expected
    assert code in {finding[0] for finding in expected}


def test_every_code_has_a_test() -> None:
    of_consult = {"red_flag", "pregnancy", "pregnancy_first"}  # tests/test_consult_formulas.py and its kin
    assert {row[0] for row in EACH_CODE} | of_consult == set(codes())


def test_an_ordinary_prescription_is_clean() -> None:
    assert safety("当归10g，白芍10g，川芎6g，熟地黄12g") == {"status": "clean", "findings": []}


def test_a_finding_is_whole() -> None:
    text = "处方：黑附片10g（先煎）、薑半夏9g"
    [pair, toxic] = safety(text)["findings"]
    assert pair["herbs"] == [
        {"name": "附子", "text": "黑附片", "start": 3, "end": 6},
        {"name": "姜半夏", "text": "薑半夏", "start": 14, "end": 17},
    ]
    assert pair["message"] == "黑附片（附子）与薑半夏（姜半夏）属十八反，不宜同用。"
    assert pair["rule"] == "乌头-半夏"
    assert pair["field"] == "prescription"
    assert "2020年版" in pair["source"]
    assert "2025年版" in pair["source"]
    assert toxic["code"] == "toxic"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("黑顺片", "附子"), ("白附片", "附子"), ("淡附片", "附子"), ("炮附子", "附子"), ("白附子", "白附子"),
        ("制川乌", "制川乌"), ("川乌", "川乌"), ("栝楼根", "天花粉"), ("花粉", "天花粉"), ("全瓜蒌", "瓜蒌"),
        ("瓜蒌皮", "瓜蒌皮"), ("清半夏", "清半夏"), ("粉甘草", "甘草"), ("蜜甘草", "炙甘草"), ("官桂", "肉桂"),
        ("桂枝", "桂枝"), ("昆布", "昆布"), ("五加皮", "五加皮"), ("香加皮", "香加皮"), ("元胡", "延胡索"),
        ("當歸", "当归"), ("麩炒白朮", "白术"), ("酒大黄", "大黄"), ("生地", "地黄"), ("杭白芍", "白芍"),
    ],
)  # fmt: skip
def test_names(written: str, name: str) -> None:
    from tcmkit.herbs.reading import read

    assert [item.herb.name for item in read(f"{written}6g").items] == [name]


def test_typhonium_is_not_aconite() -> None:
    assert found("白附子6g，法半夏9g") == [("toxic", "warn", "白附子")]
    assert found("白附片6g先煎，法半夏9g") == [("incompat18", "block", "附子+法半夏"), TOXIC_ACONITE]


def test_cassia_twig_is_not_cassia_bark() -> None:
    assert found("桂枝6g，赤石脂10g") == []
    assert found("官桂3g，赤石脂10g") == [("fear19", "block", "肉桂+赤石脂")]


def test_kelp_is_not_sargassum() -> None:
    assert found("昆布10g，甘草6g") == []


def test_a_classical_exception_is_named_and_still_blocks() -> None:
    [finding] = safety("海藻10g，甘草6g")["findings"]
    assert finding["severity"] == "block"
    assert "海藻玉壶汤（《外科正宗》）" in finding["message"]


@pytest.mark.parametrize(
    ("written", "grams"),
    [
        ("白芍30g", 30), ("白芍三十克", 30), ("白芍一两", 30), ("白芍八钱", 24), ("白芍 20 克", 20),
        ("白芍五钱半", 16.5), ("白芍一两二钱", 36), ("白芍10-20g", 20), ("白芍、川芎各二十克", 20), ("白芍２０ｇ", 20),
        ("白芍二十五克", 25), ("30g白芍", 30),
    ],
)  # fmt: skip
def test_doses_above_the_book(written: str, grams: float) -> None:
    over = [f for f in safety(written)["findings"] if f["code"] == "dose_over" and f["herbs"][0]["name"] == "白芍"]
    assert [f["message"] for f in over] == [f"白芍日用量{grams:g}克，高于药典上限15克。"]


@pytest.mark.parametrize("written", ["白芍15g", "白芍五钱", "白芍十五克", "白芍90g，共6剂量", "白芍适量"])
def test_doses_within_the_book(written: str) -> None:
    assert safety(written)["status"] == "clean"


def test_liang_before_a_counter_is_a_number() -> None:
    assert found("蜈蚣两条") == [("toxic", "warn", "蜈蚣"), ("not_checked", "not_checked", "蜈蚣")]


def test_a_toxic_dose_blocks_where_an_ordinary_one_warns() -> None:
    assert found("附子30g先煎") == [TOXIC_ACONITE, ("dose_over", "block", "附子")]
    assert safety("黄芪10g，白芍20g")["status"] == "warn"


@pytest.mark.parametrize(
    ("written", "severity"),
    [
        ("半夏10g", "warn"),
        ("半夏13.5g", "warn"),
        ("半夏14g", "block"),
        ("附子16g先煎", "block"),
        ("细辛4g", "block"),
        ("川楝子20g", "warn"),
        ("川楝子21g", "block"),
        ("黄芪31g", "warn"),
        ("黄芪150g", "warn"),
        ("黄芪300g", "block"),
        ("马钱子0.7g", "block"),
        ("华山参0.25g", "block"),
        ("金铁锁0.35g", "block"),
    ],
)
def test_how_far_above_the_maximum_a_dose_blocks(written: str, severity: str) -> None:
    assert [f["severity"] for f in safety(written)["findings"] if f["code"] == "dose_over"] == [severity]


@pytest.mark.parametrize(
    ("patient", "status"),
    [
        (PREGNANT, "warn"),
        ("女，30岁，孕12周", "warn"),
        ({"sex": "女", "age": 28}, "not_checked"),
        (None, "not_checked"),
        ({"sex": "女", "age": 28, "pregnant": "否"}, "clean"),
        ({"sex": "女", "age": 70}, "clean"),
        (MAN, "clean"),
    ],
)
def test_pregnancy(patient: Any, status: str) -> None:
    assert safety("桃仁9g，当归10g", patient)["status"] == status


def test_pregnancy_unknown_says_so_in_grammatical_english() -> None:
    [finding] = english({"prescription": "桃仁9g"})[0]["safety"]["findings"]
    assert finding["rule"] == "pregnancy_unknown"
    assert finding["message"] == "It is not known whether the patient is pregnant; not checked for pregnancy: 桃仁."


@pytest.mark.parametrize(
    "prescription",
    ["当归10g，紫晶草10g", "当归10g 🙂", "abc", "桂枝汤加减", "上方继服", "当归10g，白芍", ["当归10g", "某某某"]],
)
def test_what_was_not_understood_is_never_clean(prescription: Any) -> None:
    assert safety(prescription)["status"] == "not_checked"


def test_an_unknown_name_gets_near_ones() -> None:
    [finding] = safety("紫晶草10g")["findings"]
    assert finding["herbs"] == [{"name": "", "text": "紫晶草", "start": 0, "end": 3}]
    assert "紫草" in finding["nearest"]


def test_an_unknown_medicine_is_not_checked() -> None:
    assert safety("丹参15g", {**MAN, "medications": "乌有片"})["status"] == "not_checked"


def test_a_list_says_which_item() -> None:
    findings = safety(["人参6g", {"herb": "五灵脂", "dose": "6g"}])["findings"]
    assert [herb["item"] for herb in findings[0]["herbs"]] == [0, 1]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({}, "nothing_to_check"),
        ({"prescription": "  ", "text": ""}, "nothing_to_check"),
        ({"text": 3}, "bad_text"),
        ({"prescription": 3}, "bad_prescription"),
        ({"prescription": [3]}, "bad_prescription"),
        ({"prescription": [{"dose": "3g"}]}, "bad_prescription"),
    ],
)
def test_unusable_records(record: Record, reason: str) -> None:
    with pytest.raises(RecordError) as caught:
        checker(record)
    assert caught.value.reason == reason


def test_the_command(tcm: Run) -> None:
    records = [{"id": 1, "prescription": "人参6g，五灵脂6g", "note": "kept"}, {"id": 2}]
    done = tcm("check", "--lang", "en", stdin=jsonl(records))
    assert done.status == 3
    [record] = done.records
    assert record["note"] == "kept"
    assert record["safety"]["status"] == "block"
    assert record["safety"]["findings"][0]["message"].startswith("人参 and 五灵脂 are a pair of the nineteen fears")
    assert "rejected 1 (nothing_to_check 1)" in done.messages[-1]


def test_explain(tcm: Run) -> None:
    for code, row in codes().items():
        done = (
            tcm("check", "--lang", "zh", "--explain", code) if code in ("dose_over", "red_flag", "pregnancy") else None
        )
        if done:
            assert done.status == 0
            assert row["meaning_zh"] in done.out.decode()
    wrong = tcm("check", "--explain", "nonsense")
    assert wrong.status == 2
    assert "dose_over" in wrong.err


@pytest.mark.parametrize(
    ("herbs", "patient", "rules"),
    [
        ("麻黄6g，桂枝6g", "男，62岁，高血压10年", ["hypertension"]),
        ("麻黄6g", {**MAN, "病史": ["冠心病", "痛风"]}, ["heart"]),
        ("炙甘草6g", {**MAN, "diagnosis": "Hypertension"}, ["hypertension"]),
        ("朱砂0.3g", {**MAN, "history": "肾功能不全"}, ["liver_kidney"]),
        ("麻黄6g", {**MAN, "history": "否认高血压、冠心病史"}, []),
        ("麻黄6g", {**MAN, "history": "母亲高血压"}, []),
        ("葛根12g", {**MAN, "history": "高血压"}, []),
    ],
)
def test_illnesses_of_the_history(herbs: str, patient: Any, rules: list[str]) -> None:
    findings = safety(herbs, patient)["findings"]
    assert [finding["rule"] for finding in findings if finding["code"] == "condition"] == rules


def test_kudzu_with_insulin() -> None:
    assert found("葛根12g", {**MAN, "medications": ["胰岛素"]}) == [("herb_drug", "warn", "葛根")]


def test_words_of_a_patient_on_the_command_line(tcm: Run) -> None:
    ended = tcm("check", "--text", "我爸突然胸口痛，出冷汗")
    assert ended.status == 0
    assert ended.records[0]["safety"]["findings"][0]["code"] == "red_flag"
    refused = tcm("check", "--text", "头痛", "r.jsonl")
    assert (refused.status, refused.messages) == (2, ["tcm: give --text or files, not both"])
