"""Questions about a patient's record: conclusions in its fields and in its text."""

from tcmkit.gen_qa import Generator, Settings
from tcmkit.records import Drop, Record


def ask(record: Record, **settings: object) -> list[Record]:
    """The QA records of a record; an empty list when there are none."""
    made = Generator(Settings(**settings))(record)  # type: ignore[arg-type]
    return [] if isinstance(made, Drop) else made


def pairs(records: list[Record]) -> list[tuple[str, str]]:
    """(question, answer) of everything but multiple choice."""
    return [(qa["question"], qa["answer"]) for qa in records if qa["kind"] != "choice"]


CASE = "患者胁肋胀痛半年，情志不畅时加重，嗳气频作，纳差，舌苔薄白，脉弦。"


def test_case_with_conclusions_in_other_fields() -> None:
    record = {"id": "c1", "text": f"{CASE}请诊断？", "syndrome": "肝气郁结证", "answer": {"治法": "疏肝理气"}}
    made = ask(record, kinds=("case",))
    assert pairs(made) == [
        (f"一位患者的病情如下：{CASE}\n请问这位患者应辨为何证？", "肝气郁结证"),
        (f"一位患者的病情如下：{CASE}\n请问针对这位患者，治法是什么？", "疏肝理气"),
    ]
    assert [qa["evidence"] for qa in made] == [
        {"doc_id": "c1", "start": 0, "end": 5, "field": "syndrome"},
        {"doc_id": "c1", "start": 0, "end": 4, "field": "answer.治法"},
    ]


def test_case_with_conclusions_stated_in_its_text() -> None:
    text = f"{CASE}证属肝胃不和，治以疏肝和胃。"
    first, second = text.index("证属肝胃不和"), text.index("治以疏肝和胃")
    stated = [
        {"kind": "syndrome", "text": "证属肝胃不和", "start": first, "end": first + 6},
        {"kind": "treatment", "text": "治以疏肝和胃", "start": second, "end": second + 6},
    ]
    record = {"id": "c1", "text": text, "clean_text": CASE, "tqs": {}, "stated": stated}
    made = ask(record, kinds=("case",))
    assert [qa["answer"] for qa in made] == ["肝胃不和", "疏肝和胃"]
    assert [text[qa["evidence"]["start"] : qa["evidence"]["end"]] for qa in made] == ["肝胃不和", "疏肝和胃"]


def test_list_of_labelled_conclusions() -> None:
    record = {"text": CASE, "output": ["证型：肝郁气滞证", "治则治法：疏肝解郁、理气止痛", "证型选项：A:甲证;B:乙证"]}
    made = ask(record, kinds=("case",))
    assert [(qa["answer"], qa["evidence"]["field"]) for qa in made] == [
        ("肝郁气滞证", "output.0"),
        ("疏肝解郁、理气止痛", "output.1"),
    ]
    for qa in made:
        value = record["output"][int(qa["evidence"]["field"].split(".")[1])]
        assert value[qa["evidence"]["start"] : qa["evidence"]["end"]] == qa["answer"]


def test_a_case_whose_findings_name_the_answer_is_not_asked_about() -> None:
    assert ask({"text": f"{CASE}考虑肝气郁结。", "syndrome": "肝气郁结证"}) == []


def test_syndrome_choice_has_wrong_options_of_other_organ_and_nature() -> None:
    made = ask({"text": CASE, "syndrome": "肝气郁结证", "id": 7}, kinds=("choice",))
    for qa in made:
        right = qa["options"][qa["answer"]]
        assert right == "肝气郁结证"
        assert all("肝" not in option and "气" not in option for option in qa["options"].values() if option != right)
        assert qa["messages"][0]["content"].endswith("\n".join(f"{k}. {v}" for k, v in qa["options"].items()))
