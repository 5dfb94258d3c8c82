"""`tcm eval exam`: completions judged, and a model that sits the examination."""

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run, jsonl, read_json

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
    assert totals["by_type"]["several"] == {"questions": 1, "right": 1, "accuracy": 1.0}
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
    ],
)
def test_what_cannot_be(tcm: Run, arguments: list[str], message: str) -> None:
    done = tcm("eval", "exam", *arguments)
    assert (done.status, done.messages) == (2, [f"tcm: {message}"])
