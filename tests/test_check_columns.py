"""`tcm check` on tables as hospitals export them: other names for the fields, ages with units, several columns."""

from pathlib import Path
from typing import Any

import pytest

from tcmkit.errors import RecordError
from tcmkit.records import Record
from tcmkit.safety import Checker, Settings
from tests.conftest import Run

checker = Checker(Settings(language="zh"))


def findings(record: Record, **named: str) -> list[dict[str, Any]]:
    check = Checker(Settings("zh", tuple(named.items())))
    return list(check(record)[0]["safety"]["findings"])


def codes(record: Record, **named: str) -> set[str]:
    return {finding["code"] for finding in findings(record, **named)}


EXPORT = """处方号,性别,年龄（岁）,是否妊娠,临床诊断,西药,处方,主诉
1,女,28,是,感冒,,"桂枝6g，炙甘草6g",发热两天
2,男,66,,高血压,华法林,"丹参15g，麻黄6g","突然胸口剧痛，大汗"
3,男,30,,,,,
"""


def test_an_export_in_gb18030(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "处方.csv").write_bytes(EXPORT.encode("gb18030"))
    done = tcm("check", "处方.csv", env={"TCM_LANG": "zh"})
    first, second = done.records
    assert first["处方号"] == "1"
    assert first["safety"]["findings"][0]["field"] == "处方"
    assert [f["code"] for f in first["safety"]["findings"]] == ["pregnancy_caution"]
    assert [(f["code"], f["field"]) for f in second["safety"]["findings"]] == [
        ("herb_drug", "处方"),
        ("condition", "处方"),
        ("red_flag", "主诉"),
    ]
    quoted = second["safety"]["findings"][2]["spans"][0]
    assert second["主诉"][quoted["start"] : quoted["end"]] == quoted["text"]
    assert done.status == 3
    assert "处方.csv:4: nothing_to_check" in done.messages[0]


@pytest.mark.parametrize("name", ["处方", "方药", "中药处方", " 处方 ", "处方（中药）", "RX", "prescription"])
def test_names_of_the_prescription(name: str) -> None:
    assert "incompat18" in codes({name: "附子10g，半夏9g"})


@pytest.mark.parametrize("record", [{"处方号": "12"}, {"药物": "附子10g"}, {"用法": "水煎服"}])
def test_names_that_may_mean_something_else_are_not_taken(record: Record) -> None:
    with pytest.raises(RecordError, match="nothing_to_check"):
        checker(record)


def test_a_table_with_a_herb_a_line_is_told_what_to_do() -> None:
    with pytest.raises(RecordError, match="one herb a line: join those of a prescription"):
        checker({"处方号": "7", "药品名称": "附子", "剂量": "10"})


def test_map_names_any_other_field() -> None:
    record = {"药物": "丹参15g", "备注": "服华法林", "岁": "70", "处方": "甘草6g"}
    found = findings(record, prescription="药物", history="备注", age="岁")
    assert [(f["code"], f["field"]) for f in found if f["code"] == "herb_drug"] == [("herb_drug", "药物")]


def test_the_command_takes_map(tcm: Run) -> None:
    done = tcm("check", "--map", "prescription=药物", stdin='{"药物":"附子10g，半夏9g"}\n')
    assert done.records[0]["safety"]["status"] == "block"
    assert tcm("check", "--map", "dose=量", stdin="").status == 2


def test_two_different_prescriptions_are_not_guessed_between() -> None:
    with pytest.raises(RecordError) as caught:
        checker({"处方": "甘草6g", "方药": "附子9g"})
    assert caught.value.reason == "ambiguous_field"
    assert checker({"处方": "甘草6g", "方药": "甘草6g"})[0]["safety"]["status"] == "clean"
    assert "incompat18" in codes({"处方": "甘草6g", "方药": "附子9g，半夏9g"}, prescription="方药")


