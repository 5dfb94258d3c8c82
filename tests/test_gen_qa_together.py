"""Questions that need more than one place: the windows of a paper, the cases of a group."""

from typing import Any

import pytest

from tests.conftest import Run, jsonl, read_json

PAGES = [
    "黄芪有补气升阳的作用，临床上用于气虚乏力的病人。本组四十例以气短为主要表现，年龄在三十到六十岁之间。",
    "对照的一组只用针灸，没有用汤药，随访三个月。结果两组都有好转，以治疗的一组更为明显。",
    "需要注意黄芪性质偏温，阴虚火旺的人服后可能口干。剂量应当从小量开始，视反应再加减。",
]


def paper(importance: int | None, file: str = "a.pdf") -> list[dict[str, Any]]:
    return [
        {"id": f"{file}-{n}", "text": page, "source": {"path": file, "title": "补气一得"}, "importance": importance}
        for n, page in enumerate(PAGES)
    ]


def quoted(records: list[dict[str, Any]], evidence: dict[str, Any]) -> str:
    text = next(record["text"] for record in records if record["id"] == evidence["doc_id"])
    return str(text[evidence["start"] : evidence["end"]])


def test_between_two_blocks_of_a_window(tcm: Run) -> None:
    records = paper(1)
    done = tcm("gen-qa", "--windows", stdin=jsonl(records))
    (made,) = [record for record in done.records if record["scope"] == "between"]
    assert made["question"] == "《补气一得》有两处谈到黄芪，分别说了什么？"
    one = "黄芪有补气升阳的作用，临床上用于气虚乏力的病人。"
    other = "需要注意黄芪性质偏温，阴虚火旺的人服后可能口干。"
    assert made["answer"] == f"一处：{one}\n另一处：{other}"
    assert [quoted(records, place) for place in (made["evidence"], *made["further_evidence"])] == [one, other]
    assert done.messages == ["tcm gen-qa: read 3 = kept 3 + dropped 0 + rejected 0; written 1"]


@pytest.mark.parametrize(
    ("importance", "blocks", "steps", "asked"),
    [
        (1, "3", "1=1", 1),
        (1, "2", "1=1", 0),  # the two places never stand in one window
        (2, "3", "1=1,2=5", 1),
        (None, "3", "1=1", 1),
    ],
)
def test_window_and_step_decide_which_blocks_meet(
    tcm: Run, importance: int | None, blocks: str, steps: str, asked: int
) -> None:
    done = tcm(
        "gen-qa", "--windows", "--window-blocks", blocks, "--window-steps", steps, stdin=jsonl(paper(importance))
    )
    assert len([record for record in done.records if record["scope"] == "between"]) == asked


def test_the_step_grows_with_the_category(tcm: Run) -> None:
    herbs = [
        "黄芪",
        "当归",
        "白术",
        "茯苓",
        "川芎",
        "柴胡",
        "麦冬",
        "丹参",
        "杜仲",
        "党参",
        "枸杞子",
        "山药",
        "黄连",
        "黄柏",
        "知母",
        "连翘",
        "紫苏叶",
        "薄荷",
        "荆芥",
        "防风",
        "羌活",
        "独活",
    ]
    pages = []
    for n in range(8):
        spoken = [
            herbs[n],
            herbs[n + 1],
            herbs[10 + n],
            herbs[12 + n],
        ]  # one shared with the next page, one with the next but one
        text = f"第{n}段说到{'、'.join(spoken)}的用法，共有{n}例病人。"
        pages.append({"id": str(n), "text": text, "source": {"path": "b.pdf"}})

    def pairs(category: int) -> set[tuple[str, str]]:
        lines = jsonl([{**page, "importance": category} for page in pages])
        made = tcm("gen-qa", "--windows", stdin=lines).records
        return {(m["evidence"]["doc_id"], m["further_evidence"][0]["doc_id"]) for m in made if m["scope"] == "between"}

    closely, less, least = pairs(1), pairs(2), pairs(3)
    assert least < closely
    assert less < closely
    assert len(least) < len(less)
    assert all(int(b) - int(a) in (1, 2) for a, b in closely)


