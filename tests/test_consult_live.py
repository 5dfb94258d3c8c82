"""A model at the terminal: what it may do, what is said of it, and what is kept."""

import json
import os
import shutil
import stat
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tcmkit.consult import Adviser, Settings
from tcmkit.consult.limits import oversteps
from tcmkit.consult.live import LiveTeam
from tcmkit.consult.loop import Consultation
from tcmkit.consult.scoring import by_lsa, key_issues, score
from tcmkit.consult.session import Session, printable
from tcmkit.consult.team_calls import issues_of
from tcmkit.consult.terminal_reader import Scoring
from tcmkit.llm import Call
from tests.conftest import Ended, Run, jsonl

KNOWN = ("30", "女", "否", "无")
MANAGER = {"when": "你是召集人", "reply": {"specialties": ["internal"], "chief_complaint": "咳嗽三天"}}
THIRST = {"question": "口渴吗？\u001b\n喝得多不多？", "dimension": "thirst", "reason": "辨寒热"}
SPECIALIST = {"when": "你是中医内科医师", "reply": {"questions": [THIRST]}}
GENERALIST = {
    "when": "你是全科医师",
    "reply": {"questions": [{"question": "睡得好吗？", "dimension": "sleep"}]},
}
REVIEW = {
    "when": "下面是本轮拟问的问题",
    "reply": {"agree": False, "suggestions": [{"number": 2, "suggestion": "问得更细"}]},
}
REWRITING = {
    "when": "你负责修改问题",
    "reply": {
        "questions": [
            {"question": "嗯？", "dimension": "thirst"},
            {"question": "睡眠怎么样，会失眠、多梦吗？", "dimension": "sleep"},
        ]
    },
}
SYNDROME = {"when": "候选证型", "reply": {"syndrome": "痰热壅肺证", "for": ["痰黄"], "against": []}}
TREATMENT = {
    "when": "检索到的方剂与警示",
    "reply": {"formula": "桑菊饮", "advice": "疏风清热，\u001b\u0007宣肺止咳。"},
}
ALL = [MANAGER, REVIEW, REWRITING, SPECIALIST, GENERALIST, SYNDROME, TREATMENT]


def talked(tcm: Run, folder: Path, script: list[dict[str, Any]], lines: tuple[str, ...], *options: str) -> Ended:
    (folder / "script.jsonl").write_bytes(jsonl(script))
    typed = "".join(f"{line}\n" for line in lines)
    done = tcm("consult", "--plain", "--lang", "zh", "--llm", "scripted:script.jsonl", *options, stdin=typed)
    assert done.status == 0, done.err
    return done


def said_in(done: Ended) -> str:
    return done.out.decode("utf-8")


def test_the_team_asks_at_the_terminal_and_its_words_stand_apart(tcm: Run, tmp_path: Path) -> None:
    lines = ("咳嗽三天，痰黄", *KNOWN, "渴，爱喝凉的", "没有", "/done")
    said = said_in(talked(tcm, tmp_path, ALL, lines, "--report", "r.md"))
    assert "由模型 scripted:script.jsonl 提问。\n内容不会离开本机。" in said
    assert "第 1 问 · 口渴 · 十问：已问 2，已答 2，未问 16\n口渴吗？ 喝得多不多？\n> 渴，爱喝凉的" in said
    assert "第 2 问 · 睡眠 · 十问：已问 3，已答 3，未问 15\n睡眠怎么样，会失眠、多梦吗？\n> 没有" in said
    assert "睡眠：失眠（否认），多梦（否认）" in said
    assert "\x1b" not in said
    own = said.partition("\n模型所言\n")[2].partition("\n\n")[0]
    assert own == (
        "  以下由语言模型写成，可能有误；以上警示不因其所言而改变。\n  主诉（模型概括）：咳嗽三天\n  提问：模型提出 2 问，内置引擎代提 0 问\n"
        "  证型：痰热壅肺证\n  支持：“痰黄”\n  方剂：桑菊饮\n  理由：疏风清热，宣肺止咳。"
    )
    assert "1\\. 口渴吗" not in said
    assert "口渴吗？ 喝得多不多？（模型）" in (tmp_path / "r.md").read_text(encoding="utf-8")


