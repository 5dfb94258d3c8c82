"""Texts that imitate the formats of old books, pages, standards and case records; the exact questions they give."""

import pytest

from tcmkit.errors import RecordError, UsageError
from tcmkit.gen_qa import Generator, Settings
from tcmkit.records import Drop, Record, content_id


def ask(record: Record, **settings: object) -> list[Record]:
    """The QA records of a record; an empty list when there are none."""
    made = Generator(Settings(**settings))(record)  # type: ignore[arg-type]
    return [] if isinstance(made, Drop) else made


def pairs(records: list[Record]) -> list[tuple[str, str]]:
    """(question, answer) of everything but multiple choice."""
    return [(qa["question"], qa["answer"]) for qa in records if qa["kind"] != "choice"]


def book(section: str, text: str, title: str = "药性新编") -> Record:
    """A section of an old book, as `tcm ingest` writes it."""
    return {"id": "d1", "text": text, "source": {"path": "b.txt", "title": title, "section": section}, "meta": {}}


def page(title: str, text: str) -> Record:
    """A web page."""
    return {"id": "p1", "text": text, "source": {"path": "p.html", "title": title}, "meta": {}}


def test_herb_section_gives_each_of_its_aspects() -> None:
    text = "味辛、苦，性微温，无毒。入肺、脾二经。主风寒头痛，鼻塞流涕，散寒止痛。一名香白草。畏硫黄。阴虚火旺者忌之。"
    assert pairs(ask(book("草部 / 二、白芷", text))) == [
        ("据《药性新编》记载，白芷的性味如何？", "味辛、苦，性微温，无毒"),
        ("据《药性新编》记载，白芷归入哪些经？", "入肺、脾二经"),
        ("据《药性新编》记载，白芷的功用主治是什么？", "主风寒头痛，鼻塞流涕，散寒止痛。"),
        ("据《药性新编》记载，白芷又有哪些名称？", "一名香白草"),
        ("据《药性新编》记载，哪些情况忌用或慎用白芷？", "阴虚火旺者忌之。"),
        ("据《药性新编》记载，白芷与哪些药有使、畏、恶、反的关系？", "畏硫黄"),
    ]


def test_record_has_evidence_messages_source_and_a_stable_id() -> None:
    record = book("草部 / 白芷", "味辛，温。主头痛鼻塞，目泪不止。")
    made = ask(record, kinds=("herb",))
    first = made[0]
    assert first == {
        "id": content_id("d1", "herb", first["question"]),
        "question": "据《药性新编》记载，白芷的性味如何？",
        "answer": "味辛，温",
        "kind": "herb",
        "evidence": {"doc_id": "d1", "start": 0, "end": 4},
        "messages": [
            {"role": "user", "content": "据《药性新编》记载，白芷的性味如何？"},
            {"role": "assistant", "content": "味辛，温"},
        ],
        "source": record["source"],
    }


def test_use_goes_on_over_actions_and_stops_at_habitat() -> None:
    text = "味甘，平。主虚劳羸弱。补中益气，除烦止渴。久服轻身。生山谷。二月采根。"
    answers = dict(pairs(ask(book("草部 / 黄精", text))))
    assert answers["据《药性新编》记载，黄精的功用主治是什么？"] == "主虚劳羸弱。补中益气，除烦止渴。久服轻身。"


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ("序", "味甘者补，味苦者泻，此其大略也。"),
        ("卷一 / 凡例", "是书所载诸药，味甘平者居多，读者审之。"),
        ("草部 / 黄 ", "味甘，微温，无毒。主痈疽久败疮。"),
        ("草部 / 论", "味甘，平。主诸虚不足，益气力。"),
        ("草部 / 甘草", "见前山草部注，兹不复赘，读者自行检阅可也。"),
        ("木部 / 松", "叶\n味苦，温。主风湿恶疮，生毛发。"),
    ],
)
def test_what_is_no_herb_or_no_clean_entry_gives_no_herb_question(section: str, text: str) -> None:
    assert ask(book(section, text), kinds=("herb",)) == []


def test_a_lost_character_spoils_the_answer_it_stands_in_and_no_other() -> None:
    text = "味苦，寒，无毒。主瘰 恶疮，目赤肿痛。入肝经。"
    assert pairs(ask(book("草部 / 连翘", text))) == [
        ("据《药性新编》记载，连翘的性味如何？", "味苦，寒，无毒"),
        ("据《药性新编》记载，连翘归入哪些经？", "入肝经"),
    ]


