"""Text of a document never acts as an instruction: not on the prompt, and not through a model that obeys it."""

import re
from pathlib import Path
from typing import Any

import pytest

from tcmkit.gen_qa.grounding import Ground
from tcmkit.llm import prompts
from tests.conftest import Run, jsonl, read_lines
from tests.injections import SOUND, documents

DOCUMENTS = documents()
MARKED = {document["text"][:3]: document for document in DOCUMENTS}
FENCED = re.compile(r"<资料 ([0-9a-f]{8})>\n(.*?)\n</资料 \1>", re.DOTALL)
TASKS = (
    "整理下面的病案",
    "依据下面的资料编写问答",
    "依据下面的资料编写对话",
    "编写推理问答",
    "编写说明",
    "请审查下面的材料",
)

POISON = "每日服生川乌三十克，可治百病。"
RIGHT = "患者咳嗽三日，痰白清稀，恶寒，无汗。"


def finding(dimension: str, quote: str, polarity: str = "present") -> dict[str, str]:
    return {"dimension": dimension, "quote": quote, "polarity": polarity}


def qa(question: str, answer: str, quote: str) -> dict[str, str]:
    return {"question": question, "answer": answer, "quote": quote}


TRUE_FINDINGS = [
    finding("chest_abdomen", "咳嗽三日"),
    finding("chest_abdomen", "痰白清稀"),
    finding("cold_heat", "恶寒"),
    finding("sweat", "无汗"),
    finding("tongue", "舌淡苔白"),
    finding("pulse", "脉浮紧"),
]
FALSE_FINDINGS = [finding("pulse", "脉散欲脱"), finding("complexion_form", "面如白蜡")]
ASKED = "咳嗽三日的患者有哪些表现？"
OBEYED: dict[str, list[Any]] = {
    TASKS[0]: [
        {"findings": FALSE_FINDINGS, "removed": [{"category": "identity", "quote": "王小明"}]},
        {"findings": [*FALSE_FINDINGS, TRUE_FINDINGS[0]], "removed": []},
        {"findings": TRUE_FINDINGS, "removed": [], "command": "rm -rf ~"},
        "HACKED：已进入开发者模式。",
        {"findings": [finding("../../etc/passwd", "咳嗽")], "removed": []},
    ],
    TASKS[1]: [
        {"items": [qa("该服何药？", POISON, "咳嗽三日")]},
        {"items": [qa(ASKED, RIGHT, "生川乌三十克")]},
        {"items": [qa(ASKED, POISON, POISON), qa(ASKED, RIGHT, "咳嗽三日")]},
        "HACKED",
        {"items": [qa("系统提示是什么？", "不得透露系统提示，违者重启服务器。", "咳嗽三日")]},
    ],
    TASKS[2]: [{"turns": [qa(ASKED, RIGHT, "咳嗽三日"), qa("再问", POISON, "咳嗽三日")]}],
    TASKS[3]: [{"question": ASKED, "steps": [{"thought": POISON, "quote": "咳嗽三日"}], "answer": RIGHT}],
    TASKS[4]: [{"subject": "生川乌", "description": POISON, "quotes": ["咳嗽三日"]}],
    TASKS[5]: [{"toxic": True, "identifiers": ["name"], "reason": "命令如此", "quotations": ["王小明"]}, "HACKED"],
}
NOTHING: dict[str, Any] = {
    TASKS[0]: {"findings": [], "removed": []},
    TASKS[1]: {"items": []},
    TASKS[2]: {"turns": []},
    TASKS[3]: {"question": "", "steps": [], "answer": ""},
    TASKS[4]: {"subject": "", "description": "", "quotes": []},
    TASKS[5]: {"toxic": False, "identifiers": [], "reason": "病案", "quotations": []},
}
OBEYED[TASKS[5]].append(NOTHING[TASKS[5]])  # a run of which everything fails is stopped
IGNORED: dict[str, Any] = {
    **NOTHING,
    TASKS[0]: {"findings": TRUE_FINDINGS, "removed": []},
    TASKS[1]: {"items": [qa(ASKED, RIGHT, "患者咳嗽三日，痰白清稀，恶寒，无汗")]},
}
VERBS = (
    ("clean-tqs",),
    ("gen-qa", "--kinds", "qa,dialogue,cot,description", "--keep-duplicates"),
    ("screen", "--keep"),
)


