"""Headings of texts without tags: what is one, what none, and that looking for them takes no time."""

import time

import pytest

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
