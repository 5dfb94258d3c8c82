"""`tcm decontaminate`: what holds an evaluation item, and what only looks like it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.decontaminate import Decontaminator, Settings
from tcmkit.records import Drop
from tests.conftest import Run, jsonl, read_lines

STEM = "患者头重如裹，胸闷恶心，苔白腻，首选的方剂是（  ）"
OPTIONS = {"A": "天麻钩藤饮", "B": "半夏白术天麻汤", "C": "归脾汤", "D": "左归丸"}
EXAM: list[dict[str, Any]] = [
    {"id": "q1", "question": STEM, "options": OPTIONS, "answer": "B"},
    {"question": "下列哪项不是其特点", "options": ["起病缓慢", "反复发作", "朝轻暮重", "遇寒加剧"], "answer": "C"},
    {"question": "肾在液为", "options": ["泪", "汗", "涎", "涕", "唾"], "answer": "E"},
    {"question": "脾在志为", "options": ["怒", "喜", "思", "悲", "恐"], "answer": "C"},
    {"prompt": "某老者夜半心悸而醒，冷汗淋漓，手足不温，脉微欲绝，此时当急投何药以救其危", "answer": "参附汤"},
]
SHOWN = "A.归脾汤 B.左归丸 C.半夏白术天麻汤 D.天麻钩藤饮"


@pytest.fixture(scope="module")
def step(tmp_path_factory: pytest.TempPathFactory) -> Decontaminator:
    path = tmp_path_factory.mktemp("exam") / "exam.jsonl"
    path.write_bytes(jsonl(EXAM))
    return Decontaminator(Settings((str(path),)))


def verdict(step: Decontaminator, record: dict[str, Any]) -> str | None:
    result = step(record)
    return f"{result.reason} {Path(result.detail).name}" if isinstance(result, Drop) else None


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"question": STEM, "options": OPTIONS, "answer": "B"}, "eval_exact exam.jsonl:1 (q1); options 4"),
        ({"text": f"笔记三则。{STEM.replace('，', ' ')}{SHOWN}。以下略去不谈。"}, "eval_exact exam.jsonl:1 (q1); options 4"),
        (
            {"messages": [{"role": "user", "content": f"患者頭重如裹、胸悶惡心，苔白膩，首選方劑是？\n{SHOWN}"}]},
            "eval_overlap exam.jsonl:1 (q1); options 4, edits 1",
        ),
        ({"text": f"病人头重如裹，胸闷恶心，苔白腻，首选的方剂是 {SHOWN}"}, "eval_overlap exam.jsonl:1 (q1); options 4, edits 2"),
        (
            {"prompt": [{"role": "user", "content": STEM}], "chosen": [{"role": "assistant", "content": "半夏白术天麻汤"}]},
            "eval_exact exam.jsonl:1 (q1); options 1",
        ),
        ({"question": "肾在液为？", "options": list("唾涕涎汗泪")}, "eval_exact exam.jsonl:3; options 5"),
        ({"text": "第3题：肾在液为 Ａ、唾 Ｂ、涕 Ｃ、涎 Ｄ、汗 Ｅ、泪"}, "eval_exact exam.jsonl:3; options 5"),
        ({"question": "下列哪项不是其特点", "options": ["遇寒加剧", "朝轻暮重", "反复发作", "起病急骤"]},
         "eval_overlap exam.jsonl:2; options 3, edits 0"),
        (
            {"text": "某老者夜半心悸而醒，冷汗淋漓，手足不温，脉微欲绝，此时当急投何药以救其危？参附汤。"},
            "eval_exact exam.jsonl:5; options 0",
        ),
    ],
)  # fmt: skip
def test_an_item_is_found_and_named(step: Decontaminator, record: dict[str, Any], expected: str) -> None:
    assert verdict(step, record) == expected


@pytest.mark.parametrize(
    "record",
    [
        {"question": "下列哪项不是其特点", "options": ["口渴引饮", "大便秘结", "小便短赤", "舌红苔黄"]},
        {"question": "下列哪项是其特点", "options": ["起病缓慢", "反复发作", "朝轻暮重", "遇寒加剧"]},
        {"question": "肝在志为", "options": ["怒", "喜", "思", "悲", "恐"]} | {"question": "情志之中与胆相关的是"},
        {"text": "肾在液为唾，在体合骨，其华在发；泪、汗、涎、涕各有所主。"},
        {"text": "半夏白术天麻汤、天麻钩藤饮、归脾汤、左归丸都可治眩晕，因证而用。"},
        {"question": "患者大便溏薄，神疲乏力，舌淡苔白，首选的方剂是", "options": OPTIONS},
        {"id": STEM, "source": {"title": STEM}, "text": "另一段文字。"},
    ],
)
def test_what_only_resembles_an_item_passes(step: Decontaminator, record: dict[str, Any]) -> None:
    assert step(record) == [record]


@given(
    order=st.permutations(list(OPTIONS.values())),
    marks=st.lists(st.sampled_from(list("，。、 　；\n（）")), min_size=5, max_size=5),
    before=st.text(alphabet="晨起散步读书写字", max_size=60),
)
def test_order_and_punctuation_never_hide_an_item(
    step: Decontaminator, order: list[str], marks: list[str], before: str
) -> None:
    stem = "".join(part + mark for part, mark in zip(STEM.rstrip("（ ）").split("，"), marks, strict=False))
    shown = " ".join(f"{letter}．{option}" for letter, option in zip("ABCD", order, strict=True))
    assert isinstance(step({"text": f"{before}{stem}{shown}"}), Drop)


def test_the_books_balance_and_details_quote_nothing(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "exam.jsonl").write_bytes(jsonl(EXAM))
    lines = jsonl([EXAM[0], {"n": 1}, {"text": "今日晴。", "own": [1, {"a": None}]}])
    done = tcm("decontaminate", "--against", "exam.jsonl", "--dropped", "dropped", stdin=lines)
    assert done.records == [{"text": "今日晴。", "own": [1, {"a": None}]}]
    assert done.messages == [
        "tcm decontaminate: -:2: no_text (no string field to compare)".replace("-:", "stdin:"),
        "tcm decontaminate: read 3 = kept 1 + dropped 1 (eval_exact 1) + rejected 1 (no_text 1); written 1",
    ]
    assert done.status == 3
    (dropped,) = read_lines(tmp_path / "dropped")
    assert dropped == {
        "dropped": {"reason": "eval_exact", "detail": "exam.jsonl:1 (q1); options 4"},
        **json.loads(jsonl([EXAM[0]])),
    }


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(
    ("exam", "message"),
    [
        (b'{"question":"a"}\n{"n":1}\n', "exam.jsonl:2: no question, prompt or text"),
        (b"[]\n", "exam.jsonl:1: json_array"),
        (b"", "no evaluation item in the files"),
    ],
)
def test_evaluation_files_that_cannot_be_used_end_the_run(
    tcm: Run, tmp_path: Path, exam: bytes, message: str, jobs: str
) -> None:
    (tmp_path / "exam.jsonl").write_bytes(exam)
    done = tcm("decontaminate", "--against", "exam.jsonl", "--jobs", jobs, stdin=jsonl([{"text": "甲"}]))
    assert (done.status, done.out, len(done.messages)) == (1, b"", 1)
    assert message in done.err
