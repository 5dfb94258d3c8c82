"""Work on several processes: the same bytes, and no failure that hides."""

import random
from pathlib import Path

import pytest

from tests.conftest import Run, jsonl

ACTIONS = [{}, {}, {}, {"do": "drop", "reason": "dull"}, {"do": "fail"}, {"do": "copy", "times": 2}]


def test_two_processes_write_the_same_bytes_as_one(echo: Run, tmp_path: Path) -> None:
    chance = random.Random(5)
    records = [{"n": n, "t": f"头痛{chance.randrange(4000)}日", **chance.choice(ACTIONS)} for n in range(5000)]
    # The first group is the slowest to finish.
    (tmp_path / "in.jsonl").write_bytes(jsonl([{"t": "", "do": "sleep", "seconds": 0.3}, *records]) + b"[1]\n")
    ended = {}
    for jobs in ("1", "2"):
        side = [f"--{name}={name}{jobs}" for name in ("rejects", "dropped")]
        ended[jobs] = echo("in.jsonl", "--jobs", jobs, "-o", f"out{jobs}", "--unique-by", "t", *side)
    assert ended["1"].messages == ended["2"].messages
    assert ended["1"].status == ended["2"].status == 3
    for name in ("out", "rejects", "dropped"):
        one, two = ((tmp_path / f"{name}{jobs}").read_bytes() for jobs in ("1", "2"))
        assert one == two != b""


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_verb_that_cannot_start_ends_with_its_line(echo: Run, tmp_path: Path, jobs: str) -> None:
    ended = echo("--refuse", "--jobs", jobs, "-o", "out", stdin=jsonl([{"n": 1}]))
    assert (ended.messages, ended.status) == (["tcm: --refuse refuses"], 2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_failure_of_the_run_comes_through(echo: Run, jobs: str) -> None:
    ended = echo("--jobs", jobs, stdin=jsonl([{"do": "extra"}]))
    assert ended.messages == ['tcm: thinking needs the extra [deep]: run pip install "tcmkit[deep]"']
    assert ended.status == 1


def test_a_process_that_dies_is_one_line(echo: Run, tmp_path: Path) -> None:
    ended = echo("--jobs", "2", "-o", "out", stdin=jsonl([{"do": "die"}] + [{"n": 1}] * 3000))
    assert ended.messages == ["tcm: a process died, perhaps for lack of memory: run again with fewer --jobs"]
    assert ended.status == 1
    assert list(tmp_path.iterdir()) == []


def test_jobs_zero_is_one_for_each_core(echo: Run) -> None:
    ended = echo("--jobs", "0", stdin=jsonl([{"n": n} for n in range(600)]))
    assert [record["n"] for record in ended.records] == list(range(600))
