"""`tcm check` on how a decoction is boiled: 先煎, 后下, 包煎, 烊化 …, and what is not boiled at all."""

from typing import Any

import pytest

from tcmkit.herbs import read_prescription
from tcmkit.safety import Checker, Settings
from tcmkit.tables import table

checker = Checker(Settings(language="zh"))
MAN = {"sex": "男", "age": 50}


def said(prescription: Any) -> list[tuple[str, str, str]]:
    """Code, severity and message of what is said of boiling."""
    findings = checker({"prescription": prescription, "patient": MAN})[0]["safety"]["findings"]
    return [(f["code"], f["severity"], f["message"]) for f in findings if f["code"] in ("route", "decocting")]


def test_what_is_unsaid_is_a_note_for_each_way_with_its_source() -> None:
    [record] = checker({"prescription": "旋覆花9g，车前子9g，钩藤12g，甘草6g", "patient": MAN})
    assert record["safety"]["status"] == "note"
    wrapped, last = record["safety"]["findings"]
    assert wrapped["message"] == "旋覆花、车前子宜包煎，处方未注明。"
    assert [herb["text"] for herb in wrapped["herbs"]] == ["旋覆花", "车前子"]
    assert (wrapped["rule"], last["rule"], last["severity"]) == ("wrapped", "last", "note")
    assert "药典" in wrapped["source"]


@pytest.mark.parametrize(
    "prescription",
    [
        "旋覆花9g（包煎）", "旋覆花9g布包", "钩藤12g后下", "薄荷6g（后入）", "石膏30g先煎", "牡蛎30g（打碎先煎）", "阿胶9g（烊化兑服）", "阿胶珠9g",
        "人参6g（另炖）", "鹿茸1g（研末冲服）", "芒硝6g（冲服）", "附子10g（先煎1小时）", "水牛角30g，久煎", "番泻叶3g（开水泡）", "炒苦杏仁9g",
        "旋覆花9g，包煎；旋覆花9g", [{"herb": "旋覆花", "dose_g": 9, "note": "包煎"}],
    ],
)  # fmt: skip
def test_nothing_is_missing(prescription: Any) -> None:
    assert said(prescription) == []


@pytest.mark.parametrize(
    "prescription",
    [
        "旋覆花、钩藤",
        "旋覆花9g，钩藤9g，共研细末，每服3g",
        "车前子30g煎水外洗",
        "旋覆花9g，免煎颗粒",
        "甘草6g，当归9g",
        "朱砂10g，共为细末",
    ],
)
def test_what_is_no_decoction_or_no_order(prescription: str) -> None:
    assert said(prescription) == []


def test_aconite_that_is_not_boiled_long_is_a_warning() -> None:
    assert said("附子9g，石膏30g") == [
        ("decocting", "warn", "附子宜先煎，处方未注明。"),
        ("decocting", "note", "石膏宜先煎，处方未注明。"),
    ]


WARNED = ("decocting", "warn", "附子宜先煎，处方未注明。")


@pytest.mark.parametrize(
    "prescription",
    [
        "附子15g，甘草6g（颗粒剂另服）", "附子15g，甘草6g（免煎颗粒）", "附子15g，甘草6g，颗粒剂另服", "附子15g（兑酒）", "附子粉15g",
        [{"herb": "附子", "dose_g": 15}, {"herb": "甘草", "dose_g": 6, "note": "颗粒"}], ["附子15g", "甘草6g（颗粒）"],
    ],
)  # fmt: skip
def test_what_is_said_of_another_herb_or_of_swallowing_boils_no_aconite(prescription: Any) -> None:
    assert WARNED in said(prescription)


@pytest.mark.parametrize(
    "prescription",
    [
        "附子15g（免煎颗粒），甘草6g", "附子15g，甘草6g。以上均为免煎颗粒", "（颗粒剂）附子15g，甘草6g", "附子15g\n甘草6g\n颗粒剂7剂",
        ["附子15g", "甘草6g", "颗粒剂"], "中药配方颗粒：附子15g，甘草6g",
    ],
)  # fmt: skip
def test_granules_of_all_or_of_the_herb_itself(prescription: Any) -> None:
    assert said(prescription) == []


def test_what_is_not_boiled() -> None:
    assert said("朱砂0.5g，远志6g") == [("route", "warn", "朱砂应入丸散，不作煎剂。")]
    assert said("朱砂0.5g（冲服），远志6g") == said("朱砂粉0.5g，远志6g") == []
    assert said("鸦胆子1g") == [("route", "warn", "鸦胆子应装胶囊或包裹吞服，不作煎剂。")]


@pytest.mark.parametrize("herb", [row["herb"] for row in table("toxic_herbs")["raw_outside"]])
def test_raw_herbs_are_for_outside(herb: str) -> None:
    def severity(prescription: str) -> str:
        findings = checker({"prescription": prescription, "patient": MAN})[0]["safety"]["findings"]
        return next((f["severity"] for f in findings if f["code"] == "toxic"), "none")

    assert severity(f"生{herb}3g") == "block"
    assert severity(f"生{herb}3g研末外敷") == "warn"
    assert severity(f"制{herb}1g") in ("warn", "none")


def test_the_table_names_herbs_ways_and_sources_that_there_are() -> None:
    rules = table("decocting")
    sources = {row["id"] for row in table("safety_sources")["sources"]}
    for row in [*rules["rows"], *rules["not_boiled"]]:
        [item] = read_prescription(f"{row['herb']}9g").items
        assert item.herb.name == row["herb"]
        assert set(row["source"]) <= sources
    assert {row["how"] for row in rules["rows"]} == set(rules["ways"])
    names = [row["herb"] for row in rules["rows"]]
    assert len(names) == len(set(names))
