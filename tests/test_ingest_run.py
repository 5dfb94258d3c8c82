"""A run of `tcm ingest` as a whole: the same bytes on several processes, flowing, interrupted, cut short."""

import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import TCM, Run, environment, interrupt, jsonl, read_json, read_lines, running
from tests.paper import pdf

CHANCE = random.Random(2)
LINE = (
    "头痛 发热 恶寒 咳嗽 胃脘 心悸 失眠 腰酸 乏力 口苦 咽干 纳差 便溏 胁胀 眩晕 耳鸣 自汗 盗汗 水肿 呕吐 "
    "舌红 苔黄 脉浮 脉沉 脉弦 脉滑 麻黄 桂枝 白术 茯苓 当归 川芎 熟地 黄芪 人参 附子 干姜 大枣 柴胡 半夏"
)
WORDS = LINE.split()
FLOW = ("--drop-worst", "0", "--no-department")


def text(length: int = 60) -> str:
    return "".join(CHANCE.choices(WORDS, k=length // 2)) + "。"


def mixed_folder(folder: Path) -> None:
    """Books, pages, a PDF, lines good and bad, copies and near copies, and files that are none."""
    folder.mkdir()
    copies = [text(200) for _ in range(5)]
    for number in range(12):
        body = "".join(
            f"<篇名>第{n}\n内容：{CHANCE.choice(copies) if n % 4 == 0 else text(80)}浓朴\n" for n in range(30)
        )
        (folder / f"book{number:02}.txt").write_bytes(f"<目录>卷{number}\n{body}".encode("gb18030"))
    lines = [{"text": CHANCE.choice(copies)[: CHANCE.randrange(150, 200)], "url": f"u{n % 150}"} for n in range(400)]
    (folder / "lines.jsonl").write_bytes(jsonl(lines) + b"nonsense\n" + jsonl([{"no": 1}]))
    (folder / "page.html").write_text(f"<p>{text()}</p>")
    (folder / "paper.pdf").write_bytes(pdf([[text()], [copies[0]]]))
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    (folder / "empty.txt").touch()


def test_two_processes_write_the_same_bytes_as_one(tcm: Run, tmp_path: Path) -> None:
    mixed_folder(tmp_path / "in")
    ended = {}
    for jobs in ("1", "2"):
        side = [f"--{name}={name}{jobs}" for name in ("rejects", "dropped", "summary")]
        ended[jobs] = tcm("ingest", "in", "--jobs", jobs, "-o", f"out{jobs}", *side)
    assert ended["1"].messages == ended["2"].messages
    assert ended["1"].status == ended["2"].status == 3
    for name in ("out", "rejects", "dropped"):
        one, two = ((tmp_path / f"{name}{jobs}").read_bytes() for jobs in ("1", "2"))
        assert one == two != b""
    one, two = (read_json(tmp_path / f"summary{jobs}") for jobs in ("1", "2"))
    del one["seconds"], two["seconds"]
    assert one == two
    assert one["read"] == one["kept"] + sum(one["dropped"].values()) + sum(one["rejected"].values())
    assert set(one["dropped"]) == {"exact_duplicate", "near_duplicate", "perplexity", "url_duplicate"}
    assert one["rejected"] == {"bad_json": 1, "no_text": 1}
    assert one["files"] == {"read": 17, "rejected": 2}
    assert one["written"] == len(read_lines(tmp_path / "out1"))


def test_documents_flow(tmp_path: Path) -> None:
    first, second = text(), text()
    with running([*TCM, "ingest", *FLOW, "--line-buffered", "--jobs", "2"], tmp_path) as process:
        for body in (first, second):
            process.stdin.write(jsonl([{"text": body}]))
            process.stdin.flush()
            assert body in process.stdout.readline().decode()
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait(20) == 0


@pytest.mark.parametrize("limit", [0, 2])
def test_a_limit_is_reached_before_stdin_ends(tmp_path: Path, limit: int) -> None:
    args = ("ingest", *FLOW, "--limit", str(limit), "--strict")
    with running([*TCM, *args], tmp_path) as process:
        process.stdin.write(jsonl([{"text": text()}, {"text": text()}]) + b"[3]\n")
        process.stdin.flush()
        out = process.stdout.read()
        assert process.wait(20) == 0
    assert out.count(b"\n") == limit


def test_a_limit_counts_documents(tcm: Run, tmp_path: Path) -> None:
    mixed_folder(tmp_path / "in")
    for jobs in ("1", "2"):
        ended = tcm("ingest", "in", "--limit", "40", *FLOW, "--jobs", jobs, "--near-dup", "0", "--no-exact-dup")
        assert len(ended.records) == 40
        assert ended.messages == [
            "tcm ingest: files read 2 rejected 0; read 40 = kept 40 + dropped 0 + rejected 0; written 40"
        ]


@pytest.mark.parametrize("share", ["0", "0.01"])
def test_strict_stops_at_the_first_reject(tcm: Run, tmp_path: Path, share: str) -> None:
    lines = jsonl([{"text": text()}, {"text": "短"}]) + b"[3]\n" + jsonl([{"text": text()}]) + b"[5]\n"
    ended = tcm("ingest", "-q", "--strict", "--drop-worst", share, "-o", "out", "--rejects", "rejects", stdin=lines)
    assert ended.messages == [
        "tcm ingest: kept as out.partial",
        "tcm: --strict: stdin:3: json_array (a JSON array, not a record a line; `jq -c '.[]'` makes lines of it); "
        "correct it or run without --strict",
    ]
    assert ended.status == 1
    assert len(read_lines(tmp_path / "out.partial")) == 1
    assert len(read_lines(tmp_path / "rejects")) == 1


@pytest.mark.parametrize("share", ["0", "0.01"])
def test_ctrl_c_keeps_what_was_read_also_what_waits_on_disk(tmp_path: Path, share: str) -> None:
    texts = [text() for _ in range(1280)]
    args = ("-o", "out", "--summary", "summary", "--drop-worst", share, "--rejects", "rejects")
    with running([*TCM, "ingest", *args], tmp_path) as process:
        # Long bad lines before each group show by the rejects file that the group before was taken.
        for start in range(0, 1280, 127):
            process.stdin.write(
                b"[" + b"x" * 20_000 + b"\n" + jsonl({"text": body} for body in texts[start : start + 127])
            )
        process.stdin.flush()
        end = time.monotonic() + 20
        while sum(path.stat().st_size for path in tmp_path.glob(".rejects.*")) < 100_000:
            assert time.monotonic() < end
            time.sleep(0.02)
        err = interrupt(process).splitlines()
    assert process.returncode == 130
    summary = read_json(tmp_path / "summary")
    kept = summary["kept"]
    assert kept >= 4 * 127
    assert summary["read"] == kept + summary["rejected"]["json_array"]
    assert [record["text"] for record in read_lines(tmp_path / "out.partial")] == texts[:kept]
    assert err[-2:] == [
        "tcm ingest: kept as out.partial",
        f"tcm ingest: files read 0 rejected 0; read {summary['read']} = kept {kept} + dropped 0 + rejected "
        f"{summary['read'] - kept} (json_array {summary['read'] - kept}); written {kept}",
    ]


def test_head_ends_a_run_quietly(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(jsonl({"text": text(400)} for _ in range(1500)))
    with running([*TCM, "ingest", "in.jsonl"], tmp_path) as process:
        assert process.stdout.readline().startswith(b'{"id":')
        process.stdout.close()
        err = process.stderr.read().decode().splitlines()
        process.wait(20)
    assert (process.returncode, len(err)) == (0, 1)  # only that documents wait on disk


def test_no_place_for_documents_to_wait(tcm: Run, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    script = "import sys, tempfile; tempfile.tempdir = sys.argv.pop(1); from tcmkit.cli import main; main()"
    command = [TCM[0], "-W", "error", "-c", script, gone, "ingest", "-o", "out"]
    ended = subprocess.run(command, cwd=tmp_path, env=environment(), input=b"", capture_output=True, check=False)
    assert ended.stderr.decode() == (
        f"tcm: documents cannot wait in {gone}: No such file or directory; let TMPDIR name a folder with more room\n"
    )
    assert ended.returncode == 1
    assert os.listdir(tmp_path) == []


def test_a_terminal_in_chinese(tcm: Run) -> None:
    ended = tcm("ingest", "--lang", "zh", stdin=jsonl([{"text": text()}]))
    assert ended.messages == [
        "tcm ingest: 困惑度最高的 1% 要到最后才能确定，文档先暂存磁盘；--drop-worst 0 可边读边写",
        "tcm ingest: 文件：读入 0，拒收 0；读入 1 = 保留 1 + 丢弃 0 + 拒收 0；写出 1",
    ]


def test_the_parts_of_a_document_survive_being_read_again(tcm: Run, tmp_path: Path) -> None:
    """They share an address, and are no duplicates of each other."""
    words = ("--drop-worst", "0", "--near-dup", "0", "--max-chars", "200")
    page = {
        "text": "".join(f"第{number}条，舌淡苔白，脉沉细，四肢不温。\n" for number in range(60)),
        "url": "https://example.org/1",
    }
    (tmp_path / "pages.jsonl").write_bytes(jsonl([page, page | {"text": "又一文，同址而异文，当去之。" * 9}]))
    first = tcm("ingest", "pages.jsonl", *words, "-o", "first.jsonl")
    assert "url_duplicate 1" in first.err
    again = tcm("ingest", "first.jsonl", "first.jsonl", *words, "--no-exact-dup")
    written = read_lines(tmp_path / "first.jsonl")
    assert len(written) > 3
    assert [record["text"] for record in again.records] == [record["text"] for record in written]
    assert f"url_duplicate {len(written)}" in again.err
