"""`tcm retrieve --embed`: vectors by a model."""

from pathlib import Path

import pytest

from tests.conftest import Run, jsonl, read_json
from tests.test_retrieve import ROWS


@pytest.fixture
def index(tcm: Run, tmp_path: Path) -> Path:
    done = tcm("retrieve", "index", "-o", "INDEX", "--embed", "scripted:demo", stdin=jsonl(ROWS))
    assert done.status == 0, done.err
    return tmp_path / "INDEX"


def test_the_index_remembers_the_model(tcm: Run, index: Path) -> None:
    assert read_json(index / "manifest.json")["engine"]["spec"] == "scripted:demo"
    assert not (index / "dense-basis.npy").exists()
    plain = tcm("retrieve", "--index", index, "--fusion", "dense", "--query", "胁痛，吞酸，咽干口燥，舌红少津")
    assert plain.status == 0, plain.err
    assert plain.records[0]["hits"][0]["formula"]["name"] == "一贯煎"
    named = tcm(
        "retrieve",
        "--index",
        index,
        "--fusion",
        "dense",
        "--embed",
        "scripted:demo",
        "--query",
        "胁痛，吞酸，咽干口燥，舌红少津",
    )
    assert named.out == plain.out


def test_another_model_is_refused_with_the_line_that_rebuilds(tcm: Run, index: Path, tmp_path: Path) -> None:
    (tmp_path / "other.jsonl").write_bytes(jsonl([{"reply": "好"}]))
    done = tcm("retrieve", "--index", "INDEX", "--embed", "scripted:other.jsonl", "--query", "咳嗽")
    assert (done.status, done.messages) == (1, [
        "tcm: the index was embedded by scripted:demo, which is not scripted:other.jsonl as it is now; "
        "build it: tcm retrieve index FILE -o INDEX --embed scripted:other.jsonl"
    ])  # fmt: skip
    assert tcm("retrieve", "index", "-o", "LSA", stdin=jsonl(ROWS)).status == 0
    done = tcm("retrieve", "--index", "LSA", "--embed", "scripted:demo", "--query", "咳嗽")
    assert done.messages == [
        "tcm: LSA was embedded without a model; build it: tcm retrieve index FILE -o LSA --embed scripted:demo"
    ]


def test_a_model_that_is_not_there_is_known_before_anything_is_read(tcm: Run) -> None:
    done = tcm("retrieve", "index", "-o", "INDEX", "--embed", "scripted:none", stdin=jsonl(ROWS))
    assert done.status == 2
    assert done.messages[-1].startswith("tcm: no script none")
    done = tcm("retrieve", "index", "-o", "INDEX", "--embed", "rules", stdin=jsonl(ROWS))
    assert (done.status, done.messages) == (2, ["tcm: --embed wants a model; without it LSA is used"])


@pytest.mark.parametrize("spec", ["gguf:pooled.gguf", "hf:hf"])
def test_a_real_model_embeds(tcm: Run, tiny: Path, spec: str) -> None:
    kind, _, name = spec.partition(":")
    pytest.importorskip({"gguf": "llama_cpp", "hf": "transformers"}[kind])
    model = f"{kind}:{tiny / name}"
    done = tcm("retrieve", "index", "-o", "INDEX", "--embed", model, stdin=jsonl(ROWS), timeout=120)
    assert done.status == 0, done.err
    query = "咳嗽，身热不甚，口微渴，脉浮数"
    done = tcm("retrieve", "--index", "INDEX", "--fusion", "dense", "--query", query, timeout=120)
    assert done.status == 0, done.err
    assert done.records[0]["hits"][0]["formula"]["name"] == "桑菊饮"
