"""`tcm eval exam`: completions judged, and a model that sits the examination."""

import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tcmkit.evaluate.exam import examples_for, read_example
from tcmkit.evaluate.intervals import shares_differ
from tcmkit.evaluate.places import Places
from tcmkit.exam import read_item
from tests.conftest import TCM, Run, jsonl, read_json, running
from tests.fault_server import serving

ITEMS: list[dict[str, Any]] = [
    {"question": "舌红苔黄多属", "options": ["寒证", "热证"], "answer": "B", "subject": "诊断"},
    {"question": "脉沉迟多属", "options": ["寒证", "热证"], "answer": "A", "subject": "诊断"},
    {"question": "属于四诊的有", "options": ["望", "闻", "验血"], "answer": "AB", "subject": "基础"},
]
ANSWERS = [
    "<think>红黄为热</think><answer>B</answer>",
    "<answer>不是B</answer>",
    "<think>四诊</think><answer>AB</answer>",
]


def test_completions_are_judged(tcm: Run, tmp_path: Path) -> None:
    lines = [{**item, "completion": answer} for item, answer in zip(ITEMS, ANSWERS, strict=True)]
    done = tcm("eval", "exam", "--completions", "-", "--summary", "s.json", stdin=jsonl([*lines, ITEMS[0]]))
    assert done.status == 3
    assert [(made["extracted"], made["correct"], made["format_ok"]) for made in done.records] == [
        ("B", True, True),
        (None, False, False),
        ("AB", True, True),
    ]
    assert done.records[0] == {**lines[0], "extracted": "B", "correct": True, "format_ok": True}
    totals = read_json(tmp_path / "s.json")["exam"]
    assert (totals["questions"], totals["right"], totals["accuracy"], totals["no_answer"]) == (3, 2, 0.6667, 1)
    assert totals["by_type"]["several"] == {"questions": 1, "right": 1, "accuracy": 1.0, "interval_95": [0.2065, 1.0]}
    assert totals["by_options"]["2"]["questions"] == 2
    assert totals["several"] == {
        "questions": 1,
        "exact": 1,
        "too_few": 0,
        "with_a_wrong_one": 0,
        "no_answer": 0,
        "partial_credit": 1.0,
    }
    assert totals["by_subject"]["诊断"]["accuracy"] == 0.5
    assert totals["interval_95"] == [0.2077, 0.9385]
    assert done.messages[-2:] == [
        "tcm eval exam: 2 of 3 right: 0.6667 (95% 0.2077 to 0.9385); no answer 1, not in the form 1",
        "tcm eval exam: read 4 = kept 3 + dropped 0 + rejected 1 (no_completion 1); written 3",
    ]


def script(folder: Path, *lines: dict[str, Any]) -> str:
    (folder / "script.jsonl").write_bytes(jsonl(lines))
    return "scripted:script.jsonl"


def test_a_model_sits_the_examination(tcm: Run, tmp_path: Path) -> None:
    llm = script(
        tmp_path,
        {"when": "舌红苔黄", "reply": ANSWERS[0]},
        {"when": "脉沉迟", "fail": "llm_cut_short"},
        {"when": "正确选项有若干个", "reply": "<think>想</think><answer>A</answer>"},
    )
    once = tcm("eval", "exam", "--llm", llm, "--cache", "c", "--summary", "s.json", stdin=jsonl(ITEMS))
    assert once.status == 0, once.err
    assert [(made["extracted"], made["correct"], made["completion"]) for made in once.records] == [
        ("B", True, ANSWERS[0]),
        (None, False, ""),
        ("A", False, "<think>想</think><answer>A</answer>"),
    ]
    again = tcm("eval", "exam", "--llm", llm, "--cache", "c", "--summary", "s2.json", stdin=jsonl(ITEMS))
    assert again.out == once.out
    assert read_json(tmp_path / "s2.json")["calls"]["from_cache"] == 2