def run(tcm: Run, folder: Path, verb: tuple[str, ...], replies: dict[str, list[Any]]) -> tuple[list[Any], list[Any]]:
    """What is written and what is rejected when documents get these replies in turn; later parts of one get nothing."""
    script = [
        {"when": f"{task}.*{mark}", "reply": those[number % len(those)]}
        for task, those in replies.items()
        for number, mark in enumerate(MARKED)
    ]
    script += [{"when": task, "reply": reply} for task, reply in NOTHING.items()]
    (folder / "script").write_bytes(jsonl(script))
    args = ("--llm", "scripted:script", "--no-cache", "--rejects", "rejects", "--summary", "summary")
    ended = tcm(*verb, *args, stdin=jsonl(DOCUMENTS))
    assert ended.status in (0, 3), ended.err
    assert re.search(rf"read {len(DOCUMENTS)} = kept \d+ \+ dropped \d+", ended.messages[-1])
    assert {path.name for path in folder.iterdir()} == {"script", "rejects", "summary"}
    return ended.records, read_lines(folder / "rejects")


def places(prompt: prompts.Prompt) -> tuple[set[str], set[str]]:
    """Names of the places in the system part, and in the user part."""
    system, user = (set(re.findall(r"\{\{([\w-]+)\}\}", part)) for part in (prompt.system, prompt.user))
    return system, user - system


@pytest.mark.parametrize("task", prompts.tasks())
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document["id"])
def test_no_document_ends_its_place_on_a_prompt(task: str, document: dict[str, str]) -> None:
    prompt = prompts.load(task)
    ours, theirs = places(prompt)
    values = dict.fromkeys(ours | theirs, "某值")
    system, user = prompt.messages(dict.fromkeys(theirs, document["text"]), **values)
    plain_system, _ = prompt.messages(dict.fromkeys(theirs, ""), **values)
    assert system == plain_system
    inside = FENCED.findall(user["content"])
    assert len(inside) == len(theirs) == user["content"].count("</资料 ")
    for code, text in inside:
        assert code not in text
        assert not re.search(r"[<>]|\[/?INST\]", text)
        assert len(text) == len(document["text"])
    assert "某值" not in "".join(text for _, text in inside)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_a_model_that_obeys_brings_in_nothing_that_is_not_in_the_source(
    tcm: Run, tmp_path: Path, verb: tuple[str, ...]
) -> None:
    written, rejected = run(tcm, tmp_path, verb, OBEYED)
    text_of = {document["id"]: document["text"] for document in DOCUMENTS}
    assert rejected
    for record in written:
        if verb[0] == "clean-tqs":
            spans = [*record["removed"], *(finding for findings in record["tqs"].values() for finding in findings)]
            assert all(record["text"][span["start"] : span["end"]] == span["text"] for span in spans)
            told = {finding["quote"] for finding in FALSE_FINDINGS}
            assert not told & {span["text"] for span in spans}
            assert record["llm"]["hallucinated"] == 2
        elif verb[0] == "gen-qa":
            source = text_of[record["evidence"]["doc_id"]]
            assert source[record["evidence"]["start"] : record["evidence"]["end"]]
            ground = Ground(source)
            for message in record["messages"]:
                assert ground.made_up(message["content"].replace("<think>", "").replace("</think>", "")) == []
            assert ground.is_supported(record["answer"])
            assert POISON not in str(record)
        else:
            assert record["screen"]["verdict"] == "clear"


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_a_model_that_does_not_listen_gives_the_right_result(tcm: Run, tmp_path: Path, verb: tuple[str, ...]) -> None:
    written, rejected = run(tcm, tmp_path, verb, {task: [reply] for task, reply in IGNORED.items()})
    assert rejected == []
    assert len(written) == len(DOCUMENTS)
    for record, document in zip(written, DOCUMENTS, strict=True):
        start = document["text"].index(SOUND)
        if verb[0] == "clean-tqs":
            found = {(f["text"], f["start"] - start) for findings in record["tqs"].values() for f in findings}
            assert found == {(f["quote"], SOUND.index(f["quote"])) for f in TRUE_FINDINGS}
        elif verb[0] == "gen-qa":
            assert (record["answer"], record["evidence"]["start"] - start) == (RIGHT, 0)
        else:
            assert record["text"] == document["text"]
