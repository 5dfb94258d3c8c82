"""`tcm retrieve` and `tcm retrieve index`: text in; hits, errors and status out."""

import json
from pathlib import Path

import numpy as np
import pytest

from tcmkit.retrieve import Retriever, Settings
from tcmkit.retrieve.query import query_of
from tests.conftest import Run, jsonl, read_json

ROWS = [
    {"name": "桑菊饮", "source": "温病条辨", "composition": "桑叶7.5g 菊花3g 杏仁6g 连翘5g", "functions": "疏风清热，宣肺止咳", "indications": "咳嗽，身热不甚，口微渴，脉浮数"},
    {"name": "理中丸", "source": "伤寒论", "composition": "人参、干姜、甘草（炙）、白术各三两", "functions": "温中祛寒", "indications": "脘腹冷痛，喜温喜按，便溏，脉沉细"},
    {"name": "一贯煎", "source": "续名医类案", "composition": "北沙参、麦冬、当归、生地黄、枸杞子、川楝子", "functions": "滋阴疏肝", "indications": "胁痛，吞酸，咽干口燥，舌红少津，脉细弱"},
]  # fmt: skip


@pytest.fixture
def index(tcm: Run, tmp_path: Path) -> Path:
    (tmp_path / "formulas.jsonl").write_bytes(jsonl(ROWS))
    done = tcm("retrieve", "index", "formulas.jsonl", "-o", "INDEX")
    assert done.status == 0, done.err
    assert done.messages == ["tcm retrieve index: read 3 = kept 3 + dropped 0 + rejected 0; written 3"]
    return tmp_path / "INDEX"


def test_a_record_gets_hits_and_keeps_its_fields(tcm: Run, index: Path) -> None:
    case = {"id": "7", "ward": 3, "text": "咳嗽两天，微有发热，口微渴，无汗出，脉浮数"}
    done = tcm("retrieve", "--index", index, "--top", "1", stdin=jsonl([case]))
    assert done.status == 0, done.err
    [record] = done.records
    assert {key: record[key] for key in case} == case
    [hit] = record["hits"]
    assert (hit["rank"], hit["formula"]["name"], hit["formula"]["source"]) == (1, "桑菊饮", "温病条辨")
    assert {"query": "咳嗽", "formula": "咳嗽"} in hit["why"]["findings"]
    assert hit["formula"]["composition"][0] == {"herb": "桑叶", "dose_g": 7.5, "stated": "7.5g"}


def test_a_denied_finding_does_not_count(tcm: Run, index: Path) -> None:
    done = tcm("retrieve", "--index", index, stdin=jsonl([{"text": "胁痛，咽干，无咳嗽，无发热"}]))
    [record] = done.records
    assert record["hits"][0]["formula"]["name"] == "一贯煎"
    said = [pair["query"] for hit in record["hits"] for pair in hit["why"]["findings"]]
    assert "咳嗽" not in said


def test_the_candidates_of_classify_weigh_in_stage_one(index: Path) -> None:
    def meant(**said: object) -> list[str]:
        [record] = Retriever(Settings(index=str(index)))({"query": "咽干口燥", **said})
        return list(record["hits"][0]["why"]["elements"])

    candidates = [{"syndrome": "肝阴虚证", "score": 0.6}, {"syndrome": "肺热证", "score": 0.01}, {"syndrome": 3}, 5]
    assert meant(candidates=candidates)[0] in ("肝", "阴虚")
    assert meant(candidates=candidates) == meant(candidates=candidates, syndrome="肺热证")
    assert meant(candidates=7) == meant()


def test_the_classifier_names_the_syndromes_of_a_query_that_names_none(tcm: Run) -> None:
    words = "胁肋胀痛，善太息，嗳气，情志不畅时加重，脉弦"
    done = tcm("retrieve", "--classify", stdin=jsonl([{"text": words}, {"text": words, "syndrome": "肝气郁结"}]))
    assert done.status == 0, done.err
    unnamed, named = done.records
    assert unnamed["candidates"][0]["syndrome"]
    assert "candidates" not in named
    [plain] = tcm("retrieve", stdin=jsonl([{"text": words}])).records
    assert "candidates" not in plain
    assert tcm("retrieve", "--classify", "--what", "graph", stdin=b"").status == 2


def test_other_wordings_of_a_finding_match(tcm: Run, index: Path) -> None:
    [record] = tcm("retrieve", "--index", index, "--query", "大便稀溏，胃脘冷痛，得温则减").records
    [first, *_] = record["hits"]
    assert first["formula"]["name"] == "理中丸"
    assert {"query": "大便稀溏", "formula": "便溏"} in first["why"]["findings"]


