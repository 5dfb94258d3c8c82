"""`tcm check` on what a patient's line or history tells: medicines, and states that the tables know little of."""

from typing import Any

import pytest

from tcmkit.safety import Checker, Settings, patient_of
from tcmkit.safety.facts import months_of

checker = Checker(Settings(language="zh"))
english = Checker(Settings(language="en"))
MOVING = "丹参15g，当归10g，三七粉3g冲服"
WARFARIN = [("丹参", "anticoagulant"), ("当归", "anticoagulant"), ("三七", "anticoagulant")]


def safety(prescription: str, patient: Any, check: Checker = checker) -> Any:
    return check({"prescription": prescription, "patient": patient})[0]["safety"]


def with_medicines(patient: Any) -> list[tuple[str, str]]:
    """The herbs that interact, each with the group of the medicine."""
    found = safety(MOVING, patient)["findings"]
    return [(f["herbs"][0]["name"], f["rule"]) for f in found if f["code"] == "herb_drug"]


@pytest.mark.parametrize(
    "said",
    [
        "房颤，服华法林", "口服华法林钠片2.5mg", "正在服用华法林", "用药：华法林", "长期口服华法林抗凝治疗", "現服華法林",
        "未规律服用华法林", "不能停华法林", "未停用华法林", "建议停用华法林", "停用华法林3天", "戒烟、华法林2.5mg",
        "否认药物过敏，服华法林", "否认过敏、服华法林", "无不适服华法林", "服华法林后皮肤过敏", "on warfarin 3 mg",
        "华法林，已停阿司匹林3年", "停用阿司匹林，改用利伐沙班", "服可迈丁", "长期抗凝治疗",
    ],
)  # fmt: skip
def test_a_medicine_in_the_line_or_in_the_history(said: str) -> None:
    assert with_medicines(f"男，70岁，{said}") == WARFARIN
    assert with_medicines({"sex": "男", "age": 70, "history": said}) == WARFARIN


@pytest.mark.parametrize("key", ["history", "诊断", "病史", "既往史", "用药", "用药史", "备注", "medications"])
def test_a_medicine_in_any_field(key: str) -> None:
    assert with_medicines({"sex": "男", "age": 70, key: "长期服华法林"}) == WARFARIN
    assert with_medicines({"sex": "男", "age": 70, key: ["痛风", "华法林 3mg"]}) == WARFARIN


def test_two_medicines_are_told_apart() -> None:
    found = safety("丹参15g", "男，66岁，服阿司匹林、氯吡格雷")["findings"]
    assert [f["message"].split("（")[0] for f in found] == ["丹参与阿司匹林", "丹参与氯吡格雷"]


@pytest.mark.parametrize(
    "said",
    [
        "未服华法林", "停用华法林3年", "否认服药", "否认服用华法林、阿司匹林", "华法林已停3年", "服华法林3年，已停", "服华法林（已停）",
        "母亲服华法林", "不在服用华法林", "从不吃华法林", "无服用华法林史", "胰岛素抵抗", "雌激素水平低", "不舒服3天", "用药：无",
        "not taking warfarin", "stopped warfarin 3 years ago",
    ],
)  # fmt: skip
def test_what_is_not_taken_does_not_count(said: str) -> None:
    assert safety(MOVING, f"男，70岁，{said}") == {"status": "clean", "findings": []}
    assert safety(MOVING, {"sex": "男", "age": 70, "history": said})["status"] == "clean"


@pytest.mark.parametrize(
    "medications", ["停用华法林3年", "否认服用华法林、阿司匹林", ["华法林（已停）"], [{"name": "未服华法林"}], "无"]
)
def test_medicines_that_the_field_itself_denies(medications: Any) -> None:
    assert safety(MOVING, {"sex": "男", "age": 70, "medications": medications})["status"] == "clean"


@pytest.mark.parametrize(
    ("said", "quoted"),
    [("服乌有片", "乌有片"), ("服药中", "服药中"), ("服华法林、乌有片", "乌有片")],
)
def test_a_medicine_in_no_table_is_not_checked(said: str, quoted: str) -> None:
    [finding] = [f for f in safety("陈皮6g，丹参15g", f"男，70岁，{said}")["findings"] if f["code"] == "not_checked"]
    assert finding["rule"] == "medicine_unknown"
    assert quoted in finding["message"]


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("哺乳期", "lactation"), ("正在哺乳", "lactation"), ("产后2月哺乳", "lactation"), ("备孕", "conception"),
        ("肝功能异常", "liver"), ("转氨酶升高", "liver"), ("肝炎，已停药1年", "liver"), ("肾功能不全", "kidney"),
        ("蚕豆病", "g6pd"), ("对当归过敏", "allergy"), ("肾移植术后", "transplant"), ("breastfeeding", "lactation"),
    ],
)  # fmt: skip
def test_a_state_of_which_the_tables_know_little_is_never_clean(said: str, rule: str) -> None:
    for check in (checker, english):
        for patient in (f"女，30岁，{said}", {"sex": "女", "age": 30, "history": said}):
            result = safety("当归10g，陈皮6g", patient, check)
            assert result["status"] == "not_checked"
            assert [f["rule"] for f in result["findings"]] == [rule]


