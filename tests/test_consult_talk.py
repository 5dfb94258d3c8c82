"""What a person said stands in the record; questions fit what was said. The talks are our own."""

import pytest

from tcmkit.consult.advice import Adviser, by_examination
from tcmkit.consult.asking import Question
from tcmkit.consult.loop import Consultation
from tcmkit.consult.settings import Settings


@pytest.fixture(scope="module")
def adviser():
    return Adviser(Settings())


def heard(adviser, opening, *answers):
    """The consultation after an opening and answers, each (dimension, signs named, answer), and how each was taken."""
    consultation = Consultation(Settings(), adviser)
    consultation.hear(opening)
    taken = [
        consultation.hear(said, Question(dimension, "", named, 0.0, "", again=False))
        for dimension, named, said in answers
    ]
    return consultation, taken


def shown(consultation):
    return [
        text
        for rows in by_examination(consultation.chart, "practitioner").values()
        for said in rows.values()
        for text in said
    ]


@pytest.mark.parametrize(
    ("opening", "stands"),
    [
        ("腰膝又酸又凉", "腰膝又酸又凉"),
        ("腰膝冷痛两年", "腰膝冷痛"),
        ("夜里小便三四次，清长", "夜里小便三四次，清长"),
        ("脸色发黄一个月", "脸色发黄"),
    ],
)
def test_a_complaint_stands_in_all_its_words(adviser, opening, stands):
    assert stands in shown(heard(adviser, opening)[0])


def test_a_denied_finding_takes_no_other_into_it(adviser):
    assert shown(heard(adviser, "没有头晕，腰膝又酸又凉")[0]) == ["头晕（否认）", "腰膝又酸又凉"]


def test_what_was_complained_of_is_never_denied(adviser):
    consultation, _ = heard(adviser, "腰膝冷痛两年", ("pain", ("冷痛", "刺痛"), "没有"))
    found = shown(consultation)
    assert "腰膝冷痛" in found
    assert "刺痛（否认）" in found
    assert not any("冷痛（否认）" in text for text in found)


@pytest.mark.parametrize(
    ("dimension", "named", "said", "stands"),
    [
        ("diet_taste", ("口苦", "纳差"), "还可以", "胃口还可以"),
        ("sleep", ("失眠",), "还行", "睡眠还行"),
        ("stool_urine", ("便溏",), "正常", "大小便正常"),
        ("listening_smelling", (), "没有", "语声无异常"),
        ("history", ("手术",), "房颤", "既往有房颤"),
        ("cause", (), "没有", "无明显诱因"),
    ],
)
def test_a_loose_answer_stands_where_it_belongs(adviser, dimension, named, said, stands):
    consultation, [how] = heard(adviser, "头晕三天", (dimension, named, said))
    found = shown(consultation)
    assert stands in found
    assert not any(sign in text for sign in named for text in found)
    assert how in ("told", "denied")
    assert dimension in consultation.chart.findings


def test_a_no_that_says_nothing_is_no_answer(adviser):
    """没有 to how the sleep is, with nothing named, tells of no sleep at all."""
    consultation, [how] = heard(adviser, "头晕三天", ("sleep", (), "没有"))
    assert how == "unknown"
    assert "sleep" not in consultation.chart.covered()