def test_going_on_and_taking_back_ask_the_model_nothing_again(tcm: Run, tmp_path: Path) -> None:
    talked(tcm, tmp_path, ALL, ("咳嗽三天，痰黄", *KNOWN, "渴", "^"), "--save", "s.json")
    kept = json.loads((tmp_path / "s.json").read_bytes())
    assert [one["by"] for one in kept["exchanges"]] == ["internal", "generalist"]
    kept["exchanges"].pop()
    (tmp_path / "s.json").write_text(json.dumps(kept | {"waiting": kept["waiting"]}), encoding="utf-8")
    assert kept["team"] == ["internal", "generalist"]
    said = said_in(talked(tcm, tmp_path, [{"fail": "llm_refused"}], ("/undo", "不渴", "/done"), "--resume", "s.json"))
    asked_again = said.partition("> /undo")[2]
    assert "口渴吗？ 喝得多不多？\n> 不渴" in asked_again
    assert "主诉（模型概括）：咳嗽三天" in said
    assert "证型：无可用的回答（llm_refused）" in said


def test_a_question_that_was_put_and_not_answered_is_put_again(tcm: Run, tmp_path: Path) -> None:
    talked(tcm, tmp_path, ALL, ("咳嗽三天，痰黄", *KNOWN), "--save", "s.json")
    waiting = json.loads((tmp_path / "s.json").read_bytes())["waiting"]
    assert [one["text"] for one in waiting] == ["口渴吗？ 喝得多不多？", "睡眠怎么样，会失眠、多梦吗？"]
    said = said_in(talked(tcm, tmp_path, [{"fail": "llm_refused"}], ("渴", "睡得好"), "--resume", "s.json"))
    assert "第 1 问 · 口渴" in said
    assert "第 2 问 · 睡眠" in said
    assert said.index("模型没有给出可用的问题（llm_refused）：这一问由内置引擎提出。") > said.index("> 睡得好")


def test_a_model_that_fails_midway_leaves_the_rest_to_the_built_in_engine(tcm: Run, tmp_path: Path) -> None:
    once = [
        MANAGER,
        {"when": "你是中医内科医师", "fail": "llm_refused"},
        {"when": "你是全科医师", "fail": "llm_refused"},
    ]
    lines = ("咳嗽三天，痰黄", *KNOWN, "舌红", "脉数", "没有", "/done")
    said = said_in(talked(tcm, tmp_path, [*once, {"fail": "llm_refused"}], lines))
    assert said.count("模型没有给出可用的问题（llm_refused）") == 2
    assert "（llm_refused）：以下由内置引擎提问。" in said
    assert "第 3 问 · " in said
    assert "\n辨证与治法\n" in said


def test_no_model_is_asked_before_a_red_flag_is_looked_for(tcm: Run, tmp_path: Path) -> None:
    reassuring = [{"reply": {"questions": [{"question": "没事的，要不要睡一觉？", "dimension": "sleep"}]}}]
    said = said_in(talked(tcm, tmp_path, reassuring, ("突然胸口剧痛，出一身冷汗，喘不上气",), "--trace", "t"))
    assert "危险信号：请立即就医" in said
    assert "模型" not in said.partition("内容不会离开本机")[2]
    assert {json.loads(line)["agent"] for line in (tmp_path / "t").read_bytes().splitlines()} <= {
        "record",
        "consultation",
    }


