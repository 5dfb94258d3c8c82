"""The perplexity filter: the worst share of all, or a threshold with a saved model."""

import random
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Run, jsonl, read_json, read_lines

PARTS = (
    ("患者咳嗽三日", "患者头痛五日", "病人胃脘隐痛半月", "患者腰膝酸软一年", "患者心悸失眠两周"),
    ("痰白清稀", "痰黄黏稠", "恶寒发热", "口苦咽干", "纳差便溏", "神疲乏力"),
    ("舌淡苔白", "舌红苔黄", "舌暗有瘀点", "舌胖有齿痕"),
    ("脉浮紧", "脉弦数", "脉沉细", "脉滑"),
    ("证属风寒束表", "证属肝郁化火", "证属脾肾两虚", "证属痰湿内阻"),
    ("治以宣肺散寒", "治以疏肝清热", "治以健脾益肾", "治以化痰祛湿"),
)
CHANCE = random.Random(11)
GARBAGE = {"id": "garbage", "text": "".join(chr(CHANCE.randrange(0x4E00, 0x9FA5)) for _ in range(60))}
RECORDS = [{"id": n, "text": "，".join(map(CHANCE.choice, PARTS)) + f"，服药{n}剂。"} for n in range(299)]
RECORDS.insert(150, GARBAGE)
ARGS = ("ingest", "--near-dup", "0", "--no-department", "--min-chars", "0")


def test_the_worst_hundredth_goes_and_the_order_stays(tcm: Run, tmp_path: Path) -> None:
    ended = tcm(*ARGS, "--dropped", "dropped", "--summary", "summary", stdin=jsonl(RECORDS))
    dropped = [record["id"] for record in read_lines(tmp_path / "dropped")]
    assert len(dropped) == 3
    assert "garbage" in dropped
    assert [record["id"] for record in ended.records] == [r["id"] for r in RECORDS if r["id"] not in dropped]
    assert ended.messages == [
        "tcm ingest: the 1% with the highest perplexity are known only at the end, so documents wait on disk; "
        "--drop-worst 0 lets them flow",
        "tcm ingest: files read 0 rejected 0; read 300 = kept 297 + dropped 3 (perplexity 3) + rejected 0; written 297",
    ]
    told = read_json(tmp_path / "summary")["perplexity"]
    assert 1 < told["p50"] <= told["p90"] <= told["highest_kept"]


@pytest.mark.parametrize(("share", "dropped"), [("0.29", 29), ("1", 100)])
def test_a_share_is_that_share(tcm: Run, share: str, dropped: int) -> None:
    ended = tcm(*ARGS, "--drop-worst", share, stdin=jsonl(RECORDS[:100]))
    assert len(ended.records) == 100 - dropped
    assert ended.status == 0


def test_a_saved_model_and_a_threshold_let_documents_flow(tcm: Run, tmp_path: Path) -> None:
    good = [record for record in RECORDS if record is not GARBAGE]
    first = tcm(*ARGS, "--save-lm", "good.lm", "--summary", "summary", stdin=jsonl(good))
    assert first.status == 0
    limit = str(3 * read_json(tmp_path / "summary")["perplexity"]["highest_kept"])
    args = ("--lm", "good.lm", "--max-ppl", limit, "--dropped", "dropped")
    ended = tcm(*ARGS, *args, stdin=jsonl([good[0], GARBAGE, good[1]]))
    assert [record["id"] for record in ended.records] == [0, 1]
    assert [record["id"] for record in read_lines(tmp_path / "dropped")] == ["garbage"]
    assert ended.messages == [
        "tcm ingest: files read 0 rejected 0; read 3 = kept 2 + dropped 1 (perplexity 1) + rejected 0; written 2"
    ]


def test_a_model_of_another_corpus_judges_by_share_too(tcm: Run, tmp_path: Path) -> None:
    corpus = "\n".join(str(record["text"]) for record in RECORDS if record is not GARBAGE)
    (tmp_path / "corpus.txt").write_bytes(corpus.encode("gb18030"))
    few = [RECORDS[0], GARBAGE, RECORDS[1], RECORDS[2]]
    ended = tcm(*ARGS, "--lm-corpus", "corpus.txt", "--drop-worst", "0.25", stdin=jsonl(few))
    assert [record["id"] for record in ended.records] == [0, 1, 2]