def test_our_own_name_hides_no_column() -> None:
    for name in ("prescription", "Prescription"):
        with pytest.raises(RecordError, match="rescription and 处方 differ"):
            checker({name: "黄芪15g", "处方": "附子60g 半夏9g"})
    assert "incompat18" in codes({"prescription": "", "处方": "附子9g，半夏9g"})
    assert "incompat18" in codes({"prescription": "甘草6g", "处方": "附子9g，半夏9g"}, prescription="处方")
    assert codes({"prescription": "甘草6g", "处方": "附子9g，半夏9g"}, prescription="prescription") == set()
    assert "incompat18" in codes({"药物": "", "处方": "附子9g，半夏9g", "text": "头痛两天"}, prescription="药物")


@pytest.mark.parametrize("named", [{}, {"text": "备注"}, {"history": "主诉"}, {"text": "text"}])
def test_every_column_of_words_is_searched(named: dict[str, str]) -> None:
    record = {"text": "头痛两天", "主诉": "胸口剧痛，大汗，呼吸困难", "备注": "咳嗽"}
    assert ("red_flag", "主诉") in {(f["code"], f["field"]) for f in findings(record, **named)}
    swapped = {"主诉": "头痛两天", "text": "胸口剧痛，大汗，呼吸困难", "备注": "咳嗽"}
    assert ("red_flag", "text") in {(f["code"], f["field"]) for f in findings(swapped, **named)}


@pytest.mark.parametrize("name", ["Text", "TEXT", "Chief Complaint", "主诉1"])
def test_headings_in_capitals_with_spaces_and_numbers(name: str) -> None:
    assert "red_flag" in codes({name: "胸口剧痛，大汗，呼吸困难"})
    assert "incompat18" in codes({"Prescription": "附子9g，半夏9g"})
    assert "pregnancy_caution" in codes({"PRESCRIPTION": "桂枝6g", "Patient": "女，30岁，孕8周"})


def test_words_in_a_list_are_read_and_what_is_no_words_is_refused() -> None:
    found = findings({"prescription": "黄芪15g", "主诉": ["胸口剧痛", "大汗，呼吸困难"]})
    assert found == findings({"prescription": "黄芪15g", "主诉": "胸口剧痛\n大汗，呼吸困难"})
    assert {(finding["code"], finding["field"]) for finding in found} == {("red_flag", "主诉")}
    assert "red_flag" in codes({"prescription": "黄芪15g", "主诉": ["胸口剧痛，大汗，呼吸困难"]})
    for value in (3, {"a": "胸口剧痛"}, ["头痛", 3]):
        with pytest.raises(RecordError, match="bad_text: 主诉"):
            checker({"prescription": "黄芪15g", "主诉": value})


WOMAN = {"处方": "红花9g", "性别": "女", "年龄": "30"}


@pytest.mark.parametrize(
    "told",
    [
        {"patient": {"pregnant": False}, "妊娠": "是"}, {"patient": "女，30岁，未孕", "妊娠": "是"},
        {"patient": "女，30岁，未孕", "孕周": "12"}, {"patient": {"pregnant": False, "孕周": 12}}, {"孕周": "八周"},
        {"patient": {"pregnant": False, "妊娠": "是"}}, {"patient": ["女，30岁，孕8周"]}, {"妊娠": "早期"},
        {"诊断": "早孕，感冒"}, {"诊断": "妊娠恶阻", "妊娠": "否"}, {"patient": {"诊断": "早孕"}, "妊娠": "否"},
        {"诊断2": "先兆流产", "妊娠": "否"}, {"现病史": "不孕史，现孕8周", "妊娠": "否"}, {"text": "怀孕两个月，咳嗽", "妊娠": "否"},
        {"patient": "女，30岁，流产后，现孕8周"}, {"patient": "female, 30 years old, 12 weeks pregnant"},
    ],
)  # fmt: skip
def test_who_is_pregnant_by_anything_told_is_pregnant(told: Record) -> None:
    assert "pregnancy_caution" in codes({**WOMAN, **told})


