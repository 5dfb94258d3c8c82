"""What is asked: nothing that was said, nothing that was denied, nothing of what is known whole, nothing twice."""

import random
from collections.abc import Sequence

import pytest

from tcmkit.classify import signs
from tcmkit.classify.signs import signs_of
from tcmkit.consult import Adviser, Consultation, Settings
from tcmkit.consult.asking import Question
from tcmkit.consult.chart import Chart
from tcmkit.consult.wording import statement
from tcmkit.tables import table

LOOKED_AT = ("tongue", "pulse")
DIMENSION = {row["id"]: row["dimension"] for row in signs()}
PROFILES = [row.split() for row in table("syndrome_profiles")["profiles"].values() if len(row.split()) > 9]
DENIALS = ("没有", "都没有", "没有，都正常", "别的没有了")


class Patient:
    """Has the signs of a syndrome's profile: complains of the first, tells those of a dimension when asked about it."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._left: dict[str, list[str]] = {}
        for sign in self._random.choice(PROFILES):
            self._left.setdefault(DIMENSION[sign], []).append(sign)

    def opening(self) -> str:
        """One or two complaints, and sometimes the tongue as well."""
        told = [name for name in self._left if name not in LOOKED_AT][:2]
        words = [statement(sign) for name in told for sign in self._left.pop(name)[:2]]
        if self._random.random() < 0.2:
            words.append("舌淡红，苔薄白")
            self._left.pop("tongue", None)
        return "，".join(words) or "不舒服"

    def answer(self, question: Question) -> str:
        """The signs of the dimension, in the words of a record or in everyday words."""
        own = self._left.pop(question.dimension, None)
        if not own:
            return self._random.choice(DENIALS)
        if question.dimension in LOOKED_AT:
            return "，".join(own)
        return "，".join(statement(sign) for sign in own)


@pytest.fixture(scope="module")
def adviser() -> Adviser:
    return Adviser(Settings())


def held(chart: Chart, asked: Sequence[str], question: Question, named: set[str]) -> None:
    """What must be true of a question before it is put."""
    known = {signs()[one.row]["id"] for one in signs_of(chart.case)}
    assert not known & set(question.named), (question.text, known)
    assert not named & set(question.named), question.text
    assert not chart.is_whole(question.dimension), question.text
    assert chart.asked.get(question.dimension) not in ("denied", "unknown"), question.text
    assert asked.count(question.dimension) < 2


@pytest.mark.parametrize("role", ["practitioner", "self"])
@pytest.mark.parametrize("seed", range(15))
def test_nothing_said_or_denied_is_asked_again(adviser: Adviser, seed: int, role: str) -> None:
    patient = Patient(seed)
    settings = Settings(
        role="self" if role == "self" else "practitioner", stop_at_red_flag=False, per_round=1, max_rounds=18
    )
    consultation = Consultation(settings, adviser)
    consultation.hear(patient.opening())
    asked: list[str] = []
    named: set[str] = set()
    while questions := consultation.candidates():
        for question in questions:
            held(consultation.chart, asked, question, named)
        for question in consultation.ask(questions):
            asked.append(question.dimension)
            named |= set(question.named)
            consultation.hear(patient.answer(question), question)
    assert consultation.ended in ("sufficient", "unclear", "rounds")
    assert len(asked) >= 5


@pytest.mark.parametrize(
    ("told", "dimension", "whole"),
    [
        ("舌红，苔黄", "tongue", True),
        ("舌淡胖有齿痕，苔白腻", "tongue", True),
        ("苔薄白", "tongue", False),
        ("舌红", "tongue", False),
        ("脉弦", "pulse", True),
        ("咳嗽", "pulse", False),
        ("大便干", "stool_urine", False),
    ],
)
def test_what_is_known_whole(told: str, dimension: str, whole: bool) -> None:
    chart = Chart()
    chart.tell(told)
    assert chart.is_whole(dimension) is whole
