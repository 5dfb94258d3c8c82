"""Tables (CSV, TSV) as inputs of every verb."""

import codecs
import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.text.rows import rows
from tests.conftest import Run, read_lines

TABLE = '编号,内容\r\n1,"麻黄9g，""先煎""\r\n桂枝6g"\r\n2,发热\r\n'


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode(),
        codecs.BOM_UTF8 + TABLE.encode(),
        TABLE.encode("gb18030"),
        codecs.BOM_UTF16_LE + TABLE.encode("utf-16-le"),
        gzip.compress(TABLE.encode("gb18030")),
        TABLE.replace(",", "\t").encode(),
        TABLE.replace(",", ";").encode(),
    ],
)
def test_rows_become_records_whatever_the_encoding(echo: Run, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(data)
    done = echo("t.csv")
    assert done.records == [{"编号": "1", "内容": '麻黄9g，"先煎"\r\n桂枝6g'}, {"编号": "2", "内容": "发热"}]
    assert done.status == 0


def test_no_row_vanishes(echo: Run, tmp_path: Path) -> None:
    """A quotation mark that never ends takes its own line along, not those that follow."""
    table = '药,药,\n甘草,2,3\n\n4,5,6,7\n"8"9,10,\n,\n"11,12\n黄芩与黄连\n'.encode() + b"\xff\xff,14\n"
    (tmp_path / "t.csv").write_bytes(table)
    done = echo("t.csv", "--rejects", "r")
    assert done.records == [{"药": "甘草", "药 (2)": "2", "column 3": "3"}, {}, {"药": "黄芩与黄连"}]
    kept = [(line["line"], line["reason"]) for line in read_lines(tmp_path / "r")]
    assert kept == [(4, "bad_row"), (5, "bad_csv"), (7, "bad_csv"), (9, "bad_encoding")]
    assert "read 7 = kept 3 + dropped 0 + rejected 4" in done.messages[-1]


def test_what_convert_wrote_is_read(echo: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('a:json,b\n"{""c"":[1]}",\n{,x\n', encoding="utf-8")
    done = echo("t.csv")
    assert done.records == [{"a": {"c": [1]}}]
    assert done.messages[0].startswith("tcm echo: t.csv:3: bad_json")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x00\x01\xff\xd8\x00\x9c" * 99, "t.csv is no text in any known encoding: save the table as CSV in UTF-8"),
        (b'"a,b\n', "t.csv:1: the heading is no CSV (a quotation mark out of place?); correct it"),
    ],
)
def test_what_is_no_table(echo: Run, tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "t.csv").write_bytes(data)
    done = echo("t.csv")
    assert (done.status, done.messages) == (1, [f"tcm: {message}"])


@given(st.text(alphabet='a",;\t\r\n'))
def test_lines_are_all_accounted_for(text: str) -> None:
    """No input makes the reader stop early or go round in circles: what it gives up holds the rest of the letters."""
    lines = text.splitlines(keepends=True)
    found = list(rows(lines))
    assert sum(row.number >= 1 for row in found) == len(found) <= len(lines)
    assert sum("a" in cell for row in found for cell in row.cells) >= any("a" in line for line in lines)
