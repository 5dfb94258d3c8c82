"""What an answer becomes in the record: never its opposite, never another finding, never half of it."""

import pytest

from tcmkit.classify.signs import signs, signs_of
from tcmkit.consult import Settings
from tcmkit.consult.answers import understand
from tcmkit.consult.asking import next_questions
from tcmkit.consult.chart import Chart, understood


def told(words: str) -> Chart:
    chart = Chart()
    chart.tell(words)
    return chart


@pytest.mark.parametrize(
    ("answer", "written"),
    [
        ("没有大病", "既往体健"),
        ("没什么大病", "既往体健"),
        ("忘性大，老做梦，以前没什么病", "忘性大，老做梦，既往体健"),
        ("有高血压", "既往有高血压"),
        ("高血压十年", "既往有高血压十年"),
        ("有高血压、前列腺增生，心脏放过支架", "既往有高血压、前列腺增生，既往心脏放过支架"),
        ("医生说是慢性胃炎", "既往有慢性胃炎"),
        ("没有高血压", "否认高血压病史"),
        ("没有高血压、糖尿病", "否认高血压、糖尿病史"),
        ("没有高血压，糖尿病", "否认高血压病史，糖尿病"),
        ("没有高血压，有糖尿病", "否认高血压病史，既往有糖尿病"),
        ("没有，就是有点高血压", "既往有点高血压"),
        ("除了高血压没别的病", "既往有高血压"),
        ("没做过手术", "否认做过手术"),
        ("不是高血压", "不是高血压"),
    ],
)
def test_a_history_is_written_clause_by_clause(answer: str, written: str) -> None:
    assert understand(answer, "history", ()).statement == written


def test_what_is_denied_of_the_history_stays_denied() -> None:
    found = understood(understand("没有高血压、糖尿病", "history", ()).statement)["history"]
    assert {one["polarity"] for one in found} == {"absent"}


def test_a_number_that_stands_for_nothing_is_no_answer() -> None:
    assert understand("1", "history", ()) == ("", "unknown")


@pytest.mark.parametrize(
    ("words", "dimension", "texts"),
    [
        ("脉弦，两年", "pulse", ["脉弦"]),
        ("舌红，下午脸红", "tongue", ["舌红"]),
        ("舌头红没什么苔", "tongue", ["舌头红", "没什么苔"]),
        ("吃多了胀", "diet_taste", ["吃多了胀"]),
        ("患儿不思乳食3天", "child", ["不思乳食3天"]),
    ],
)
def test_a_finding_stands_in_its_own_place_and_words(words: str, dimension: str, texts: list[str]) -> None:
    assert [one["text"] for one in told(words).findings[dimension]] == texts


def test_not_to_want_milk_is_no_appetite_and_little_coating_is_little() -> None:
    chart = told("患儿不思乳食3天，舌头红没什么苔")
    assert {"纳差", "舌红", "苔少"} <= {signs()[one.row]["id"] for one in signs_of(chart.case)}
    assert "不思乳食" in chart.case["clean_text"]


@pytest.mark.parametrize(
    ("words", "sign", "is_told"),
    [
        ("带下量多色黄", "带下黄", True),
        ("忘性大", "健忘", True),
        ("带下量多色白", "带下黄", False),
        ("带下多不黄", "带下黄", False),
    ],
)
def test_a_sign_told_in_another_order_is_told(words: str, sign: str, is_told: bool) -> None:
    assert told(words).tells(sign) is is_told


def test_of_a_tongue_whose_coating_was_told_the_body_is_asked_for() -> None:
    chart = told("胃胀，舌苔厚腻")
    asked = {one.dimension: one.text for one in next_questions(chart, Settings(per_round=20), "internal", {})}
    assert asked["tongue"].startswith("舌头本身")


def asked_of(chart: Chart) -> set[str]:
    named: set[str] = set()
    for _ in range(12):
        for question in next_questions(chart, Settings(per_round=20), "internal", {}):
            named.update(question.named)
            chart.put.update(question.named)
    return named


def test_nobody_is_asked_about_signs_of_the_other_sex() -> None:
    words = "腰膝酸软，头晕耳鸣，夜尿多"
    man, woman = told(words), told(words)
    man.male, woman.male = True, False
    of_man, of_woman = asked_of(man), asked_of(woman)
    assert "遗精" in of_man
    assert "遗精" not in of_woman
    assert "乳房胀痛" not in of_man


def test_who_may_be_pregnant_is_not_asked_about_menses() -> None:
    words = "胸胁胀痛，情绪低落"
    woman, pregnant = told(words), told(words)
    woman.male = pregnant.male = False
    pregnant.may_be_pregnant = True
    of_menses = {"经前乳胀", "经行腹痛", "经量少", "血块"}
    assert asked_of(woman) & of_menses
    assert not asked_of(pregnant) & of_menses
