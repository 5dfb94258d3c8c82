"""Old books: tagged sections, wrapped lines, repairs."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.ingest.books import sections, unwrap
from tcmkit.text.split import split
from tests.conftest import Run, read_json


def wrapped(text: str, width: int = 40) -> str:
    """Cut into lines of one width, as the public collections are."""
    return "\n".join(text[start : start + width] + " " for start in range(0, len(text), width))


# Written for this test in the manner of the public collections.
HERB = (
    "内容：浓朴，味苦性温，气浓味薄，入脾胃二经，主中满腹胀，行气消痰，和锻石少许外敷可治肿毒，其皮以紫褐油润者为佳，"
    "野狼毒与之相反，老人虚者当忌用之。"
)
RECIPE = "又方 浓朴三两，枳实二两，大黄四两，水煎，食前温服，小便当利，盒饭觉腹中宽快，不愈再服，以知为度，慎勿过剂也。"
BOOK = f"""<篇名>青囊小记
书名：青囊小记
作者：白石山人
朝代：清
年份：公元1801年

<目录>卷一\\草部
<篇名>浓朴
{wrapped(HERB)}

{wrapped(RECIPE)}
<目录>卷一\\木部
<篇名>桂枝：
属性：味辛性温，主上气咳逆，结气喉痹，吐吸，利关节，补中益气，久服通神轻身不老，生桂阳山谷。
<目录>卷二
<篇名>卷二
内容：总论一篇，言用药之法在乎审证，证有表里寒热虚实之分，药有温凉补泻升降之别，不可不察也。
"""


def book(tcm: Run, tmp_path: Path, *args: str, text: str = BOOK) -> list[dict[str, object]]:
    (tmp_path / "003-青囊小记.txt").write_bytes(text.replace("\n", "\r\r\n").encode("gb18030"))
    return tcm("ingest", "003-青囊小记.txt", "--drop-worst", "0", "--no-department", *args).records


def test_sections_with_heading_path_metadata_and_joined_lines(tcm: Run, tmp_path: Path) -> None:
    records = book(tcm, tmp_path, "--summary", "summary")
    meta = {"author": "白石山人", "dynasty": "清", "year": "公元1801年", "encoding": "gb18030", "bad_bytes": 0}
    source = {"path": "003-青囊小记.txt", "title": "青囊小记"}
    assert [{key: value for key, value in record.items() if key != "id"} for record in records] == [
        {
            "text": "厚朴，味苦性温，气厚味薄，入脾胃二经，主中满腹胀，行气消痰，和石灰少许外敷可治肿毒，"
            "其皮以紫褐油润者为佳，狼毒与之相反，老人虚者当忌用之。\n"
            "又方 厚朴三两，枳实二两，大黄四两，水煎，食前温服，小便当利，便当觉腹中宽快，"
            "不愈再服，以知为度，慎勿过剂也。",
            "source": {**source, "section": "卷一 / 草部 / 厚朴"},
            "meta": meta,
        },
        {
            "text": "味辛性温，主上气咳逆，结气喉痹，吐吸，利关节，补中益气，久服通神轻身不老，生桂阳山谷。",
            "source": {**source, "section": "卷一 / 木部 / 桂枝"},
            "meta": meta,
        },
        {
            "text": "总论一篇，言用药之法在乎审证，证有表里寒热虚实之分，药有温凉补泻升降之别，不可不察也。",
            "source": {**source, "section": "卷二"},
            "meta": meta,
        },
    ]
    repairs = read_json(tmp_path / "summary")["repairs"]
    assert repairs == {"气浓味薄": 1, "浓朴": 3, "盒饭": 1, "野狼毒": 1, "锻石": 1}


def test_no_repair_leaves_the_text_alone(tcm: Run, tmp_path: Path) -> None:
    text = str(book(tcm, tmp_path, "--no-repair")[0]["text"])
    assert text.startswith("浓朴，味苦性温，气浓味薄")
    assert [word in text for word in ("锻石", "盒饭", "野狼毒")] == [True, True, True]


def test_words_of_today_stay_in_texts_of_today(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "today.txt").write_text(
        "中午吃了盒饭后腹泻三次，梦见野狼，苔浓腻，医生说病患当服浓朴，学人延医莫迟，切记切记。"
    )
    (record,) = tcm("ingest", "today.txt", "--drop-worst", "0", "--no-department").records
    assert record["text"] == "中午吃了盒饭后腹泻三次，梦见野狼，苔厚腻，医生说病患当服厚朴，学人延医莫迟，切记切记。"


def test_a_book_without_a_header_has_its_files_name(tcm: Run, tmp_path: Path) -> None:
    records = book(tcm, tmp_path, text=BOOK.replace("书名：青囊小记\n", "").replace("作者：白石山人\n", ""))
    assert {record["source"]["title"] for record in records} == {"青囊小记"}  # type: ignore[index]


WIDTH = "一二三四五六七八九十甲乙丙丁戊己庚辛壬癸"


@pytest.mark.parametrize(
    ("wrapped", "joined"),
    [
        (f"{WIDTH}\n子丑寅", f"{WIDTH}子丑寅"),
        (f"{WIDTH[:-1]}。\n{WIDTH}\n子丑寅卯辰巳午。\n未申酉", f"{WIDTH[:-1]}。{WIDTH}子丑寅卯辰巳午。\n未申酉"),
        (f"{WIDTH}\n子\n丑寅卯辰", f"{WIDTH}子丑寅卯辰"),
        ("头痛，\n发热。\n恶寒", "头痛，发热。\n恶寒"),
        ("Radix\nGinseng，\n人参", "Radix\nGinseng，人参"),
        (f"{WIDTH}\n（一）麻黄汤\n【主治】头痛", f"{WIDTH}\n（一）麻黄汤\n【主治】头痛"),
        ("  \n 头痛 \n\n", "头痛"),
        ("", ""),
    ],
)
def test_wrapped_lines_are_joined_and_lists_are_not(wrapped: str, joined: str) -> None:
    assert unwrap(wrapped) == joined


PIECES = st.lists(
    st.sampled_from(
        ["头痛", "发热，", "恶寒。", "\n", "\n\n", " ", "（一）", "又方", WIDTH, "abc", "12", "”", "）", "\u3000"]
    ),
    max_size=30,
).map("".join)


@given(PIECES | st.text())
def test_joining_keeps_every_character(text: str) -> None:
    assert "".join(unwrap(text).split()) == "".join(text.split())


@given(st.text(st.sampled_from("<篇名>目录\n书：\\属性内容作者a 。")))
def test_any_tags_can_be_read(text: str) -> None:
    for section in sections(text):
        assert section.text


WORDS = st.lists(
    st.sampled_from(
        ["头痛", "发热，", "恶寒。", "”", "IL-6", "1,000", "3.5", "abc", " ", "\n", "；", "10:30", "。」", "x"]
    ),
    max_size=40,
).map("".join)


@given(WORDS | st.text(), st.integers(0, 30))
def test_pieces_are_the_text_and_keep_the_limit(text: str, limit: int) -> None:
    pieces = list(split(text, limit))
    assert "".join(pieces) == text
    assert limit == 0 or all(len(piece) <= limit for piece in pieces)
    assert len(pieces) == 1 or all(pieces)


@given(WORDS, st.integers(8, 30))
def test_no_word_or_number_is_cut_that_fits_in_a_piece(text: str, limit: int) -> None:
    spaced = " ".join(text)  # so that no run of letters is longer than a piece
    for sample in (spaced, text.replace("abc", "").replace("x", "，").replace("3.5", "3.5 ").replace("6", "6，")):
        place = 0
        for piece in list(split(sample, limit))[:-1]:
            place += len(piece)
            before, after = sample[place - 1], sample[place]
            assert not (before.isascii() and before.isalnum() and after.isascii() and after.isalnum()) or (
                longest_run(sample, place) > limit
            )


def longest_run(text: str, place: int) -> int:
    """Length of the run of Latin letters, digits and their joints around a place."""
    start = end = place
    while start > 0 and is_part_of_word(text[start - 1]):
        start -= 1
    while end < len(text) and is_part_of_word(text[end]):
        end += 1
    return end - start


def is_part_of_word(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in ".,:-")


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("头痛。发热。恶寒。", 6, ["头痛。发热。", "恶寒。"]),
        ("“头痛。”发热", 5, ["“头痛。”", "发热"]),
        ("头痛，发热，恶寒", 7, ["头痛，发热，", "恶寒"]),
        ("约1,000人在10:30服3.5克", 7, ["约1,000人", "在10:30服", "3.5克"]),
        ("服abcdef二钱", 5, ["服", "abcde", "f二钱"]),
        ("甲乙丙丁", 3, ["甲乙丙", "丁"]),
        ("甲乙丙丁", 0, ["甲乙丙丁"]),
    ],
)
def test_where_a_long_text_is_cut(text: str, limit: int, pieces: list[str]) -> None:
    assert list(split(text, limit)) == pieces
