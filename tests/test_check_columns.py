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


def test_our_own_name_counts_before_others() -> None:
    assert codes({"prescription": "甘草6g", "处方": "附子9g，半夏9g"}) == set()
    assert "incompat18" in codes({"prescription": "", "处方": "附子9g，半夏9g"})


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


def test_not_pregnant() -> None:
    assert codes({"处方": "桂枝6g", "性别": "女", "年龄": "28", "妊娠": "否"}) == set()


@pytest.mark.parametrize("name", ["诊断", "西医诊断", "既往史", "现病史", "用药史", "西药", "medications"])
def test_what_is_told_in_columns_reaches_the_check(name: str) -> None:
    assert "herb_drug" in codes({"处方": "丹参15g", "性别": "男", name: "长期服华法林"})
    assert "herb_drug" not in codes({"处方": "丹参15g", "性别": "男", name: "未服华法林"})


def test_patient_and_columns_together() -> None:
    record = {"prescription": "丹参15g，麻黄6g", "patient": "男，70岁，服华法林", "诊断": "高血压"}
    assert codes(record) == {"herb_drug", "condition"}
