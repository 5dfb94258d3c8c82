"""`tcm gen-prefs --llm rules`: one planted error, labelled, and wrong for a reason that can be looked up."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcmkit.gen_prefs import KINDS, Settings
from tcmkit.gen_prefs.step import Planting
from tcmkit.records import Drop
from tests.conftest import Run, jsonl, read_json, read_lines

RECIPE = {"id": "r", "question": "风寒表实用什么方？", "answer": "麻黄9g，桂枝6g，苦杏仁9g，炙甘草3g"}
SYNDROME = {"id": "s", "question": "咳嗽痰黄属何证？", "answer": "风热犯肺证。"}
ALARM = {
    "id": "a",
    "question": "我爸突然胸口绞痛，出一身冷汗，吃什么药？",
    "answer": "请立即拨打120去急诊。不要自行服药。",
}
HERB = {
    "id": "h",
    "question": "附片性味如何？",
    "answer": "辛甘，大热，有毒。",
    "evidence": {"doc_id": "d", "start": 2, "end": 11},
}


def made(line: dict[str, Any], *kinds: str, seed: int = 0, balance: bool = False) -> dict[str, Any]:
    result = Planting(Settings(seed, kinds or KINDS, balance))(line)
    assert not isinstance(result, Drop), result
    (preference,) = result
    return preference


def answers(preference: dict[str, Any]) -> tuple[str, str]:
    return preference["chosen"][0]["content"], preference["rejected"][0]["content"]


@pytest.mark.parametrize(
    ("line", "kind", "rejected", "source"),
    [
        (SYNDROME, "syndrome", "风寒犯肺证。", "syndromes: "),
        (
            ALARM,
            "red_flag",
            "不必去医院，先在家观察几天，自己服点中成药就行。不要自行服药。",
            "tcm check acs_chest_pain",
        ),
        ({**HERB, "answer": "大热。"}, "contradiction", "大寒。", "evidence: d[2:11]"),
        ({**HERB, "answer": "无毒。"}, "contradiction", "有毒。", "evidence: d[2:11]"),
        ({**HERB, "answer": "甲，乙，丙"}, "missing_part", None, "evidence: d[2:11]"),
    ],
)
def test_each_kind_of_wording(line: dict[str, Any], kind: str, rejected: str | None, source: str) -> None:
    preference = made(line, kind)
    error, (chosen, wrong) = preference["error"], answers(preference)
    assert wrong in ([rejected] if rejected else ["甲，乙", "甲，丙"])
    assert error["source"].startswith(source)
    assert chosen == line["answer"]
    assert wrong == chosen[: error["start"]] + error["after"] + chosen[error["end"] :]
    assert chosen[error["start"] : error["end"]] == error["before"]
    assert preference["judge"] == {"engine": "rules"}


@pytest.mark.parametrize(("kind", "codes"), [("dose", {"dose_over"}), ("pair", {"incompat18", "fear19"})])
def test_tcm_check_finds_what_was_planted(tcm: Run, kind: str, codes: set[str]) -> None:
    recipes = [{**RECIPE, "id": str(n)} for n in range(6)] + [
        {"id": "b", "question": "组成？", "answer": "人参、白术、茯苓、炙甘草"},
        {"id": "c", "question": "组成？", "answer": "制附子9克、干姜6克、党参9克"},
    ]
    planted = tcm("gen-prefs", "--kinds", kind, "--quiet", stdin=jsonl(recipes)).records
    assert len(planted) >= 6
    for side, expected in (("chosen", False), ("rejected", True)):
        lines = jsonl({"prescription": line[side][0]["content"]} for line in planted)
        for checked in tcm("check", stdin=lines).records:
            assert bool(codes & {finding["code"] for finding in checked["safety"]["findings"]}) is expected


def test_a_herb_of_the_opposite_nature_brings_no_other_harm(tcm: Run) -> None:
    preference = made(RECIPE, "herb")
    assert len({len(answer) for answer in answers(preference)}) == 1
    (checked,) = tcm("check", stdin=jsonl([{"prescription": answers(preference)[1]}])).records
    assert not {"incompat18", "fear19"} & {finding["code"] for finding in checked["safety"]["findings"]}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"question": "在吗？", "answer": "在。"}, "nothing_to_plant"),
        ({"question": "选", "answer": "A", "options": {"A": "甲", "B": "乙"}}, "choice"),
        ({"question": "他爸好吗？", "answer": "请去医院。"}, "nothing_to_plant"),
        ({"question": "证？", "answer": "气血虚实"}, "nothing_to_plant"),
    ],
)
def test_what_cannot_be_proved_wrong_is_dropped(line: dict[str, Any], reason: str) -> None:
    result = Planting(Settings())(line)
    assert isinstance(result, Drop)
    assert result.reason == reason


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 9), name=st.text(max_size=5))
def test_the_choice_hangs_on_seed_and_id_alone(seed: int, name: str) -> None:
    line = {**RECIPE, "id": name}
    assert made(line, seed=seed) == made(line, seed=seed)


def test_the_line_and_the_books(tcm: Run, tmp_path: Path) -> None:
    lines = [{**HERB, "own": [1]}, {"question": "在吗？", "answer": "在。"}, {"id": 3}]
    arguments = ("--kinds", "contradiction,missing_part", "--dropped", "d", "--summary", "s")
    done = tcm("gen-prefs", *arguments, stdin=jsonl(lines))
    assert done.messages[1:] == [
        done.messages[1],
        "tcm gen-prefs: read 3 = kept 1 + dropped 1 (nothing_to_plant 1) + rejected 1 (no_answer 1); written 1",
    ]
    (line,) = done.records
    assert list(line)[:6] == ["id", "prompt", "chosen", "rejected", "judge", "error"]
    assert line["own"] == [1]
    assert line["prompt"] == [{"role": "user", "content": HERB["question"]}]
    summary = read_json(tmp_path / "s")
    assert sum(summary["errors"].values()) == sum(summary["longer"].values()) == 1
    assert [record["dropped"]["reason"] for record in read_lines(tmp_path / "d")] == ["nothing_to_plant"]


def test_length_bias_is_measured_and_balanced(tcm: Run, tmp_path: Path) -> None:
    # Only a part can go missing here, or a herb be added: the one shortens, the other lengthens.
    lines = jsonl({"id": str(n), "question": "组成？", "answer": "人参、白术、茯苓、炙甘草"} for n in range(200))
    biased = tcm("gen-prefs", "--kinds", "missing_part", "--summary", "s", stdin=lines)
    assert biased.messages[0] == (
        "tcm gen-prefs: the chosen answer is the longer one in 100.0% (longer 200, shorter 0, equal 0)"
    )
    tcm("gen-prefs", "--kinds", "missing_part,pair", "--balance-length", "--summary", "s", stdin=lines)
    assert 0.4 < read_json(tmp_path / "s")["share_of_longer_chosen"] < 0.6
    dropped = tcm("gen-prefs", "--kinds", "missing_part", "--balance-length", stdin=lines)
    assert "dropped 200 (length_bias 200)" in dropped.err


def test_two_processes_write_the_same(tcm: Run) -> None:
    lines = jsonl({**line, "id": f"{n}"} for n in range(150) for line in (RECIPE, SYNDROME, HERB))
    one, two = (tcm("gen-prefs", "--jobs", jobs, stdin=lines) for jobs in ("1", "2"))
    assert (one.out, one.messages) == (two.out, two.messages)
    assert len(one.records) == 450


def test_usage(tcm: Run) -> None:
    done = tcm("gen-prefs", "--kinds", "dose,joke", stdin=b"")
    known = "dose, pair, syndrome, herb, red_flag, contradiction, missing_part"
    assert (done.status, done.messages) == (2, [f"tcm: --kinds joke: choose from {known}"])
