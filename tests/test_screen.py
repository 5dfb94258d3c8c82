"""Screening by rules and with a model: verdicts, places, what a model may say; and how well the rules do."""

import json
from pathlib import Path

import pytest

from tcmkit.screen.answer import is_medical_term
from tcmkit.text import pii, toxic
from tcmkit.text.normalise import half_width
from tests.conftest import Run, jsonl, read_lines

DATA = Path(__file__).parent / "data"
TOXIC = {"insult", "hate", "sexual", "violence", "self_harm", "gambling", "ad"}
RECORDS = [
    {"id": "a", "text": "头痛三日，恶寒发热，脉浮紧。"},
    {"id": "b", "text": "你这个王八蛋医生，滚你妈的。"},
    {
        "id": "c",
        "messages": [{"role": "user", "content": "睡不好"}, {"role": "assistant", "content": "请致电13812345678。"}],
    },
    {"id": "d", "source": {"title": "张仲景"}, "text": "附子有毒，死胎不下，乳房胀痛。"},
]


def labelled(name: str) -> list[tuple[str, str]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [(label, text) for label, text in (line.split("\t") for line in lines)]


def figures(name: str) -> dict[str, tuple[float, float]]:
    """Precision and recall on a set, of toxic content and of identifiers."""
    rows = labelled(name)
    scores = {}
    for code, find, wanted in (
        ("toxic", toxic.find, lambda label: label in TOXIC),
        ("identifier", pii.find, lambda label: label not in TOXIC | {"clean"}),
    ):
        hits = [(bool(find(half_width(text))), wanted(label)) for label, text in rows]
        right = sum(found and good for found, good in hits)
        scores[code] = (right / sum(found for found, _ in hits), right / sum(good for _, good in hits))
    return scores


def test_the_sets_are_large_enough() -> None:
    for code in (TOXIC, {"name", "address", "phone", "id_card", "email", "number"}, {"clean"}):
        assert (
            sum(label in code for name in ("screen_tuned.tsv", "screen_heldout.tsv") for label, _ in labelled(name))
            > 140
        )


@pytest.mark.parametrize(
    ("name", "least"),
    [("screen_tuned.tsv", (0.94, 0.84)), ("screen_heldout.tsv", (0.9, 0.7)), ("screen_unseen.tsv", (0.05, 0.55))],
)
def test_rules_flag_little_that_is_medicine_and_much_that_is_not(name: str, least: tuple[float, float]) -> None:
    scores = figures(name)
    assert scores["toxic"][0] == 1.0
    assert scores["identifier"][0] >= 0.98
    assert scores["toxic"][1] >= least[0]
    assert scores["identifier"][1] >= least[1]


def test_flagged_records_are_dropped_with_the_kind_alone(tcm: Run, tmp_path: Path) -> None:
    ended = tcm("screen", "--dropped", "dropped", stdin=jsonl(RECORDS))
    assert ended.status == 0
    assert ended.messages == [
        "tcm screen: read 4 = kept 2 + dropped 2 (screen_identifier 1, screen_toxic 1) + rejected 0; written 2"
    ]
    assert ended.records == [
        {**record, "screen": {"verdict": "clear", "by": "rules", "reasons": []}} for record in (RECORDS[0], RECORDS[3])
    ]
    assert [line["dropped"] for line in read_lines(tmp_path / "dropped")] == [
        {"reason": "screen_toxic", "detail": "insult"},
        {"reason": "screen_identifier", "detail": "phone"},
    ]


def test_keep_says_where(tcm: Run) -> None:
    kept = tcm("screen", "--keep", stdin=jsonl(RECORDS)).records
    reasons = kept[2]["screen"]["reasons"]
    assert kept[2]["screen"]["verdict"] == "flagged"
    assert reasons == [
        {"code": "identifier", "kind": "phone", "by": "rules", "field": "messages.1.content", "start": 3, "end": 14}
    ]
    assert RECORDS[2]["messages"][1]["content"][3:14] == "13812345678"


def test_fields_that_identify_a_person_by_their_names_are_flagged(tcm: Run) -> None:
    records = [
        {"姓名": "王小明", "text": "头痛三日。"},
        {"text": "头痛三日。", "patient": {"name": "Wang Xiaoming", "mrn": 204115}},
        {"text": "头痛三日。", "meta": {"患者姓名": "王小明", "author": "张三"}},
        {"text": "头痛三日。", "name": "王小明", "性别": "男"},
        {"text": "头痛三日。", "name": "逍遥散", "source": {"name": "王小明"}},
        {"text": "头痛三日。", "姓名": "王某", "电话": "[phone]", "住院号": ""},
    ]
    found = [
        [(reason["kind"], reason["field"], reason["end"]) for reason in record["screen"]["reasons"]]
        for record in tcm("screen", "--keep", stdin=jsonl(records)).records
    ]
    assert found == [
        [("name", "姓名", 3)],
        [("name", "patient.name", 13), ("record_number", "patient.mrn", 6)],
        [("name", "meta.患者姓名", 3)],
        [("name", "name", 3)],
        [],
        [],
    ]
    dropped = tcm("screen", stdin=jsonl(records))
    assert "dropped 4 (screen_identifier 4)" in dropped.err


def test_a_record_without_text_is_rejected(tcm: Run) -> None:
    ended = tcm("screen", stdin=jsonl([{"id": "x", "n": 3}, {"id": "y", "text": ""}]))
    assert ended.status == 3
    assert ended.messages[-1] == "tcm screen: read 2 = kept 0 + dropped 0 + rejected 2 (no_text 2); written 0"


def script(path: Path, *lines: object) -> str:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return f"scripted:{path}"


def answer(
    toxic: bool = False, identifiers: tuple[str, ...] = (), quotations: tuple[str, ...] = ()
) -> dict[str, object]:
    return {"toxic": toxic, "identifiers": list(identifiers), "reason": "见引文", "quotations": list(quotations)}


def test_a_model_sees_only_what_the_rules_let_pass(tcm: Run, tmp_path: Path) -> None:
    engine = script(tmp_path / "s", {"when": "头痛|附子", "reply": answer()}, {"fail": "should_not_be_asked"})
    ended = tcm("screen", "--llm", engine, "--no-cache", "--summary", "summary", stdin=jsonl(RECORDS))
    assert [record["screen"]["by"] for record in ended.records] == ["model", "model"]
    assert json.loads((tmp_path / "summary").read_text())["calls"]["made"] == 2


def test_a_model_is_not_asked_about_codes(tcm: Run, tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "黄芩味何？"}, {"role": "assistant", "content": "味苦。"}]
    record = {"question": "黄芩味何？", "answer": "味苦。", "kind": "herb", "messages": turns}
    record |= {"llm": {"engine": "openai:Qwen/Qwen2.5-7B", "prompt": 1}, "category": "隔壁老王的事"}
    engine = script(tmp_path / "s", {"when": "黄芩|味苦|老王", "reply": answer()}, {"fail": "should_not_be_asked"})
    ended = tcm("screen", "--llm", engine, "--no-cache", "--summary", "summary", stdin=jsonl([record]))
    assert ended.records[0]["screen"] == {"verdict": "clear", "by": "model", "reasons": []}
    assert json.loads((tmp_path / "summary").read_text())["calls"]["made"] == 3