@pytest.mark.parametrize(
    ("args", "status", "message"),
    [
        (("--max-ppl", "9"), 2, "--max-ppl needs a model: --lm FILE, --lm-corpus FILE or --ppl-llm SPEC"),
        (("--lm", "no.lm"), 1, "no such file: no.lm"),
        (("--lm", "text"), 1, "text is no language model of tcm (ValueError): make one with --save-lm"),
        (("--lm", "empty"), 1, "empty is no language model of tcm (EOFError): make one with --save-lm"),
        (("--lm", "cut.npz"), 1, "cut.npz is no language model of tcm (BadZipFile): make one with --save-lm"),
        (("--lm", "array.npy"), 1, "array.npy is no language model of tcm (TypeError): make one with --save-lm"),
        (("--lm", "small.npz"), 1, "small.npz is no language model of tcm (ValueError): make one with --save-lm"),
        (("--lm-corpus", "nothing"), 1, "cannot read nothing: No such file or directory"),
        (("--lm-corpus", "cut.npz"), 1, "cut.npz is no text"),
        (("--ppl-llm", "scripted:demo", "--lm", "x"), 2, "--ppl-llm goes without --lm, --lm-corpus and --save-lm"),
        (("--ppl-llm", "gguf:none.gguf"), 2, "no model none.gguf: name a GGUF file"),
        (("--ppl-llm", "openai:x", "--base-url", "http://127.0.0.1:9"), 1, "nothing answers at"),
        (("--save-lm", "no/folder/x.lm"), 1, "--save-lm no/folder/x.lm: no folder no/folder"),
    ],
)
def test_models_that_cannot_be_used(tcm: Run, tmp_path: Path, args: tuple[str, ...], status: int, message: str) -> None:
    header = np.frombuffer(b'{"tcmkit_char_lm": 1}', dtype=np.uint8)
    np.savez(tmp_path / "small.npz", header=header, one=np.zeros(3), two=np.zeros(3), three=np.zeros(3))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "small.npz").read_bytes()[:300])
    np.save(tmp_path / "array.npy", np.zeros(4))
    (tmp_path / "text").write_text("no model at all")
    (tmp_path / "empty").touch()
    ended = tcm(*ARGS, *args, "-o", "out", stdin=jsonl(RECORDS[:2]))
    assert ended.messages[-1].startswith(f"tcm: {message}")
    assert ended.status == status
    assert not (tmp_path / "out").exists()


class TestLanguageModel:
    """A real one: it was taught what to do about a cough (tests/tiny_model.py)."""

    def test_what_reads_least_like_its_language_goes(self, tcm: Run, tmp_path: Path, tiny: Path) -> None:
        known = [
            {"id": n, "text": f"{word}两天，舌红，怎样调养？"}
            for n, word in enumerate(("咳嗽", "头痛", "失眠", "腹胀"))
        ]
        records = [*known[:2], {"id": "garbage", "text": str(GARBAGE["text"])[:12]}, *known[2:]]
        asked = (*ARGS, "--ppl-llm", f"gguf:{tiny / 'tiny.gguf'}", "--summary", "summary")
        for threshold in (("--drop-worst", "0.2"), ("--max-ppl", "1000")):
            ended = tcm(*asked, *threshold, stdin=jsonl(records))
            assert [record["id"] for record in ended.records] == [0, 1, 2, 3]
            balance = "read 5 = kept 4 + dropped 1 (perplexity 1) + rejected 0; written 4"
            assert f"tcm ingest: files read 0 rejected 0; {balance}" in ended.messages
        told = read_json(tmp_path / "summary")
        assert "perplexity" not in told  # a threshold knows no quantiles
        tcm(*asked, stdin=jsonl(records))
        quantiles = read_json(tmp_path / "summary")["perplexity"]
        assert 1 < quantiles["p50"] < 100 < quantiles["p99"]

    def test_a_document_that_could_not_be_scored_is_kept(self, tcm: Run, tmp_path: Path) -> None:
        records = [{"id": 1, "text": "咳"}, {"id": 2, "text": "咳嗽三日，痰白。"}]
        args = ("--ppl-llm", "scripted:demo", "--drop-worst", "1", "--summary", "summary")
        ended = tcm(*ARGS, *args, stdin=jsonl(records))
        assert [record["id"] for record in ended.records] == [1]
        assert read_json(tmp_path / "summary")["perplexity"] == {"unscored": 1}
