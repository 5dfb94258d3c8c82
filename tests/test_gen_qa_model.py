"""gen-qa with a model: what it writes must stand in the passage, or it is not written."""

from pathlib import Path
from typing import Any

import pytest

from tcmkit.errors import RecordError, UsageError
from tcmkit.gen_qa.by_model import ModelGenerator, ModelSettings
from tcmkit.gen_qa.grounding import Ground
from tcmkit.llm import Call, ModelOptions, ReplyError
from tcmkit.records import Drop, Record, content_id
from tests.conftest import Run, jsonl, read_json, read_lines

PASSAGE = (
    "麻黄，味辛性温，归肺与膀胱经。发汗散寒，宣肺平喘，利水消肿。用于风寒感冒，胸闷喘咳，风水浮肿。"
    "煎服，3～9g。体虚自汗者慎用。"
)
SOURCE = {"title": "验药小记", "section": "草部 / 麻黄"}
DOCUMENT = {"id": "d1", "text": PASSAGE, "source": SOURCE, "licence": "CC0"}
QUESTION = "据《验药小记》，麻黄有哪些功效？"
ANSWER = "麻黄能发汗散寒、宣肺平喘、利水消肿。"
QUOTE = "发汗散寒，宣肺平喘，利水消肿。"


def item(question: str = QUESTION, answer: str = ANSWER, quote: str = QUOTE) -> dict[str, str]:
    return {"question": question, "answer": answer, "quote": quote}


def generator(*kinds: str, **more: Any) -> ModelGenerator:
    return ModelGenerator(ModelSettings(kinds or ("qa",), **more), ModelOptions(("scripted:demo",)))


def written(step: ModelGenerator, record: Record, *answers: Any) -> list[Record] | Drop:
    """What the talk ends with; an answer that is an error is thrown into it."""
    talk = step(record)
    call = next(talk)
    try:
        for answer in answers:
            if isinstance(answer, Exception):
                call = talk.throw(answer)
                continue
            assert call.check is not None
            call.check(answer)
            call = talk.send(answer)
    except StopIteration as end:
        return end.value if isinstance(end.value, Drop) else list(end.value)
    raise AssertionError("it asks for more")


def fault(kind: str, reply: Any, record: Record = DOCUMENT) -> str:
    """What the model is told of a reply that will not do."""
    call: Call = next(generator(kind)(record))
    assert call.check is not None
    with pytest.raises(ReplyError) as raised:
        call.check(reply)
    assert raised.value.reason == "ungrounded"
    return raised.value.advice


