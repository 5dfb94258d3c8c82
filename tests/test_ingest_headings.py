"""Headings of texts without tags: what is one, what none, and that looking for them takes no time."""

import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.ingest import headings, names


def names_of(text: str) -> list[tuple[str, ...]]:
    return [section.headings for section in headings.sections(text)]


@pytest.mark.parametrize(
    ("line", "name"),
    [("## 黄芪", "黄芪"), ("##黄芪 ##  ", "黄芪"), ("   # **黄芪**\t", "黄芪"), ("###### 黄芪#", "黄芪")],
)
def test_a_markdown_heading_is_named_without_its_marks(line: str, name: str) -> None:
    assert names_of(f"{line}\n补气。") == [(name,)]


@pytest.mark.parametrize("line", ["#黄芪", "# #", "# ***", "####### 黄芪", "# 黄芪" + " " * 400, "#"])
def test_marks_without_a_name_are_no_heading(line: str) -> None:
    assert headings.sections(f"{line}\n补气。") == []


@pytest.mark.parametrize("filler", [" ", "\t", "#", " #", "# "])
def test_a_long_line_of_blanks_and_marks_takes_no_time(filler: str) -> None:
    started = time.process_time()
    for size in (150, 100_000):
        headings.sections(f"# a{filler * (size // len(filler))}b")
    assert time.process_time() - started < 1


def test_only_short_lines_are_remembered() -> None:
    held: dict[int, int] = {}
    for size in (20, 3_000, 100_000):
        before = names._parse_short.cache_info().currsize
        for number in range(8):
            names.parse(f"黄芪：{number}" + "味" * size)
        held[size] = names._parse_short.cache_info().currsize - before
    assert held == {20: 8, 3_000: 0, 100_000: 0}


def test_a_long_line_begins_with_a_name_up_to_a_limit() -> None:
    assert names.parse("黄芪：" + "味" * 3_000) == names.Name("黄芪", True, "味" * 3_000)
    assert names.parse("黄芪：" + "味" * 4_000) is None


def test_time_grows_with_the_number_of_headings_and_not_with_its_square() -> None:
    entry = "黄芪\n味甘，微温。\n\n"
    headings.sections(entry)
    took: list[float] = []
    for count in (1_500, 24_000):
        started = time.process_time()
        assert len(headings.sections(entry * count)) == count
        took.append(time.process_time() - started)
    assert took[1] < 48 * took[0], took


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "## 黄芪味甘微温，归脾肺经，补气固表。\n## 当归补血活血\n煎服。",
            [("黄芪味甘微温，归脾肺经，补气固表。", ()), ("煎服。", ("当归补血活血",))],
        ),
        (
            "# 书\n## 黄芪，补气。\n煎服。\n## 当归\n补血。",
            [("黄芪，补气。\n煎服。", ("书",)), ("补血。", ("书", "当归"))],
        ),
        ("# 书\n## 黄芪\n\n## 当归\n补血。\n# 跋", [("黄芪", ("书",)), ("补血。", ("书", "当归")), ("跋", ())]),
        (
            "# 书\n## 四物汤\n### 组成（成人量）\n# 跋\n完。",
            [("【组成】（成人量）", ("书", "四物汤")), ("完。", ("跋",))],
        ),
        ("黄芪（绵芪） Huangqi\n味甘，微温。", [("味甘，微温。", ("黄芪（绵芪） Huangqi",))]),
        ("一、黄芪 Huangqi：味甘，微温。", [("味甘，微温。", ("黄芪（Huangqi）",))]),
    ],
)
def test_a_heading_without_text_is_text(text: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert [(section.text, section.headings) for section in headings.sections(text)] == expected


def test_a_heading_without_text_is_text_on_a_page() -> None:
    found = headings.marked_sections([(1, "书"), (2, "黄芪，补气。"), (2, "当归"), (0, "补血。")])
    assert [(one.text, one.headings) for one in found] == [("黄芪，补气。", ("书",)), ("补血。", ("书", "当归"))]


MARKS = set("#*_ \t\u3000\n：:、.．（）()【】[]〔〕「」《》-+•●第0123456789一二三四五六七八九十百")
LINES = st.sampled_from(
    [
        "",
        "# 书",
        "## 黄芪味甘，补气。",
        "##当归 ##",
        "### 组成（成人量）",
        "### 功用 gong",
        "第一章 补气药",
        "卷上",
        "一、补虚药",
        "一、黄芪 Huangqi",
        "银翘散 《温病条辨》",
        "黄芪（绵芪） Radix：味甘，微温。",
        "当归",
        "【性味】甘，平。",
        "味甘，微温，归肺经。",
        "连翘30g，银花30g，薄荷18g。",
        "```",
        "组成",
        "ASTRAGALI RADIX",
        "# ***",
    ]
)


@given(st.lists(LINES | st.text(st.sampled_from("# *黄芪味甘，。：汤组成a\t")), max_size=12))
def test_no_character_is_lost(lines: list[str]) -> None:
    text = "\n".join(lines)
    kept = Counter("".join(one.text + "".join(one.headings) for one in headings.sections(text)) or text)
    assert not [one for one in Counter(text) - kept if one not in MARKS and not one.isspace()]


@given(st.lists(st.tuples(st.integers(0, 3), LINES)))
def test_no_character_of_a_page_is_lost(lines: list[tuple[int, str]]) -> None:
    text = "".join(line for _, line in lines)
    kept = Counter("".join(one.text + "".join(one.headings) for one in headings.marked_sections(lines)) or text)
    assert not [one for one in Counter(text) - kept if one not in MARKS and not one.isspace()]
