"""Characters and white space made uniform; what a physician reads stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.text.normalise import normalise
from tcmkit.text.script import simplified, simplified_in_place
from tcmkit.text.segment import sentences

STAYS = "℃℉²³₂Ⅱⅳ㎎㎏㎝㎡½¼‰±×÷≥≤→①⑩㈠°′″μαβγΩ，。、；：？！（）“”《》【】〇□…—～"
BECOMES = [
    ("Ｔ３８．５℃", "T38.5℃"),
    ("ＡＬＴ：４５Ｕ／Ｌ", "ALT：45U/L"),
    ("５０％", "50%"),
    ("１０×１０９", "10×109"),
    ("１２～１５", "12～15"),
    ("㎎５００", "㎎500"),
    ("\ufb01sh", "fish"),
    ("\u2f08\u2f3c", "人心"),
    ("\uf9e0", "易"),
    ("ｶﾞ", "ガ"),
    ("治∶头痛", "治：头痛"),
    ("头\u200b痛\ufeff", "头痛"),
    ("头\x00痛\x1f\x7f\x9f", "头痛"),
    ("a\u3000\u00a0\t b", "a b"),
    ("　　头痛　\n　\n\n\n发热  ", "头痛\n\n发热"),
    ("一\r\n二\r\r\n三\r四\u2028五\u2029六\x85七\x0c八\x0b九", "一\n二\n三\n四\n五\n六\n七\n八\n九"),
    ("cafe\u0301", "café"),
    ("Ａ\u0301e\u200b\u0301", "Áé"),
]


@pytest.mark.parametrize("sign", STAYS)
def test_symbols_units_and_chinese_punctuation_stay(sign: str) -> None:
    assert normalise(sign) == sign


@pytest.mark.parametrize(("before", "after"), BECOMES)
def test_what_becomes_what(before: str, after: str) -> None:
    assert normalise(before) == after


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(st.text(st.sampled_from("头痛 \t\n\r\u3000\u00a0\u200b\x0c\u2028Ａ\u0301ｶﾞ∶e")))
def test_white_space_is_tidy(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once == once.strip()
    assert not any(odd in once for odd in ("  ", " \n", "\n ", "\n\n\n", "\t", "\r", "\u3000"))


def test_script() -> None:
    assert simplified("頭髮乾燥，脈浮緊，以麻黃湯發之") == "头发干燥，脉浮紧，以麻黄汤发之"
    assert simplified_in_place("頭痛脈緊") == "头痛脉紧"


@given(st.text())
def test_simplifying_in_place_keeps_every_offset(text: str) -> None:
    assert len(simplified_in_place(text)) == len(text)


@given(st.text(st.sampled_from("头痛。！？；\n”）a ;")))
def test_sentences_cover_the_text(text: str) -> None:
    spans = list(sentences(text))
    assert "".join(text[start:end] for start, end in spans) == text
