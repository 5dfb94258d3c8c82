"""`tcm ingest` on files and folders: every format and encoding, and files that cannot be used."""

import codecs
import gzip
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import zstandard
from pypdf import PdfReader, PdfWriter

from tcmkit.ingest import discover
from tests.conftest import AS_READ, Run, environment, jsonl, read_json, read_lines
from tests.paper import pdf

PROSE = "太阳病，头痛发热，汗出恶风者，桂枝汤主之。患者男，五十岁，咳嗽三日，痰白量多，舌苔薄白，脉浮紧。"
TRADITIONAL = "太陽病，頭痛發熱，汗出惡風者，桂枝湯主之。患者男，五十歲，咳嗽三日，痰白量多，舌苔薄白，脈浮緊。"


def by_path(records: list[Any]) -> dict[str, Any]:
    return {record["source"]["path"]: record for record in records}


def test_every_encoding_with_its_bad_bytes(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    files = {
        "a.txt": PROSE.encode(),
        "b.txt": codecs.BOM_UTF8 + PROSE.encode(),
        "c.txt": PROSE.encode("gb18030"),
        "d.txt": TRADITIONAL.encode("big5"),
        "e.txt": codecs.BOM_UTF16_LE + PROSE.encode("utf-16-le"),
        "f.txt": codecs.BOM_UTF16_BE + PROSE.encode("utf-16-be"),
        "g.txt": PROSE.encode("gb18030") + b"\xff" + PROSE.encode("gb18030") + b"\xff\xff",
        "h.txt": PROSE.encode() + "愈".encode()[:2],
        "i.txt": PROSE.encode("gb18030") + "愈".encode("gb18030")[:1],
        "j.txt.gz": gzip.compress(PROSE.encode("gb18030")),
        "k.txt.zst": zstandard.ZstdCompressor().compress(PROSE.encode("utf-8")),
    }
    for name, data in files.items():
        (tmp_path / "in" / name).write_bytes(data)
    ended = tcm("ingest", "in", *AS_READ, "--summary", "summary")
    found = [(r["source"]["path"], r["meta"]["encoding"], r["meta"]["bad_bytes"]) for r in ended.records]
    assert found == [
        ("in/a.txt", "utf-8", 0),
        ("in/b.txt", "utf-8", 0),
        ("in/c.txt", "gb18030", 0),
        ("in/d.txt", "big5hkscs", 0),
        ("in/e.txt", "utf-16-le", 0),
        ("in/f.txt", "utf-16-be", 0),
        ("in/g.txt", "gb18030", 3),
        ("in/h.txt", "utf-8", 2),
        ("in/i.txt", "gb18030", 1),
        ("in/j.txt.gz", "gb18030", 0),
        ("in/k.txt.zst", "utf-8", 0),
    ]
    texts = [record["text"].rstrip("\ufffd") for record in ended.records]
    assert texts == [PROSE] * 3 + [TRADITIONAL] + [PROSE] * 2 + [f"{PROSE}\ufffd{PROSE}"] + [PROSE] * 4
    summary = read_json(tmp_path / "summary")
    assert summary["encodings"] == {"big5hkscs": 1, "gb18030": 4, "utf-16-be": 1, "utf-16-le": 1, "utf-8": 4}
    assert summary["bytes"] == {"bad": 6}
    assert summary["files"] == {"read": 11, "rejected": 0}
    assert ended.messages == [
        "tcm ingest: files read 11 rejected 0; read 11 = kept 11 + dropped 0 + rejected 0; written 11"
    ]


def test_a_document_has_its_fields_in_order(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "012-方论.txt").write_text(PROSE + "\r\n")
    ended = tcm("ingest", "012-方论.txt", "--drop-worst", "0")
    (record,) = ended.records
    assert record == {
        "id": record["id"],
        "text": PROSE,
        "source": {"path": "012-方论.txt", "title": "方论"},
        "meta": {"encoding": "utf-8", "bad_bytes": 0, "department": record["meta"]["department"]},
    }
    assert list(record) == ["id", "text", "source", "meta"]
    assert len(record["id"]) == 16
    assert PROSE in ended.out.decode()  # Chinese unescaped
    assert tcm("ingest", "-", "--drop-worst", "0", stdin=jsonl([{"text": PROSE}])).records[0]["id"] == record["id"]


def test_files_that_cannot_be_used_are_rejects_and_the_rest_goes_on(tcm: Run, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf([[PROSE]]))))
    writer.encrypt("secret")
    writer.write(folder / "locked.pdf")
    scan = pdf([[], []])
    packed = gzip.compress(os.urandom(900) + PROSE.encode())
    files = {
        "binary.txt": b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 8,
        "blank.txt": b" \r\n\t\n",
        "broken.pdf": pdf([[PROSE]])[:300],
        "cut.txt.gz": packed[:-30],
        "damaged.txt.gz": packed[:-8] + b"\0" * 8,
        "empty.txt": b"",
        "good.txt": PROSE.encode(),
        "picture.html": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
        "scan.pdf": scan,
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "gone.txt").symlink_to("nowhere")
    (folder / "loop.jsonl").symlink_to("loop.jsonl")
    ended = tcm("ingest", "in", *AS_READ, "--rejects", "rejects")
    assert [record["source"]["path"] for record in ended.records] == ["in/good.txt"]
    rejects = read_lines(tmp_path / "rejects")
    assert [(reject["file"].removeprefix("in/"), reject["reason"]) for reject in rejects] == [
        ("binary.txt", "binary_file"),
        ("blank.txt", "empty_file"),
        ("broken.pdf", "broken_pdf"),
        ("cut.txt.gz", "input_cut_short"),
        ("damaged.txt.gz", "bad_compression"),
        ("empty.txt", "empty_file"),
        ("gone.txt", "unreadable"),
        ("locked.pdf", "encrypted_pdf"),
        ("loop.jsonl", "unreadable"),
        ("picture.html", "binary_file"),
        ("scan.pdf", "no_text_layer"),
    ]
    assert {reject["line"] for reject in rejects} == {0}
    assert rejects[6]["detail"] == "No such file or directory"
    assert ended.messages == [
        "tcm ingest: files read 12 rejected 11; read 1 = kept 1 + dropped 0 + rejected 0; written 1"
    ]
    assert ended.status == 3
    named = tcm("ingest", "in/scan.pdf", "in/empty.txt", *AS_READ)
    assert named.messages == [
        "tcm ingest: in/scan.pdf: no_text_layer (a scan? recognise its text first)",
        "tcm ingest: in/empty.txt: empty_file",
        "tcm ingest: files read 2 rejected 2; read 0 = kept 0 + dropped 0 + rejected 0; written 0",
    ]


