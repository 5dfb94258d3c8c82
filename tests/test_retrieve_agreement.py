"""The formulas of `tcm retrieve` follow the syndrome that is known, and say so."""

from pathlib import Path

import pytest

from tcmkit.retrieve import Retriever, Settings
from tests.conftest import Run, jsonl

COUGH = "咳嗽痰多，胸闷"
ROWS = [
    {"name": "甲方", "composition": "黄芩9g", "indications": "咳嗽痰多，胸闷，喘", "syndromes": ["痰热壅肺证"]},
    {"name": "乙方", "composition": "干姜9g", "indications": "咳嗽痰多，胸闷，短气", "syndromes": ["寒痰阻肺证"]},
    {"name": "丙方", "composition": "白术9g", "indications": "脘腹冷痛，便溏，食少", "syndromes": ["脾胃气虚证"]},
    {"name": "丁方", "composition": "白芍9g", "indications": "胁肋胀痛，嗳气，善太息", "syndromes": ["肝郁气滞证"]},
]


@pytest.fixture
def index(tcm: Run, tmp_path: Path) -> Path:
    (tmp_path / "formulas.jsonl").write_bytes(jsonl(ROWS))
    done = tcm("retrieve", "index", "formulas.jsonl", "-o", "INDEX")
    assert done.status == 0, done.err
    return tmp_path / "INDEX"


def names(index: Path, **record: object) -> list[str]:
    [found] = Retriever(Settings(index=str(index)))(record)
    return [hit["formula"]["name"] for hit in found["hits"]]


@pytest.mark.parametrize(("syndrome", "first"), [("痰热壅肺证", "甲方"), ("寒痰阻肺", "乙方")])
def test_of_formulas_with_the_same_findings_that_for_the_syndrome_comes_first(
    index: Path, syndrome: str, first: str
) -> None:
    assert names(index, query=COUGH, syndrome=syndrome)[0] == first
    assert names(index, query=COUGH, candidates=[{"syndrome": syndrome, "score": 0.5}])[0] == first


def test_a_syndrome_does_not_beat_findings_that_are_all_of_another_formula(index: Path) -> None:
    assert names(index, query="胁肋胀痛，嗳气，善太息", syndrome="脾胃气虚证")[0] == "丁方"


def test_each_hit_says_which_syndrome_speaks_for_it_and_how_many_were_searched(index: Path) -> None:
    candidates = [{"syndrome": "脾胃虚弱证", "score": 0.6}, {"syndrome": "肝郁气滞证", "score": 0.2}]
    candidates += [{"syndrome": "肝郁证", "score": 0.01}]  # too unlikely to speak
    [found] = Retriever(Settings(index=str(index)))({"query": "脘腹冷痛，食少，胁肋胀痛", "candidates": candidates})
    said = {hit["formula"]["name"]: hit["why"]["syndromes"] for hit in found["hits"]}
    assert said["丙方"] == [{"syndrome": "脾胃虚弱证", "formula": "脾胃气虚证"}]  # nearly the same by the table
    assert said["丁方"] == [{"syndrome": "肝郁气滞证", "formula": "肝郁气滞证"}]
    assert found["searched"] == len(ROWS)
    [plain] = Retriever(Settings(index=str(index)))({"query": COUGH})
    assert "syndromes" not in plain["hits"][0]["why"]


def test_a_formula_that_is_never_offered_is_not_counted(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "formulas.jsonl").write_bytes(jsonl([*ROWS, {**ROWS[0], "name": "戊方", "auto_recommend": False}]))
    assert tcm("retrieve", "index", "formulas.jsonl", "-o", "INDEX").status == 0
    [found] = Retriever(Settings(index=str(tmp_path / "INDEX"), top=9))({"query": COUGH})
    assert found["searched"] == len(ROWS)
    assert "戊方" not in {hit["formula"]["name"] for hit in found["hits"]}
