"""Tables (CSV, TSV) as inputs of every verb."""

import codecs
import csv
import gzip
import itertools
import os
import threading
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
    ids=itertools.count(),
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


@pytest.mark.parametrize(
    ("table", "kept", "rejected"),
    [
        # A second stray mark, further down, ends what the first began.
        ('id,text\n1,"甲\n2,乙\n3,丙\n4,"丁\n5,戊\n6,己\n', "2 3 5 6", {2: '1,"甲', 5: '4,"丁'}),
        ('id,text\n1,"甲\n2,乙\n3,丙\n', "2 3", {2: '1,"甲'}),
        ('id,text\n1,"甲"乙\n2,丙\n', "2", {2: '1,"甲"乙'}),
        ('id,text\n1,"甲, 乙",丙\n2,丁\n', "2", {2: '1,"甲, 乙",丙'}),
        ("id;text\r\n1;甲;乙\r\n2;丙\r\n", "2", {2: "1;甲;乙"}),
    ],
)
def test_a_reject_is_one_row_as_it_stands(
    echo: Run, tmp_path: Path, table: str, kept: str, rejected: dict[int, str]
) -> None:
    (tmp_path / "t.csv").write_bytes(table.encode())
    done = echo("t.csv", "--rejects", "r")
    assert [record["id"] for record in done.records] == kept.split()
    assert {line["line"]: line["raw"] for line in read_lines(tmp_path / "r")} == rejected


def test_a_cell_longer_than_any_is_one_reject(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcmkit.text.rows._LONGEST_CELL", 9)
    limit = csv.field_size_limit()
    try:
        found = list(rows(['1,"a\n', *(f"{number},b\n" for number in range(2, 20))]))
    finally:
        csv.field_size_limit(limit)
    assert [(row.number, row.fault) for row in found] == [(1, "bad_csv"), *((number, "") for number in range(2, 20))]


def test_damaged_utf_16_is_said(echo: Run, tmp_path: Path) -> None:
    data = "编号,内容\n1,咳嗽\n2,".encode("utf-16") + b"\x00\xd8" + "\n3,发热\n".encode("utf-16-le") + b"4"
    (tmp_path / "t.csv").write_bytes(data)
    done = echo("t.csv", "--rejects", "r")
    assert done.records == [{"编号": "1", "内容": "咳嗽"}, {"编号": "3", "内容": "发热"}]
    assert [(line["line"], line["reason"]) for line in read_lines(tmp_path / "r")] == [
        (3, "bad_encoding"),
        (5, "bad_encoding"),
    ]


def test_a_pipe_is_read_once(echo: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.csv")
    writer = threading.Thread(target=(tmp_path / "t.csv").write_bytes, args=(TABLE.encode("gb18030"),), daemon=True)
    writer.start()
    assert [record["编号"] for record in echo("t.csv").records] == ["1", "2"]


def test_no_column_takes_the_place_of_another(echo: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,a (3),a,,column 4\n1,2,3,4,5\n", encoding="utf-8")
    assert echo("t.csv").records == [{"a": "1", "a (3)": "2", "a (3) (3)": "3", "column 4": "4", "column 4 (5)": "5"}]
    (tmp_path / "t.csv").write_text("a,a:json\n1,2\n", encoding="utf-8")
    assert echo("t.csv").messages == ["tcm: t.csv:1: two columns make the field a; rename one"]


@given(st.lists(st.text(alphabet='a",;\t\r', max_size=6), max_size=8).map("\n".join))
def test_every_line_is_in_one_row(text: str) -> None:
    """The rows are the lines that are not blank, in order, all letters in their cells; a fault takes one line."""
    lines = text.splitlines(keepends=True)
    at = 0
    for row in rows(lines):
        assert not "".join(lines[at : row.number - 1]).strip("\r\n")
        size = 1 if row.fault else max(1, len(row.raw.splitlines()))
        at = row.number - 1 + size
        taken = "".join(lines[row.number - 1 : at])
        assert taken.rstrip("\r\n") == row.raw
        assert row.fault or sum(cell.count("a") for cell in row.cells) == row.raw.count("a")
    assert not "".join(lines[at:]).strip("\r\n")


@pytest.mark.parametrize(
    ("inside", "advice"),
    [
        (b"xl/workbook.xml", "an Excel file: save it as CSV (UTF-8)"),
        (b"word/document.xml", "a Word file: save it as text (UTF-8)"),
    ],
)
@pytest.mark.parametrize("name", ["a.xlsx", "a.csv"])
def test_files_of_office_programs_are_named(tcm: Run, tmp_path: Path, name: str, inside: bytes, advice: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04\x14\0\6\0" + inside + b"\0\xff\n" * 20)
    assert tcm("check", name).messages == [f"tcm: {name}: {advice}"]
    assert f"{name}: binary_file ({advice})" in tcm("ingest", name).err
