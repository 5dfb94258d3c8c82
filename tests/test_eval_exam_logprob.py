"""`tcm eval exam --mode logprob`: the likeliest letter, as LM Evaluation Harness finds it."""

import asyncio
import importlib.util
import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest

from tcmkit.evaluate.exam import Sitting, read_example
from tcmkit.evaluate.exam_logprob import LetterExaminer
from tcmkit.llm import Call, CallFailed, Engine, EngineStopped, Request
from tcmkit.llm.asking import scored
from tcmkit.llm.local import with_endings
from tcmkit.llm.openai_body import logprobs
from tests.conftest import ROOT, Run, jsonl, read_json
from tests.engine_cases import using

CMMLU: list[dict[str, Any]] = [
    {"Question": " 麻黄汤的君药是  哪味？", "A": "麻黄", "B": "桂枝", "C": "杏仁", "D": "甘草", "Answer": "A"},
    {"Question": "银翘散主治", "A": "风寒", "B": "风热", "C": "寒湿", "D": "阴虚", "Answer": "B"},
]


def script(folder: Path, *lines: dict[str, Any]) -> str:
    (folder / "script.jsonl").write_bytes(jsonl(lines))
    return "scripted:script.jsonl"


def first_call(examiner: LetterExaminer, record: dict[str, Any]) -> Call:
    return next(examiner(record))


def test_the_prompt_is_that_of_the_harness() -> None:
    shots = (read_example(CMMLU[1]), read_example(CMMLU[0]))
    call = first_call(LetterExaminer(Sitting(shots, subject="方剂学")), CMMLU[0])
    assert call.messages[0]["content"] == (
        "以下是关于方剂学的单项选择题，请直接给出正确答案的选项。\n\n"
        "银翘散主治\nA. 风寒\nB. 风热\nC. 寒湿\nD. 阴虚\n答案： B\n\n"
        "麻黄汤的君药是  哪味？\nA. 麻黄\nB. 桂枝\nC. 杏仁\nD. 甘草\n答案："
    ), "with its own spaces, and never shown with its own answer"
    assert call.endings == [" A", " B", " C", " D"]
    other = first_call(LetterExaminer(Sitting(), "ceval"), {**CMMLU[1], "subject": "医师资格"})
    head = "以下是中国关于医师资格的单项选择题，请选出其中的正确答案。\n\n银翘散主治\n"
    assert other.messages[0]["content"].startswith(head)


def test_the_likeliest_letter_is_the_answer(tcm: Run, tmp_path: Path) -> None:
    llm = script(
        tmp_path,
        {"when": "麻黄汤", "reply": {"A": -1.5, "B": -0.5, "C": -3, "D": -4}},
        {"when": "四诊", "reply": {"A": -2, "B": -2}},
        {"reply": "B"},
    )
    tie = {"question": "属于四诊的是", "options": ["望", "验血"], "answer": "A", "subject": "诊断"}
    several = {**tie, "options": ["望", "闻", "验血"], "answer": "AB"}
    options = ("eval", "exam", "--llm", llm, "--mode", "logprob", "--cache", "c", "--summary", "s.json")
    done = tcm(*options, stdin=jsonl([*CMMLU, tie, several]))
    assert done.status == 3
    assert done.records[0] == {
        **CMMLU[0],
        "logprobs": {"A": -1.5, "B": -0.5, "C": -3.0, "D": -4.0},
        "extracted": "B",
        "correct": False,
    }
    assert [made["extracted"] for made in done.records] == ["B", "B", "A"], "the first of equals"
    assert done.records[1]["logprobs"]["B"] == pytest.approx(math.log(0.9))
    assert "several_answers" in done.err
    totals = read_json(tmp_path / "s.json")
    assert totals["calls"]["made"] == 3
    assert (totals["exam"]["questions"], totals["exam"]["right"], totals["exam"]["no_answer"]) == (3, 2, 0)
    assert "format_failures" not in totals["exam"]
    again = tcm(*options, stdin=jsonl([*CMMLU, tie, several]))
    assert again.out == done.out
    assert read_json(tmp_path / "s.json")["calls"]["from_cache"] == 3


