"""--review: a sample of what was kept and dropped, for people to judge."""

import stat
from pathlib import Path

import pytest

from tcmkit.jsonl.review import Review
from tests.conftest import Run, jsonl, read_lines

RECORDS = [{"n": n, **({"do": "drop", "reason": "dull"} if n % 5 == 0 else {})} for n in range(1000)]


def sample(path: Path) -> list[tuple[str, int]]:
    return [(line["review"]["decision"], line["n"]) for line in read_lines(path)]


def test_the_sample_holds_kept_and_dropped_with_the_reason(echo: Run, tmp_path: Path) -> None:
    ended = echo(
        "--review", "3", stdin=jsonl([{"n": 1}, {"n": 2, "do": "drop", "reason": "dull"}, {"n": 3, "do": "fail"}])
    )
    assert [record["n"] for record in ended.records] == [1]
    lines = sorted(read_lines(tmp_path / "review.jsonl"), key=lambda line: line["n"])
    assert lines == [
        {"review": {"decision": "kept", "right": None, "remark": ""}, "n": 1},
        {
            "review": {"decision": "dropped", "right": None, "remark": ""},
            "dropped": {"reason": "dull", "detail": ""},
            "n": 2,
            "do": "drop",
            "reason": "dull",
        },
    ]
    assert stat.S_IMODE((tmp_path / "review.jsonl").stat().st_mode) == 0o600


@pytest.mark.parametrize("more", [(), ("--jobs", "2"), ("--line-buffered",), ("--dropped", "dropped.jsonl")])
def test_the_sample_does_not_depend_on_how_the_run_goes(echo: Run, tmp_path: Path, more: tuple[str, ...]) -> None:
    plain = echo("--review", "40", "--review-file", "one.jsonl", stdin=jsonl(RECORDS))
    other = echo("--review", "40", "--review-file", "two.jsonl", *more, stdin=jsonl(RECORDS))
    assert other.out == plain.out
    assert sample(tmp_path / "two.jsonl") == sample(tmp_path / "one.jsonl")
    assert len(set(sample(tmp_path / "one.jsonl"))) == 40


def test_another_seed_draws_another_sample(echo: Run, tmp_path: Path) -> None:
    echo("--review", "40", "--review-file", "one.jsonl", stdin=jsonl(RECORDS))
    echo("--review", "40", "--review-file", "two.jsonl", "--seed", "1", stdin=jsonl(RECORDS))
    assert sample(tmp_path / "one.jsonl") != sample(tmp_path / "two.jsonl")


def test_every_decision_is_as_likely_as_any_other(tmp_path: Path) -> None:
    drawn = [0, 0]
    for seed in range(300):
        review = Review(10, str(tmp_path / "r.jsonl"), seed)
        for n in range(100):
            review.saw("dropped" if n < 20 else "kept", b'{"n":%d}' % n)
        review.finish()
        for decision, _n in sample(tmp_path / "r.jsonl"):
            drawn[decision == "kept"] += 1
    assert sum(drawn) == 3000
    assert abs(drawn[0] - 600) < 100  # four standard deviations


def test_two_outputs_may_not_share_the_file(echo: Run) -> None:
    ended = echo("--review", "1", "--review-file", "same", "--dropped", "same", stdin=b"{}\n")
    assert ended.status == 2
    assert "two outputs have the same name" in ended.err


def test_nothing_is_left_when_no_sample_is_asked_for(echo: Run, tmp_path: Path) -> None:
    echo(stdin=b"{}\n")
    assert list(tmp_path.iterdir()) == []