def test_an_estimate_counts_every_piece(tcm: Run, tmp_path: Path) -> None:
    text = "".join(f"头痛{day}日，脉浮。" for day in range(800))
    engine = script(tmp_path / "s", {"reply": answer()})
    options = ("screen", "--llm", engine, "--cache", "calls", "--summary", "summary")
    lines = jsonl([{"text": text}, {"id": 1}])
    tcm(*options, "--estimate", stdin=lines)
    foreseen = json.loads((tmp_path / "summary").read_text())["estimate"]
    tcm(*options, stdin=lines)
    made = json.loads((tmp_path / "summary").read_text())["calls"]["made"]
    assert (foreseen["records"], foreseen["unusable"], foreseen["calls"]) == (1, 1, made)
    assert made > 3


def test_what_a_model_quotes_is_dropped_with_its_kind(tcm: Run, tmp_path: Path) -> None:
    record = {"text": "隔壁王建国老师昨天又咳了一夜。"}
    engine = script(tmp_path / "s", {"reply": answer(identifiers=("name",), quotations=("王建国",))})
    ended = tcm("screen", "--llm", engine, "--no-cache", "--keep", stdin=jsonl([record]))
    assert ended.records[0]["screen"] == {
        "verdict": "flagged",
        "by": "model",
        "reasons": [
            {
                "code": "identifier",
                "kind": "name",
                "by": "model",
                "field": "text",
                "start": 2,
                "end": 5,
                "reason": "见引文",
            }
        ],
    }
    assert "screen_identifier 1" in tcm("screen", "--llm", engine, "--no-cache", stdin=jsonl([record])).err


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (answer(toxic=True, quotations=("原文没有的话",)), "llm_quotation_not_in_text"),
        (answer(toxic=True), "llm_no_quotation"),
        (answer(identifiers=("name",), quotations=("徐长卿",)), "llm_medical_term"),
        ({"toxic": "yes"}, "llm_wrong_shape"),
    ],
)
def test_an_answer_that_does_not_hold_is_repaired_once_then_rejected(
    tcm: Run, tmp_path: Path, bad: dict[str, object], reason: str
) -> None:
    record = {"text": "徐长卿三钱，水煎服，治牙痛。"}
    mended = script(tmp_path / "mended", {"replies": [bad, answer()]})
    assert (
        tcm("screen", "--llm", mended, "--no-cache", stdin=jsonl([record])).records[0]["screen"]["verdict"] == "clear"
    )
    stubborn = script(tmp_path / "stubborn", {"reply": bad})
    ended = tcm("screen", "--llm", stubborn, "--no-cache", stdin=jsonl([record]))
    assert ended.messages[-1].endswith(f"rejected 1 ({reason} 1); written 0")


def test_long_texts_are_shown_in_pieces_and_places_count_in_the_whole(tcm: Run, tmp_path: Path) -> None:
    text = "头痛三日，脉浮。" * 400 + "李小明的病历如下。"
    engine = script(
        tmp_path / "s",
        {"when": "李小明", "reply": answer(identifiers=("name",), quotations=("李小明",))},
        {"reply": answer()},
    )
    ended = tcm("screen", "--llm", engine, "--no-cache", "--keep", stdin=jsonl([{"text": text}]))
    reason = ended.records[0]["screen"]["reasons"][0]
    assert text[reason["start"] : reason["end"]] == "李小明"


def test_names_of_drugs_points_and_formulas_are_nobody() -> None:
    assert all(map(is_medical_term, ("何首乌", "刘寄奴", "足三里", "麻黄汤")))
    assert not any(map(is_medical_term, ("王建国", "头痛三日")))


def test_the_shipped_script_answers(tcm: Run) -> None:
    ended = tcm("screen", "--llm", "scripted:demo", "--no-cache", stdin=jsonl(RECORDS[:1]))
    assert ended.records[0]["screen"]["by"] == "model"


def test_every_category_says_what_it_rests_on() -> None:
    from tcmkit.tables import table

    assert toxic.codes()
    assert all(row["source"] for row in table("toxic")["codes"])
