"""Bytes in any encoding that Chinese texts come in."""

import codecs
import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.text.decode import NotText, decode, file_name

PROSE = (
    "伤寒论：太阳之为病，脉浮，头项强痛而恶寒。患者男，五十岁，咳嗽三日，痰白量多，"
    "舌苔薄白，脉浮紧。治以辛温解表，方用麻黄汤加减，水煎服，每日一剂。\n"
)
TRADITIONAL = (
    "傷寒論：太陽之為病，脈浮，頭項強痛而惡寒。患者男，五十歲，咳嗽三日，痰白量多，"
    "舌苔薄白，脈浮緊。治以辛溫解表，方用麻黃湯加減，水煎服，每日一劑。\n"
)
ENCODINGS = [
    ("utf-8", b"", PROSE),
    ("utf-8", codecs.BOM_UTF8, PROSE),
    ("gb18030", b"", PROSE),
    ("big5hkscs", b"", TRADITIONAL),
    ("utf-16-le", codecs.BOM_UTF16_LE, PROSE),
    ("utf-16-be", codecs.BOM_UTF16_BE, PROSE),
    ("utf-16-le", b"", PROSE),
    ("utf-16-be", b"", PROSE),
    ("gb18030", b"", TRADITIONAL),
    ("utf-8", b"", "Herbs only: Ephedra, Cinnamomum.\n"),
]


@pytest.mark.parametrize(("encoding", "mark", "text"), ENCODINGS)
def test_each_encoding(encoding: str, mark: bytes, text: str) -> None:
    assert decode(mark + text.encode(encoding)) == (text, encoding, 0)


@pytest.mark.parametrize(("encoding", "mark", "text"), ENCODINGS[:-1])
def test_half_a_character_at_the_end_costs_one_character(encoding: str, mark: bytes, text: str) -> None:
    found = decode(mark + text.encode(encoding) + "病".encode(encoding)[:-1])
    assert (found.text.rstrip("\ufffd"), found.encoding) == (text, encoding)
    assert 1 <= found.bad_bytes == len(found.text) - len(text) <= 2


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_bad_bytes_are_counted_and_the_rest_is_read(encoding: str) -> None:
    data = PROSE.encode(encoding)
    found = decode(data + b"\xff" + data + b"\xff\xff\n")
    assert found == (f"{PROSE}\ufffd{PROSE}\ufffd\ufffd\n", encoding, 3)


def test_a_lone_surrogate_in_utf16_be_does_not_shift_the_rest() -> None:
    data = PROSE.encode("utf-16-be")
    found = decode(codecs.BOM_UTF16_BE + data + b"\xd8\x00" + data)
    assert found.text.replace("\ufffd", "") == PROSE * 2
    assert found.bad_bytes == 1


def test_the_encoding_shows_only_after_pages_of_ascii() -> None:
    head = "Preface to the electronic edition. " * 200
    for encoding in ("gb18030", "big5hkscs", "utf-8"):
        text = TRADITIONAL if encoding == "big5hkscs" else PROSE
        assert decode((head + text).encode(encoding)) == (head + text, encoding, 0)


@pytest.mark.parametrize(
    ("hint", "encoding"),
    [
        ("gb2312", "gb18030"),
        ("GBK", "gb18030"),
        ("utf-8", "gb18030"),
        ("iso-8859-1", "gb18030"),
        ("nonsense", "gb18030"),
    ],
)
def test_a_page_may_name_its_encoding_wrongly(hint: str, encoding: str) -> None:
    assert decode(PROSE.encode(encoding), hint) == (PROSE, encoding, 0)


@pytest.mark.parametrize("hint", ["gb2312", "big5", "utf-16", "latin-1", "rot13", "utf8"])
def test_utf8_is_not_talked_out_of_itself(hint: str) -> None:
    even = PROSE.replace("\n", "")
    for text in (even, even + "。", even + "。。", "plain ASCII"):
        assert decode(text.encode(), hint).text == text


def test_another_east_asian_encoding_is_read_when_it_is_named() -> None:
    text = "葛根湯は首や肩のこりに用いる。"
    assert decode(text.encode("shift_jis"), "Shift_JIS") == (text, "shift_jis", 0)


BINARY = {
    "png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00\x08\x06\x00\x00\x00\\r\xa8f"
    + bytes(range(256)) * 4,
    "random": random.Random(3).randbytes(5000),
    "zeros": bytes(3000),
    "floats": b"".join(n.to_bytes(8, "little") for n in range(0, 10**12, 10**9)),
    "elf": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00>\x00\x01\x00\x00\x00" + random.Random(4).randbytes(3000),
}


@pytest.mark.parametrize("data", BINARY.values(), ids=BINARY)
def test_binary_data_is_no_text(data: bytes) -> None:
    with pytest.raises(NotText):
        decode(data)


def test_an_empty_text() -> None:
    assert decode(b"") == ("", "utf-8", 0)


PLAIN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=40)


@given(PLAIN, st.sampled_from(["utf-8", "gb18030", "utf-16-le", "utf-16-be"]))
def test_round_trip(rare: str, encoding: str) -> None:
    """Rare characters do no harm to a text that also has common ones."""
    text = PROSE + rare + PROSE
    assert decode(text.encode(encoding)) == (text, encoding, 0)


@given(st.text(st.characters(codec="utf-8", exclude_characters="".join(map(chr, range(32)))), max_size=200))
def test_utf8_always_round_trips(text: str) -> None:
    assert decode(b"\xef\xbb\xbf" + text.encode()) == (text, "utf-8", 0)


@given(st.binary(max_size=300), st.sampled_from([None, "gbk", "utf-16", "utf-7", "hex", "big5"]))
def test_any_bytes_are_text_or_not(data: bytes, hint: str | None) -> None:
    try:
        found = decode(data, hint)
    except NotText:
        return
    assert found.text.encode("utf-8").decode("utf-8") == found.text


def test_names_packed_on_a_chinese_windows() -> None:
    assert file_name("桂枝汤.txt") == "桂枝汤.txt"
    assert file_name(os.fsdecode("桂枝汤.txt".encode("gbk"))) == "桂枝汤.txt"
    assert file_name(os.fsdecode(b"\xff\xff.txt")) == "\\xff\\xff.txt"


@given(st.binary(min_size=1, max_size=40).filter(lambda raw: b"\0" not in raw))
def test_every_file_name_can_be_written(raw: bytes) -> None:
    assert file_name(os.fsdecode(raw)).encode("utf-8") != b""