def test_letters_are_those_of_the_item_when_options_move(tcm: Run, tmp_path: Path) -> None:
    llm = script(tmp_path, {"reply": {"A": -1, "B": -2, "C": -3, "D": -4}})
    items = [{**CMMLU[1], "id": n, "Question": f"第{n}问"} for n in range(12)]
    done = tcm("eval", "exam", "--llm", llm, "--mode", "logprob", "--shuffle", "--no-cache", stdin=jsonl(items))
    assert len({made["shown"] for made in done.records}) > 4
    for made in done.records:
        assert made["extracted"] == made["shown"][0]
        assert [made["logprobs"][letter] for letter in made["shown"]] == [-1, -2, -3, -4]


@pytest.mark.parametrize(
    "arguments", [["--completions", "-"], ["--llm", "scripted:exam", "--prompt", "own.txt"]], ids=["made", "prompt"]
)
def test_what_this_mode_has_no_use_for(tcm: Run, arguments: list[str]) -> None:
    done = tcm("eval", "exam", "--mode", "logprob", *arguments)
    assert (done.status, done.messages) == (2, ["tcm: --mode logprob takes no --completions, no --prompt"])


def test_an_engine_without_log_probabilities_ends_the_run() -> None:
    request = Request(({"role": "text", "content": "甲"},), endings=(" A",))
    with pytest.raises(EngineStopped, match="gives no log probabilities"):
        asyncio.run(scored(object(), request))  # type: ignore[arg-type]


def test_an_ending_without_a_token_of_its_own_is_refused() -> None:
    with pytest.raises(CallFailed, match="llm_no_ending"):
        with_endings(lambda _text: [1, 2], "甲", [" A"])
    assert with_endings(lambda text: list(map(ord, text)), "a ", ["b"]) == [([97, 32, 98], 1)], (
        "the space is the ending's"
    )


def test_a_server_that_echoes_is_read_from_the_ending_on() -> None:
    choice = {"logprobs": {"token_logprobs": [None, -1, -2, -4, -9], "text_offset": [0, 1, 3, 4, 5]}}
    raw = json.dumps({"choices": [choice]}).encode()
    assert logprobs(raw, "甲乙丙 A", 3) == [-2.0, -4.0], "not what stands before, nor the token made behind"
    assert logprobs(raw, "甲乙丙 A") == [-1.0, -2.0, -4.0]


def by_hand(model: Path, text: str, endings: list[str]) -> list[float]:
    """The harness's own way: text and ending together, the tokens beyond those of the text, one pass for each."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    network = transformers.AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).eval()
    found = []
    for ending in endings:
        whole, head = (tokenizer(part).input_ids for part in (text + ending, text))
        with torch.inference_mode():
            scores = network(torch.tensor([whole[:-1]])).logits[0].log_softmax(-1)
        found.append(sum(float(scores[at - 1, whole[at]]) for at in range(len(head), len(whole))))
    return found


@pytest.mark.parametrize("kind", ["hf", "gguf"])
def test_engines_score_endings_as_the_harness_does(kind: str, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    pytest.importorskip("torch" if kind == "hf" else "llama_cpp")
    spec = f"hf:{tiny / 'hf'}" if kind == "hf" else f"gguf:{tiny / 'tiny.gguf'}"
    call = first_call(LetterExaminer(Sitting(tuple(map(read_example, CMMLU[1:])))), CMMLU[0])
    text, endings = call.messages[0]["content"], [*call.endings, "宜饮温水", "麻黄", " 麻黄汤"]

    async def work(made: Engine) -> None:
        assert await made.endings(text, endings) == pytest.approx(expected, rel=1e-4)  # type: ignore[attr-defined]
        with pytest.raises(CallFailed, match="llm_too_long"):
            await made.endings(text * 30, [" A"])  # type: ignore[attr-defined]

    expected = by_hand(tiny / "hf", text, endings)
    using(spec, work)


def test_the_harness_itself_gives_the_same_numbers(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("lm_eval")
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    spec = importlib.util.spec_from_file_location("exam_logprob", ROOT / "benchmarks" / "exam_logprob.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    contest = module.Contest(tiny / "hf", f"hf:{tiny / 'hf'}", 20, sys.executable)
    found = module.sat_twice(contest, "cmmlu", 3)
    assert found["harness_accuracy"] == found["tcm_accuracy"]
    assert found["greatest_difference"] < 1e-4
