"""What holds for any string: only RecordError, spans quote, and nothing that was not understood is clean."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcmkit.errors import RecordError
from tcmkit.herbs.reading import read
from tcmkit.safety import Checker, Settings

PIECES = [
    "附子", "白附片", "法半夏", "甘草", "当归", "紫晶草", "10g", "三钱", "一两五钱", "各", "适量", "（先煎）", "、",
    "，", "。", "\n", "去", "加", "制", "炒", "生", "7剂", "水煎服", "桂枝汤", "加减", "(", "）", "代", "两条", "9",
    "😀", "x", "３０", "没有", "胸痛", "冷汗", "突然", "三年前", "如果", "吐血", "孩子", "发烧", "叫不醒",
    "不想活了", "的症状有哪些", "chest pain", " can't breathe", "no ", "BLEEDING", "I’m ", "İ", "ß", "ﬁ", "\x00", "\ud800", "？",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=20).map("".join) | st.text(max_size=60)
checker = Checker(Settings(language="zh"))


@settings(max_examples=400, deadline=None)
@given(texts, texts)
def test_any_string(prescription: str, words: str) -> None:
    if not prescription.strip() and not words.strip():
        with pytest.raises(RecordError):
            checker({"prescription": prescription, "text": words})
        return
    [record] = checker({"prescription": prescription, "text": words, "patient": "男，40岁"})
    for finding in record["safety"]["findings"]:
        source = words if finding["field"] == "text" else prescription
        for span in finding["herbs"] + finding.get("spans", []):
            assert source[span["start"] : span["end"]] == span["text"] != ""
    if prescription.strip():
        reading = read(prescription)
        if reading.gaps or not reading.items:
            assert record["safety"]["status"] != "clean"


@settings(max_examples=200, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | texts, st.lists, max_leaves=5))
def test_any_patient_and_any_prescription_value(value: object) -> None:
    for record in ({"prescription": "当归10g", "patient": value}, {"prescription": value}, {"text": value}):
        with suppress(RecordError):
            assert checker(record)[0]["safety"]["status"] in ("block", "warn", "not_checked", "note", "clean")


@given(
    st.dictionaries(
        st.sampled_from(["age", "sex", "pregnant", "medications", "history", "诊断"]), st.none() | st.integers() | texts
    )
)
def test_any_patient_object(patient: dict[str, object]) -> None:
    [record] = checker({"prescription": "附子10g", "patient": patient})
    assert record["safety"]["status"] in ("block", "warn")


@pytest.mark.parametrize("junk", ["当归10g，", "", "，白芍10g"])
@given(name=st.text(alphabet="龘靐齉爩鱻麤龗灪", min_size=2, max_size=6))
def test_a_name_that_nobody_knows_is_never_clean(junk: str, name: str) -> None:
    [record] = checker({"prescription": f"{junk}{name}10g", "patient": "男，40岁"})
    assert record["safety"]["status"] == "not_checked"


NAMES = ["当归", "黄芪", "白芍", "川芎", "熟地黄", "茯苓", "陈皮", "赤白芍", "蒸何首乌"]
STRANGE = st.text(alphabet="龘靐齉爩鱻麤龗灪ΩЖ☃αβ§", min_size=1, max_size=4)
AROUND = ["{0}10g，{1}", "{1} {0}10g", "{0}10g（{1}）", "{0}、{1}各10g", "{1}10g，{0}10g", "{0}10g\n{1}\n", "{0}{1}10g"]


@given(name=st.sampled_from(NAMES), strange=STRANGE, way=st.sampled_from(AROUND))
def test_nothing_strange_is_passed_over_wherever_it_stands(name: str, strange: str, way: str) -> None:
    for prescription in (way.format(name, strange), way.format(name, strange).split("，")):
        [record] = checker({"prescription": prescription, "patient": "男，40岁"})
        assert record["safety"]["status"] != "clean"
        codes = {finding["code"] for finding in record["safety"]["findings"]}
        assert codes & {"unknown_herb", "not_checked"}