def test_labelled_fields_of_a_materia_medica() -> None:
    text = (
        "【释名】地精。\n【气味】甘，微温，无毒。某人曰：性平。\n【主治】补五脏，安精神。\n"
        "【修治】去芦，酒浸一宿，焙干用。"
    )
    assert pairs(ask(book("草部 / 人参", text))) == [
        ("据《药性新编》记载，人参的性味如何？", "甘，微温，无毒"),
        ("据《药性新编》记载，人参主治哪些病证？", "补五脏，安精神。"),
        ("据《药性新编》记载，人参应如何炮制？", "去芦，酒浸一宿，焙干用。"),
    ]


def test_a_label_of_a_part_or_one_that_occurs_twice_is_not_asked_about() -> None:
    text = "根\n【气味】甘，寒，无毒。\n叶\n【气味】苦，平，无毒。\n实【主治】明目益精。"
    assert ask(book("木部 / 枸杞", text), kinds=("herb",)) == []


FORMULA = (
    "治外感风寒，恶寒无汗，头身疼痛。\n麻黄（去节，三两） 桂枝（二两） 杏仁（七十枚） 甘草（炙，一两）\n"
    "上四味，以水九升，煮取二升半，去滓，温服八合。"
)


def test_formula_section() -> None:
    made = ask(book("辛温门 / 麻黄汤方", FORMULA, "制方新录"))
    assert pairs(made) == [
        ("据《制方新录》“辛温门”记载，麻黄汤主治什么病证？", "治外感风寒，恶寒无汗，头身疼痛。"),
        (
            "据《制方新录》“辛温门”记载，麻黄汤由哪些药物组成？",
            "麻黄（去节，三两） 桂枝（二两） 杏仁（七十枚） 甘草（炙，一两）",
        ),
        ("据《制方新录》“辛温门”记载，麻黄汤如何制备或服用？", "上四味，以水九升，煮取二升半，去滓，温服八合。"),
    ]
    choices = [qa for qa in made if qa["kind"] == "choice"]
    assert len(choices) == 1
    right = choices[0]["options"][choices[0]["answer"]]
    evidence = choices[0]["evidence"]
    assert FORMULA[evidence["start"] : evidence["end"]] == right
    assert right in ("杏仁", "甘草", "桂枝")
    assert all(option not in FORMULA for option in choices[0]["options"].values() if option != right)


def test_formulas_that_begin_a_line_under_a_disease() -> None:
    text = (
        "咳嗽之因不一，先辨内外。\n止嗽饮 治风邪犯肺，咳嗽咽痒。\n桔梗（二钱） 荆芥（一钱） 紫菀（二钱）\n"
        "上为末，每服三钱，白汤调下。\n"
        "又方 治久嗽。\n款冬花（一两） 百合（一两）\n上为末，蜜丸服。"
    )
    assert pairs(ask(book("咳嗽门", text, "制方新录"), kinds=("formula",))) == [
        ("据《制方新录》“咳嗽门”记载，止嗽饮主治什么病证？", "治风邪犯肺，咳嗽咽痒。"),
        ("据《制方新录》“咳嗽门”记载，止嗽饮由哪些药物组成？", "桔梗（二钱） 荆芥（一钱） 紫菀（二钱）"),
        ("据《制方新录》“咳嗽门”记载，止嗽饮如何制备或服用？", "上为末，每服三钱，白汤调下。"),
    ]


@pytest.mark.parametrize(
    "composition",
    [
        "黄 （二两） 白术（一两） 防风（一两）",  # a name that lost its character
        "白术（一两） 防风（一两",  # a bracket that never closes
        "白术（一两） 防风（一两） 甘草",  # cut short: the last item has no dose
        "白术（一两） 防风（一两）\n上五味，为末，每服二钱，水煎服。",  # the text counts otherwise
        "上用白术一两，水煎服。",
    ],
)
def test_a_damaged_composition_is_not_shown(composition: str) -> None:
    made = ask(book("补益门 / 固表散", f"治表虚自汗，易感风邪。\n{composition}", "制方新录"))
    assert not any("组成" in qa["question"] for qa in made)


