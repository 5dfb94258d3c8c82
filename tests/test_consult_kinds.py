"""Near-synonymous syndromes that split the score are shown as suspected; too little is still too little."""

from collections.abc import Iterator

import pytest

from tcmkit import language
from tcmkit.consult import Adviser, Settings
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
    first = lines(adviser, "腰膝酸软怕冷，夜尿多半年。男，67岁。舌淡胖，苔白。脉沉迟无力，两尺尤甚")[0]
    assert first.startswith("疑似，证型相近，尚不能区分：脾肾阳虚证 ")
    assert "阳虚寒凝证" in first
    assert "还不能确定" in first


@pytest.mark.parametrize("words", ["乏力三天，舌淡", "头晕", "打呼噜，今天天气真好"])
def test_too_little_names_no_kind(adviser: Adviser, words: str) -> None:
    assert lines(adviser, words)[0] == "所知太少，还不能辨证："
