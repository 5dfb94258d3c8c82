"""Terms and departments found in a text."""

from hypothesis import given
from hypothesis import strategies as st

from tcmkit.text.department import department
from tcmkit.text.lexicon import Lexicon

HERBS = Lexicon({"附子": 1, "白附子": 2, "附": 3, "𠮷": 4, "": 5})


def test_longest_match_first_and_offsets_count_code_points() -> None:
    text = "𠮷白附子附"
    assert [(text[m.start : m.end], m.value) for m in HERBS.find(text)] == [("𠮷", 4), ("白附子", 2), ("附", 3)]
    assert sorted((m.start, m.end) for m in HERBS.find_all(text)) == [(0, 1), (1, 4), (2, 3), (2, 4), (4, 5)]
    assert HERBS.terms_in(text) == {"𠮷", "白附子", "附"}


@given(st.text(st.sampled_from("白附子汤𠮷\ud800")))
def test_spans_quote_the_term(text: str) -> None:
    for match in [*HERBS.find(text), *HERBS.find_all(text)]:
        assert text[match.start : match.end] in ("附子", "白附子", "附", "𠮷")


def test_department_by_its_keywords() -> None:
    found = department("患儿三岁，小儿咳嗽，遗尿")
    assert found is not None
    assert (found.id, found.name) == ("pediatrics", "中医儿科")
    assert 0 < found.score <= 1
    assert department("月经不调，痛经，带下量多").id == "gynecology"  # type: ignore[union-attr]
    assert department("天地玄黄") is None