def test_without_an_index_the_formulas_of_the_package_are_searched(tcm: Run) -> None:
    done = tcm("retrieve", "--query", "往来寒热，胸胁苦满，心烦喜呕，口苦咽干，脉弦")
    assert done.status == 0, done.err
    [record] = done.records
    assert record["query"].startswith("往来寒热")
    assert [hit["rank"] for hit in record["hits"]] == [1, 2, 3]
    assert record["hits"][0]["formula"]["name"] == "小柴胡汤"


@pytest.mark.parametrize("fusion", ["rrf", "convex", "sparse", "dense"])
@pytest.mark.parametrize("bm25", ["bm25s", "rank-bm25"])
def test_every_way_of_searching_finds_it(index: Path, fusion: str, bm25: str) -> None:
    settings = Settings(index=str(index), fusion=fusion, bm25=bm25)  # type: ignore[arg-type]
    [record] = Retriever(settings)({"text": "胁肋隐痛，口燥咽干，舌红少津，脉细弱"})
    assert record["hits"][0]["formula"]["name"] == "一贯煎"


def test_the_same_formula_in_two_sources_is_one_with_both(tcm: Run, tmp_path: Path) -> None:
    rows = [
        {"name": "平胃散", "source": "甲书", "composition": "苍术、厚朴、陈皮、甘草", "indications": "脘腹胀满"},
        {"name": "平胃散", "source": "乙书", "composition": "苍术15g，厚朴9g，陈皮9g，炙甘草4g，生姜", "indications": "肢体沉重，苔白腻"},
        {"name": "平胃散", "source": "丙书", "composition": "石膏、知母", "indications": "胃热口渴"},
    ]  # fmt: skip
    (tmp_path / "f.jsonl").write_bytes(jsonl(rows))
    done = tcm("retrieve", "index", "f.jsonl", "-o", "INDEX")
    assert done.messages == ["tcm retrieve index: read 3 = kept 3 + dropped 0 + rejected 0; written 2"]
    [record] = tcm("retrieve", "--index", "INDEX", "--query", "脘腹胀满，肢体沉重，苔白腻").records
    [hit] = record["hits"]  # the other composition has the same name and is not offered beside it
    assert [source["source"] for source in hit["formula"]["sources"]] == ["甲书", "乙书"]
    assert hit["formula"]["composition"][0] == {"herb": "苍术", "dose_g": 15.0, "stated": "15g"}


def test_a_table_with_other_names_for_its_fields(tcm: Run, tmp_path: Path) -> None:
    table = '方子,药味,治什么\n"二陈汤（又名：甲汤、乙汤）","半夏15g，陈皮15g，茯苓9g","咳嗽痰多，色白，恶心"\n,无名,头痛\n空方,,\n'
    (tmp_path / "f.csv").write_text(table, encoding="utf-8")
    done = tcm("retrieve", "index", "f.csv", "-o", "INDEX", "--map", "name=方子", "--map", "composition=药味", "--map", "indications=治什么", "--rejects", "bad.jsonl")  # fmt: skip
    assert done.status == 3
    assert done.messages[-1].endswith(
        "read 3 = kept 1 + dropped 0 + rejected 2 (no_name 1, nothing_to_match 1); written 1"
    )
    [record] = tcm("retrieve", "--index", "INDEX", "--query", "咳嗽痰多").records
    formula = record["hits"][0]["formula"]
    assert (formula["name"], formula["aliases"]) == ("二陈汤", ["甲汤", "乙汤"])


def test_a_row_with_more_cells_than_headings_is_rejected(tcm: Run, tmp_path: Path) -> None:
    table = "方名,组成,主治\n二陈汤,半夏15g,陈皮15g,咳嗽痰多\n平胃散,苍术15g,脘腹胀满\n"
    (tmp_path / "f.csv").write_text(table, encoding="utf-8")
    done = tcm("retrieve", "index", "f.csv", "-o", "INDEX", "--map", "name=方名,composition=组成,indications=主治", "--rejects", "bad.jsonl")  # fmt: skip
    assert done.messages[-1].endswith("read 2 = kept 1 + dropped 0 + rejected 1 (bad_row 1); written 1")
    assert '"line":2' in (tmp_path / "bad.jsonl").read_text(encoding="utf-8").replace(" ", "")
    [record] = tcm("retrieve", "--index", "INDEX", "--query", "脘腹胀满").records
    assert record["hits"][0]["formula"]["name"] == "平胃散"