@pytest.mark.parametrize(
    "words",
    [
        "您先吃附子30克，好吗？",
        "不用去医院，睡一觉好吗？",
        "降压药可以停药了，对吗？",
        "桂枝、麻黄、甘草一起煎，可以吗？",
        "每天服用一次，记住了吗？",
        "这个病怎样调养？",
        "怎样调养？汗十余日，苔白",
        "脉滑数，口渴吗？脉滑数，口渴吗？脉滑数，口渴吗？",
        "多喝热水。",
    ],
)
def test_what_is_no_question_is_not_put(tcm: Run, tmp_path: Path, words: str) -> None:
    bad = {"reply": {"questions": [{"question": words, "dimension": "sleep"}]}}
    said = said_in(talked(tcm, tmp_path, [MANAGER, bad], ("咳嗽三天，痰黄", *KNOWN, "/done")))
    assert words not in said
    assert "模型没有给出可用的问题（bad_question）" in said


@pytest.mark.parametrize(
    "words",
    ["大便干不干？", "吃过阿司匹林吗？", "疼的时候按着舒服些吗？", "晚上盗汗吗", "有没有吃药？", "以前怎么治疗的？"],
)
def test_what_is_a_question_is(words: str) -> None:
    assert not oversteps(words)


def test_an_address_is_said_before_anything_is_asked(tcm: Run) -> None:
    options = ("--llm", "openai:m", "--base-url", "http://me:secret@127.0.0.1:9/v1", "--retries", "0", "--timeout", "5")
    typed = "".join(f"{line}\n" for line in ("咳嗽三天，痰黄", *KNOWN, "/done"))
    done = tcm("consult", "--plain", "--lang", "zh", *options, stdin=typed)
    said = said_in(done)
    assert done.status == 0, done.err
    assert said.index("注意：您所说的内容会发送到 http://127.0.0.1:9/v1。") < said.index("患者哪里不舒服")
    assert "不会离开本机" not in said
    assert "secret" not in said
    assert "：以下由内置引擎提问。" in said
    assert "第 1 问 · 舌象" in said


def test_nothing_of_a_conversation_is_cached(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "script.jsonl").write_bytes(jsonl(ALL))
    typed = "".join(f"{line}\n" for line in ("咳嗽三天，痰黄", *KNOWN, "/done"))
    home = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    tcm("consult", "--plain", "--llm", "scripted:script.jsonl", stdin=typed, env=home)
    assert [path.name for path in tmp_path.rglob("*")] == ["script.jsonl"]


def test_the_trace_tells_every_step_and_its_scores_can_be_worked_out_again(tcm: Run, tmp_path: Path) -> None:
    lines = ("咳嗽三天，痰黄", *KNOWN, "渴，爱喝凉的", "没有", "/done")
    talked(tcm, tmp_path, ALL, lines, "--trace", "trace.jsonl")
    assert stat.S_IMODE((tmp_path / "trace.jsonl").stat().st_mode) == 0o600
    steps = [json.loads(line) for line in (tmp_path / "trace.jsonl").read_bytes().splitlines()]
    assert _scores(steps) >= 5
    by_call = {step["call"]: step for step in reversed(steps)}
    assert by_call["consult-manager"]["members"] == ["internal", "generalist"]
    assert by_call["consult-review"] | {"agent": ""} == {
        "agent": "",
        "call": "consult-review",
        "agreed": False,
        "suggestions": ["2. 问得更细"],
    }
    first, second = by_call["consult-rewrite"]["rewritten"]
    assert (first["taken"], second["taken"], second["was"]) == (False, True, "睡得好吗？")
    heard = [step for step in steps if step["call"] == "hear"]
    assert [(step["heard"], step["how"]) for step in heard] == [("渴，爱喝凉的", "told"), ("没有", "denied")]
    assert {"dimension": "sleep", "text": "失眠", "polarity": "absent"} in heard[-1]["evidence"]
    assert by_call["end"]["ended"] == "patient"
    assert by_call["consult-syndrome"]["syndrome"] == "痰热壅肺证"


def _scores(steps: list[dict[str, Any]]) -> int:
    """How many scores there are; each is what it is said to be, from the record as it stood."""
    told, count = "", 0
    for step in steps:
        told = step.get("told", told)
        for one in (*step.get("proposed", ()), *step.get("rewritten", ())):
            issues = key_issues(step["specialty"]) if step["agent"] == "built-in" else issues_of(one["by"])
            again = score(one["question"], issues, told, by_lsa)
            assert again.as_record() == {key: one[key] for key in ("comprehensiveness", "pertinence", "total")}
            count += 1
    return count