def test_shuffled_options_are_judged_by_what_they_say(tcm: Run, tmp_path: Path) -> None:
    items = [{"question": f"第{n}问", "options": ["甲", "乙", "丙", "丁"], "answer": "C"} for n in range(12)]
    llm = script(tmp_path, {"reply": "<think>想</think><answer>A</answer>"})
    done = tcm("eval", "exam", "--llm", llm, "--no-cache", "--shuffle", "--seed", "5", stdin=jsonl(items))
    orders = {made["shown"] for made in done.records}
    assert len(orders) > 4
    for made in done.records:
        assert made["extracted"] == made["shown"][0]
        assert made["correct"] is (made["shown"][0] == "C")


def test_several_answers_count_whole_and_in_part_apart(tcm: Run, tmp_path: Path) -> None:
    answers = ("AB", "A", "AC", "C")
    lines = [{**ITEMS[2], "id": answer, "completion": f"<answer>{answer}</answer>"} for answer in answers]
    done = tcm("eval", "exam", "--completions", "-", "--summary", "s.json", stdin=jsonl(lines))
    assert [made["correct"] for made in done.records] == [True, False, False, False]
    several = read_json(tmp_path / "s.json")["exam"]["several"]
    assert (several["exact"], several["too_few"], several["with_a_wrong_one"]) == (1, 1, 2)
    assert several["partial_credit"] == 0.375, "1, a half, nothing, nothing"


def test_answers_given_to_shuffled_options_are_judged_again_alike(tcm: Run, tmp_path: Path) -> None:
    items = [{"question": f"第{n}问", "options": ["甲", "乙", "丙", "丁"], "answer": "C"} for n in range(12)]
    llm = script(tmp_path, {"reply": "<think>想</think><answer>B</answer>"})
    first = tcm("eval", "exam", "--llm", llm, "--no-cache", "--shuffle", "--summary", "1.json", stdin=jsonl(items))
    again = tcm("eval", "exam", "--completions", "-", "--summary", "2.json", stdin=first.out)
    assert again.out == first.out
    assert read_json(tmp_path / "1.json")["exam"] == read_json(tmp_path / "2.json")["exam"]
    bad = tcm("eval", "exam", "--completions", "-", stdin=jsonl([{**first.records[0], "shown": "AAB"}]))
    assert (bad.status, bad.messages[0].split(": ")[2]) == (
        3,
        "bad_shown (the letters of the options in the order shown were expected)",
    )


def test_a_liking_for_a_place_is_seen(tcm: Run, tmp_path: Path) -> None:
    items = [{"question": f"第{n}问", "options": ["甲", "乙", "丙", "丁"], "answer": "C"} for n in range(60)]
    llm = script(tmp_path, {"reply": "<think>想</think><answer>A</answer>"})
    tcm("eval", "exam", "--llm", llm, "--no-cache", "--shuffle", "--summary", "s.json", "-", stdin=jsonl(items))
    position = read_json(tmp_path / "s.json")["exam"]["position"]
    assert [row["chosen"] for row in position["places"]] == [60, 0, 0, 0]
    assert [row["accuracy"] for row in position["places"]] == [1.0, 0.0, 0.0, 0.0]
    assert sum(row["expected"] for row in position["places"]) == pytest.approx(60, abs=0.2)
    assert position["p_accuracy"] == position["p_choice"] == 0.0001


