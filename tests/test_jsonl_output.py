"""What comes out of the pipe: stdout, files that are whole or not there, the books, and how a run ends."""

import gzip
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import zstandard

from tests.conftest import ECHO, Run, environment, interrupt, jsonl, read_json, read_lines, running

MIXED = [
    {"n": 1},
    {"n": 2, "do": "drop", "reason": "too_dull", "detail": "yawn"},
    {"n": 3, "do": "fail", "reason": "no_herb", "detail": "field herb"},
    {"n": 4, "do": "copy", "times": 3},
    {"n": 5, "do": "drop", "reason": "too_dull"},
    {"n": 6, "do": "copy", "times": 0},
    {"n": 7, "do": "drop", "reason": "not_asked"},
    {"n": 8},
]
BALANCE = "tcm echo: read 8 = kept 4 + dropped 3 (too_dull 2, not_asked 1) + rejected 1 (no_herb 1); written 5"


def wait_for(condition: object, seconds: float = 20) -> None:
    """Until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_the_books_balance_everywhere(echo: Run, tmp_path: Path) -> None:
    ended = echo(
        *("-o", "out", "--rejects", "rejects", "--dropped", "dropped", "--summary", "summary", "--seed", "7"),
        stdin=jsonl(MIXED),
    )
    assert ended.out == b""
    assert ended.messages == [BALANCE]
    assert ended.status == 3
    assert [record["n"] for record in read_lines(tmp_path / "out")] == [1, 4, 4, 4, 8]
    assert (tmp_path / "dropped").read_text() == (
        '{"dropped":{"reason":"too_dull","detail":"yawn"},"n":2,"do":"drop","reason":"too_dull","detail":"yawn"}\n'
        '{"dropped":{"reason":"too_dull","detail":""},"n":5,"do":"drop","reason":"too_dull"}\n'
        '{"dropped":{"reason":"not_asked","detail":""},"n":7,"do":"drop","reason":"not_asked"}\n'
    )
    assert read_lines(tmp_path / "rejects") == [
        {"file": "-", "line": 3, "reason": "no_herb", "detail": "field herb", "raw": json.dumps(MIXED[2])}
    ]
    summary = read_json(tmp_path / "summary")
    assert isinstance(summary.pop("seconds"), float)
    assert set(summary.pop("versions")) == {"tcmkit", "python", "orjson"}
    assert summary == {
        "verb": "echo",
        "read": 8,
        "kept": 4,
        "dropped": {"not_asked": 1, "too_dull": 2},
        "rejected": {"no_herb": 1},
        "written": 5,
        "tokens": {"prompt": 0, "completion": 0},
        "seed": 7,
        "exit_status": 3,
    }
    modes = {name: (tmp_path / name).stat().st_mode & 0o777 for name in ("out", "summary", "rejects", "dropped")}
    plain = 0o666 & ~current_umask()
    assert modes == {"out": plain, "summary": plain, "rejects": 0o600, "dropped": 0o600}


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_what_was_dropped_can_go_through_again(echo: Run, tmp_path: Path) -> None:
    before = {"dropped": {"reason": "before", "detail": ""}, "n": 1, "do": "drop", "reason": "now"}
    echo("--dropped", "dropped", stdin=jsonl([before]))
    assert read_lines(tmp_path / "dropped")[0]["dropped"] == {"reason": "now", "detail": ""}


@pytest.mark.parametrize(
    ("args", "env", "chinese"),
    [
        ((), {"LANG": "zh_CN.UTF-8"}, True),
        ((), {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, False),
        ((), {"LANG": "en_US.UTF-8", "TCM_LANG": "zh"}, True),
        (("--lang", "en"), {"TCM_LANG": "zh"}, False),
        (("--lang=zh",), {}, True),
    ],
)
def test_messages_in_the_users_language(echo: Run, args: tuple[str, ...], env: dict[str, str], chinese: bool) -> None:
    ended = echo(*args, stdin=jsonl(MIXED), env=env)
    if chinese:
        assert ended.messages == [
            "tcm echo: stdin:3: no_herb (field herb)",
            "tcm echo: 读入 8 = 保留 4 + 丢弃 3 (too_dull 2, not_asked 1) + 拒收 1 (no_herb 1)；写出 5",
        ]
    else:
        assert ended.messages == ["tcm echo: stdin:3: no_herb (field herb)", BALANCE]


def test_quiet_says_only_what_is_wrong(echo: Run) -> None:
    ended = echo("--quiet", stdin=jsonl(MIXED))
    assert ended.messages == ["tcm echo: stdin:3: no_herb (field herb)"]
    assert len(ended.records) == 5
    assert echo("-q", stdin=jsonl(MIXED[:2])).err == ""


def test_strict_stops_at_the_first_reject_and_the_books_still_balance(echo: Run, tmp_path: Path) -> None:
    records = [*MIXED, {"n": 9, "do": "fail"}]
    ended = echo("--strict", "--rejects", "rejects", "--summary", "summary", "-o", "out.jsonl", stdin=jsonl(records))
    assert ended.messages == [
        "tcm echo: kept as out.jsonl.partial",
        "tcm echo: read 3 = kept 1 + dropped 1 (too_dull 1) + rejected 1 (no_herb 1); written 1",
        "tcm: --strict: stdin:3: no_herb (field herb); correct it or run without --strict",
    ]
    assert ended.status == 1
    assert read_lines(tmp_path / "out.jsonl.partial") == MIXED[:1]
    assert [reject["line"] for reject in read_lines(tmp_path / "rejects")] == [3]
    assert read_json(tmp_path / "summary")["exit_status"] == 1
    assert not (tmp_path / "out.jsonl").exists()


def test_strict_in_chinese(echo: Run) -> None:
    ended = echo("--strict", "--lang", "zh", stdin=jsonl(MIXED))
    assert ended.records == MIXED[:1]
    assert ended.messages[-1] == "tcm: --strict：stdin:3: no_herb (field herb)；请改正，或去掉 --strict 再运行"


@pytest.mark.parametrize("name", ["out.jsonl.gz", "out.jsonl.zst"])
def test_compressed_output_is_the_same_each_time(echo: Run, tmp_path: Path, name: str) -> None:
    data = jsonl([{"n": n, "t": "头痛发热"} for n in range(1000)])
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        assert echo("-o", f"{folder}/{name}", stdin=data).status == 0
        time.sleep(0.01)
    packed = (tmp_path / "one" / name).read_bytes()
    assert packed == (tmp_path / "other" / name).read_bytes()
    unpacked = (
        gzip.decompress(packed)
        if name.endswith("gz")
        else zstandard.ZstdDecompressor().decompressobj().decompress(packed)
    )
    assert unpacked.decode() == data.decode().replace(": ", ":").replace(", ", ",")
    assert read_lines(unpacked) == echo(f"one/{name}").records


def test_a_link_to_a_file_stays_a_link(echo: Run, tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old\n")
    (tmp_path / "link").symlink_to("real")
    assert echo("-o", "link", stdin=b'{"n":1}\n').status == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == '{"n":1}\n'


def test_records_flow_and_the_file_appears_only_when_complete(tmp_path: Path) -> None:
    """The first record leaves while stdin is still open; the old file stays until the new one is whole."""
    (tmp_path / "out").write_text("old\n")
    with running([*ECHO, "--line-buffered", "--jobs", "2"], tmp_path) as process:
        process.stdin.write(b'{"n":1}\n')
        process.stdin.flush()
        assert process.stdout.readline() == b'{"n":1}\n'
        process.stdin.write(b'{"n":2}\n')
        process.stdin.flush()
        assert process.stdout.readline() == b'{"n":2}\n'
        process.stdin.close()
        assert process.stdout.read() == b""
    with running([*ECHO, "--line-buffered", "-o", "out"], tmp_path) as process:
        process.stdin.write(b'{"n":1}\n')
        process.stdin.flush()
        wait_for(lambda: any(path.read_text() == '{"n":1}\n' for path in tmp_path.glob(".out.*")))
        assert (tmp_path / "out").read_text() == "old\n"
        process.stdin.close()
        process.wait(20)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out").read_text() == '{"n":1}\n'


def test_compressed_stdin_flows_too(tmp_path: Path) -> None:
    packer = zstandard.ZstdCompressor().compressobj()
    with running([*ECHO, "--line-buffered"], tmp_path) as process:
        process.stdin.write(packer.compress(b'{"n":1}\n') + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))
        process.stdin.flush()
        assert process.stdout.readline() == b'{"n":1}\n'
        process.stdin.write(packer.flush())
        process.stdin.close()
        assert process.stdout.read() == b""
        process.wait(20)
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("sent", "jobs"), [(signal.SIGINT, 1), (signal.SIGTERM, 1), (signal.SIGINT, 2), (signal.SIGTERM, 2)]
)
def test_an_interrupted_run_keeps_what_was_done(tmp_path: Path, sent: signal.Signals, jobs: int) -> None:
    args = ("-o", "out", "--rejects", "rejects", "--summary", "summary", "--jobs", str(jobs))
    with running([*ECHO, *args], tmp_path, start_new_session=True) as process:
        # 16 groups of lines that end, and enough that do not to keep every process busy and its queue full.
        process.stdin.write(jsonl([MIXED[0], MIXED[2]] * 128 * 16))
        process.stdin.write(jsonl(([{"do": "sleep", "seconds": 60}] + MIXED[:1] * 255) * 8))
        process.stdin.flush()
        wait_for(lambda: sum(path.stat().st_size for path in tmp_path.glob(".rejects.*")) > 128 * 4 * 100)
        err = interrupt(process, sent, group=True)
    assert process.returncode == 130
    summary = read_json(tmp_path / "summary")
    kept = summary["kept"]
    assert kept == summary["rejected"]["no_herb"] >= 128 * 4
    assert summary["exit_status"] == 130
    assert err.splitlines() == [
        "tcm echo: kept as out.partial",
        f"tcm echo: read {kept * 2} = kept {kept} + dropped 0 + rejected {kept} (no_herb {kept}); written {kept}",
    ]
    assert read_lines(tmp_path / "out.partial") == [MIXED[0]] * kept
    assert len(read_lines(tmp_path / "rejects")) == kept
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.partial", "rejects", "summary"]


def test_ctrl_c_when_the_reader_has_gone_too(tmp_path: Path) -> None:
    """Ctrl-C reaches every process of a pipeline."""
    with running([*ECHO], tmp_path) as process:
        second_group = [{"do": "touch", "path": "seen"}, {"do": "sleep", "seconds": 60}] + MIXED[:1] * 254
        process.stdin.write(jsonl(MIXED[:1] * 256 + second_group))
        process.stdin.flush()
        wait_for((tmp_path / "seen").exists)
        process.stdout.close()
        err = interrupt(process)
    assert process.returncode == 130
    assert err == "tcm echo: read 256 = kept 256 + dropped 0 + rejected 0; written 256\n"


def test_head_ends_a_run_quietly(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(jsonl([MIXED[2], *MIXED[:1] * 50_000]))
    with running([*ECHO, "in.jsonl", "--rejects", "rejects"], tmp_path) as process:
        first = process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        process.wait(20)
    assert (first, err, process.returncode) == (b'{"n":1}\n', b"", 0)
    assert len(read_lines(tmp_path / "rejects")) == 1


def test_reader_of_messages_may_go(tmp_path: Path) -> None:
    """`2>&1 | head -1` must not cost the output file."""
    reading, writing = os.pipe()
    os.close(reading)
    with running([*ECHO, "-o", "out"], tmp_path, stderr=writing) as process:
        os.close(writing)
        process.communicate(jsonl(MIXED), 20)
    assert process.returncode == 3
    assert len(read_lines(tmp_path / "out")) == 5


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_one_line(echo: Run, tmp_path: Path) -> None:
    advice = "No space left on device; free space or choose another place, then run the same command again"
    for size in (1, 30_000):  # found at the end, found on the way
        with open("/dev/full", "wb") as full:
            ended = echo("--rejects", "rejects", stdin=jsonl([MIXED[2], *MIXED[:1] * size]), stdout=full)
        assert ended.messages == [f"tcm: cannot write stdout: {advice}"]
        assert ended.status == 1
        assert len(read_lines(tmp_path / "rejects")) == 1
    ended = echo("-o", "/dev/full", "--summary", "summary", stdin=jsonl(MIXED[:1]))
    assert ended.messages == [f"tcm: cannot write /dev/full: {advice}"]
    assert read_json(tmp_path / "summary")["exit_status"] == 1


NO_FOLDER = "its folder is not there; make it or name another place"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("-o", "no/such/folder/out"), f"cannot write no/such/folder/out: {NO_FOLDER}"),
        (("-o", "."), "cannot write .: is a folder; name a file in it"),
        (("-o", "out", "--rejects", "no/rejects"), f"cannot write no/rejects: {NO_FOLDER}"),
    ],
)
def test_a_place_that_cannot_be_written_is_one_line(
    echo: Run, tmp_path: Path, args: tuple[str, ...], message: str
) -> None:
    ended = echo(*args, stdin=jsonl(MIXED))
    assert ended.messages == [f"tcm: {message}"]
    assert (ended.status, ended.out) == (1, b"")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "args", [("-o", "x", "--rejects", "./x"), ("--rejects", "-"), ("--dropped", "y", "--summary", "y")]
)
def test_two_outputs_with_one_name_are_refused(echo: Run, tmp_path: Path, args: tuple[str, ...]) -> None:
    ended = echo(*args, stdin=jsonl(MIXED))
    assert ended.messages == ["tcm: two outputs have the same name"]
    assert (ended.status, ended.out, list(tmp_path.iterdir())) == (2, b"", [])


@pytest.mark.parametrize("option", ["-o", "--rejects", "--dropped", "--summary"])
@pytest.mark.parametrize("name", ["in.jsonl", "./in.jsonl", "link.jsonl", "i*.jsonl"])
def test_no_output_replaces_an_input(echo: Run, tmp_path: Path, option: str, name: str) -> None:
    if "*" in name and option != "-o":
        return
    whole = jsonl(MIXED)
    (tmp_path / "in.jsonl").write_bytes(whole)
    (tmp_path / "link.jsonl").symlink_to("in.jsonl")
    ended = echo("in.jsonl", option, name)
    shown = "in.jsonl" if "*" in name else name
    assert ended.messages == [f"tcm: {shown} is an input too, which would be lost: name another output"]
    assert (ended.status, ended.out, (tmp_path / "in.jsonl").read_bytes()) == (2, b"", whole)


def test_exactly_as_many_rejects_as_are_named_are_all_of_them(echo: Run) -> None:
    assert "further rejects" not in echo(stdin=b"x\n" * 5).err
    assert echo(stdin=b"x\n" * 6).err.count("further rejects") == 1


def test_side_files_may_share_dev_null_or_be_stdout(echo: Run) -> None:
    ended = echo("-o", "/dev/null", "--rejects", "/dev/null", "--dropped", "-", stdin=jsonl(MIXED))
    assert [record["dropped"]["reason"] for record in ended.records] == ["too_dull", "too_dull", "not_asked"]


def test_utf8_whatever_the_locale(echo: Run) -> None:
    env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TCM_LANG": "zh"}
    ended = echo(stdin='{"证":"太阳病"}\n[1]\n', env=env)
    assert ended.out.decode() == '{"证":"太阳病"}\n'
    assert ended.messages[-1] == "tcm echo: 读入 2 = 保留 1 + 丢弃 0 + 拒收 1 (json_array 1)；写出 1"


@pytest.mark.parametrize(
    ("closed", "status", "out", "err"),
    [
        ("2>&-", 3, 5, b""),
        (">&-", 1, 0, b"tcm: cannot write stdout: Bad file descriptor; "),
    ],
)
def test_closed_streams(tmp_path: Path, closed: str, status: int, out: int, err: bytes) -> None:
    """Messages for a closed stderr do not end up among the records."""
    ended = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *ECHO],
        input=jsonl([record for record in MIXED if closed == "2>&-" or record["n"] != 3]),
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert ended.returncode == status
    assert len(read_lines(ended.stdout)) == out
    assert ended.stderr.startswith(err)
    assert bool(ended.stderr) == bool(err)


def test_only_the_first_line_of_each_text_is_written(echo: Run, tmp_path: Path) -> None:
    records = [
        {"q": "a"},
        {"q": "b"},
        {"q": "a", "more": 1},
        {"q": "c", "do": "copy", "times": 2},
        {"q": "b", "do": "drop"},
    ]
    args = ("--unique-by", "q", "--dropped", "dropped")
    ended = echo(*args, stdin=jsonl(records))
    assert [record["q"] for record in ended.records] == ["a", "b", "c"]
    assert ended.messages == ["tcm echo: read 5 = kept 3 + dropped 2 (duplicate 1, unwanted 1) + rejected 0; written 3"]
    assert {record["dropped"]["reason"] for record in read_lines(tmp_path / "dropped")} == {"duplicate", "unwanted"}


def test_an_output_below_an_input_folder_is_an_input_once_it_is_there(tcm: Run, tmp_path: Path) -> None:
    books = tmp_path / "books" / "old"
    books.mkdir(parents=True)
    lines = jsonl([{"text": "头痛三日，恶寒发热，无汗，脉浮紧，舌淡红，苔薄白，投麻黄汤三剂而愈，嘱其避风寒。"}])
    (books / "c.jsonl").write_bytes(lines)
    (tmp_path / "link").symlink_to(tmp_path / "books")
    for output in ("books/old/c.jsonl", "link/old/c.jsonl", "books/old/c.jsonl*"):
        refused = tcm("ingest", "books", "-o", output)
        assert refused.status == 2
        assert "input" in refused.err
    assert (books / "c.jsonl").read_bytes() == lines
    assert tcm("ingest", "books", "-o", "books-out.jsonl").status == 0


def test_an_evaluation_file_is_no_output(tcm: Run, tmp_path: Path) -> None:
    exam = jsonl([{"question": "肾在液为", "options": ["泪", "汗", "涎", "涕", "唾"], "answer": "E"}])
    (tmp_path / "c.jsonl").write_bytes(jsonl([{"text": "头痛三日"}]))
    (tmp_path / "d.jsonl").write_bytes(exam)
    for option in ("-o", "--dropped", "--rejects", "--summary"):
        refused = tcm("decontaminate", "c.jsonl", "--against", "d.jsonl", option, "d.jsonl")
        assert refused.status == 2
        assert "d.jsonl is an input too" in refused.err
    assert (tmp_path / "d.jsonl").read_bytes() == exam
