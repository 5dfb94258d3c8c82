"""What is told anywhere of a patient reaches the check of every formula, and what is not known is never clean."""

from typing import Any

import pytest

from tcmkit.consult.advice import Adviser
from tcmkit.consult.loop import Consultation
from tcmkit.consult.settings import Settings
from tcmkit.consult.step import ConsultStep, StepSettings
from tcmkit.consult.terminal_facts import unknown_medicines
from tcmkit.consult.who import who
from tcmkit.safety import Checker, patient_of
from tcmkit.safety import Settings as SafetySettings

SETTINGS = Settings(language="zh", stop_at_red_flag=False)
COLD = "恶寒发热，无汗，头痛身痛，鼻塞流清涕一天，苔薄白，脉浮紧"
adviser = Adviser(SETTINGS)
step = ConsultStep(StepSettings(SETTINGS), adviser)


def said(facts: dict[str, str], *words: str) -> Any:
    """The formulas after a talk, each with its findings."""
    consultation = Consultation(SETTINGS, adviser, dict(facts))
    for one in words:
        consultation.hear(one)
    return consultation.transcript()["advice"]["formulas"]


def of_record(**record: Any) -> Any:
    return step(record)[0]["consultation"]["advice"]["formulas"]  # type: ignore[index]


def rules(formulas: Any) -> set[str]:
    return {one.get("rule", one["code"]) for hit in formulas for one in hit["safety"]["findings"]}


def test_a_history_told_in_the_talk_speaks_against_ephedra() -> None:
    facts = {"age": "70", "sex": "男", "medications": "无"}
    told = said(facts, COLD, "有高血压、前列腺增生，心脏放过支架")
    assert {"hypertension", "heart", "glaucoma_prostate"} <= rules(told)
    assert "hypertension" in rules(said(facts, f"{COLD}，既往高血压病十年"))
    assert "hypertension" in rules(said(facts | {"medications": "有高血压，在吃氨氯地平"}, COLD))
    assert not {"hypertension", "heart", "glaucoma_prostate"} & rules(said(facts, COLD))


def test_a_records_own_text_reaches_the_check() -> None:
    told = of_record(text=f"主诉：恶寒发热1天。患者男，70岁。{COLD}。既往高血压病10年，口服华法林。")
    assert {"hypertension", "anticoagulant"} <= rules(told)
    assert not {"pregnancy_unknown", "pregnant_not_told", "medications_not_told"} & rules(told)
    woman = of_record(text=f"女，30岁，孕8周。{COLD}。")
    assert "pregnancy_caution" in rules(woman)
    assert not {"pregnancy_unknown", "pregnant_not_told"} & rules(woman)
    assert "share" in rules(of_record(text=f"患儿，4岁。{COLD}。"))


def test_columns_and_a_line_reach_it_too() -> None:
    told = of_record(text=f"女。{COLD}。", **{"年龄": "30", "既往史": "高血压", "patient": "哺乳期"})
    assert {"hypertension", "lactation", "pregnancy_unknown"} <= rules(told)


@pytest.mark.parametrize("facts", [{}, {"age": "30", "sex": "女", "medications": "无"}, {"age": "30", "sex": "男"}])
def test_what_is_not_known_is_never_clean(facts: dict[str, str]) -> None:
    found = said(facts, COLD)
    assert found
    assert all(hit["safety"]["status"] != "clean" for hit in found)


def test_what_is_known_may_be_clean() -> None:
    found = said({"age": "30", "sex": "男", "medications": "无"}, COLD)
    assert "clean" in {hit["safety"]["status"] for hit in found}


@pytest.mark.parametrize(
    ("text", "months", "sex", "pregnant", "medicines", "open_facts"),
    [
        ("女，30岁，咳嗽3个月，孕2产1", 360, "female", None, (), ("medications", "pregnant")),
        ("王某，女，48岁，绝经1年", 576, "female", False, (), ("medications",)),
        ("父亲70岁去世，患者，女，30岁，否认服药", 360, "female", None, (), ("pregnant",)),
        ("男，8个月，腹泻", 8, "male", None, (), ("medications",)),
        ("妻子怀孕，男，30岁", 360, "male", None, (), ("medications",)),
        ("10年前产后受风，女，35岁", 420, "female", None, (), ("medications", "pregnant")),
        ("去年未孕，女，35岁，现孕8周", 420, "female", True, (), ("medications",)),
        ("30-year-old woman, 8 weeks pregnant, on warfarin", 360, "female", True, ("warfarin",), ()),
        ("咳嗽3个月，25岁起病", None, None, None, (), ("medications", "pregnant")),
    ],
)
def test_who_a_text_speaks_of(
    text: str, months: float | None, sex: str, pregnant: bool, medicines: tuple[str], open_facts: tuple[str]
) -> None:
    found = who(patient_of({}), [text], has_medicines=False)
    assert found.patient[:4] == (months, sex, pregnant, medicines)
    assert found.not_told == open_facts


def test_what_was_stated_stands_but_a_pregnancy_counts() -> None:
    stated = patient_of({"age": 20, "sex": "女", "pregnant": False, "medications": ["阿司匹林"]})
    assert who(stated, ["男，50岁，服华法林"], True).patient[:4] == (240, "female", False, ("阿司匹林", "华法林"))
    assert who(stated, ["怀孕八周"], True).patient.pregnant is True


@pytest.mark.parametrize(
    ("words", "medicines"),
    [
        ("高血压，一直吃华法林和氨氯地平", ("华法林", "氨氯地平")),
        ("没吃药，有高血压", ()),
        ("blood thinners, Xarelto", ("blood thinners", "xarelto")),
    ],
)
def test_names_of_medicines_and_nothing_else(words: str, medicines: tuple[str, ...]) -> None:
    assert patient_of({"medications": words}).medications == medicines
    assert unknown_medicines(words) == ""


def test_an_english_no_is_a_no() -> None:
    assert patient_of({"pregnant": "not pregnant"}).pregnant is False
    assert who(patient_of({}), ["I am 30 years old and not pregnant"], has_medicines=True).patient.pregnant is False


@pytest.mark.parametrize("taken", ["我自己煎的附子汤", "附子、甘草片", "附子理中丸"])
def test_a_chinese_medicine_that_is_taken_is_checked_with_the_prescription(taken: str) -> None:
    checker = Checker(SafetySettings(language="zh"))
    patient = {"age": 40, "sex": "男", "medications": taken}
    found = checker({"prescription": "法半夏9g，瓜蒌皮10g", "patient": patient})[0]["safety"]
    assert found["status"] == "block"
    pairs = [(one["herbs"][0]["name"], one["message"]) for one in found["findings"] if one["code"] == "incompat18"]
    assert [name for name, _ in pairs] == ["法半夏", "瓜蒌皮"]
    assert all("附" in message for _, message in pairs)
    assert not any("西药" in one["message"] for one in found["findings"])


def test_salvia_taken_with_warfarin_is_told() -> None:
    checker = Checker(SafetySettings(language="zh"))
    patient = {"age": 70, "sex": "男", "medications": "丹参滴丸、华法林"}
    found = checker({"prescription": "陈皮6g", "patient": patient})[0]["safety"]
    assert [(one["code"], one["herbs"]) for one in found["findings"] if one["code"] == "herb_drug"] == [
        ("herb_drug", [])
    ]
    assert "丹参" in found["findings"][0]["message"] or "丹参" in found["findings"][1]["message"]
