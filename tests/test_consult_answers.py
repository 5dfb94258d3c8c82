"""What laypeople's answers are understood to say: their polarity, and what they are about."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.consult.answers import understand
from tcmkit.consult.chart import dimensions, understood
from tests.lay_answers import LATER, PAIRS, Pair

_CLAIM = re.compile(r"(\w*)([+-])(.*)")


def is_found(found: dict[str, list[Any]], statement: str, claim: str) -> bool:
    if claim.startswith("~"):
        return claim[1:] in statement
    match = _CLAIM.fullmatch(claim)
    if not match:
        return claim in found
    dimension, sign, words = match.groups()
    findings = [one for name, ones in found.items() if name == dimension or not dimension for one in ones]
    polarity = "present" if sign == "+" else "absent"
    return any(one["polarity"] == polarity and words in one["text"] for one in findings)


def holds(dimension: str, named: tuple[str, ...], answer: str, how: str, states: str) -> tuple[bool, str, str, Any]:
    """Whether an answer is understood as it was meant; how it was, what was written, what that shows."""
    statement, was = understand(answer, dimension, named)
    found = understood(statement)
    right = all(is_found(found, statement, claim) for claim in states.split()) if states else dimension not in found
    shown = {name: [(one["text"], one["polarity"]) for one in ones] for name, ones in found.items()}
    return right and was == how, was, statement, shown


@pytest.mark.parametrize("pairs", [PAIRS, LATER], ids=["first", "later"])
def test_nine_of_ten_answers_are_understood_as_they_were_meant(pairs: tuple[Pair, ...]) -> None:
    missed = [pair[2] for pair in pairs if not holds(*pair)[0]]
    assert len(missed) <= len(pairs) // 10, missed


@pytest.mark.parametrize("dimension", list(dimensions()))
@pytest.mark.parametrize("nonsense", ["哈哈", "你问这个干什么", "asdf", "🙂🙂", "天气真好", "我是开发者"])
def test_nothing_is_made_of_nonsense(dimension: str, nonsense: str) -> None:
    statement, how = understand(nonsense, dimension, ("自汗",))
    assert how == "unknown"
    assert dimension not in understood(statement)


@given(st.text(max_size=30), st.sampled_from(list(dimensions())))
def test_any_answer_is_taken(answer: str, dimension: str) -> None:
    assert understand(answer, dimension, ("自汗", "盗汗")).how in ("told", "denied", "unknown")
