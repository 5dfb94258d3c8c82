"""`tcm eval text`: predictions beside their references."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcmkit.errors import MissingExtra, UsageError
from tcmkit.evaluate.bert_score import BertScore
from tcmkit.evaluate.meteor import meteor
from tcmkit.evaluate.resample import Resampled
from tcmkit.evaluate.text_scores import COLUMNS, Scores, rouge_l, value
from tcmkit.evaluate.text_tokens import tokenizer
from tests.conftest import Run, environment, jsonl, read_json

sacrebleu = pytest.importorskip("sacrebleu")

PAIRS = [
    ("舌红，苔黄腻，脉滑数，证属湿热。", "舌红，苔黄腻，脉滑数，属湿热证。"),
    ("予麻黄汤加减", "拟方麻黄汤加减"),
    ("畏寒肢冷，神疲", "畏寒肢冷，神疲乏力，面色少华"),
    ("夜寐安", "纳可，夜寐欠安"),
]


def scored(prediction: str, *references: str, tokens: str = "zh") -> dict[str, float]:
    row = Scores(tokenizer(tokens)).row(prediction, references)
    return {name: value(name, row, of_line=True) for name in ("bleu1", "bleu4", "rouge_l", "meteor", "exact")}


def test_lines_and_totals(tcm: Run, tmp_path: Path) -> None:
    lines = [
        {"n": 1, "prediction": "舌红苔黄", "reference": "舌红苔黄"},
        {"n": 2, "prediction": "脉细", "references": ["脉弦", "脉 细。"]},
        {"n": 3, "prediction": "", "reference": "桂枝汤"},
        {"prediction": None, "reference": "桂枝汤"},
        {"prediction": "桂枝汤", "reference": []},
        {"prediction": "桂枝汤", "reference": " "},
    ]
    done = tcm("eval", "text", "--summary", "s.json", stdin=jsonl(lines))
    assert done.status == 3
    assert done.records[0] == {
        **lines[0],
        "scores": {"bleu1": 1.0, "bleu4": 1.0, "rouge_l": 1.0, "meteor": 0.9922, "exact": 1.0},
    }
    assert done.records[1]["scores"]["exact"] == 1.0, "by the second reference, but for width, spaces, marks at the end"
    assert set(done.records[2]["scores"].values()) == {0.0}
    books = read_json(tmp_path / "s.json")
    assert (books["kept"], books["rejected"]) == (3, {"no_prediction": 1, "no_reference": 2})
    totals = books["text"]
    assert totals["lines"] == 3
    assert totals["metrics"]["exact"]["score"] == 0.6667
    low, high = totals["metrics"]["exact"]["interval_95"]
    assert 0 <= low < 0.6667 < high <= 1
    assert totals["metrics"]["bleu1"]["mean_of_lines"] == round(
        np.mean([one["scores"]["bleu1"] for one in done.records]), 4
    )
    assert totals["bleu"].startswith("case:mixed|eff:no|tok:zh|smooth:exp|sacrebleu:")
    assert done.messages[-2].startswith("tcm eval text: 3 lines: bleu1 ")


@pytest.mark.parametrize("order", [1, 4])
def test_bleu_is_that_of_sacrebleu_on_the_whole(order: int) -> None:
    scores = Scores(tokenizer("zh"))
    sums = sum((scores.row(made, [given]) for made, given in PAIRS), np.zeros(len(COLUMNS)))
    made, given = zip(*PAIRS, strict=True)
    whole = sacrebleu.metrics.BLEU(tokenize="zh", max_ngram_order=order).corpus_score(list(made), [list(given)])
    assert value(f"bleu{order}", sums) == pytest.approx(whole.score / 100, abs=1e-9)


def test_figures_worked_out_by_hand() -> None:
    # Four of four characters stand in the reference of five: precision 1, brevity exp(1 - 5/4).
    # The longest common subsequence is four long: precision 1, recall 4/5.
    found = scored("舌红苔黄", "舌红苔薄黄")
    assert found["bleu1"] == pytest.approx(np.exp(-0.25))
    assert found["rouge_l"] == pytest.approx(2 * 0.8 / 1.8)
    # Three pairs of neighbours, two of them there; two triples, one there; one four, smoothed to a half.
    assert found["bleu4"] == pytest.approx(np.exp(-0.25) * (1 * 2 / 3 * 1 / 2 * 1 / 2) ** 0.25)
    # All four matched in two pieces: the penalty is 0.5 * (2/4) ** 3.
    assert scored("苔黄舌红", "舌红苔黄")["meteor"] == pytest.approx(1 - 0.5 * 0.5**3)
    # Two of two, two of four, one piece: F = PR / (0.9 P + 0.1 R), penalty 0.5 * (1/2) ** 3.
    assert scored("舌红", "舌红苔黄")["meteor"] == pytest.approx((1 - 0.0625) * 0.5 / (0.9 + 0.05))
    assert scored("红红红", "舌红")["bleu1"] == pytest.approx(1 / 3), "no more often than in the reference"
    assert scored("舌红", "脉细", "舌红") == scored("舌红", "舌红"), "the better reference"


def test_exact_match_looks_past_width_case_and_marks() -> None:
    assert scored("ＣＴ检查。", "ct 检查")["exact"] == 1.0
    assert scored("不寐", "失眠")["exact"] == 0.0
    assert scored("舌红，苔黄", "舌红苔黄")["exact"] == 0.0, "a mark within a text counts"


@pytest.mark.parametrize(
    ("kind", "tokens"),
    [
        ("zh", "每 日 服 3.5g ， 𤺊 𤺊 病 。"),
        ("char", "每 日 服 3 . 5 g ， 𤺊 𤺊 病 。"),
        ("terms", "每 日 服 3.5g ， 𤺊 𤺊 病 。"),
    ],
)
def test_chinese_is_cut_right(kind: str, tokens: str) -> None:
    assert tokenizer(kind)("每日服3.5g，𤺊𤺊病。") == tokens.split()


def test_names_are_one_token_each() -> None:
    assert tokenizer("terms")("予麻黄汤加炒白术12g") == ["予", "麻黄汤", "加", "炒白术", "12g"]
    assert scored("予桂枝汤", "予麻黄汤", tokens="terms")["bleu1"] == pytest.approx(0.5)
    assert scored("予桂枝汤", "予麻黄汤")["bleu1"] == pytest.approx(0.5), "two of four characters"


def test_fields_by_other_names(tcm: Run) -> None:
    line = {"completion": "舌红", "answer": ["舌红", "舌绛"]}
    done = tcm("eval", "text", "--map", "prediction=completion", "--map", "reference=answer", stdin=jsonl([line]))
    assert done.records[0]["scores"]["bleu1"] == 1.0
    wrong = tcm("eval", "text", "--map", "text=a")
    assert wrong.messages == ["tcm: --map text=a: write OURS=THEIRS, OURS one of prediction, reference, id"]


def test_two_runs_are_compared(tcm: Run, tmp_path: Path) -> None:
    def run(good: int) -> list[dict[str, Any]]:
        made = ["舌红苔黄" if n < good else "脉沉细" for n in range(20)]
        return [{"id": n, "prediction": one, "reference": "舌红苔黄"} for n, one in enumerate(made)]

    (tmp_path / "other.jsonl").write_bytes(jsonl(run(8)))
    options = ("eval", "text", "--compare", "other.jsonl", "--summary", "s.json", "--html", "page.html")
    done = tcm(*options, stdin=jsonl(reversed(run(16))))
    assert done.status == 0, done.err
    found = read_json(tmp_path / "s.json")["text"]["compare"]["exact"]
    assert (found["other"], found["difference"]) == (0.4, 0.4)
    assert 0.1 < found["interval_95"][0] < 0.4 < found["interval_95"][1] < 0.7
    assert found["p"] < 0.01
    assert "exact +0.4000 (p 0.00" in done.err
    assert "<td>exact</td><td>0.4</td><td>0.4</td>" in (tmp_path / "page.html").read_text(encoding="utf-8")
    same = tcm(*options, stdin=jsonl(run(8)))
    assert "exact +0.0000 (p 1)" in same.err
    other_references = [{**line, "reference": "舌淡"} for line in run(16)]
    for lines, here, there in ((run(16)[1:], 0, 1), (other_references, 20, 20)):
        refused = tcm(*options, stdin=jsonl(lines))
        assert refused.status == 2
        said = f"not the same items: {here} are only here (or twice), {there} only there, 0 twice there"
        assert said in refused.messages[-1]


def test_resamples_spread_as_theory_says() -> None:
    sums = Resampled(2)
    for number in range(1000):
        sums.add([1.0, float(number % 4 == 0)])
    shares = sums.drawn[:, 1] / sums.drawn[:, 0]
    assert list(sums.total) == [1000, 250]
    assert shares.mean() == pytest.approx(0.25, abs=0.002)
    assert shares.std() == pytest.approx((0.25 * 0.75 / 1000) ** 0.5, rel=0.06)


TOKENS = st.lists(st.sampled_from("舌红苔黄"), max_size=9)


class _Same:
    """In place of the English stemmer and thesaurus of nltk: a token is nothing but itself."""

    def stem(self, token: str) -> str:
        return token

    def synsets(self, _token: str) -> list[str]:
        return []


@settings(deadline=None)  # the first call imports nltk
@given(made=TOKENS, reference=TOKENS)
def test_meteor_is_that_of_nltk(made: list[str], reference: list[str]) -> None:
    nltk = pytest.importorskip("nltk.translate.meteor_score")
    theirs = nltk.single_meteor_score(reference, made, str, _Same(), _Same())
    assert meteor(made, reference) == pytest.approx(theirs, abs=1e-12)


def test_nltk_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(jsonl([{"prediction": "舌红", "reference": "舌红"}]))
    code = "import sys; from tcmkit.cli import main\ntry: main()\nexcept SystemExit: print('nltk' in sys.modules)"
    words = [sys.executable, "-c", code, "eval", "text", "in.jsonl", "-o", "out.jsonl"]
    done = subprocess.run(words, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    assert (tmp_path / "out.jsonl").stat().st_size


def test_without_its_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(MissingExtra, match=r'pip install "tcmkit\[eval\]"'):
        Scores(tokenizer("char"))


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of three layers with random weights, that knows some characters."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("bert")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted(set("".join(a + b for a, b in PAIRS)))]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    transformers.BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=24).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=24,
    )
    transformers.BertModel(config).save_pretrained(folder)
    return folder


def test_bert_score_is_the_published_formula(bert: Path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(bert)
    model = transformers.AutoModel.from_pretrained(bert).eval()

    def vectors(text: str) -> Any:
        with torch.inference_mode():
            states = model(**tokenizer(text, return_tensors="pt"), output_hidden_states=True).hidden_states[2][0]
        return states / states.norm(dim=-1, keepdim=True)

    for made, reference in PAIRS:
        alike = vectors(made) @ vectors(reference).T
        precision, recall = alike.max(1).values[1:-1].mean(), alike.max(0).values[1:-1].mean()
        (found,) = BertScore(str(bert)).scores([(made, [reference])])
        assert found.precision == pytest.approx(float(precision), abs=1e-5)
        assert found.recall == pytest.approx(float(recall), abs=1e-5)
        assert found.f1 == pytest.approx(float(2 * precision * recall / (precision + recall)), abs=1e-5)


def test_bert_score_over_lines(tcm: Run, bert: Path, tmp_path: Path) -> None:
    lines = [{"id": n, "prediction": a, "references": [b, "脉细"]} for n, (a, b) in enumerate(PAIRS * 10)]
    lines += [
        {"id": "same", "prediction": "夜寐安", "reference": "夜寐安"},
        {"id": "none", "prediction": "", "reference": "脉"},
    ]
    lines += [{"id": "long", "prediction": "脉" * 40, "reference": "脉"}]
    done = tcm("eval", "text", "--bert", bert, "--summary", "s.json", stdin=jsonl(lines))
    assert done.status == 0, done.err
    assert [made["id"] for made in done.records] == [line["id"] for line in lines]
    by_id = {made["id"]: made["scores"] for made in done.records}
    assert by_id["same"]["bert_f1"] == 1.0
    assert by_id["none"]["bert_f1"] == 0.0
    totals = read_json(tmp_path / "s.json")["text"]
    assert totals["bert"] == {"model": bert.name, "layer": 2, "truncated": 1}
    mean = sum(one["bert_f1"] for one in (made["scores"] for made in done.records)) / len(lines)
    assert totals["metrics"]["bert_f1"]["score"] == pytest.approx(mean, abs=1e-4)


def test_a_model_that_is_not_there(tcm: Run, bert: Path) -> None:
    done = tcm("eval", "text", "--bert", "nowhere", stdin=jsonl([{"prediction": "甲", "reference": "甲"}]))
    assert (done.status, done.messages) == (
        2,
        ["tcm: --bert nowhere: no folder with a model; nothing is fetched, put one there"],
    )
    high = tcm(
        "eval", "text", "--bert", bert, "--bert-layer", "9", stdin=jsonl([{"prediction": "甲", "reference": "甲"}])
    )
    assert (high.status, high.messages) == (2, ["tcm: --bert-layer 9: the model has 3"])


def test_code_in_a_model_folder_is_neither_run_nor_asked_about(bert: Path, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    shutil.copytree(bert, folder)
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", encoding="utf-8")
    config = {"model_type": "own", "auto_map": {"AutoConfig": "own.Config", "AutoModel": "own.Model"}}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(UsageError, match=f"--bert {folder}: transformers cannot load it: "):
        BertScore(str(folder)).scores([("甲", ["甲"])])
    assert not (tmp_path / "ran").exists()


def test_longest_common_subsequence_of_nothing() -> None:
    assert rouge_l([], []) == 0.0