@pytest.mark.parametrize(("query", "name"), [("归脾汤", "归脾汤"), ("麻杏石甘汤", "麻黄杏仁甘草石膏汤")])
def test_a_formula_is_found_first_by_its_own_name(query: str, name: str) -> None:
    [record] = Retriever(Settings(top=3))({"query": query})
    assert record["hits"][0]["formula"]["name"] == name


def test_what_cannot_be_searched_is_rejected(tcm: Run) -> None:
    done = tcm("retrieve", "--rejects", "bad.jsonl", stdin=jsonl([{"text": 3}, {"a": 1}, {"text": "咳嗽"}]))
    assert done.status == 3
    assert done.messages[-1] == (
        "tcm retrieve: read 3 = kept 1 + dropped 0 + rejected 2 (bad_field 1, no_text 1); written 1"
    )


def test_a_query_that_says_nothing_has_no_hits(tcm: Run) -> None:
    [record] = tcm("retrieve", "--query", "hello 123").records
    assert record["hits"] == []


def test_a_stale_or_foreign_index_names_the_command_that_rebuilds_it(tcm: Run, index: Path, tmp_path: Path) -> None:
    manifest = read_json(index / "manifest.json")
    (index / "manifest.json").write_text(json.dumps({**manifest, "fingerprint": "0"}), encoding="utf-8")
    done = tcm("retrieve", "--index", "INDEX", "--query", "咳嗽")
    assert (done.status, done.out) == (1, b"")
    assert done.messages == ["tcm: INDEX was made by another version; build it: tcm retrieve index FILE -o INDEX"]
    (tmp_path / "other").mkdir()
    done = tcm("retrieve", "--index", "other", "--query", "咳嗽")
    assert done.messages == ["tcm: other is no index of formulas; build it: tcm retrieve index FILE -o other"]


def test_a_folder_that_is_no_index_is_not_replaced(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep")
    (tmp_path / "f.jsonl").write_bytes(jsonl(ROWS))
    done = tcm("retrieve", "index", "f.jsonl", "-o", "mine")
    assert (done.status, done.messages) == (1, ["tcm: mine is there and is no index; name another folder with -o"])
    assert [path.name for path in tmp_path.glob("mine/*")] == ["letter.txt"]


def test_an_index_holds_no_pickle_and_is_the_same_each_time(tcm: Run, index: Path, tmp_path: Path) -> None:
    assert tcm("retrieve", "index", "formulas.jsonl", "-o", "AGAIN").status == 0
    names = sorted(path.name for path in index.iterdir())
    assert {Path(name).suffix for name in names} == {".npy", ".json", ".jsonl"}
    for name in names:
        assert (index / name).read_bytes() == (tmp_path / "AGAIN" / name).read_bytes(), name
        if name.endswith(".npy"):
            np.load(index / name, allow_pickle=False)


def test_eval_says_how_high_the_right_formulas_stand(tcm: Run, index: Path, tmp_path: Path) -> None:
    queries = [
        {"query": "胁痛，咽干口燥，舌红少津", "formulas": ["一贯煎"]},
        {"query": "咳嗽，口微渴，脉浮数", "answer": {"方剂": "桑菊饮或银翘散"}},
        {"query": "咳嗽", "formula": "无此方"},
        {"query": "咳嗽"},
    ]
    done = tcm("eval", "retrieve", "--index", index, "--summary", "score.json", stdin=jsonl(queries))
    assert done.status == 3
    assert [record["ranks"] for record in done.records] == [
        {"two_stage": 1, "one_stage": 1},
        {"two_stage": 1, "one_stage": 1},
        {"two_stage": None, "one_stage": None},
    ]
    score = read_json(tmp_path / "score.json")
    assert score["rejected"] == {"no_answer": 1}
    two = score["retrieval"]["two_stage"]
    assert (two["recall@1"], two["recall@50"], two["mrr"]) == (0.6667, 0.6667, 0.6667)
    assert two["ndcg@10"] == round((1 + 1 / (1 + 1 / 1.584962500721156)) / 3, 4)
    assert score["retrieval"]["two_against_one"] == {
        "wins": 0, "losses": 0, "ties": 3, "share_of_decided": None, "interval_95": [0.0, 1.0],
    }  # fmt: skip


@pytest.mark.parametrize("said", ["不出汗", "没有汗"])
def test_no_sweat_in_everyday_words_is_no_sweat(said: str) -> None:
    tokens = {form.token for form in query_of({"text": f"咳嗽三天，{said}，舌红，脉数。"}).forms}
    assert "无汗" in tokens
    assert "汗出" not in tokens
