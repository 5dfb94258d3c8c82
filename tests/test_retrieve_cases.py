"""`tcm retrieve --what cases` and `--what graph`."""

from pathlib import Path

import pytest

from tests.conftest import Run, jsonl

CASES = [
    {"id": "a", "text": "胃脘胀痛，连及两胁，嗳气频作，恼怒后加重，苔薄白，脉弦。", "syndrome": "肝气犯胃"},
    {"id": "b", "text": "咳嗽五天，痰黄质稠，咽痛，发热，舌红苔黄，脉浮数。", "syndrome": "风热犯肺证", "bed": 4},
    {"id": "c", "text": "夜寐不安，心悸健忘，神疲乏力，面色萎黄，舌淡，脉细弱。", "norm_syndrome": "心脾两虚证"},
    {"id": "c2", "text": "夜寐不安，心悸健忘，神疲乏力，面色萎黄，舌淡，脉细弱。"},
    {"id": "d", "text": "腰膝酸软，畏寒肢冷，夜尿频多，舌淡胖，脉沉细。"},
]


@pytest.fixture
def index(tcm: Run, tmp_path: Path) -> Path:
    done = tcm("retrieve", "index", "--what", "cases", "-o", "INDEX", stdin=jsonl([*CASES, {"text": 5}]))
    assert done.status == 3
    assert done.messages[-1].endswith("read 6 = kept 5 + dropped 0 + rejected 1 (bad_field 1); written 4")
    return tmp_path / "INDEX"


def test_the_case_most_like_it_says_why(tcm: Run, index: Path) -> None:
    query = {"text": "咳嗽三天，黄痰，咽痛，无恶寒，舌红，脉浮数。"}
    done = tcm("retrieve", "--what", "cases", "--index", index, "--top", "1", stdin=jsonl([query]))
    assert done.status == 0, done.err
    [hit] = done.records[0]["hits"]
    assert hit["case"] == CASES[1]
    assert (hit["rank"], hit["why"]["syndrome"]) == (1, "风热犯肺证")
    assert 0 < hit["why"]["similarity"] <= 1
    assert {"query": "咽痛", "case": "咽痛"} in hit["why"]["findings"]


def test_a_case_never_returns_itself(tcm: Run, index: Path) -> None:
    same_words = {"id": "new", "text": CASES[0]["text"]}
    same_id = {"id": "b", "text": "咳嗽，痰黄，咽痛，发热。"}
    done = tcm("retrieve", "--what", "cases", "--index", index, stdin=jsonl([*CASES, same_words, same_id]))
    found = [[hit["case"]["id"] for hit in record["hits"]] for record in done.records]
    for own, ids in zip(["a", "b", "c", "c", "d", "a", "b"], found, strict=True):
        assert ids
        assert own not in ids


def test_the_label_of_a_case_stands_in_syndrome(tcm: Run, index: Path) -> None:
    [record] = tcm("retrieve", "--what", "cases", "--index", index, "--query", "夜寐不安，心悸，健忘，乏力").records
    assert record["hits"][0]["case"] == {**CASES[2], "syndrome": "心脾两虚证"}


def test_an_index_of_cases_is_no_index_of_formulas(tcm: Run, index: Path) -> None:
    assert tcm("retrieve", "--index", "INDEX", "--query", "咳嗽").messages == [
        "tcm: INDEX is no index of formulas; build it: tcm retrieve index FILE -o INDEX"
    ]
    done = tcm("retrieve", "--what", "cases", "--query", "咳嗽")
    assert (done.status, done.messages) == (
        2,
        [
            "tcm: --what cases needs an index of cases: tcm retrieve index FILE --what cases -o INDEX, then --index INDEX"
        ],
    )


def path_of(hit: dict[str, dict[str, list[dict[str, str]]]]) -> list[str]:
    return [step.get("query", step["name"]) for step in hit["why"]["path"]]


def test_related_entities_come_with_the_way_to_them(tcm: Run) -> None:
    done = tcm("retrieve", "--what", "graph", "--query", "胃脘胀痛，嗳气，恼怒加重，无腹泻", "--top", "12")
    assert done.status == 0, done.err
    hits = done.records[0]["hits"]
    assert [hit["rank"] for hit in hits] == list(range(1, len(hits) + 1))
    best = {
        kind: next(hit for hit in hits if hit["entity"]["kind"] == kind) for kind in ("syndrome", "formula", "disease")
    }
    assert best["syndrome"]["entity"]["name"] == "肝气犯胃证"
    assert best["formula"]["entity"]["name"] == "柴胡疏肝散"
    assert path_of(best["formula"])[-2:] == ["肝气犯胃证", "柴胡疏肝散"]
    assert best["disease"]["entity"]["name"] == "胃痛"
    [herb] = [hit for hit in hits if hit["entity"] == {"kind": "herb", "name": "陈皮"}]
    assert path_of(herb)[-3:] == ["肝气犯胃证", "柴胡疏肝散", "陈皮"]
    assert not [hit for hit in hits if path_of(hit)[0] == "腹泻"]


def test_an_alias_names_its_entity_and_nothing_known_finds_nothing(tcm: Run) -> None:
    done = tcm("retrieve", "--what", "graph", "--query", "逍遥丸", "--top", "10")
    hits = done.records[0]["hits"]
    assert hits[0]["why"]["path"][0] == {"kind": "formula", "name": "逍遥散", "query": "逍遥丸"}
    assert "当归" in [hit["entity"]["name"] for hit in hits]
    assert tcm("retrieve", "--what", "graph", "--query", "hello").records == [{"query": "hello", "hits": []}]


def test_the_formulas_of_an_index_are_in_the_graph(tcm: Run, tmp_path: Path) -> None:
    row = {"name": "甲乙汤", "composition": "柴胡10g 远志6g", "syndromes": ["肝气犯胃证"], "indications": "胃痛"}
    assert tcm("retrieve", "index", "-o", "F", stdin=jsonl([row])).status == 0
    hits = tcm("retrieve", "--what", "graph", "--index", "F", "--query", "远志").records[0]["hits"]
    assert path_of(hits[0]) == ["远志", "甲乙汤"]
    assert ["远志", "甲乙汤", "肝气犯胃证"] in [path_of(hit) for hit in hits]
