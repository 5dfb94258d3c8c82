"""What a person said stands in the record; questions fit what was said. The talks are our own."""

import re

import pytest

from tcmkit.classify import signs
from tcmkit.consult.advice import Adviser, by_examination
from tcmkit.consult.asking import Question, next_questions
from tcmkit.consult.loop import Consultation
from tcmkit.consult.settings import Settings
from tcmkit.consult.wording import follow_up, stem_of
from tcmkit.tables import table


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


def ended(adviser, opening, answers, **known):
    """A consultation to its end, every question answered out of `answers` by dimension, else 不知道."""
    consultation = Consultation(Settings(per_round=1, max_rounds=18), adviser)
    consultation.hear(opening)
    for name, value in known.items():
        setattr(consultation.chart, name, value)
    while questions := consultation.next_questions():
        for question in questions:
            consultation.hear(answers.get(question.dimension, "不知道"), question)
    return consultation


def test_a_woman_who_speaks_of_her_menses_is_asked_about_them(adviser):
    healthy = {"sleep": "睡眠正常", "stool_urine": "大小便正常", "diet_taste": "胃口正常", "emotion": "情绪稳定"}
    consultation = ended(adviser, "女，38岁，月经推迟两个月，可能怀孕", healthy, male=False)
    [first, *_] = [turn["text"] for turn in consultation.turns if turn.get("dimension") == "women"]
    assert first.startswith("月经怎么样，最近一次是哪天？")


def test_a_man_is_not_asked_about_menses(adviser):
    assert "women" not in ended(adviser, "男，38岁，妻子怀孕，他自己头晕", {}, male=True).asked


def test_answers_that_tell_nothing_are_not_enough(adviser):
    assert ended(adviser, "头晕三天", {}).ended in ("unclear", "rounds")
    everything = Consultation(Settings(max_rounds=99), adviser)
    everything.hear("头晕三天")
    for name in ("sleep", "emotion", "pain"):
        everything.chart.mark(name, "unknown")
    everything.asked = dict.fromkeys([*everything.chart.open(), "head_body", "sleep", "emotion", "pain"], 2)
    assert everything.next_questions() == []
    assert everything.ended == "unclear"


def test_a_patient_sees_no_doses_and_every_warning():
    told = {}
    for role in ("self", "practitioner"):
        consultation = Consultation(Settings(role=role), Adviser(Settings(role=role)))
        consultation.hear("腰膝冷痛两年，怕冷，夜里小便三四次，清长")
        told[role] = consultation.transcript()["advice"]["formulas"]
    assert told["self"]
    assert all(set(item) == {"herb"} for hit in told["self"] for item in hit["formula"]["composition"])
    assert any(item.get("dose_g") for hit in told["practitioner"] for item in hit["formula"]["composition"])
    both = list(zip(told["self"], told["practitioner"], strict=True))
    assert all(mine["safety"]["status"] == theirs["safety"]["status"] for mine, theirs in both)
    codes = [[[one["code"] for one in hit["safety"]["findings"]] for hit in two] for two in both]
    assert all(mine == theirs for mine, theirs in codes)
    messages = [one["message"] for hit in told["self"] for one in hit["safety"]["findings"]]
    assert not [message for message in messages if re.search(r"\d\s*(?:g\b|克)", message)]


@pytest.mark.parametrize(
    ("opening", "dimension", "stem", "never"),
    [
        ("夜里小便清长", "stool_urine", "大便怎么样，好解吗？", "小便"),
        ("怕冷三个月", "cold_heat", "有没有发热、怕热的情况？", "轮着来"),
        ("腰膝冷痛两年", "pain", "是怎么个痛法？", "身上有哪里痛吗"),
    ],
)
def test_a_question_does_not_ask_what_was_said(adviser, opening, dimension, stem, never):
    consultation, _ = heard(adviser, opening)
    put = [
        question.text
        for question in next_questions(consultation.chart, Settings(per_round=19), "internal", {})
        if question.dimension == dimension
    ]
    assert all(never not in text for text in put)
    assert [stem_of(text) for text in put] in ([stem], [])


def test_the_choices_of_a_follow_up_belong_to_its_stem():
    rows = table("sign_wordings")["follow_ups"]
    for sign in signs():
        belongs = [row for row in rows if sign["id"] in row["signs"].split()]
        assert len(belongs) <= 1
        assert all(row["dimension"] == sign["dimension"] for row in belongs)
    stem, named = follow_up("chest_abdomen", ("腹胀", "咳嗽", "痰黄", "胃胀"), "胸闷")
    assert (stem, named) == ("胃和肚子呢？", ("腹胀", "胃胀"))
    assert follow_up("cold_heat", ("寒热往来",), "怕冷") == ("", ())
    assert follow_up("cold_heat", ("寒热往来",), "怕冷，发热")[1] == ("寒热往来",)