@pytest.mark.parametrize(
    "told",
    [
        "未孕", "孕2产1", "既往妊娠2次", "否认妊娠", "长期避孕", "早孕试纸阴性", "母亲妊娠期高血压", "不孕症", "not pregnant",
        "妊娠史：1次",
    ],
)  # fmt: skip
def test_a_history_that_tells_of_no_pregnancy_now(told: str) -> None:
    assert "pregnancy_caution" not in codes({**WOMAN, "妊娠": "否", "病史": told})


@pytest.mark.parametrize(
    "told",
    [
        {"patient": {"age": "30"}, "年龄": "3"}, {"patient": "男，30岁", "年龄": "3"}, {"patient": {"age": "30", "年龄": "3"}},
        {"年龄": "30", "就诊年龄": "3"}, {"patient": {"sex": "男"}, "性别": "女"}, {"patient": "男，30岁", "性别": "女"},
    ],
)  # fmt: skip
def test_ages_and_sexes_that_differ_are_not_guessed_between(told: Record) -> None:
    with pytest.raises(RecordError, match="ambiguous_field"):
        checker({"处方": "麻黄9g", **told})


def test_ages_that_agree_but_for_a_birthday_and_one_that_was_chosen() -> None:
    assert codes({"处方": "甘草6g", "patient": "男，30岁", "年龄": "31岁"}) == set()
    assert "child" in codes({"处方": "麻黄9g", "patient": "男，30岁", "年龄": "3"}, age="年龄")
    assert "red_flag" in codes({"text": "胸口剧痛，大汗，呼吸困难", "patient": "男，30岁", "年龄": "3"})


@pytest.mark.parametrize(
    "age",
    [
        {"年龄": "8", "年龄单位": "月"}, {"年龄": 8, "年龄单位": "M"}, {"age (weeks)": 6}, {"age_months": "8"}, {"月龄": 8},
        {"年龄（日龄）": "20"}, {"patient": {"age": 8, "age_unit": "months"}}, {"patient": {"年龄（月）": 8}}, {"年龄_月": "8"},
        {"patient": {"age_months": "8个月"}}, {"patient": {"age": {"value": 8, "unit": "月"}}}, {"年龄": "8个半月"},
        {"patient": "boy, 8 months old"}, {"patient": "男，8月龄"}, {"patient": "男婴"}, {"patient": "男，20天龄"},
    ],
)  # fmt: skip
def test_ages_in_months_weeks_and_days(age: Record) -> None:
    [finding] = [f for f in findings({"处方": "麻黄6g 细辛3g", "性别": "男", **age}) if f.get("rule") == "share"]
    assert "1/" in finding["message"]
    found = [f["rule"] for f in findings({"处方": "麻黄6g", "性别": "男", **age}) if f["code"] == "child"]
    assert found == ["share"]  # 6 g would be within the share of a child of 8 years


@pytest.mark.parametrize(
    "age", [{"年龄（旬）": "8"}, {"年龄": "8", "年龄单位": "旬"}, {"年龄": "8个"}, {"年龄": "300"}]
)
def test_an_age_of_unknown_unit_is_not_checked(age: Record) -> None:
    [finding] = [f for f in findings({"处方": "麻黄6g", "性别": "男", **age}) if f["code"] == "not_checked"]
    assert (finding["rule"], finding["field"]) == ("age_unread", "patient")


@pytest.mark.parametrize(
    "age", [{"年龄（2）": "30"}, {"年龄（就诊时）": "30岁"}, {"年龄": "不详"}, {"年龄": "30", "年龄单位": "岁"}]
)
def test_an_age_that_needs_no_unit(age: Record) -> None:
    assert codes({"处方": "甘草6g", "性别": "男", **age}) == set()


