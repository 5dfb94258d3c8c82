"""What goes into the pipe: files, stdin, compression, odd lines."""

import base64
import gzip
import json
import os
import subprocess
from pathlib import Path

import pytest
import zstandard

from tests.conftest import ECHO, Run, environment, jsonl, read_json, read_lines, running

THREE = [{"n": 1, "t": "头痛"}, {"n": 2, "t": "发热"}, {"n": 3, "t": "恶寒"}]


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def test_files_and_stdin_are_read_in_the_order_named(echo: Run, tmp_path: Path) -> None:
    first, last = tmp_path / "first.jsonl", tmp_path / "last.jsonl"
    first.write_bytes(jsonl(THREE[:1]))
    last.write_bytes(jsonl(THREE[2:]))
    ended = echo(first, "-", last, stdin=jsonl(THREE[1:2]))
    assert ended.out.decode() == '{"n":1,"t":"头痛"}\n{"n":2,"t":"发热"}\n{"n":3,"t":"恶寒"}\n'
    assert ended.err == "tcm echo: read 3 = kept 3 + dropped 0 + rejected 0; written 3\n"
    assert ended.status == 0


def test_compressed_input_is_told_by_its_bytes_not_its_name(echo: Run, tmp_path: Path) -> None:
    lines = [jsonl([record]) for record in THREE]
    (tmp_path / "members.gz").write_bytes(
        gzip.compress(lines[0]) + gzip.compress(lines[1][:5]) + gzip.compress(lines[1][5:])
    )
    (tmp_path / "frames.zst").write_bytes(zstd(lines[0][:3]) + zstd(lines[0][3:]) + zstd(b"") + zstd(lines[1]))
    (tmp_path / "padded").write_bytes(gzip.compress(lines[0] + lines[1]) + b"\0" * 512)
    (tmp_path / "plain.gz").write_bytes(lines[0] + lines[1])
    ended = echo("members.gz", "frames.zst", "padded", "plain.gz", "-", stdin=zstd(lines[2]))
    assert [record["n"] for record in ended.records] == [1, 2] * 4 + [3]
    assert ended.status == 0


