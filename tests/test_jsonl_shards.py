"""An output in several files: its number and cuts depend on the lines alone, and together they are the one output."""

import gzip
import io
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.jsonl.shards import Shards
from tests.conftest import Run, jsonl


def files(folder: Path, pattern: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob(pattern))]


def written(folder: Path, blocks: list[bytes], most_bytes: int, most_lines: int | None) -> list[bytes]:
    shards = Shards(str(folder / "s-*"), most_bytes, most_lines)
    for block in blocks:
        shards.write(block)
    shards.finish()
    return files(folder, "s-*")


@given(
    st.lists(
        st.lists(st.binary(max_size=6).map(lambda data: data.replace(b"\n", b"") + b"\n"), max_size=6), max_size=6
    ),
    st.integers(1, 12),
    st.none() | st.integers(1, 4),
)
def test_cuts_depend_on_the_lines_alone(
    tmp_path_factory: pytest.TempPathFactory, groups: list[list[bytes]], most: int, count: int | None
) -> None:
    lines = [line for group in groups for line in group]
    together = written(tmp_path_factory.mktemp("s"), [b"".join(group) for group in groups], most, count)
    assert together == written(tmp_path_factory.mktemp("s"), lines, most, count)
    assert b"".join(together) == b"".join(lines)
    for shard, after in zip(together, [*together[1:], b""], strict=True):
        inside = shard.splitlines(keepends=True) if shard else []
        assert len(shard) <= most or shard.count(b"\n") == 1
        assert count is None or shard.count(b"\n") <= count
        if after and inside:  # no room was left for the next line
            first = after[: after.index(b"\n") + 1]
            assert len(shard) + len(first) > most or shard.count(b"\n") == count


def test_each_is_compressed_by_its_name(echo: Run, tmp_path: Path) -> None:
    lines = jsonl([{"n": n} for n in range(1000)])
    for name, unpack in {"z-*.jsonl.zst": _zstd, "g-*.jsonl.gz": gzip.decompress, "p-*": bytes}.items():
        ended = echo("-o", name, "--shard-records", "300", "--jobs", "2", stdin=lines)
        assert ended.status == 0
        parts = [unpack(data) for data in files(tmp_path, name)]
        assert [part.count(b"\n") for part in parts] == [300, 300, 300, 100]
        assert b"".join(parts) == lines.replace(b": ", b":")
    assert (tmp_path / "z-00003.jsonl.zst").exists()


def _zstd(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()


def test_a_second_run_leaves_none_of_the_first(echo: Run, tmp_path: Path) -> None:
    (tmp_path / "o-x.jsonl").write_bytes(b"mine")
    for count in (5, 2):
        echo("-o", "o-*.jsonl", "--shard-records", "1", stdin=jsonl([{"n": n} for n in range(count)]))
        names = sorted(path.name for path in tmp_path.iterdir())
        assert names == [*(f"o-0000{n}.jsonl" for n in range(count)), "o-x.jsonl"]


def test_no_record_is_one_empty_file(echo: Run, tmp_path: Path) -> None:
    assert echo("-o", "o-*", stdin=b"").status == 0
    assert files(tmp_path, "o-*") == [b""]


def test_a_failure_leaves_nothing(echo: Run, tmp_path: Path) -> None:
    lines = jsonl([{"n": n} for n in range(600)] + [{"do": "extra"}])
    assert echo("-o", "o-*", "--shard-records", "9", stdin=lines).status == 1
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_before_an_interruption_stays_as_partial(echo: Run, tmp_path: Path) -> None:
    ended = echo("--strict", "-o", "o-*", "--shard-records", "2", stdin=jsonl([{"n": 1}] * 3 + [{"do": "fail"}]))
    assert ended.status == 1
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["o-00000.partial", "o-00001.partial"]
    assert "kept as o-00000.partial" in ended.messages[0]


@pytest.mark.parametrize("name", ["o-*-*", "o*/out"])
def test_one_star_in_the_name(echo: Run, tmp_path: Path, name: str) -> None:
    ended = echo("-o", name, stdin=b"")
    assert (ended.messages, ended.status) == ([f"tcm: -o {name}: one *, in the file's name"], 2)
    assert list(tmp_path.iterdir()) == []


def test_a_table_is_one_file(tcm: Run) -> None:
    ended = tcm("convert", "--to", "csv", "-o", "o-*.csv", stdin=b"")
    assert (ended.messages, ended.status) == (["tcm: --to csv writes one file: no * in -o"], 2)