def test_a_file_that_is_not_there_ends_the_run(tcm: Run) -> None:
    ended = tcm("ingest", "nothing/here", "--lang", "zh")
    assert (ended.messages, ended.status) == (["tcm: 找不到文件：nothing/here"], 1)


def test_folders_are_searched_in_order(tcm: Run, tmp_path: Path) -> None:
    for name in (
        "in/b/2.txt",
        "in/b/1.txt",
        "in/a.txt",
        "in/.hidden/x.txt",
        "in/b/.x.txt",
        "in/b/c/0.txt",
        "else/z.txt",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(PROSE)
    os.mkfifo(tmp_path / "in" / "b" / "pipe.txt")  # reading it would never end
    (tmp_path / "in" / "link").symlink_to(tmp_path / "else")
    (tmp_path / "in" / "b" / "up").symlink_to(tmp_path / "in")
    ended = tcm("ingest", "else", "in", *AS_READ)
    assert [record["source"]["path"] for record in ended.records] == [
        *("else/z.txt", "in/a.txt", "in/b/1.txt", "in/b/2.txt", "in/b/c/0.txt", "in/link/z.txt")
    ]
    assert ended.status == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_rights_is_a_reject(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "in" / "shut").mkdir(parents=True)
    (tmp_path / "in" / "good.txt").write_text(PROSE)
    (tmp_path / "in" / "shut").chmod(0)
    ended = tcm("ingest", "in", *AS_READ)
    assert ended.messages[0] == "tcm ingest: in/shut: unreadable (Permission denied)"
    assert (len(ended.records), ended.status) == (1, 3)


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same where the tests run as root."""
    monkeypatch.setattr(os.path, "isdir", lambda _path: True)
    told: list[tuple[str, str | None]] = []
    assert list(discover.files([str(tmp_path / "gone")], lambda path, error: told.append((path, error.strerror)))) == []
    assert told == [(str(tmp_path / "gone"), "No such file or directory")]


def test_old_names_of_files(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / os.fsdecode("3、医案.txt".encode("gbk"))).write_text(PROSE)
    (record,) = tcm("ingest", "in", *AS_READ).records
    assert record["source"] == {"path": "in/3、医案.txt", "title": "医案"}


def test_pdf_page_by_page(tcm: Run, tmp_path: Path) -> None:
    body = [
        ["方剂新说 第一讲", "麻黄汤主治外感风寒表实证，恶寒发热，", "头身疼痛。𠮷", "1"],
        ["方剂新说 第一讲", "桂 枝 汤 调 和 营 卫 。"],
        [],
        ["方剂新说 第一讲", "小青龙汤温肺化饮。", "- 4 -"],
        ["方剂新说 第一讲", "白虎汤清热生津。", "第5页"],
    ]
    (tmp_path / "lectures.pdf").write_bytes(pdf(body, "方剂新说"))
    (tmp_path / "07 无题.PDF").write_bytes(pdf([["附子先煎。"]]))
    ended = tcm("ingest", "lectures.pdf", "07 无题.PDF", *AS_READ)
    assert [(record["meta"]["page"], record["text"]) for record in ended.records] == [
        (1, "麻黄汤主治外感风寒表实证，恶寒发热，头身疼痛。𠮷"),
        (2, "桂枝汤调和营卫。"),
        (4, "小青龙汤温肺化饮。"),
        (5, "白虎汤清热生津。"),
        (1, "附子先煎。"),
    ]
    assert {record["source"]["title"] for record in ended.records} == {"方剂新说", "无题"}


PAGE = """<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312">
<title> 足三里 穴位 </title><link rel="canonical" href="https://example.org/st36"><style>p{color:red}</style></head>
<body><nav><a href="/">首页</a><script>var x = 1;</script></nav>
<form id="aspnetForm"><h1>足三里</h1><p>位于小腿前外侧，&ldquo;犊鼻&rdquo;下3寸 &lt;胫骨&gt;
前缘外&nbsp;一横指。&#x9488;&#21050;1&ndash;2寸。</p>
<table><tr><th>归经</th><td>足阳明胃经</td></tr><tr><th>主治</th><td>胃痛<br>呕吐</td></tr></table>
<script>document.write("广告")</script><select><option>选项</option></select><button>提交</button></form>
<footer>版权所有</footer></body></html>"""


def test_html_as_a_reader_sees_it(tcm: Run, tmp_path: Path) -> None:
    deep = "<div>" * 20_000 + "深处的文字" + "</div>" * 20_000
    files = {
        "page.html": PAGE.encode("gb18030"),
        "liar.htm": PAGE.replace("gb2312", "utf-8").encode("gb18030"),
        "bom.txt": codecs.BOM_UTF8 + b"<html><body><p>" + PROSE.encode() + b"</body></html>",
        "deep.html": deep.encode(),
        "main.html": b"<body><div>menu</div><main><h1>T</h1>" + PROSE.encode() + b"</main></body>",
        "frames.html": b"<html><frameset><frame src=a></frameset></html>",
        "label.html": "<p>【主治】</p><p>胃痛。</p><p>主治：</p><p>呕吐。</p><p>a\u00a0 b</p>".encode(),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    ended = tcm("ingest", *files, *AS_READ, "--no-url-dup", "--min-text-share", "0")
    found = by_path(ended.records)
    text = "足三里\n位于小腿前外侧，“犊鼻”下3寸 <胫骨> 前缘外 一横指。针刺1–2寸。\n归经 | 足阳明胃经\n主治 | 胃痛\n呕吐"
    for name in ("page.html", "liar.htm"):
        assert found[name]["text"] == text
        assert found[name]["source"] == {"path": name, "title": "足三里 穴位", "url": "https://example.org/st36"}
        assert found[name]["meta"]["encoding"] == "gb18030"
    assert found["bom.txt"]["text"] == PROSE
    assert found["deep.html"]["text"] == "深处的文字"
    assert (found["main.html"]["text"], found["main.html"]["source"]["title"]) == (f"T\n{PROSE}", "T")
    assert found["label.html"]["text"] == "【主治】胃痛。\n主治：呕吐。\na b"
    assert found["frames.html"]["text"] == ""


def test_csv_rows(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "comma.csv").write_bytes(
        codecs.BOM_UTF8
        + '题目,正文,年\r\n甲,"头痛，""昏沉""\r\n三日",2001\r\n乙,发热,\r\n丙,a,b,多一格\r\n,,\r\n'.encode()
    )
    (tmp_path / "tab.tsv").write_bytes("question\tanswer\n何谓表证？\t恶寒发热脉浮。\n".encode("gb18030"))
    (tmp_path / "semicolon.csv").write_text("text;note\n恶寒;a,b\n")
    (tmp_path / "header.csv").write_text("text,note\n")
    ended = tcm(
        *("ingest", "comma.csv", "tab.tsv", "semicolon.csv", "header.csv", *AS_READ),
        *("--map", "text=正文", "--map", "title=题目", "--rejects", "rejects"),
    )
    found = [{key: value for key, value in record.items() if key not in ("id", "meta")} for record in ended.records]
    assert found == [
        {"text": '头痛，"昏沉"\n三日', "source": {"path": "comma.csv", "title": "甲"}, "年": "2001"},
        {"text": "发热", "source": {"path": "comma.csv", "title": "乙"}},
        {
            "text": "何谓表证？\n恶寒发热脉浮。",
            "source": {"path": "tab.tsv"},
            "question": "何谓表证？",
            "answer": "恶寒发热脉浮。",
        },
        {"text": "恶寒", "source": {"path": "semicolon.csv"}, "note": "a,b"},
    ]
    assert [(reject["file"], reject["line"], reject["reason"]) for reject in read_lines(tmp_path / "rejects")] == [
        ("comma.csv", 5, "bad_row"),
        ("comma.csv", 6, "no_text"),
    ]
    assert ended.messages[-1] == (
        "tcm ingest: files read 4 rejected 0; "
        "read 6 = kept 4 + dropped 0 + rejected 2 (bad_row 1, no_text 1); written 4"
    )


def test_a_folder_of_lines(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_bytes(jsonl([{"text": PROSE}]))
    (tmp_path / "in" / "b.jsonl.gz").write_bytes(gzip.compress(jsonl([{"text": PROSE}])))
    (tmp_path / "in" / "c.ndjson").write_text(f'[{{"text": "{PROSE}"}}]\n')
    ended = tcm("ingest", "in", *AS_READ)
    assert [record["source"]["path"] for record in ended.records] == ["in/a.json", "in/b.jsonl.gz"]
    assert ended.messages[0].startswith("tcm ingest: in/c.ndjson:1: json_array (a JSON array")
    assert ended.messages[-1].startswith("tcm ingest: files read 3 rejected 0; read 3 = kept 2")


def test_a_pipe_is_told_apart_by_how_it_begins(tcm: Run, tmp_path: Path) -> None:
    """`tcm ingest <(command)`: the shell names a pipe that can be read once."""
    (tmp_path / "lines.jsonl").write_bytes(codecs.BOM_UTF8 + b"\n" + jsonl([{"text": PROSE}, {"text": PROSE * 2}]))
    (tmp_path / "packed.zst").write_bytes(zstandard.ZstdCompressor().compress(PROSE.encode("gb18030")))
    command = "<(cat lines.jsonl) <(cat packed.zst) <(printf '') "
    script = f'exec "{sys.executable}" -m tcmkit ingest {command} {" ".join(AS_READ)}'
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment(), capture_output=True, check=False)
    records = read_lines(done.stdout)
    assert [record["text"] for record in records] == [PROSE, PROSE * 2, PROSE]
    assert [record["source"] for record in records] == [{}, {}, {}]
    assert [record["meta"].get("encoding") for record in records] == [None, None, "gb18030"]
    assert b"empty_file" in done.stderr
    assert done.returncode == 3
