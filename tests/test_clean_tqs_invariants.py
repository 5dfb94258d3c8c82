"""What holds for any string: spans quote it, findings keep off removed parts, nothing raises."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcmkit.clean_tqs import Cleaner, Settings
from tcmkit.clean_tqs.fold import fold
from tcmkit.clean_tqs.tokens import clauses, tokenise
from tcmkit.records import Record
from tcmkit.tables import dimensions

PIECES = [
    "头痛", "无", "、", "，", "。", "舌红", "苔薄白", "脉弦", "伴", "3天", "头颅CT示", "患者", "：", "\n",
    "既往史", "大便", "不", "来我院就诊", "诊断为", "口服阿司匹林", "双下肢", "浮肿", "証屬", "頭暈", "（-）",
    " ", "初诊", "二诊", "某", "张某", "2020年3月1日", "纳寐", "可", "\u3000", "😀", "A", "12.5", "．", "\x00",
    "如何治疗？", "头颅大小形态正常", "予",
]  # fmt: skip
records = st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=80)
cleaner = Cleaner(Settings())


def made(text: str) -> Record:
    cases = cleaner({"text": text})
    assert isinstance(cases, list)
    return cases[0]


@settings(max_examples=400, deadline=None)
@given(records)
def test_spans_quote_the_text(text: str) -> None:
    case = made(text)
    spans = [span for findings in case["tqs"].values() for span in findings]
    spans += case["removed"] + case.get("stated", []) + case.get("medications", [])
    for span in spans:
        assert text[span["start"] : span["end"]] == span["text"] != ""
    for visit in case.get("visits", []):
        assert 0 <= visit["start"] <= visit["end"] <= len(text)


@settings(max_examples=400, deadline=None)
@given(records)
def test_findings_keep_off_removed_parts(text: str) -> None:
    case = made(text)
    gone = sorted((piece["start"], piece["end"]) for piece in case["removed"])
    assert all(before[1] <= after[0] for before, after in pairwise(gone))
    gone += [(piece["start"], piece["end"]) for piece in case.get("stated", [])]
    for findings in case["tqs"].values():
        for finding in findings:
            assert not any(finding["start"] < end and start < finding["end"] for start, end in gone)


@settings(max_examples=200, deadline=None)
@given(records)
def test_same_input_same_output(text: str) -> None:
    assert made(text) == Cleaner(Settings())({"text": text})[0]


@settings(max_examples=200, deadline=None)
@given(records)
def test_dimensions_are_found_or_missing(text: str) -> None:
    case = made(text)
    assert [d for d in dimensions() if d in case["tqs"] or d in case["missing"]] == dimensions()
    assert not set(case["tqs"]) & set(case["missing"])


@settings(max_examples=200, deadline=None)
@given(records)
def test_folding_keeps_offsets_and_tokens_cover_the_clause(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    for start, end, _ in clauses(folded):
        clause = folded[start:end]
        assert "".join(clause[token.start : token.end] for token in tokenise(clause)) == clause


@pytest.mark.parametrize("text", ["", "\n", "咳嗽，" * 17_000, "痛" * 50_000, "1" * 5_000, "就诊于" * 3_000])
def test_empty_and_huge(text: str) -> None:
    assert made(text)["text"] == text
