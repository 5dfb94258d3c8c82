"""What a reward or a score may not be fooled by: the completions of exam_attacks.py."""

import time

import pytest

from tcmkit.exam import extract, is_well_formed
from tcmkit.train.rewards import correctness
from tests.exam_attacks import FORMULAS, IN_THE_BLOCK, WHOLE, Options


def read(completion: str, options: Options, several: bool = False) -> str:
    return "".join(sorted(extract(completion, options, several=several) or ""))


@pytest.mark.parametrize(
    ("options", "several", "rows"), [rule[1:] for rule in IN_THE_BLOCK], ids=[r[0] for r in IN_THE_BLOCK]
)
def test_what_stands_in_the_block(options: Options, several: bool, rows: list[tuple[str, str]]) -> None:
    wrapped = {text: f"<think>四诊合参</think>\n<answer>{text}</answer>" for text, _letters in rows}
    assert {text: read(wrapped[text], options, several) for text in wrapped} == dict(rows)
    assert all(map(is_well_formed, wrapped.values()))


def test_what_the_blocks_are() -> None:
    found = [
        (completion, read(completion, FORMULAS), is_well_formed(completion)) for completion, _letters, _form in WHOLE
    ]
    assert found == WHOLE


def test_the_reward_is_right_for_the_key_alone() -> None:
    texts = [completion for completion, _letters, _form in WHOLE]
    rewards = correctness(texts, ["B"] * len(texts), [FORMULAS] * len(texts))
    assert rewards == [float(letters == "B") for _completion, letters, _form in WHOLE]


@pytest.mark.parametrize(
    "completion",
    [
        "<answer>" * 20000,
        "<think>" * 20000,
        "</think><answer>x</answer>" * 5000,
        "<think>a" + "</think><answer>x</answer>" * 5000 + "z",
        "<answer>" + "应" * 50000 + "</answer>",
        "<answer>" + "A " * 30000 + "x</answer>",
        "<answer>" + "桂 " * 30000 + "</answer>",
        "<think>" + " " * 100000 + "</think>" + " " * 100000 + "<answer>" + "\n" * 100000,
        "<answer>" + "维生素" * 20000 + "</answer>",
        "<answer>" + "the answer is " * 5000 + "</answer>",
    ],
)
def test_a_long_completion_takes_no_time(completion: str) -> None:
    begun = time.process_time()
    assert read(completion, FORMULAS) == ""
    assert not is_well_formed(completion)
    assert time.process_time() - begun < 1
