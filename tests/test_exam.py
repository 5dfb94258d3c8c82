"""Reading answers to examination questions: what a reward or a score may not be fooled by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.errors import RecordError
from tcmkit.exam import extract, is_well_formed, read_answer, read_item, tags_present
from tcmkit.exam.form import TAGS
from tcmkit.train.rewards import WEIGHTS, correctness, tags, well_formed

OPTIONS = {"A": "麻黄汤", "B": "桂枝汤", "C": "银翘散", "D": "桑菊饮", "E": "以上都不是"}


def read(text: str, several: bool = False) -> str | None:
    named = read_answer(text, OPTIONS, several=several)
    return None if named is None else "".join(sorted(named))


@pytest.mark.parametrize(
    "text",
    [
        *("B", "b", "Ｂ", "ｂ", "B.", "(B)", "【B】", "**B**", "\\boxed{B}", "B\u200b", " B\n", "B B"),
        *("选B", "答案：B", "答案是B。", "故选B", "应选B。", "B项", "选项B正确", "选 b 。", "选项 B"),
        *("The answer is B", "the answer is b.", "answer: B", "B is correct", "Option B"),
        *("桂枝汤", "桂 枝 汤", "答案是桂枝汤", "B. 桂枝汤", "B桂枝汤", "桂枝汤（B）", "正确答案为：B、桂枝汤"),
        "答案 B 桂枝汤，调和营卫",
    ],
)
def test_said_in_many_ways(text: str) -> None:
    assert read(text) == "B"


@pytest.mark.parametrize(
    "text",
    [
        *("", "2", "F", "桂枝", "bad", "None", "А", "В", "Α", "𝐁", "Ⓑ", "B А"),
        *("AB", "A、B", "B或C", "C/D", "ABCDE", "abcde", "A-E", "I or B", "银翘散或桑菊饮", "桂枝汤、银翘散"),
        *("不是A", "不是A，应选B", "不选A", "除B外", "A错误", "Not B", "B is wrong", "All except B", "B×"),
        *("B麻黄汤", "B. 银翘散", "B，即麻黄汤", "A（桂枝汤）", "<answer>A</answer>B"),
    ],
)
def test_no_answer(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        *(("ABD", "ABD"), ("A,B,D", "ABD"), ("A、B、D", "ABD"), ("A和B", "AB"), ("A and C", "AC"), ("A", "A")),
        *(("麻黄汤、桂枝汤", "AB"), ("A. 麻黄汤 B. 桂枝汤", "AB"), ("A 桂枝汤", None), ("不选AB", None)),
    ],
)
def test_questions_with_several_answers(text: str, letters: str | None) -> None:
    assert read(text, several=True) == letters


def test_an_option_that_denies_is_no_denial() -> None:
    assert [read(text) for text in ("E", "以上都不是", "E. 以上都不是")] == ["E"] * 3


def test_options_that_hold_letters_and_each_other() -> None:
    options = {"A": "维生素B", "B": "维生素", "C": "气虚", "D": "脾气虚弱"}
    found = [read_answer(text, options) for text in ("A. 维生素B", "B. 维生素", "维生素B", "脾气虚弱", "D 脾气虚弱")]
    assert found == [frozenset(letter) for letter in "ABADD"]


@pytest.mark.parametrize(
    ("completion", "letters"),
    [
        *(("B", None), ("<answer>B", None), ("<answer></answer>", None), ("<answer>B</answer>", "B")),
        *(("<answer>B</answer><answer>选B</answer>", "B"), ("<answer>A</answer> x <answer>B</answer>", None)),
        ("<think><answer>B</answer></think>", None),
        ("<think><answer>A</answer></think><answer>B</answer>", None),
        ("<think>A</think><answer>B</answer>", "B"),
        ("<answer><answer>B</answer></answer>", "B"),
        ("<think>没有写完<answer>B</answer>", "B"),
        ("<ANSWER>B</ANSWER>", None),
    ],
)
def test_answer_blocks(completion: str, letters: str | None) -> None:
    named = extract(completion, OPTIONS)
    assert (None if named is None else "".join(named)) == letters


@pytest.mark.parametrize(
    ("completion", "holds"),
    [
        ("<think>x</think><answer>B</answer>", True),
        (" <think>x</think>\n\u3000<answer>B</answer>\u2028", True),
        ("<think></think><answer>B</answer>", False),
        ("<think> \n\u3000</think><answer>B</answer>", False),
        ("<think>\u200b\ufeff</think><answer>B</answer>", False),
        ("<think>\u3164\u2800</think><answer>B</answer>", False),
        ("\u200b<think>x</think><answer>B</answer>", False),
        ("<think>x</think>\ufeff<answer>B</answer>", False),
        ("<think>x</think><answer>B</answer>.", False),
        ("<think>x</think>。<answer>B</answer>", False),
        ("<think>x</think><answer>B</answer><answer>B</answer>", False),
        ("<think>x</think><think>y</think><answer>B</answer>", False),
        ("<think>x<think></think><answer>B</answer>", False),
        ("<answer>B</answer><think>x</think>", False),
        ("<think><answer>B</answer></think>", False),
        ("<Think>x</Think><answer>B</answer>", False),
        ("<think>x</think><answer>B", False),
        ("< think>x</think><answer>B</answer>", False),
    ],
)
def test_form(completion: str, holds: bool) -> None:
    assert is_well_formed(completion) is holds


pieces = st.lists(st.sampled_from([*TAGS, "B", "A", " ", "选", "不", "桂枝汤", "\u200b", "x"]), max_size=12).map(
    "".join
)


@given(pieces)
def test_whatever_is_written(completion: str) -> None:
    named = extract(completion, OPTIONS)
    assert named is None or named <= OPTIONS.keys()
    assert named is None or completion.count("</answer>") >= 1
    if is_well_formed(completion):
        assert tags_present(completion) == 1.0
        assert completion.count("<answer>") == 1


@given(st.sampled_from("ABCDE"), st.text(max_size=5))
def test_a_second_letter_is_never_let_pass(letter: str, between: str) -> None:
    other = "A" if letter != "A" else "C"
    assert read(f"{letter} {between} {other}") is None


def test_rewards_of_a_batch_as_trl_gives_it() -> None:
    completions = [
        [{"role": "assistant", "content": "<think>汗出脉缓</think><answer>B</answer>"}],
        [{"role": "assistant", "content": "The answer is B"}],
        [{"role": "assistant", "content": "<think></think><answer>ABD</answer>"}],
    ]
    options = [{**OPTIONS, "F": None}] * 3
    columns = {"completions": completions, "answer": ["B", "B", "ABD"], "options": options, "prompts": [""] * 3}
    assert correctness(**columns) == [1.0, 0.0, 1.0]
    assert well_formed(**columns) == [1.0, 0.0, 0.0]
    assert tags(**columns) == [1.0, 0.0, 1.0]
    assert list(WEIGHTS.values()) == [5.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("record", "options", "key"),
    [
        ({"options": [" 甲 ", "乙", ""], "answer": "b"}, {"A": "甲", "B": "乙"}, "B"),
        ({"options": {"a": "甲", "b": "乙"}, "answer": " A "}, {"A": "甲", "B": "乙"}, "A"),
        ({"options": ["A. 甲", "B、乙", "(C) 丙"], "answer": "A,C"}, {"A": "甲", "B": "乙", "C": "丙"}, "AC"),
        ({"options": ["A. 甲", "B. 乙", ""], "answer": "答案：B"}, {"A": "甲", "B": "乙"}, "B"),
        ({"options": [45, 50], "answer": ["A", "B"]}, {"A": "45", "B": "50"}, "AB"),
        ({"options": ["甲", "乙"], "answer": "乙"}, {"A": "甲", "B": "乙"}, "B"),
    ],
)
def test_items_as_they_come(record: dict[str, object], options: dict[str, str], key: str) -> None:
    item = read_item({"question": " 何  方 ？", **record})
    assert (item.question, item.options, item.key) == ("何 方 ？", options, key)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({}, "no_question"),
        ({"question": "?"}, "no_options"),
        ({"question": "?", "options": ["甲"]}, "bad_options"),
        ({"question": "?", "options": ["甲", "甲"], "answer": "A"}, "bad_options"),
        ({"question": "?", "options": ["甲", "", "乙"], "answer": "A"}, "bad_options"),
        ({"question": "?", "options": {"A": "甲", "C": "乙"}, "answer": "A"}, "bad_options"),
        ({"question": "?", "options": [str(n) for n in range(11)], "answer": "A"}, "bad_options"),
        ({"question": "?", "options": ["甲", None], "answer": "A"}, "bad_options"),
        ({"question": "?", "options": ["甲", "乙"]}, "no_answer"),
        ({"question": "?", "options": ["甲", "乙"], "answer": " "}, "no_answer"),
        ({"question": "?", "options": ["甲", "乙"], "answer": "C"}, "bad_answer"),
        ({"question": "?", "options": ["甲", "乙"], "answer": 1}, "bad_answer"),
    ],
)
def test_items_that_cannot_be_asked(record: dict[str, object], reason: str) -> None:
    with pytest.raises(RecordError) as error:
        read_item(record)
    assert error.value.reason == reason