@pytest.mark.parametrize(
    ("record", "rule", "field"),
    [
        ({"处方号": "1", "药品名称": "附子", "剂量": "60g", "主诉": "头痛"}, "one_herb", "药品名称"),
        ({"处方": "黄芪15g", "药品名称": "附子", "剂量": "60g"}, "one_herb", "药品名称"),
        ({"药物": "附子60g 半夏9g", "主诉": "头痛"}, "unclear", "药物"),
        ({"处方": "丹参15g", "药物": "华法林", "性别": "男"}, "unclear", "药物"),
        ({"方剂": "四逆汤", "text": "头痛"}, "instead", "方剂"),
    ],
)
def test_a_column_of_herbs_that_was_not_read_is_not_clean(record: Record, rule: str, field: str) -> None:
    [found] = [f for f in findings(record) if f["code"] == "not_checked"]
    assert (found["rule"], found["field"]) == (rule, field)


@pytest.mark.parametrize("more", [{"药品名称": "甘草"}, {"药物": "无"}, {"方名": "甘草汤"}])
def test_a_column_that_adds_nothing(more: Record) -> None:
    assert codes({"处方": "甘草6g", "主诉": "头痛", **more}) == set()


@pytest.mark.parametrize("named", [{"history": "备注"}, {"medications": "备注"}])
def test_map_adds_to_what_is_told(named: dict[str, str]) -> None:
    assert "herb_drug" in codes(
        {"处方": "丹参15g", "性别": "男", "备注": "胃炎", "西药": "华法林", "诊断": "房颤"}, **named
    )
    assert "condition" in codes({"处方": "麻黄6g", "性别": "男", "备注": "胃炎", "诊断": "高血压"}, **named)


@pytest.mark.parametrize("value", [{"name": "华法林"}, {"drug": "华法林"}, [{"通用名": "华法林"}], [["华法林"]]])
def test_medicines_in_objects(value: Any) -> None:
    assert "herb_drug" in codes({"处方": "丹参15g", "性别": "男", "medications": value})
    assert "herb_drug" in codes({"prescription": "丹参15g", "patient": {"sex": "男", "medications": value}})


def test_a_patient_that_is_no_patient() -> None:
    with pytest.raises(RecordError, match="bad_patient"):
        checker({"prescription": "甘草6g", "patient": 3})


@pytest.mark.parametrize(
    ("patient", "child"),
    [({"年龄": "3"}, True), ({"年龄（月）": 30}, True), ({"年龄(岁)": "30"}, False), ({"年龄": "8个月"}, True)],
)
def test_ages(patient: Record, child: bool) -> None:
    assert ("child" in codes({"处方": "朱砂0.3g", "性别": "男", **patient})) is child


@pytest.mark.parametrize(
    "patient",
    [{"妊娠": "是"}, {"孕周": 12}, {"孕周": "12+3"}, {"怀孕": "否", "孕周": "12"}, {"patient": "孕12周"}],
)
def test_pregnant_by_any_column(patient: Record) -> None:
    assert "pregnancy_caution" in codes({"处方": "桂枝6g", "性别": "女", "年龄": "28", **patient})


@pytest.mark.parametrize(
    "told", [{"patient": {"pregnant": False, "妊娠": "不详"}}, {"patient": "未孕", "妊娠": "不详"}]
)
def test_a_doubt_leaves_pregnancy_unknown(told: Record) -> None:
    assert "pregnancy_unknown" in {f.get("rule") for f in findings({**WOMAN, **told})}


def test_not_pregnant() -> None:
    assert codes({"处方": "桂枝6g", "性别": "女", "年龄": "28", "妊娠": "否"}) == set()


@pytest.mark.parametrize("name", ["诊断", "西医诊断", "既往史", "现病史", "用药史", "西药", "medications"])
def test_what_is_told_in_columns_reaches_the_check(name: str) -> None:
    assert "herb_drug" in codes({"处方": "丹参15g", "性别": "男", name: "长期服华法林"})
    assert "herb_drug" not in codes({"处方": "丹参15g", "性别": "男", name: "未服华法林"})


def test_patient_and_columns_together() -> None:
    record = {"prescription": "丹参15g，麻黄6g", "patient": "男，70岁，服华法林", "诊断": "高血压"}
    assert codes(record) == {"herb_drug", "condition"}
