"""`tcm stats`: the counts, their shape as table, JSON and page."""

import random
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.stats.duplicates import Duplicates
from tcmkit.stats.lengths import bin_of, distribution, start_of
from tests.conftest import Run, jsonl, read_json

LINES: list[dict[str, Any]] = [
    {"text": "风寒束表，脉浮紧，宜辛温解表。", "source": {"title": "甲书"}, "meta": {"department": "pediatrics"}},
    {"text": "电脑要常清灰。", "source": {"title": "乙页"}},
    {"text": "电脑要常清灰。", "source": {"title": "乙页"}},
    {
        "text": "咳嗽三日，舌苔白，脉浮。",
        "tqs": {"tongue": [{"text": "苔白", "polarity": "present"}], "sweat": [{"text": "无汗", "polarity": "absent"}]},
    },
    {"question": "麻黄 的性味？", "answer": "辛温。", "kind": "herb", "evidence": {}, "source": {"title": "甲书"}},
    {"question": "电脑为何发热？", "options": {"A": "灰多", "B": "风大"}, "answer": "A"},
    {
        "prompt": [{"role": "user", "content": "口干怎么办"}],
        "chosen": [{"role": "assistant", "content": "多饮水"}],
        "rejected": [{"role": "assistant", "content": "少饮"}],
        "domain": "tcm",
    },
    {"messages": [{"role": "user", "content": "桂枝汤治什么"}, {"role": "assistant", "content": "太阳中风"}]},
]


def test_every_count(tcm: Run) -> None:
    done = tcm("stats", "--json", stdin=jsonl([*LINES, {"n": 1}]))
    assert done.status == 3
    assert done.messages == [
        "tcm stats: stdin:9: unknown_type (no text, question or messages; other formats go through  tcm convert  first)",
        "tcm stats: read 9 = kept 8 + dropped 0 + rejected 1 (unknown_type 1); written 0",
    ]
    (report,) = done.records
    assert (report["records"], report["characters"]) == (8, 82)
    assert {name: found["records"] for name, found in report["types"].items()} == {
        **{"document": 3, "case": 1, "qa": 2, "exam": 1, "preference": 1}
    }
    domains = {name: {t: c["records"] for t, c in found["types"].items()} for name, found in report["domains"].items()}
    assert domains == {
        "tcm": {"document": 1, "case": 1, "qa": 2, "preference": 1},
        "general": {"document": 2, "exam": 1},
    }
    assert report["duplicates"] == {"records": 1, "share": 0.125, "exact": True}
    assert report["sources"][0] == {
        **{"name": "", "records": 4, "characters": 44, "documents": 0, "cases": 1},
        **{"questions": 3, "choice": 1, "tuples": 1},
    }
    assert [row["name"] for row in report["sources"]] == ["", "甲书", "乙页"]
    assert report["kinds"] == {"herb": 1}
    assert {row["id"]: row["records"] for row in report["departments"]}["pediatrics"] == 1
    covered = {row["id"]: (row["cases"], row["present"], row["absent"]) for row in report["dimensions"] if row["cases"]}
    assert covered == {"tongue": (1, 1, 0), "sweat": (1, 0, 1)}
    assert len(report["dimensions"]) == 19
    question = report["lengths"]["question"]
    assert (question["count"], question["min"], question["p50"], question["max"]) == (4, 5, 6, 7)
    assert report["tokens_per_text"] == {}


def test_several_processes_count_the_same(tcm: Run) -> None:
    lines = jsonl(LINES * 200)
    one, two = (tcm("stats", "--json", "--jobs", jobs, stdin=lines).out for jobs in ("1", "2"))
    assert one == two != b""


