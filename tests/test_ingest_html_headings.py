"""Headings of web pages: where the words of one stand, and which are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.ingest.headings import marked_sections
from tcmkit.ingest.html import read_page


@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        ("<h1><div>大标题</div></h1><h2></h2><p>补气。</p>", ((1, "大标题"), (0, "补气。"))),
        ("<h1><div>&nbsp;</div><div>—</div><p>大标题</p></h1>补气。", ((0, "—"), (1, "大标题"), (0, "补气。"))),
        ("<h2> <br> </h2>补气。<h3>&#8203;</h3>补血。", ((0, "补气。"), (0, "\u200b"), (0, "补血。"))),
        ("<h1>大标题<br>小标题</h1>补气。", ((1, "大标题"), (0, "小标题"), (0, "补气。"))),
        ("<h2><div><h1>甲</h1></div></h2>乙", ((2, "甲"), (0, "乙"))),
        ("<p>主治：</p><h2>当归</h2>补血。", ((0, "主治："), (2, "当归"), (0, "补血。"))),
        ("<h2><div>【主治】</div></h2><p>胃痛。</p>", ((2, "【主治】"), (0, "胃痛。"))),
        ("<h1></h1>", ()),
    ],
)
def test_the_mark_of_a_heading_stands_before_its_words(markup: str, lines: tuple[tuple[int, str], ...]) -> None:
    page = read_page(f"<body>{markup}</body>")
    assert page.lines == lines
    assert page.text == "\n".join(line for _, line in lines)


TAGS = ["<h1>", "</h1>", "<h2>", "</h2>", "<h3>", "</h3>", "<div>", "</div>", "<p>", "<br>", "<td>"]
PARTS = st.sampled_from([*TAGS, "黄芪", "补气。", " ", "主治：", "【功效】", "\x01", "\x04", "—"])


@given(st.lists(PARTS, max_size=20))
def test_no_heading_is_empty_and_no_mark_stays(parts: list[str]) -> None:
    page = read_page("<body>" + "".join(parts))
    assert not [line for level, line in page.lines if level and not line.strip()]
    assert not set(page.text) & set("\x01\x02\x03\x04")
    assert all(name.strip() for section in marked_sections(page.lines) for name in section.headings)
    assert page.text.count("黄芪") == parts.count("黄芪")