def test_the_trace_of_the_built_in_engine_in_the_pipe(tcm: Run, tmp_path: Path) -> None:
    cases = [
        {"id": "a", "text": "咳嗽三天，痰黄稠，口渴喜饮，舌红，苔薄黄，脉浮数。"},
        {"text": "失眠半年，心悸，舌淡，脉细。"},
    ]
    arguments = ("consult", "--patient", "simulated", "--max-rounds", "2", "-j", "2")
    plain = tcm(*arguments, stdin=jsonl(cases))
    traced = tcm(*arguments, "--trace", "trace.jsonl", stdin=jsonl(cases))
    assert traced.out == plain.out
    assert stat.S_IMODE((tmp_path / "trace.jsonl").stat().st_mode) == 0o600
    steps = [json.loads(line) for line in (tmp_path / "trace.jsonl").read_bytes().splitlines()]
    assert [step["consultation"] for step in steps] == sorted(step["consultation"] for step in steps)
    assert {step.get("id") for step in steps if step["consultation"] == 1} == {"a"}
    assert all(_scores([step for step in steps if step["consultation"] == number]) >= 4 for number in (1, 2))
    assert [step["ended"] for step in steps if step["call"] == "end"] == ["rounds", "rounds"]


def test_a_trace_that_cannot_be_written(tcm: Run, tmp_path: Path) -> None:
    done = tcm("consult", "--plain", "--trace", "no/such/folder", stdin="")
    assert (done.status, done.err) == (
        1,
        "tcm: --trace no/such/folder: No such file or directory; choose another place\n",
    )
    both = tcm("consult", "--plain", "--trace", "r.md", "--report", "r.md", stdin="")
    assert (both.status, both.err) == (2, "tcm: two outputs have the same name\n")


def test_sequences_that_steer_a_terminal_are_taken_out_whole() -> None:
    assert printable("痛\x1b[1;31m吗\x1b]8;;http://x\x1b\\？\x9b2J\x1bc") == "痛吗？c"


def longer(tiny: Path, folder: Path) -> Path:
    """The tiny model, said to read 8192 tokens: what it says is no worse for it."""
    path = folder / "tiny.gguf"
    shutil.copy(tiny / "tiny.gguf", path)
    data = bytearray(path.read_bytes())
    at = data.index(b"qwen2.context_length") + len(b"qwen2.context_length") + 4
    data[at : at + 4] = (8192).to_bytes(4, "little")
    path.write_bytes(data)
    return path