def test_the_chances_of_position_bias_are_right() -> None:
    even = Places()
    for right, chosen in (("A", "A"), ("A", "A"), ("B", "A"), ("B", "A")):
        even.add(2, right, chosen)
    table = even.table()
    assert table is not None
    assert table["p_choice"] == 1.0, "with two options a wrong choice can fall on one place only"
    assert table["p_accuracy"] == pytest.approx(1 / 3, abs=0.02), "two of the six ways to put two right ones"
    assert table["recall_std"] == 0.5
    twice = Places()
    for _ in range(2):
        twice.add(3, "C", "A")
    table = twice.table()
    assert table is not None
    assert table["p_choice"] == pytest.approx(0.5, abs=0.02), "both on A or both on B: one in two"
    assert table["p_accuracy"] is None, "nothing was right anywhere"
    assert Places().table() is None
    mixed = Places()
    for options, right, chosen in ((2, "A", "A"), (2, "B", "A"), (5, "E", "E"), (5, "A", None), (3, "C", "B")):
        mixed.add(options, right, chosen)
    table = mixed.table()
    assert table is not None
    assert [row["questions"] for row in table["places"]] == [2, 1, 1, 0, 1]
    assert [row["chosen"] for row in table["places"]] == [2, 1, 0, 0, 1]
    assert [row["expected"] for row in table["places"]] == [2.5, 0.5, 0.0, 0.0, 1.0]
    assert table["places"][3]["accuracy"] is None
    assert table["p_accuracy"] == 1.0, "one of two right, in each size: as likely either way"


def test_two_runs_are_compared_question_by_question(tcm: Run, tmp_path: Path) -> None:
    def run(*right: bool) -> bytes:
        lines = [{**ITEMS[0], "id": n, "completion": f"<answer>{'AB'[one]}</answer>"} for n, one in enumerate(right)]
        return tcm("eval", "exam", "--completions", "-", stdin=jsonl(lines)).out

    (tmp_path / "other.jsonl").write_bytes(run(*[True] * 10, *[False] * 10))
    ours = run(*[True] * 16, *[False] * 4)
    options = ("eval", "exam", "--completions", "-", "--compare", "other.jsonl", "--summary", "s.json")
    done = tcm(*options, "--html", "page.html", stdin=ours)
    found = read_json(tmp_path / "s.json")["exam"]["compare"]
    assert done.status == 0
    assert (found["accuracy"], found["other_accuracy"], found["difference"], found["of"]) == (0.8, 0.5, 0.3, 20)
    assert (found["only_here_right"], found["only_there_right"]) == (6, 0)
    assert found["interval_95"] == [0.1, 0.5]
    assert found["p"] < 0.01
    assert "against --compare +0.3000 (95% +0.1000 … +0.5000" in done.err
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<td>0.3</td>" in html
    assert "<td>诊断</td>" in html
    fewer = tcm(*options, stdin=b"".join(ours.splitlines(keepends=True)[1:]))
    assert (fewer.status, len(fewer.records)) == (2, 19)
    said = "tcm: --compare: not the same items: 0 are only here (or twice), 1 only there, 0 twice there; give two runs over one file"
    assert fewer.messages[-1] == said


def test_shares_that_differ_by_one_thing() -> None:
    found = shares_differ(1, 0, 4)
    assert (found["difference"], found["interval_95"]) == (0.25, [0.0, 0.75])
    assert found["p"] == pytest.approx(1 - 4 * 0.25 * 0.75**3, abs=0.02), "any draw but of exactly one"


def test_lines_without_ids_are_paired_by_what_they_ask(tcm: Run, tmp_path: Path) -> None:
    lines = [{**item, "completion": answer} for item, answer in zip(ITEMS, ANSWERS, strict=True)]
    done = tcm("eval", "exam", "--completions", "-", "-o", "other.jsonl", stdin=jsonl(lines))
    assert done.status == 0
    same = tcm("eval", "exam", "--completions", "-", "--compare", "other.jsonl", stdin=jsonl(reversed(lines)))
    assert same.status == 0
    assert "against --compare +0.0000 (95% +0.0000 … +0.0000, p 1)" in same.err


def test_a_table_by_any_field(tcm: Run, tmp_path: Path) -> None:
    lines = [{**ITEMS[0], "year": 2020 + n % 2, "completion": "<answer>B</answer>"} for n in range(3)]
    tcm("eval", "exam", "--completions", "-", "--by", "year", "--summary", "s.json", stdin=jsonl(lines))
    years = read_json(tmp_path / "s.json")["exam"]["by_field"]["year"]
    assert {year: one["questions"] for year, one in years.items()} == {"2020": 2, "2021": 1}