def test_papers_do_not_mix(tcm: Run) -> None:
    first, second = paper(1, "a.pdf")[:1], paper(1, "b.pdf")[2:]
    done = tcm("gen-qa", "--windows", stdin=jsonl([*first, *second]))
    assert [record for record in done.records if record["scope"] == "between"] == []


def test_within_a_block_as_ever_with_the_documents_offsets(tcm: Run) -> None:
    long = "起首的话说了很多与此无关的内容，只为占去篇幅，直到这一块写满为止才算罢休，接着另起一行再说正事。\n"
    text = f"{long}黄芪，味甘，微温，无毒。主痈疽久败疮，排脓止痛。"
    record = {"id": "d", "text": text, "source": {"title": "本草小识", "section": "草部 / 黄芪", "path": "c.pdf"}}
    done = tcm("gen-qa", "--windows", "--window-chars", "50", stdin=jsonl([record]))
    assert done.records
    for made in done.records:
        assert made["scope"] == "within"
        answer = made["options"][made["answer"]] if "options" in made else made["answer"]
        assert answer in quoted([record], made["evidence"])


def case(name: str, syndrome: str, **found: str) -> dict[str, Any]:
    """A case as clean-tqs gives it: findings stand in the text one after another."""
    text = "，".join(found.values()) + "。"
    tqs = {
        dimension: [
            {"text": words, "start": text.index(words), "end": text.index(words) + len(words), "polarity": "present"}
        ]
        for dimension, words in found.items()
    }
    return {"id": name, "text": text, "tqs": tqs, "syndrome": syndrome}


def test_cases_of_one_syndrome_side_by_side(tcm: Run) -> None:
    cases = [
        case("甲", "肝阳上亢证", head_body="头晕", tongue="舌红", pulse="脉弦"),
        case("乙", "湿热下注证", urine="小便黄", tongue="舌红"),
        case("丙", "肝阳上亢证", head_body="耳鸣", tongue="舌红", pulse="脉弦"),
    ]
    done = tcm("gen-qa", "--group-by", "syndrome", "--group-size", "2", "--summary", "s.json", stdin=jsonl(cases))
    (made,) = done.records
    assert made["answer"] == "共同所见：舌红、脉弦。\n例1另见头晕。\n例2另见耳鸣。"
    assert made["group"] == {"value": "肝阳上亢证", "cases": ["甲", "丙"]}
    assert "例1：头晕，舌红，脉弦。" in made["question"]
    places = [made["evidence"], *made["further_evidence"]]
    assert [quoted(cases, place) for place in places] == ["头晕", "舌红", "脉弦", "耳鸣", "舌红", "脉弦"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"id": "a", "text": "头晕。", "tqs": {}}, "no_such_field"),
        ({"id": "a", "text": "头晕。", "syndrome": "甲证"}, "not_a_case"),
        ({"id": "a", "text": "头晕。", "syndrome": {"x": 1}, "tqs": {}}, "no_such_field"),
    ],
)
def test_records_that_cannot_be_grouped(tcm: Run, record: dict[str, Any], reason: str) -> None:
    done = tcm("gen-qa", "--group-by", "syndrome", "--rejects", "r", stdin=jsonl([record]))
    assert (done.status, done.out) == (3, b"")
    assert f"rejected 1 ({reason} 1)" in done.messages[-1]


def test_what_is_left_at_the_end_is_asked_too(tcm: Run, tmp_path: Any) -> None:
    cases = [case(str(n), "甲证", tongue="舌红", head_body=f"头痛{n}日") for n in range(5)]
    done = tcm("gen-qa", "--group-by", "syndrome", "--summary", "s.json", stdin=jsonl(cases))
    assert [made["group"]["cases"] for made in done.records] == [["0", "1", "2"], ["3", "4"]]
    summary = read_json(tmp_path / "s.json")
    assert (summary["read"], summary["kept"], summary["written"]) == (5, 5, 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--windows", "--window-steps", "1=0"], "--window-steps: write it as 1=1,2=2,3=3"),
        (["--windows", "--group-by", "x"], "--windows and --group-by do not go together"),
    ],
)
def test_options_that_cannot_be(tcm: Run, options: list[str], message: str) -> None:
    done = tcm("gen-qa", *options)
    assert (done.status, done.messages) == (2, [f"tcm: {message}"])