@pytest.fixture
def one_core() -> Iterator[None]:
    """llama.cpp takes a thread for each core, and beside other tests they wait for each other for most of the time."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    yield
    os.sched_setaffinity(0, cores)


@pytest.mark.usefixtures("one_core")
def test_a_real_model_at_the_terminal(tcm: Run, tiny: Path, tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp")
    model = longer(tiny, tmp_path)
    typed = "".join(f"{line}\n" for line in ("咳嗽三天，痰黄", *KNOWN, "不知道", "/done"))
    options = ("--llm", f"gguf:{model}", "--context", "8192", "--max-tokens", "200", "--trace", "trace.jsonl")
    options += ("--max-rounds", "1", "--max-turns", "0", "--formulas", "1")
    done = tcm("consult", "--plain", "--lang", "zh", *options, stdin=typed, timeout=300)
    assert done.status == 0, done.err
    steps = [json.loads(line) for line in (tmp_path / "trace.jsonl").read_bytes().splitlines()]
    assert {"manager", "generalist"} <= {step["agent"] for step in steps}
    assert "辨证与治法" in said_in(done)
    assert "模型所言" in said_in(done)


class Slow:
    """A model whose answers come when they are let go; what it was asked."""

    def __init__(self, left_at: str = "") -> None:
        """`left_at` begins what it is asked when somebody presses Ctrl-C."""
        self.go, self.asked, self.left_at = threading.Event(), list[str](), left_at

    def finish(self, talk: Generator[Call, Any, Any]) -> Any:
        """Answers as `ALL`."""
        answer: Any = None
        while True:
            try:
                call = talk.send(answer)
            except StopIteration as end:
                return end.value
            asked = call.messages[-1]["content"]
            self.asked.append(asked[:6])
            if self.left_at and asked.startswith(self.left_at):
                raise KeyboardInterrupt
            assert self.go.wait(20)
            answer = next(one["reply"] for one in ALL if one["when"] in asked)


def state(told: str, **known: Any) -> Consultation:
    settings = Settings(max_turns=0)
    consultation = Consultation(settings, Adviser(settings))
    consultation.hear(told)
    for name, value in known.items():
        setattr(consultation.chart, name, value)
    return consultation


def begun(model: Slow, said: list[str]) -> tuple[LiveTeam, Session]:
    session = Session()
    return LiveTeam(model, Settings(max_turns=0, proposals=1), session, Scoring(), said.append), session  # type: ignore[arg-type]


def test_the_team_thinks_while_somebody_says_who_they_are() -> None:
    model, said = Slow(), list[str]()
    team, session = begun(model, said)
    who = state("咳嗽三天，痰黄", male=True)
    model.go.set()
    team.think_ahead(lambda: state("咳嗽三天，痰黄"), False)
    team.think_ahead(lambda: who, True)
    team.think_ahead(lambda: who, True)
    for _wait in range(200):
        if len(model.asked) == 3:
            break
        time.sleep(0.05)
    assert model.asked == ["你是召集人，", "你是中医内科", "你是全科医师"]
    question = team.next_question(state("咳嗽三天，痰黄", male=True))
    assert question is not None
    assert question.text == "口渴吗？ 喝得多不多？"
    assert (session.team, session.complaint) == (("internal", "generalist"), "咳嗽三天")
    assert len(model.asked) == 3
    team.close()


def test_what_was_thought_of_another_record_is_not_put() -> None:
    model, said = Slow(), list[str]()
    team, _session = begun(model, said)
    team.think_ahead(lambda: state("咳嗽三天，痰黄"), False)
    team.think_ahead(lambda: state("咳嗽三天，痰黄"), True)
    model.go.set()
    assert team.next_question(state("头痛两天", male=True)) is not None
    assert model.asked.count("你是中医内科") >= 1
    assert len(said) == 1  # that it thinks
    team.close()
    child = Slow()
    team, _session = begun(child, [])
    child.go.set()
    team.think_ahead(lambda: state("咳嗽三天，痰黄"), False)
    assert team.next_question(state("咳嗽三天，痰黄", child=True)) is not None
    assert child.asked.count("你是召集人，") == 2  # the choice was made before it was known that this is a child
    team.close()


def test_the_complaint_stays_though_nobody_waits_for_the_questions() -> None:
    model = Slow(left_at="你是中医内科")
    team, session = begun(model, [])
    model.go.set()
    team.think_ahead(lambda: state("咳嗽三天，痰黄"), True)
    assert team.next_question(state("咳嗽三天，痰黄")) is not None  # the built-in engine's
    assert (session.complaint, session.team) == ("咳嗽三天", ("internal", "generalist"))
    team.close()


def test_another_complaint_wants_another_choice() -> None:
    model = Slow()
    team, session = begun(model, [])
    model.go.set()
    team.think_ahead(lambda: state("头痛两天"), False)
    team.forget()
    team.think_ahead(lambda: state("咳嗽三天，痰黄"), True)
    assert team.next_question(state("咳嗽三天，痰黄")) is not None
    assert (session.complaint, session.team) == ("咳嗽三天", ("internal", "generalist"))
    assert model.asked[-3:] == ["你是召集人，", "你是中医内科", "你是全科医师"]
    team.close()