def test_a_composition_without_the_herb_of_its_name_belongs_to_another_formula() -> None:
    made = ask(book("补益门 / 人参汤", "治气虚。\n白术（一两） 防风（一两）\n上为末，每服二钱，水煎服。", "制方新录"))
    assert not any("组成" in qa["question"] for qa in made)


def test_which_formula_governs_a_pattern() -> None:
    text = "阳明病，发热汗多，口渴引饮，脉洪大者，白虎汤主之。若更虚者，某汤主之。此证误下，下利不止者，理中丸主之。"
    assert pairs(ask(book("卷上", text, "寒温条辨"))) == [
        ("据《寒温条辨》，“阳明病，发热汗多，口渴引饮，脉洪大者”，当以何方主之？", "白虎汤")
    ]


def test_acupoint_page_gives_one_question_for_each_label() -> None:
    text = (
        "【穴位名】合谷穴\n【功效】镇静止痛，通经活络。\n【主治】主头痛，牙痛，发热。\n"
        "【取穴方法】在手背，第一、二掌骨之间。\n【穴位配伍】配太冲穴治头痛；\n配颊车穴治牙痛。\n【备注】略。"
    )
    made = ask(page("合谷穴 - 穴位大全", text))
    assert pairs(made) == [
        ("合谷穴有何功效？", "镇静止痛，通经活络。"),
        ("合谷穴主治哪些病证？", "主头痛，牙痛，发热。"),
        ("合谷穴如何定位取穴？", "在手背，第一、二掌骨之间。"),
        ("合谷穴有哪些配伍应用？", "配太冲穴治头痛；\n配颊车穴治牙痛。"),
    ]
    choice = next(qa for qa in made if qa["kind"] == "choice")
    assert choice["question"] == "合谷穴位于人体的哪个部位？"
    assert choice["options"][choice["answer"]] == "手背"


def test_herb_and_formula_pages() -> None:
    herb = page(
        "黄芪的功效与作用", "性味：甘，微温。\n归经：归肺、脾经。\n功效：补气升阳，固表止汗。\n用法用量：煎服，9～30g。"
    )
    assert pairs(ask(herb)) == [
        ("黄芪的性味如何？", "甘，微温。"),
        ("黄芪归入哪些经？", "归肺、脾经。"),
        ("黄芪有何功效？", "补气升阳，固表止汗。"),
        ("黄芪的用法用量如何？", "煎服，9～30g。"),
    ]
    formula = page(
        "玉屏风散", "【组成】黄芪30g，白术60g，防风30g。\n【功用】益气固表止汗。\n【主治】表虚自汗，易感风邪。"
    )
    assert [qa["question"] for qa in ask(formula, kinds=("formula",))] == [
        "玉屏风散由哪些药物组成？",
        "玉屏风散有何功用？",
        "玉屏风散主治什么病证？",
    ]


def test_points_that_begin_a_line_in_an_old_book() -> None:
    text = "手部诸穴如下。\n曲池：在肘外辅骨，屈肘横纹头陷中。针七分，灸三壮。主肘臂疼痛，瘾疹瘙痒。\n足部另详。"
    assert pairs(ask(book("卷三 / 经穴", text, "针法新书"))) == [
        ("据《针法新书》记载，曲池穴如何定位取穴？", "在肘外辅骨，屈肘横纹头陷中。"),
        ("据《针法新书》记载，曲池穴如何操作（针刺或艾灸）？", "针七分，灸三壮。"),
        ("据《针法新书》记载，曲池穴主治哪些病证？", "主肘臂疼痛，瘾疹瘙痒。"),
    ]


def test_disease_explained_and_treated_of() -> None:
    text = "黄疸者，身目小便俱黄，由湿热郁蒸，胆汁外溢所致也。茵陈之类可治。"
    assert pairs(ask(book("杂病 / 黄疸论", text, "杂病新知"), kinds=("disease",)))[0] == (
        "《杂病新知》如何解释“黄疸”？",
        "黄疸者，身目小便俱黄，由湿热郁蒸，胆汁外溢所致也。",
    )
    short = "肺主气，外合皮毛。风寒外束，肺气不宣，故令咳嗽，痰多色白，恶寒发热，脉浮而紧也。"
    assert pairs(ask(book("卷一 / 肺病诸候 / 三、咳嗽候", short, "病源新论"))) == [
        ("《病源新论》“肺病诸候”如何论述“咳嗽”？", short)
    ]


