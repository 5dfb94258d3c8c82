"""What holds for every record, however odd."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tcmkit.errors import RecordError
from tcmkit.gen_qa import KINDS, Generator, Settings
from tcmkit.gen_qa.quote import stands_alone
from tcmkit.records import Drop, Record

PIECES = [
    "味辛，温，无毒。",
    "主头痛鼻塞。",
    "入肺经。",
    "白芷（三钱）",
    "防风（二钱）",
    "甘草（一钱）",
    "上为末，每服三钱，白汤调下。",
    "治风寒头痛。",
    "止嗽饮",
    "【主治】",
    "【气味】",
    "【功效】",
    "组成：",
    "\n",
    " ",
    "，",
    "。",
    "（",
    "）",
    "太阳病，发热汗出",
    "者，",
    "桂枝汤主之。",
    "名曰中风。",
    "在肘横纹头陷中。",
    "曲池：",
    "黄疸者，",
    "是指",
    "同上",
    "此方",
    "畏硫黄。",
    "一名香草。",
    "一、",
    "3.1\n饮片 pieces\n",
    "患者",
    "舌红",
    "脉弦",
    "证属肝郁",
    "\ufffd",
    "𠮷",
    "a",
    "1.",
    "“",
    "”",
    "凡使，去皮，酒浸。",
    "浓",
]
texts = st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=80)
headings = st.sampled_from(
    ("白芷", "麻黄汤", "黄疸论", "咳嗽候", "曲池", "序", "卷一", "黄 ", "", "肝郁证", "止嗽饮方")
) | st.text(max_size=8)
strange = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.text(max_size=4), max_size=2)


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Records of every make, with fields of wrong types now and then."""
    record: Record = {"text": draw(texts)}
    if draw(st.booleans()):
        record["source"] = {"title": draw(headings), "section": f"卷上 / {draw(headings)}"}
    if draw(st.booleans()):
        record.update(syndrome=draw(texts | strange), question=draw(texts), answer=draw(texts | strange))
    if draw(st.booleans()):
        span = {"kind": "syndrome", "start": draw(st.integers(-2, 30)), "end": draw(st.integers(-2, 30))}
        record.update(clean_text=draw(texts), tqs={}, stated=draw(st.just([span, 3]) | strange))
    for name in draw(st.lists(st.sampled_from(("source", "text", "id", "output", "stated", "clean_text")), max_size=2)):
        record[name] = draw(strange)
    return record


def value_at(record: Record, path: str) -> str:
    """The string that a field path leads to."""
    value: Any = record
    for part in path.split(".") if path not in record else [path]:
        value = value[int(part)] if isinstance(value, list) else value[part]
    assert isinstance(value, str)
    return value


@settings(max_examples=400, deadline=None)
@given(records())
def test_every_record_gives_sound_questions_a_drop_or_a_record_error(record: Record) -> None:
    try:
        made = Generator(Settings(seed=3))(record)
    except RecordError:
        return
    if isinstance(made, Drop):
        return
    assert made
    assert len({qa["question"] for qa in made}) == len(made)
    for qa in made:
        evidence = qa["evidence"]
        source = value_at(record, evidence["field"]) if "field" in evidence else record["text"]
        quotation = source[evidence["start"] : evidence["end"]]
        right = qa["options"][qa["answer"]] if "options" in qa else qa["answer"]
        assert quotation == right
        assert qa["kind"] in KINDS
        assert quotation == quotation.strip()
        assert quotation
        if qa["kind"] not in ("case", "given", "choice"):
            assert stands_alone(qa["question"])
            assert quotation[0] not in "，。；：、"
        if "options" in qa:
            assert len(set(qa["options"].values())) == 4


@settings(max_examples=100, deadline=None)
@given(records(), st.integers(0, 3))
def test_same_record_and_seed_give_the_same_bytes(record: Record, seed: int) -> None:
    def run() -> str:
        try:
            return json.dumps(Generator(Settings(seed=seed))(record), ensure_ascii=True)
        except RecordError as error:
            return error.reason

    assert run() == run()


@settings(max_examples=100, deadline=None)
@given(records(), st.integers(1, 3))
def test_per_doc_never_gives_more(record: Record, most: int) -> None:
    try:
        made = Generator(Settings(per_doc=most))(record)
    except RecordError:
        return
    assert isinstance(made, Drop) or 1 <= len(made) <= most