def test_examples_are_of_the_subject_and_never_the_question_itself() -> None:
    examples = [read_example({**item, "explanation": " 因为 "}) for item in ITEMS]
    asked = {**ITEMS[0], "options": ["热证", "寒证"]}
    item = read_item(asked)
    assert [one.item.question for one in examples_for(asked, item, examples, 5)] == ["脉沉迟多属"]
    other = {**asked, "subject": "外科"}
    assert [one.item.key for one in examples_for(other, item, examples, 1)] == ["A"], "of none: then of any"
    unnamed = {"question": "何为四诊", "options": ["甲", "乙"], "answer": "A"}
    assert [one.thinking for one in examples_for(unnamed, read_item(unnamed), examples, 5, "基础")] == ["因为"]


def test_a_run_that_was_killed_asks_no_question_twice(tmp_path: Path) -> None:
    items = [{"id": n, "question": f"问{n}", "options": ["甲", "乙"], "answer": "A"} for n in range(60)]
    (tmp_path / "in.jsonl").write_bytes(jsonl(items))
    options = ("--cache", "c", "--concurrency", "4", "-o", "out.jsonl", "--summary", "s.json", "in.jsonl")
    with serving(delay=0.02) as server:
        command = [*TCM, "eval", "exam", "--llm", "openai:tiny", "--base-url", server.url, *options]
        with running(command, tmp_path) as process:
            while server.calls.total() < 20 and process.poll() is None:
                time.sleep(0.005)
            process.kill()
            assert process.wait() == -signal.SIGKILL
        assert not (tmp_path / "out.jsonl").exists()
        with running(command, tmp_path) as process:
            assert process.wait() == 0
        assert len(server.calls) == 60
        assert server.calls.total() <= 60 + 4, "what was in flight at the most"
        before = server.calls.total()
        with running(command, tmp_path) as process:
            assert process.wait() == 0
        assert server.calls.total() == before, "a third run asks nothing"
    assert read_json(tmp_path / "s.json")["calls"]["from_cache"] == 60
    assert read_json(tmp_path / "s.json")["exam"]["questions"] == 60


def test_the_books_balance_over_odd_lines(tcm: Run, tmp_path: Path) -> None:
    good = {**ITEMS[0], "completion": ANSWERS[0]}
    lines = [
        good,
        {**good, "options": {"A": "寒证", "B": "热证"}, "answer": ["B"]},
        {**good, "answer": "热证"},
        {**good, "answer": ""},
        {**good, "options": "甲乙"},
        {**good, "completion": 5},
    ]
    done = tcm("eval", "exam", "--completions", "-", "--summary", "s.json", stdin=jsonl(lines) + b"[1]\n{\n")
    books = read_json(tmp_path / "s.json")
    assert [made["correct"] for made in done.records] == [True, True, True]
    assert books["read"] == 8
    assert books["kept"] == 3
    assert sum(books["rejected"].values()) == 5


def test_examples_are_shown_first(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "shots.jsonl").write_bytes(jsonl(ITEMS[:1]))
    llm = script(tmp_path, {"replies": ["none shown", "<think>想</think><answer>A</answer>"]})
    done = tcm("eval", "exam", "--llm", llm, "--no-cache", "--shots", "shots.jsonl", stdin=jsonl(ITEMS[1:2]))
    assert [made["correct"] for made in done.records] == [True]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "who is to answer? give --llm, or --completions"),
        (["a.jsonl", "--completions", "-"], "either - or the files named"),
        (["--llm", "scripted:exam", "--completions", "-"], "either --llm or --completions"),
    ],
)
def test_what_cannot_be(tcm: Run, arguments: list[str], message: str) -> None:
    done = tcm("eval", "exam", *arguments)
    assert (done.status, done.messages) == (2, [f"tcm: {message}"])
