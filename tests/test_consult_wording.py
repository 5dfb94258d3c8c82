"""How questions are put: every sign and dimension in everyday words, and what a yes or no then writes down."""

import pytest

from tcmkit.classify import Engine, label_set, signs
from tcmkit.consult.answers import understand
from tcmkit.consult.chart import dimensions, understood
from tcmkit.consult.wording import denial, opening, question_text, statement, wording
from tcmkit.tables import table

EXAMINED = ("tongue", "pulse")
ENGINE = Engine(label_set("tcmsd"))


def told(words: str) -> dict[str, bool]:
    found = ENGINE.assess({"text": words, "tqs": understood(words)}).signs
    return {signs()[one.row]["id"]: one.present for one in found}


def test_the_table_holds_every_sign_and_dimension_once() -> None:
    rows = table("sign_wordings")
    assert [row["id"] for row in rows["signs"]] == [sign["id"] for sign in signs()]
    assert [row["dimension"] for row in rows["openings"]] == list(dimensions())
    assert all(row["zh"] and row["en"].isascii() for row in rows["signs"])


def test_questions_are_short() -> None:
    assert max(len(opening(name, again)) for name in dimensions() for again in (False, True)) <= 20
    assert max(len(wording(sign["id"])) for sign in signs()) <= 20


def test_a_question_names_its_signs_in_everyday_words() -> None:
    assert question_text("stool_urine", False, ("便溏", "尿黄")) == "大小便怎么样？比如：大便稀、不成形；小便发黄。"
    assert question_text("history", True, ()) == "有没有对药物或食物过敏？"


@pytest.mark.parametrize("sign", [sign["id"] for sign in signs()])
def test_a_yes_writes_the_sign_and_a_no_never_does(sign: str) -> None:
    yes, no = told(statement(sign)), told(denial(sign))
    assert yes.get(sign, False)
    dimension = next(row["dimension"] for row in signs() if row["id"] == sign)
    assert dimension in EXAMINED or not any(no.values())


@pytest.mark.parametrize("answer", ["没有", "有", "正常", "no", "yes"])
@pytest.mark.parametrize("dimension", EXAMINED)
def test_a_tongue_or_pulse_is_never_made_of_a_yes_or_no(dimension: str, answer: str) -> None:
    assert understand(answer, dimension, ("舌红", "苔黄")) == ("", "unknown")


def test_a_yes_to_several_signs_does_not_say_which() -> None:
    assert understand("有", "sweat", ("盗汗", "自汗")) == ("", "unknown")
    assert understand("有", "sweat", ("盗汗",)) == ("盗汗", "told")


def test_no_denial_of_a_sign_that_is_a_denial_itself() -> None:
    assert understand("没有", "sweat", ("无汗", "盗汗")) == ("无盗汗", "denied")