class TestQuestionAndAnswer:
    def test_a_grounded_one_is_written_with_its_place(self) -> None:
        assert written(generator(), DOCUMENT, {"items": [item()]}) == [
            {
                "id": content_id("d1", "qa", QUESTION),
                "question": QUESTION,
                "answer": ANSWER,
                "kind": "qa",
                "evidence": {"doc_id": "d1", "start": 15, "end": 30},
                "messages": [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": ANSWER}],
                "source": SOURCE,
                "llm": {"engine": "scripted:demo", "prompt": 1},
            }
        ]

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"quote": "发汗解表，宣肺平喘"}, "引文不在资料中：“发汗解表，宣肺平喘”"),
            ({"quote": ""}, "引文不在资料中"),
            ({"answer": "麻黄能发汗散寒，宜与桂枝同用。"}, "资料中没有：桂枝"),
            ({"answer": "麻黄汤能发汗散寒，宣肺平喘。"}, "资料中没有：麻黄汤"),
            ({"answer": "麻黄煎服，用10克，发汗散寒。"}, "资料中没有：10克"),
            ({"answer": "麻黄煎服，三钱，发汗散寒。"}, "资料中没有：三钱"),
            ({"answer": "麻黄能发汗散寒，可灸足三里。"}, "资料中没有：足三里"),
            ({"answer": "麻黄能发汗散寒，用于风寒感冒和消渴。"}, "资料中没有：消渴"),
            ({"answer": "麻黄能发汗散寒，see https://example.org"}, "资料中没有：see、https、example、org"),
            ({"answer": "平时应当多休息，保持心情舒畅。"}, "资料不足以支持"),
            ({"answer": f"{ANSWER}平时应当注意休息，保持心情舒畅。"}, "资料不足以支持"),
            ({"answer": "麻黄味辛，凉，归肺与膀胱经。"}, "资料中没有：凉"),
            ({"answer": " "}, "答案为空"),
            ({"question": "本文所述之药有何功效？"}, "问题不能独立理解"),
            ({"question": "附子有哪些功效？"}, "资料中没有：附子"),
        ],
    )
    def test_what_is_not_in_the_passage_is_named_to_the_model(self, changed: dict[str, str], said: str) -> None:
        assert said in fault("qa", {"items": [item(**changed)]})

    @pytest.mark.parametrize(
        "answer",
        [
            "麻黄煎服，用3～9克；体虚自汗者慎用。",
            "麻黄煎服，3g至9g。",
            "麻黃味辛性溫，歸肺與膀胱經。",
            "1. 发汗散寒；\n2. 宣肺平喘；\n3. 利水消肿。",
        ],
    )
    def test_units_script_and_numbered_lists_are_no_additions(self, answer: str) -> None:
        assert len(written(generator(), DOCUMENT, {"items": [item(answer=answer)]})) == 1

    def test_of_several_the_grounded_ones_are_written_up_to_the_number_wished(self) -> None:
        answer = {
            "items": [item(answer="桂枝能发汗散寒。"), item(), item("麻黄如何服用？", "煎服，3～9g。", "煎服，3～9g")]
        }
        two = written(generator(per_passage=2), DOCUMENT, answer)
        assert [made["question"] for made in two] == [QUESTION, "麻黄如何服用？"]
        assert len(written(generator(), DOCUMENT, answer)) == 1

    def test_nothing_to_ask_drops_the_document(self) -> None:
        assert written(generator(), DOCUMENT, {"items": []}) == Drop("no_question")

    def test_a_long_document_is_asked_about_passage_by_passage(self) -> None:
        text = PASSAGE + "病者安卧，静养数日。" * 150 + "桂枝，味辛甘，性温。"
        last = item("桂枝的性味如何？", "桂枝味辛甘，性温。", "味辛甘，性温")
        made = written(generator(), {"id": 1, "text": text}, {"items": [item("麻黄有何功效？")]}, {"items": [last]})
        assert [text[qa["evidence"]["start"] : qa["evidence"]["end"]] for qa in made] == [QUOTE, "味辛甘，性温"]

    def test_a_passage_that_failed_costs_only_its_own_questions(self) -> None:
        text = PASSAGE + "病者安卧，静养数日。" * 150 + "桂枝，味辛甘，性温。"
        step = generator()
        made = written(
            step,
            {"text": text},
            RecordError("ungrounded"),
            {"items": [item("桂枝的性味？", "味辛甘，性温。", "味辛甘，性温")]},
        )
        assert len(made) == 1
        assert step.notes == {"questions": {"qa": 1, "ungrounded": 1}}
        with pytest.raises(RecordError, match="llm_timeout"):
            written(generator(), {"text": text}, RecordError("llm_timeout"), RecordError("ungrounded"))


class TestModes:
    def test_a_dialogue_has_every_turn_grounded(self) -> None:
        turns = [item(), item("怎样服用？", "煎服，3～9g，体虚自汗者慎用。", "煎服，3～9g。体虚自汗者慎用。")]
        [qa] = written(generator("dialogue"), DOCUMENT, {"turns": turns})
        assert (qa["question"], qa["answer"], qa["kind"]) == (QUESTION, ANSWER, "dialogue")
        assert [message["role"] for message in qa["messages"]] == ["user", "assistant"] * 2
        assert qa["further_evidence"] == [{"doc_id": "d1", "start": 47, "end": 63}]
        bad = [turns[0], item("怎样服用？", "每次15克。", QUOTE)]
        assert "资料中没有：15克" in fault("dialogue", {"turns": bad})
        assert "至少两轮" in fault("dialogue", {"turns": turns[:1]})
        assert written(generator("dialogue"), DOCUMENT, {"turns": []}) == Drop("no_question")

    def test_a_chain_of_thought_rests_every_step_on_a_quotation(self) -> None:
        steps = [
            {"thought": "麻黄发汗散寒，所以适用于风寒感冒。", "quote": "发汗散寒"},
            {"thought": "体虚自汗者再发汗会更虚，故须慎用。", "quote": "体虚自汗者慎用"},
        ]
        reply = {"question": "麻黄为何体虚自汗者慎用？", "steps": steps, "answer": "麻黄发汗，体虚自汗者慎用。"}
        [qa] = written(generator("cot"), DOCUMENT, reply)
        thoughts = "\n".join(step["thought"] for step in steps)
        assert qa["messages"][1]["content"] == f"<think>\n{thoughts}\n</think>\n\n麻黄发汗，体虚自汗者慎用。"
        assert qa["steps"] == [{"text": step["thought"], "evidence": n} for n, step in enumerate(steps)]
        assert qa["answer"] == "麻黄发汗，体虚自汗者慎用。"
        bad = {**reply, "steps": [*steps, {"thought": "附子温阳，与麻黄相配。", "quote": "发汗散寒"}]}
        assert "资料中没有：附子" in fault("cot", bad)
        assert written(generator("cot"), DOCUMENT, {"question": "", "steps": [], "answer": ""}) == Drop("no_question")

    def test_a_description_is_of_something_in_the_passage(self) -> None:
        reply = {
            "subject": "麻黄",
            "description": "麻黄味辛性温，归肺与膀胱经，能发汗散寒。",
            "quotes": ["味辛性温，归肺与膀胱经", "发汗散寒"],
        }
        [qa] = written(generator("description"), DOCUMENT, reply)
        assert (qa["question"], qa["subject"], len(qa["further_evidence"])) == ("请介绍麻黄。", "麻黄", 1)
        assert "资料中没有：附子" in fault("description", {**reply, "subject": "附子"})
        assert "缺少引文" in fault("description", {**reply, "quotes": []})

    def test_several_texts_at_once_must_be_quoted_from_two(self) -> None:
        record = {"id": 5, "texts": ["初诊咳嗽痰黄，舌红苔黄。", "二诊咳嗽已减，舌淡红。"]}
        quotes = [{"text": 1, "quote": "咳嗽痰黄"}, {"text": 2, "quote": "咳嗽已减"}]
        reply = {"question": "两诊之间咳嗽有何变化？", "answer": "初诊咳嗽痰黄，二诊咳嗽已减。", "quotes": quotes}
        [qa] = written(generator("multi"), record, reply)
        assert qa["evidence"] == {"doc_id": "5", "start": 2, "end": 6, "field": "texts/0"}
        assert qa["further_evidence"] == [{"doc_id": "5", "start": 2, "end": 6, "field": "texts/1"}]
        assert "至少两段" in fault("multi", {**reply, "quotes": quotes[:1]}, record)
        for number in (0, 3, -1):
            assert "引文不在资料中" in fault("multi", {**reply, "quotes": [{"text": number, "quote": "咳嗽"}]}, record)
        assert "第2段：" in next(generator("multi")(record)).messages[1]["content"]

    def test_one_short_text_gives_nothing_to_compare(self) -> None:
        talk = generator("multi")(DOCUMENT)
        with pytest.raises(StopIteration) as ended:
            next(talk)
        assert ended.value.value == Drop("no_question")