@pytest.mark.parametrize(
    "said",
    [
        "未哺乳", "已停止哺乳", "非哺乳期", "否认肝炎、蚕豆病", "肝功能正常", "无药物过敏史", "过敏史：无", "否认药物过敏史",
        "过敏性鼻炎", "青霉素过敏", "无肝病史", "产后10年",
    ],
)  # fmt: skip
def test_a_state_that_is_denied_or_over(said: str) -> None:
    assert safety("当归10g，陈皮6g", f"女，30岁，{said}")["status"] == "clean"


def test_a_field_that_only_says_yes() -> None:
    woman = {"sex": "女", "age": 30}
    assert safety("当归10g", {**woman, "哺乳": True})["status"] == "not_checked"
    assert safety("当归10g", {**woman, "哺乳": "是"})["status"] == "not_checked"
    assert safety("当归10g", {**woman, "哺乳": False, "高血压": "无"})["status"] == "clean"


def test_malt_stops_the_milk() -> None:
    found = safety("炒麦芽10g", "女，30岁，哺乳期")["findings"]
    assert [(f["code"], f["rule"]) for f in found] == [("condition", "lactation"), ("not_checked", "lactation")]
    assert safety("炒麦芽10g", "女，30岁，已停止哺乳")["status"] == "clean"


def test_who_wants_to_conceive_may_be_pregnant() -> None:
    rules = [f["rule"] for f in safety("桃仁9g", "女，30岁，备孕1年未孕")["findings"]]
    assert rules == ["pregnancy_unknown", "conception"]
    codes = [f["code"] for f in safety("桃仁9g", "女，30岁，备孕2年，现孕8周")["findings"]]
    assert codes == ["pregnancy_caution", "not_checked"]


@pytest.mark.parametrize(
    ("age", "months"),
    [
        ("35 woman", 420), ("30 male", 360), ("40 diabetic", 480), ("45 with asthma", 540), ("30 years", 360), ("30周岁", 360),
        ("6 mos", 6), ("8m", 8), ("8 M", 8), ("3 yo", 36), ("30y", 360), ("8个半月", 8.5), ("3岁半", 42), ("3岁2个月", 38), ("3~4个月", 3),
        ("8个多月", 8), ("8个", None), ("20 days", 20 / 30), ("4 wks", 4 * 0.23), ("2个星期", 2 * 0.23), ("infant", 6),
    ],
)  # fmt: skip
def test_ages_and_what_is_no_unit(age: str, months: float | None) -> None:
    assert months_of(age) == (None if months is None else pytest.approx(months))


@pytest.mark.parametrize("patient", [{"sex": "男", "age": 50, "用药史": "有"}, "男，50岁，在吃药"])
def test_medicines_that_nobody_names_are_not_checked(patient: Any) -> None:
    checked = safety("当归10g", patient)
    assert checked["status"] == "not_checked"
    [finding] = [one for one in checked["findings"] if one["field"] == "patient"]
    assert finding["rule"] == "medicine_unnamed"
    assert finding["message"].startswith("患者在用药，但没有说是什么药")


@pytest.mark.parametrize(
    ("line", "months", "unread"),
    [
        ("男，3", None, ("3",)),
        ("3 女", None, ("3",)),
        ("男，70", 840.0, ()),
        ("女，28，孕12周", 336.0, ()),
        ("男，3岁", 36.0, ()),
        ("女，孕12周", None, ()),
        ("女，28 ；孕12周", 336.0, ()),
        ("女38", 456.0, ()),
        ("28/女", 336.0, ()),
        ("女，60 kg", None, ()),
        ("女，15 kg", None, ()),
        ("女，60kg", None, ()),
        ("女，90/60 mmHg", None, ()),
        ("女，38.5", None, ()),
        ("女 38，发热", None, ("38",)),
        ("女，38 发热", None, ("38",)),
        ("38 女，发热", None, ("38",)),
        ("男 100 天", None, ("100",)),
        ("男，121", None, ("121",)),
        ("38，女儿说", None, ()),
    ],
)
def test_a_bare_number_beside_the_sex(line: str, months: float | None, unread: tuple[str, ...]) -> None:
    patient = patient_of(line)
    assert (patient.months, patient.ages_unread) == (months, unread)


@pytest.mark.parametrize("line", ["女，60 kg", "女，90/60 mmHg", "女，15 kg", "女 38，发热"])
def test_a_weight_or_a_pressure_does_not_take_the_question_of_pregnancy_away(line: str) -> None:
    checked = safety("红花6g，桃仁9g", line)
    assert checked["status"] == "not_checked"
    assert "pregnancy_unknown" in [one["rule"] for one in checked["findings"]]


def test_the_complaint_in_the_object_of_the_patient_is_searched() -> None:
    checked = safety("当归10g", {"sex": "男", "age": 50, "主诉": "胸口压榨样剧痛，出冷汗"})
    flags = [one for one in checked["findings"] if one["code"] == "red_flag"]
    assert {one["field"] for one in flags} == {"patient.主诉"}
    [quiet] = [checker({"patient": [{"主诉": "腰酸三年"}]})[0]["safety"]]
    assert quiet["status"] == "clean"