def test_what_a_state_is_called() -> None:
    text = "太阳病，发热汗出，恶风脉缓者，名为中风。是名曰逆。"
    assert ("据《寒温条辨》，“太阳病，发热汗出，恶风脉缓者”，称为什么？", "中风") in pairs(
        ask(book("卷上", text, "寒温条辨"))
    )


def test_terms_of_a_standard_and_modern_definitions() -> None:
    text = "3 术语和定义\n3.1\n饮片 decoction pieces\n中药材经炮制后可直接用于配方的制品。\n3.2 范围\n另行规定。"
    assert pairs(ask(page("中药饮片通用规范", text))) == [
        ("《中药饮片通用规范》中，术语“饮片”的定义是什么？", "中药材经炮制后可直接用于配方的制品。")
    ]
    loose = {"text": "气滞血瘀是指气机郁滞而致血行瘀阻所表现的证候。这种情况是指病程较久的患者。"}
    assert pairs(ask(loose)) == [("什么是“气滞血瘀”？", "气滞血瘀是指气机郁滞而致血行瘀阻所表现的证候。")]
    indicator = "一、说明\n1. 饮片使用率\n【计量单位】百分比\n【指标定义】使用饮片的处方数占全部处方数的比例。"
    assert pairs(ask(page("说明", indicator))) == [
        ("“饮片使用率”的定义是什么？", "使用饮片的处方数占全部处方数的比例。")
    ]


def test_given_question_and_answer() -> None:
    joined = {
        "text": "感冒后咳嗽怎么办？\n注意休息，多饮温水。",
        "question": "感冒后咳嗽怎么办？",
        "answer": "注意休息，多饮温水。",
    }
    assert [(qa["kind"], qa["answer"], qa["evidence"]) for qa in ask({**joined, "id": "q"})] == [
        ("given", "注意休息，多饮温水。", {"doc_id": "q", "start": 10, "end": 20})
    ]
    apart = {"question": "感冒后咳嗽怎么办？", "answer": " 注意休息。 ", "id": "q"}
    assert ask(apart)[0]["evidence"] == {"doc_id": "q", "start": 1, "end": 6, "field": "answer"}
    assert ask({"question": "该患者应如何治疗？", "answer": "注意休息。", "text": "短文"}) == []
    assert ask({"question": "下列哪项正确？", "answer": "B", "text": "短文"}) == []


def test_nothing_to_ask_is_a_drop_and_no_text_an_error() -> None:
    assert Generator(Settings())({"text": "今日天气晴朗。"}) == Drop("no_question")
    for record in ({}, {"text": "  "}, {"text": 3}, {"question": "问？"}):
        with pytest.raises(RecordError) as caught:
            Generator(Settings())(record)
        assert caught.value.reason == "no_text"


def test_per_doc_takes_different_aspects_first_and_kinds_select() -> None:
    two = (
        "止嗽饮 治风邪犯肺，咳嗽咽痒。\n桔梗（二钱） 荆芥（一钱）\n上为末，每服三钱，白汤调下。\n"
        "清咽饮 治咽喉肿痛，声音嘶哑。\n桔梗（二钱） 薄荷（一钱）\n上为末，每服三钱，白汤调下。"
    )
    record = book("喉科", two, "制方新录")
    few = ask(record, per_doc=3, kinds=("formula",))
    assert [qa["question"].split("，")[1][3:] for qa in few] == [
        "主治什么病证？",
        "由哪些药物组成？",
        "如何制备或服用？",
    ]
    assert {qa["kind"] for qa in ask(record, kinds=("choice",))} <= {"choice"}


def test_settings_refuse_what_does_not_exist() -> None:
    with pytest.raises(UsageError, match="formula"):
        Settings(kinds=("formulas",))
    with pytest.raises(UsageError):
        Settings(per_doc=0)


def test_a_field_ends_where_a_second_author_speaks() -> None:
    text = "【修治】甲曰：凡使去芦，酒浸一宿，焙干。乙曰：今人多生用。\n【主治】祛风止痛。丙曰：味薄者不堪用。"
    assert pairs(ask(book("草部 / 防风", text))) == [
        ("据《药性新编》记载，防风应如何炮制？", "凡使去芦，酒浸一宿，焙干。"),
        ("据《药性新编》记载，防风主治哪些病证？", "祛风止痛。"),
    ]
