"""Damaged lines: no verb falls over, every line is accounted for, and nothing of it is said (docs/reliability.md)."""

import os
from pathlib import Path

import pytest

from tcmkit.records import findings_of
from tests.conftest import Run, jsonl, read_json
from tests.damaged import RECORDS, damaged

VERBS = (
    ("ingest",),
    ("screen",),
    ("modernize",),
    ("clean-tqs",),
    ("classify", "--ask", "3"),
    ("gen-qa",),
    ("gen-qa", "--windows"),
    ("gen-qa", "--group-by", "syndrome"),
    ("gen-prefs",),
    ("check",),
    ("retrieve",),
    ("retrieve", "--what", "graph"),
    ("decontaminate", "--against", "exam.jsonl"),
    ("stats",),
    ("convert", "--to", "alpaca"),
    ("convert", "--to", "csv"),
    ("consult", "--patient", "simulated"),
)
LINES = int(os.environ.get("TCM_DAMAGED_LINES", "250"))
"""10,000 for the table of docs/reliability.md."""


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_damaged_lines_are_accounted_for(tcm: Run, tmp_path: Path, verb: tuple[str, ...]) -> None:
    lines = list(damaged(LINES, seed=11))
    there = sum(not line.isspace() for line in lines)  # a blank line is no record
    (tmp_path / "in.jsonl").write_bytes(b"".join(lines))
    (tmp_path / "exam.jsonl").write_bytes(jsonl(RECORDS[-1:]))
    named = ("--rejects", "bad", "--summary", "sum")
    ended = tcm(*verb, "in.jsonl", "-o", "out", *named, timeout=3000, seconds=3000)
    assert ended.status == 3, ended.err
    books = read_json(tmp_path / "sum")
    assert books["read"] == there or (verb[0] == "ingest" and books["read"] > there)  # long texts are cut
    assert books["read"] == books["kept"] + sum(books["dropped"].values()) + sum(books["rejected"].values())
    assert len((tmp_path / "bad").read_bytes().splitlines()) == sum(books["rejected"].values())
    assert "张某" not in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("tqs", [[], {"": []}, {"a": {}}, {"a": ["痛"]}, {"a": [{"text": "痛", "polarity": "no"}]}])
def test_findings_of_another_form_are_refused(tcm: Run, tqs: object) -> None:
    for verb in (("classify",), ("retrieve",), ("consult", "--patient", "simulated")):
        ended = tcm(*verb, stdin=jsonl([{"text": "头痛，舌红，脉数。", "tqs": tqs}]))
        assert ended.status == 3 or not isinstance(tqs, dict), verb
        assert "Traceback" not in ended.err
    assert findings_of({}) == {}


@pytest.mark.parametrize("nothing", ["[]", "null", "0", '""'])
def test_that_nothing_was_removed_is_understood(tcm: Run, nothing: str) -> None:
    line = f'{{"text": "身上没什么力气，不想吃饭。", "tqs": {{}}, "removed": {nothing}}}\n'
    ended = tcm("classify", stdin=line.encode())
    assert (ended.status, len(ended.records)) == (0, 1), ended.err
