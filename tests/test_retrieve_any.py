"""Whatever is asked, `tcm retrieve` answers from its index, the same each time, or says why not."""

from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tcmkit.errors import RecordError
from tcmkit.retrieve import Settings, finder_of
from tcmkit.retrieve.choice import Finder
from tcmkit.retrieve.store import Index

WORDS = st.sampled_from(
    [
        "咳嗽",
        "无",
        "，",
        "。",
        "舌红",
        "苔",
        "脉",
        "弦",
        "痛",
        "胃脘",
        "否认",
        "柴胡",
        "气虚证",
        "：",
        "\ud800",
        "🙂",
        "12天",
        "痰黄",
        "\x00",
        " ",
    ]
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=25).map("".join))


@cache
def finder(what: str, fusion: str) -> Finder:
    return finder_of(Settings(what=what, fusion=fusion))  # type: ignore[arg-type]


@cache
def names() -> frozenset[str]:
    index = Index(None)
    return frozenset(index.item(place)["name"] for place in range(len(index)))


@pytest.mark.parametrize(
    ("what", "fusion"), [("formulas", "rrf"), ("formulas", "dense"), ("formulas", "convex"), ("graph", "rrf")]
)
@settings(max_examples=25, deadline=None)
@given(text=TEXTS, field=st.sampled_from(["query", "text"]))
@example(text="脉", field="query")
@example(text="舌\ud800苔", field="query")
def test_any_text(what: str, fusion: str, text: str, field: str) -> None:
    try:
        [record] = finder(what, fusion)({field: text})
    except RecordError as error:
        assert error.reason == "no_text"
        assert not text
        return
    assert record[field] == text
    hits = record["hits"]
    assert [hit["rank"] for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    if what == "formulas":
        assert len(hits) <= 3
        assert {hit["formula"]["name"] for hit in hits} <= names()
    assert finder(what, fusion)({field: text}) == [record]