@pytest.mark.parametrize("pack", [gzip.compress, zstd], ids=["gzip", "zstd"])
def test_input_cut_short_keeps_what_came_before(echo: Run, tmp_path: Path, pack: object) -> None:
    records = [{"n": n, "noise": base64.b64encode(os.urandom(60)).decode()} for n in range(300)]
    data = jsonl(records)
    packed = pack(data)  # type: ignore[operator]
    (tmp_path / "whole").write_bytes(packed + packed)
    (tmp_path / "cut").write_bytes(packed + packed[: len(packed) * 2 // 3])
    ended = echo("whole", "cut", "whole", "--rejects", "rejects")
    kept = ended.records
    (reject,) = read_lines(tmp_path / "rejects")
    in_cut = len(kept) - 4 * 300
    assert 300 <= in_cut < 600
    assert kept == records * 2 + (records * 2)[:in_cut] + records * 2
    assert (reject["file"], reject["line"], reject["reason"]) == ("cut", in_cut + 1, "input_cut_short")
    # What there is of the last line is kept with the reject.
    assert (data + data).decode().splitlines()[in_cut].startswith(reject["raw"])
    count = len(kept)
    assert ended.messages == [
        f"tcm echo: read {count + 1} = kept {count} + dropped 0 + rejected 1 (input_cut_short 1); written {count}"
    ]
    assert ended.status == 3


def test_damaged_compression_is_one_reject(echo: Run, tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(jsonl(THREE)))
    packed[-6] ^= 0xFF  # the checksum
    (tmp_path / "bad.gz").write_bytes(packed)
    (tmp_path / "tail.gz").write_bytes(gzip.compress(jsonl(THREE)) + b"no gzip")
    ended = echo("bad.gz", "tail.gz")
    assert [record["n"] for record in ended.records] == [1, 2, 3]
    advice = "the compressed data is damaged: fetch or pack it again"
    assert ended.messages == [
        f"tcm echo: bad.gz:1: bad_compression ({advice})",
        f"tcm echo: tail.gz:4: bad_compression ({advice})",
        "tcm echo: read 5 = kept 3 + dropped 0 + rejected 2 (bad_compression 2); written 3",
    ]
    assert ended.status == 3


def test_byte_order_mark_blank_lines_and_line_ends(echo: Run, tmp_path: Path) -> None:
    (tmp_path / "bom").write_bytes(b"\xef\xbb\xbf")
    mixed = b'\xef\xbb\xbf{"n":1}\r\n\r\n   \t\n{"n":2}\n\n  {"n":3}  '
    ended = echo("bom", "-", "bom", stdin=mixed)
    assert ended.out == b'{"n":1}\n{"n":2}\n{"n":3}\n'
    assert ended.err == "tcm echo: read 3 = kept 3 + dropped 0 + rejected 0; written 3\n"


def test_fields_pass_through_untouched(echo: Run) -> None:
    line = (
        '{"big":123456789012345678901234567890,"negative":-98765432109876543210,"edge":18446744073709551615,'
        '"float":0.1,"small":5e-324,"exp":1.5e+300,"zero":-0.0,"whole":2.0,"nothing":null,"yes":true,'
        '"nested":{"a":[{"b":[[],{},""]}]},"":"empty key","rare":"𠮷\U0010ffff\u2028","tab":"\\t\\u0000"}\n'
    )
    escaped = '{"a":"\\u5934\\u75DB\\ud842\\udfb7\\/"}\n'
    ended = echo(stdin=line + escaped)
    first, second = ended.out.decode().split("\n")[:2]
    assert json.loads(first) == json.loads(line)
    assert list(json.loads(first)) == list(json.loads(line))
    assert '"big":123456789012345678901234567890,' in first
    assert '"float":0.1,"small":5e-324,' in first
    assert '"whole":2.0,' in first
    assert second == '{"a":"头痛𠮷/"}'
    assert ended.status == 0


BAD_LINES = [
    (b'[{"secret-canary": 1}]', "json_array", "a JSON array, not a record a line; `jq -c '.[]'` makes lines of it"),
    (b'[{"secret-canary": 1},', "json_array", "part of a JSON array; `jq -c '.[]'` makes lines of it"),
    (b'"secret-canary"', "not_an_object", "str"),
    (b"17", "not_an_object", "int"),
    (b'{"secret-canary": tru', "bad_json", None),
    (b'{"a": NaN}', "bad_json", None),
    (b'{"a": 1e999, "b": 12345678901234567890}', "bad_json", None),
    (b'{"a": "secret-canary \\ud800"}', "bad_json", None),
    (b'{"a": "secret-canary \\ud800", "b": 12345678901234567890}', "bad_json", None),
    (b'{"a": "secret-canary \xff"}', "bad_encoding", "not UTF-8 at byte 21; text goes through  tcm ingest FILE  first"),
    (
        '{"a": "secret-canary 恶寒"}'.encode("gb18030"),
        "bad_encoding",
        "not UTF-8 at byte 21; text goes through  tcm ingest FILE  first",
    ),
    (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "bad_json", None),
    (b'{"n": 12345678901234567890, "a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "bad_json", None),
    (b'{"n": ' + b"1" * 5_000 + b"}", "bad_json", "number is infinity when parsed as double at column 7"),
]


def test_bad_lines_are_rejected_with_reason_and_kept_whole(echo: Run, tmp_path: Path) -> None:
    good = b'{"a":' * 300 + b"1" + b"}" * 300
    data = b"\n".join([good, *(line for line, _, _ in BAD_LINES), good]) + b"\n"
    ended = echo("--rejects", "rejects", "--summary", "summary", stdin=data)
    rejects = read_lines(tmp_path / "rejects")
    assert ended.out == good + b"\n" + good + b"\n"
    assert [reject["reason"] for reject in rejects] == [reason for _, reason, _ in BAD_LINES]
    assert [reject["line"] for reject in rejects] == list(range(2, len(BAD_LINES) + 2))
    for reject, (line, _, detail) in zip(rejects, BAD_LINES, strict=True):
        raw = base64.b64decode(reject["raw_base64"]) if "raw_base64" in reject else reject["raw"].encode()
        assert raw.rstrip(b"\n") == line
        assert ("raw_base64" in reject) == (reject["reason"] == "bad_encoding")
        assert detail is None or reject["detail"] == detail
    summary = read_json(tmp_path / "summary")
    counted = {"bad_encoding": 2, "bad_json": 8, "json_array": 2, "not_an_object": 2}
    assert summary["rejected"] == counted
    assert (summary["read"], summary["kept"], summary["written"]) == (len(BAD_LINES) + 2, 2, 2)
    assert ended.err.count("\n") == 1
    assert (tmp_path / "rejects").stat().st_mode & 0o777 == 0o600
    assert ended.status == 3


def test_without_rejects_the_first_five_are_named_and_no_text_is_shown(echo: Run) -> None:
    data = b'{"n":1}\n' + b"\n".join(line for line, _, _ in BAD_LINES)
    ended = echo(stdin=data)
    lines = ended.messages
    assert lines[:2] == [
        "tcm echo: stdin:2: json_array (a JSON array, not a record a line; `jq -c '.[]'` makes lines of it)",
        "tcm echo: stdin:3: json_array (part of a JSON array; `jq -c '.[]'` makes lines of it)",
    ]
    assert [line.split(": ")[1] for line in lines[:5]] == [f"stdin:{n}" for n in range(2, 7)]
    assert lines[5] == "tcm echo: further rejects are only counted; --rejects FILE keeps them all"
    assert lines[6] == (
        "tcm echo: read 15 = kept 1 + dropped 0 + rejected 14 "
        "(bad_json 8, bad_encoding 2, json_array 2, not_an_object 2); written 1"
    )
    assert len(lines) == 7
    assert "canary" not in ended.err
    assert ended.status == 3


def test_a_record_that_cannot_be_written_anywhere_is_counted_once(echo: Run, tmp_path: Path) -> None:
    deep = b'{"do":"drop","a":' + b"[" * 1015 + b"]" * 1015 + b"}\n"  # read by orjson, too deep for any writer
    ended = echo("--dropped", "dropped", stdin=deep)
    assert ended.messages[-1] == "tcm echo: read 1 = kept 0 + dropped 0 + rejected 1 (cannot_encode 1); written 0"
    assert (tmp_path / "dropped").read_bytes() == b""


def test_a_huge_line_is_rejected_without_being_held(tmp_path: Path) -> None:
    """200 MB on one line, between two good ones, in an address space that could not hold it."""
    limited = ["sh", "-c", 'ulimit -v 420000; exec "$@"', "sh", *ECHO, "--rejects", "rejects"]
    with running(limited, tmp_path) as process:
        process.stdin.write(b'{"n":1}\n{"a":"')
        for _ in range(200):
            process.stdin.write(b"x" * (1 << 20))
        process.stdin.write(b'"}\n{"n":2}\n')
        process.stdin.close()
        out, err = process.stdout.read().decode(), process.stderr.read().decode()
        process.wait(20)
    assert out == '{"n":1}\n{"n":2}\n'
    assert err == "tcm echo: read 3 = kept 2 + dropped 0 + rejected 1 (line_too_long 1); written 2\n"
    (reject,) = read_lines(tmp_path / "rejects")
    assert reject["detail"] == "over 64 MiB; only its beginning is kept"
    assert len(reject["raw"]) == 4096
    assert process.returncode == 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.jsonl", "tcm: no such file: missing.jsonl"),
        ("folder", "tcm: folder is a folder: name the files in it, or begin with  tcm ingest folder"),
        ("loop", "tcm: no such file: loop"),
    ],
)
def test_input_that_cannot_be_opened_ends_the_run_before_it_begins(
    echo: Run, tmp_path: Path, name: str, message: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    ended = echo("-", name, "-o", "out.jsonl", stdin=jsonl(THREE))
    assert ended.messages == [" ".join(message.split())]
    assert ended.status == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "loop"]


def test_file_names_in_an_old_encoding_are_readable_everywhere(echo: Run, tmp_path: Path) -> None:
    name = os.fsdecode("医案.jsonl".encode("gb18030"))
    (tmp_path / name).write_bytes(b'[1]\n{"n":1}\n')
    ended = echo(name)
    assert ended.messages[0].startswith("tcm echo: 医案.jsonl:1: json_array")
    echo(name, "--rejects", "rejects")
    assert read_lines(tmp_path / "rejects")[0]["file"] == "医案.jsonl"


def test_limit_reads_no_more_than_it_says(echo: Run) -> None:
    assert echo("--limit", "2", stdin=jsonl(THREE)).records == THREE[:2]
    ended = echo("--limit", "0", stdin=jsonl(THREE))
    assert (ended.out, ended.messages) == (b"", ["tcm echo: read 0 = kept 0 + dropped 0 + rejected 0; written 0"])


def test_closed_stdin_is_no_input(tmp_path: Path) -> None:
    command = " ".join([*ECHO, "<&-", "2>&1"])
    shown = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=environment(), capture_output=True, check=False)
    assert shown.stdout == b"tcm echo: read 0 = kept 0 + dropped 0 + rejected 0; written 0\n"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
def test_a_stream_ten_times_as_long_peaks_at_the_same_size(echo: Run, tmp_path: Path) -> None:
    peaks = []
    some = jsonl({"n": n, "t": "头痛发热恶寒" * 20} for n in range(8000))
    for times in (1, 10):
        (tmp_path / "in.jsonl").write_bytes(some * times)
        ended = echo("in.jsonl", "-", "--unique-by", "t", stdin=b'{"t":"","do":"peak"}\n')
        assert len(ended.records) == 2
        peaks.append(ended.records[-1]["kilobytes"])
    assert peaks[1] < 1.1 * peaks[0]
