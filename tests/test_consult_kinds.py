"""Near-synonymous syndromes that split the score are shown as suspected; too little is still too little."""

from collections.abc import Iterator

import pytest

from tcmkit import language
from tcmkit.consult import Adviser, Settings
from tcmkit.consult.asking import next_questions
from tcmkit.consult.chart import Chart
from tcmkit.consult.terminal_words import suspect_lines


@pytest.fixture(scope="module")
def adviser() -> Adviser:
    return Adviser(Settings())


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    language.use("zh")
    yield
    language.use(None)


def lines(adviser: Adviser, words: str) -> list[str]:
    chart = Chart()
    chart.tell(words)
    return suspect_lines(adviser.suspected(chart))


def test_a_textbook_case_under_several_names_is_suspected(adviser: Adviser) -> None:
    first, *others = lines(adviser, "怕冷，腰冷，小便清长，夜尿多，舌淡苔白，脉沉迟")
    assert first.startswith("疑似，证型相近，尚不能区分：阳虚寒凝证 ")
    assert "肾阳虚证" in first
    assert "有此倾向" in first
    assert not [line for line in others if "肾阳虚证" in line or "阳虚寒凝证" in line]  # each is named once
    named = lines(adviser, "腰膝酸软怕冷，夜尿多半年。男，67岁。舌淡胖，苔白。脉沉迟无力，两尺尤甚")
    assert named[0] == "还不能确定："
    assert named[1].startswith("  肾阳虚证 ")


@pytest.mark.parametrize("words", ["乏力三天，舌淡", "头晕", "打呼噜，今天天气真好"])
def test_too_little_names_no_kind(adviser: Adviser, words: str) -> None:
    assert lines(adviser, words)[0] == "所知太少，还不能辨证："


@pytest.mark.parametrize(
    ("words", "disease"),
    [
        ("咳嗽，痰黄，胸闷，舌红，苔黄腻，脉滑数", "胸痹"),
        ("健忘，心悸，乏力，纳差，失眠，舌淡，脉细弱", "痴呆"),
    ],
)
def test_a_sign_alone_names_no_grave_disease(adviser: Adviser, words: str, disease: str) -> None:
    chart = Chart()
    chart.tell(words)
    assert disease not in [one["name"] for one in adviser.suspected(chart)["why"]["disease"]]


def test_a_reason_gives_the_bits_of_its_question() -> None:
    chart = Chart()
    chart.tell("咳嗽三天，痰黄")
    questions = next_questions(chart, Settings(per_round=20), "internal", {})
    assert "history" in [one.dimension for one in questions]
    assert all(f"{one.bits:.2f} 比特" in one.reason for one in questions)