def test_the_table_is_for_reading(tcm: Run) -> None:
    done = tcm("stats", "--quiet", "--top", "2", stdin=jsonl(LINES), env={"TCM_LANG": "zh"})
    text = done.out.decode("utf-8")
    assert re.search(r"中医 · 问答对 +2 +\d+", text)
    assert "最大的 2 个；另有 1 个" in text
    assert "重复：1 (12.5%)" in text
    assert max(map(len, text.splitlines())) <= 100
    assert "\x1b" not in text


class _Seen(HTMLParser):
    """Tags that are open, and what would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "img", "br"):
            self.open.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "data")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_complete_in_itself(tcm: Run, tmp_path: Path) -> None:
    lines = [*LINES, {"text": "中药<script>alert(1)</script>", "source": {"title": '<b>"甲&乙"</b>'}}]
    done = tcm("stats", "--html", "page.html", "--json", stdin=jsonl(lines))
    assert done.records[0]["records"] == 9
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    seen = _Seen()
    seen.feed(page)
    assert (seen.open, seen.fetched) == ([], [])
    assert "<script" not in page
    assert "url(" not in page
    assert "@import" not in page
    assert "&lt;b&gt;&quot;甲&amp;乙&quot;&lt;/b&gt;" in page
    assert page.count("<svg") == 11
    assert "prefers-color-scheme: dark" in page


def test_nothing_at_all_is_a_report_too(tcm: Run, tmp_path: Path) -> None:
    done = tcm("stats", "--html", "page.html", stdin=b"")
    assert done.status == 0
    assert (tmp_path / "page.html").exists()


def test_tokens_by_a_tokenizer(tcm: Run, tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    words = tokenizers.models.WordLevel({"[UNK]": 0, "口": 1}, unk_token="[UNK]")
    made = tokenizers.Tokenizer(words)
    made.pre_tokenizer = tokenizers.pre_tokenizers.Split("", "isolated")
    made.save(str(tmp_path / "tokenizer.json"))
    done = tcm("stats", "--json", "--tokenizer", "tokenizer.json", stdin=jsonl(LINES[6:7]))
    (report,) = done.records
    assert report["tokens"] == 10
    assert report["tokens_per_text"]["question"]["p50"] == 5
    assert report["domains"]["tcm"]["tokens"] == 10


def test_a_tokenizer_that_is_none(tcm: Run, tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    (tmp_path / "t.json").write_text("{}")
    done = tcm("stats", "--tokenizer", "t.json", stdin=jsonl(LINES))
    assert (done.status, done.out, len(done.messages)) == (1, b"", 1)
    assert "cannot read t.json as a tokenizer.json" in done.err


def test_summary_says_the_same(tcm: Run, tmp_path: Path) -> None:
    tcm("stats", "--summary", "s", stdin=jsonl(LINES))
    summary = read_json(tmp_path / "s")
    assert (summary["read"], summary["written"]) == (8, 0)


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=200))
def test_quantiles_are_right_within_a_bin(lengths: list[int]) -> None:
    bins: dict[int, int] = {}
    for length in lengths:
        bins[bin_of(length)] = bins.get(bin_of(length), 0) + 1
    found = distribution(bins, sum(lengths))
    for share in (5, 25, 50, 75, 95, 99):
        exact = sorted(lengths)[-(-len(lengths) * share // 100) - 1]
        assert start_of(bin_of(exact)) == found[f"p{share}"]
        assert found[f"p{share}"] <= exact <= found[f"p{share}"] * 1.03 + 1
    assert sum(column["count"] for column in found["histogram"]) == len(lengths)


def test_duplicates_beyond_memory_are_estimated() -> None:
    dice = random.Random(4)
    few, all_of_them = Duplicates(most=2000), Duplicates()
    for _ in range(20_000):
        fingerprint = dice.getrandbits(64)
        for _ in range(2 if dice.random() < 0.25 else 1):
            few.add(fingerprint)
            all_of_them.add(fingerprint)
    assert all_of_them.is_exact
    assert not few.is_exact
    assert abs(few.count - all_of_them.count) < 0.15 * all_of_them.count