def test_what_cannot_be_asked_about(tmp_path: Path) -> None:
    for record, reason in (
        ({}, "no_text"),
        ({"text": " "}, "no_text"),
        ({"text": 3}, "no_text"),
        ({"texts": [1]}, "bad_field"),
    ):
        with pytest.raises(RecordError) as raised:
            next(generator()(record))
        assert raised.value.reason == reason
    with pytest.raises(UsageError, match="did you mean dialogue"):
        ModelSettings(("dialog",))
    with pytest.raises(UsageError, match="one kind"):
        ModelGenerator(ModelSettings(("qa", "cot")), ModelOptions(("scripted:demo",), prompt=str(tmp_path)))


def test_a_stretch_of_another_text_is_not_supported() -> None:
    ground = Ground(PASSAGE * 5)
    assert ground.share("凡下利而脉浮弱者，当以汗出而解；若汗后复热，即非本候，宜审其里证。") < 0.2


def test_the_run_repairs_rejects_and_drops(tcm: Run, tmp_path: Path) -> None:
    bad = {"items": [item("麻黄何用？", "桂枝能发汗散寒。")]}
    script = [
        {"when": "甲", "reply": {"items": [item("麻黄有何功效？")]}},
        {"when": "乙", "replies": [bad, {"items": [item("麻黄的功效是什么？")]}]},
        {"when": "丙", "reply": bad},
        {"when": "丁", "reply": {"items": []}},
    ]
    (tmp_path / "script").write_bytes(jsonl(script))
    stdin = jsonl({"id": name, "text": f"{name}。{PASSAGE}"} for name in "甲乙丙丁")
    args = ("gen-qa", "--llm", "scripted:script", "--no-cache", "--rejects", "rejects", "--summary", "summary")
    ended = tcm(*args, stdin=stdin)
    assert ended.status == 3
    assert [qa["question"] for qa in ended.records] == ["麻黄有何功效？", "麻黄的功效是什么？"]
    assert ended.messages[-1] == (
        "tcm gen-qa: read 4 = kept 2 + dropped 1 (no_question 1) + rejected 1 (ungrounded 1); written 2"
    )
    assert [line["line"] for line in read_lines(tmp_path / "rejects")] == [3]
    assert read_json(tmp_path / "summary")["questions"] == {"qa": 2, "ungrounded": 1}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--kinds", "dialogue"), "no such kind: dialogue"),
        (
            ("--kinds", "herb", "--llm", "scripted:demo"),
            "no such kind: herb; there are qa, dialogue, cot, description, multi",
        ),
        (("--windows", "--llm", "scripted:demo"), "--windows and --group-by go with --llm rules"),
    ],
)
def test_kinds_belong_to_their_engine(tcm: Run, args: tuple[str, ...], message: str) -> None:
    ended = tcm("gen-qa", *args, stdin=jsonl([DOCUMENT]))
    assert ended.status == 2
    assert message in ended.messages[0]
