"""Any record through a step that passes it on: the same record, or a reject with a reason."""

import gzip
import json
import math
from pathlib import Path
from typing import Any

import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.errors import RecordError
from tcmkit.jsonl.batch import StepRunner, batches
from tcmkit.jsonl.inputs import lines
from tcmkit.jsonl.source import Line
from tcmkit.records import Drop, Record

TEXT = st.text() | st.sampled_from(
    ["𠮷野家", "\u2028\u2029\x85", "\x00\x1f", "\U0010ffff", "頭痛", "\\u0041", "e\u0301"]
)
NUMBERS = st.integers() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
RECORDS = st.dictionaries(TEXT, VALUES, max_size=6)


def same(one: Any, other: Any) -> bool:
    """Equal, of the same types, in the same order, -0.0 apart from 0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other and (not isinstance(one, float) or math.copysign(1, one) == math.copysign(1, other))


def passed(raw: list[bytes]) -> tuple[list[bytes], dict[str, int]]:
    """The lines that come out of a step that passes everything on, and the rejects by reason."""
    outcome = StepRunner(lambda record: [record])([Line("-", n, line) for n, line in enumerate(raw, 1)])
    assert outcome.tally.read == len(raw) == outcome.tally.kept + outcome.tally.rejected.total()
    assert len(outcome.rejects) == outcome.tally.rejected.total()
    return outcome.lines.splitlines(keepends=True), dict(outcome.tally.rejected)


@given(RECORDS, st.booleans())
def test_a_record_comes_out_as_it_went_in(record: Record, escaped: bool) -> None:
    line = json.dumps(record, ensure_ascii=escaped).encode("utf-8")
    (out,), rejected = passed([line])
    assert rejected == {}
    assert same(json.loads(out), json.loads(line))
    assert passed([out]) == ([out], {})
    assert all(ord(character) < 128 or character in out.decode() for character in "".join(record))


@given(RECORDS, st.characters(categories=["Cs"]), st.booleans())
def test_a_lone_surrogate_is_rejected_with_a_reason(record: Record, lone: str, big: bool) -> None:
    line = json.dumps({**record, "lone": f"a{lone}b", "n": 2**80 if big else 1}).encode()
    out, rejected = passed([line])
    assert (out, rejected) == ([], {"bad_json": 1})


@given(st.binary(max_size=200))
def test_any_line_is_a_record_or_a_reject(raw: bytes) -> None:
    out, rejected = passed([raw])
    assert len(out) + sum(rejected.values()) == 1
    assert set(rejected) <= {"bad_json", "bad_encoding", "json_array", "not_an_object", "cannot_encode"}


@given(st.lists(st.sampled_from(["keep", "drop", "fail", "two", "bad"]), max_size=30), st.integers(1, 7), st.booleans())
def test_the_books_balance_in_every_batch(actions: list[str], size: int, strict: bool) -> None:
    def step(record: Record) -> list[Record] | Drop:
        if record["do"] == "drop":
            return Drop("unwanted")
        if record["do"] == "fail":
            raise RecordError("no_good")
        return [record] * (2 if record["do"] == "two" else 1)

    raw = [
        Line("-", n, b"nonsense" if do == "bad" else b'{"do":"%s"}' % do.encode()) for n, do in enumerate(actions, 1)
    ]
    runner = StepRunner(step, keep_dropped=True, strict=strict)
    groups = list(batches(raw, size))
    assert [line for group in groups for line in group] == raw
    for group in groups:
        outcome = runner(group)
        tally = outcome.tally
        assert tally.read == tally.kept + tally.dropped.total() + tally.rejected.total()
        assert tally.written == outcome.lines.count(b"\n")
        assert len(outcome.dropped) == tally.dropped.total()
        assert tally.read == len(group) or (strict and len(outcome.rejects) == 1)


@given(
    st.lists(st.binary(max_size=30).map(lambda raw: raw.replace(b"\n", b"")), max_size=8),
    st.sampled_from(["plain", "gzip", "zstd"]),
    st.integers(1, 40),
)
def test_every_line_of_a_file_is_seen_once(tmp_path_factory: Any, rows: list[bytes], packing: str, limit: int) -> None:
    pack = {"plain": bytes, "gzip": gzip.compress, "zstd": zstandard.ZstdCompressor().compress}[packing]
    path = Path(tmp_path_factory.getbasetemp()) / f"lines-{packing}"
    data = b"\n".join(rows)
    half = len(data) // 2
    path.write_bytes(pack(data[:half]) + pack(data[half:]))
    bom = b"\xef\xbb\xbf"
    if packing == "plain" and data[:4].startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")):
        return
    seen = list(lines([str(path)], limit))
    expected = [(n, row.removeprefix(bom) if n == 1 else row) for n, row in enumerate(rows, 1)]
    expected = [(n, row) for n, row in expected if row and not row.isspace()]
    assert [line.number for line in seen if len(line.raw) or line.fault] == [n for n, _ in expected] or any(
        line.fault for line in seen
    )
    for line in seen:
        row = rows[line.number - 1]
        if line.fault:
            assert line.fault == "line_too_long"
            assert len(row) + 1 > limit
            assert row.startswith(line.raw.rstrip(b"\n").removeprefix(bom)) or bom in row
        else:
            assert line.raw.rstrip(b"\n") == (row.removeprefix(bom) if line.number == 1 else row)
