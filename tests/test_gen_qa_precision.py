"""What is not asked, and what an answer must hold whole: one exact case for each mechanism."""

import pytest

from tcmkit.gen_qa import Generator, Settings
from tcmkit.gen_qa.heading import formula_name
from tcmkit.gen_qa.recipe import adds
from tcmkit.records import Drop, Record

CASE = "患者胁肋胀痛半年，情志不畅时加重，嗳气频作，纳差，舌苔薄白，脉弦。"


def asked(record: Record, *kinds: str) -> dict[str, str]:
    """Question → answer of a record's questions of these kinds."""
    made = Generator(Settings(kinds=kinds))(record)
    return {} if isinstance(made, Drop) else {qa["question"]: qa["answer"] for qa in made}


def book(section: str, text: str, title: str = "药性新编") -> Record:
    """A section of an old book, as `tcm ingest` writes it."""
    return {"id": "d1", "text": text, "source": {"path": "b.txt", "title": title, "section": section}, "meta": {}}


def answers(record: Record, *kinds: str) -> list[str]:
    """The answers alone, in order."""
    return list(asked(record, *kinds).values())


def stating(tail: str, kind: str, conclusion: str, **more: object) -> Record:
    """A case whose text states a conclusion behind its findings."""
    text = CASE + tail
    start = text.index(conclusion)
    found = {"kind": kind, "text": conclusion, "start": start, "end": start + len(conclusion)}
    return {"id": "c1", "text": text, "clean_text": CASE, "tqs": {}, "stated": [found], **more}


def test_case_questions_are_about_records_given_one_by_one() -> None:
    record = stating("证属肝胃不和。", "syndrome", "证属肝胃不和")
    assert answers(record, "case") == ["肝胃不和"]
    assert answers({**record, "meta": {"row": 4, "encoding": "utf-8"}}, "case") == ["肝胃不和"]
    assert answers({**record, "meta": {"encoding": "utf-8", "bad_bytes": 0}}, "case") == []
    assert answers({**record, "meta": {"page": 2}}, "case") == []


@pytest.mark.parametrize(
    "tail",
    [
        "证属肝胃不和。" + "另述医理，文长不录。" * 130,
        "证属肝胃不和。例二：王某，女，四十岁，头晕。",
        "李某，男，32岁，胁痛。张某，女，45岁，头晕。证属肝胃不和。",
    ],
)
def test_a_chapter_with_several_patients_is_not_a_case(tail: str) -> None:
    assert answers(stating(tail, "syndrome", "证属肝胃不和"), "case") == []


def test_visits_with_different_syndromes_are_not_asked_about() -> None:
    record = stating("证属肝胃不和。二诊，证属脾胃虚寒。", "syndrome", "证属肝胃不和", visits=[{}, {}])
    assert answers(record, "case") == ["肝胃不和"]
    other = {"kind": "syndrome", "text": "证属脾胃虚寒", "start": len(CASE) + 11, "end": len(CASE) + 17}
    assert answers({**record, "stated": [*record["stated"], other]}, "case") == []


@pytest.mark.parametrize(
    ("kind", "conclusion"),
    [
        ("syndrome", "综合脉证"),
        ("syndrome", "此乃理中之旨也"),
        ("syndrome", "证属少阳胆经"),
        ("treatment", "法当先安其胃"),
        ("treatment", "附子理中汤"),
        ("treatment", "宣通"),
        ("formula", "故以麻杏石甘汤合参附汤"),
        ("formula", "以八珍汤治之"),
    ],
)
def test_words_in_a_text_that_are_no_conclusion(kind: str, conclusion: str) -> None:
    assert answers(stating(f"{conclusion}。", kind, conclusion), "case") == []


@pytest.mark.parametrize(
    ("kind", "conclusion", "answer"),
    [
        ("treatment", "治以疏肝理气，清热化痰", "疏肝理气，清热化痰"),
        ("formula", "方用柴胡疏肝散加减", "柴胡疏肝散加减"),
        ("formula", "处方：柴胡10g，白芍12g，甘草6g", "柴胡10g，白芍12g，甘草6g"),
        ("syndrome", "证属肝郁脾虚", "肝郁脾虚"),
    ],
)
def test_words_in_a_text_that_are_a_conclusion(kind: str, conclusion: str, answer: str) -> None:
    assert answers(stating(f"{conclusion}。", kind, conclusion), "case") == [answer]


def test_outcomes_do_not_stand_in_the_question() -> None:
    record = {"id": "c1", "text": f"{CASE}服五剂而愈。", "syndrome": "肝气郁结证"}
    assert answers(record, "case") == []
    assert answers({**record, "text": CASE}, "case") == ["肝气郁结证"]


def test_all_channels_and_all_names_or_nothing() -> None:
    two = "味咸，温。入足厥阴肝经。味咸属水。入足少阴肾经。"
    assert answers(book("草部 / 旋覆花", two), "herb")[1] == "入足厥阴肝经。味咸属水。入足少阴肾经"
    far = "味咸，温。入足厥阴肝经。\n入足少阴肾经。"
    assert not any("哪些经" in question for question in asked(book("草部 / 旋覆花", far), "herb"))
    names = "味甘，微寒。一名解蠡。一名起实。生平泽。"
    assert answers(book("草部 / 薏苡仁", names), "herb") == ["味甘，微寒", "一名解蠡。一名起实"]
    later = "味甘，微寒。一名解蠡。生平泽，田野多有，一名起实。"
    assert answers(book("草部 / 薏苡仁", later), "herb") == ["味甘，微寒"]
    other = "味甘酸平。半红半黑者名相思子。一名红豆。"
    assert answers(book("谷部 / 赤小豆", other), "herb") == ["味甘酸平"]


def test_cautions_are_whole_and_belong_to_the_entry() -> None:
    base = "味辛，温。入脾胃经。"
    together = base + "血虚火炎者勿用。胎妇多服耗气，必致难产。"
    assert answers(book("草部 / 缩砂", together), "herb")[-1] == "血虚火炎者勿用。胎妇多服耗气，必致难产。"
    apart = base + "血虚火炎者勿用。产岭南。孕妇忌服。"
    assert not any("忌用" in question for question in asked(book("草部 / 缩砂", apart), "herb"))
    recipe = base + "\n附方\n虫入耳中，非急切勿用。"
    assert not any("忌用" in question for question in asked(book("草部 / 缩砂", recipe), "herb"))
    mixed = base + "主腹痛泄泻，虚弱忌服。"
    assert not any("忌用" in question for question in asked(book("草部 / 缩砂", mixed), "herb"))


@pytest.mark.parametrize(
    "text",
    [
        "味辛，温。主咳逆，头痛脑动，百节拘挛，风湿。痹痛，死肌。久服明目。",  # a full stop inside the list
        "味辛，温。温中散寒。主咳逆头痛，百节拘挛。",  # actions before it
        "味辛，温。主咳逆头痛，百节拘挛。生山谷。能治齿痛。",  # more behind it
        "味辛，温。主咳逆头痛，百节拘挛。去五脏留热，食已\n呕逆。",  # the line breaks inside
    ],
)
def test_a_part_of_the_uses_is_not_shown(text: str) -> None:
    assert not any("主治" in question for question in asked(book("草部 / 细辛", text), "herb"))


def test_a_label_of_a_part_holds_for_what_follows_it() -> None:
    text = "【集解】生山中。\n骨（俗名甲）\n【修治】炙黄用。\n【主治】女子漏下赤白。"
    assert answers(book("鳞部 / 乌贼鱼", text), "herb") == []


def test_a_field_without_the_scrap_of_the_next_recipe() -> None:
    text = "【主治】主面痈肿。除惊悸。（本经） 烧灰。"
    assert answers(book("兽部 / 夜明砂", text), "herb") == ["主面痈肿。除惊悸。（本经）"]


def test_a_point_is_located_up_to_the_needle_and_needle_stands_with_moxa() -> None:
    text = "屋翳二穴 在库房下一寸六分。紫宫旁四寸陷中。仰取之。灸三壮。针三分。留三呼。\n膺窗二穴 在屋翳下。"
    assert asked(book("卷三 / 穴", text, "针法新书"), "acupoint") == {
        "据《针法新书》记载，屋翳穴如何定位取穴？": "在库房下一寸六分。紫宫旁四寸陷中。仰取之。",
        "据《针法新书》记载，屋翳穴如何操作（针刺或艾灸）？": "灸三壮。针三分。留三呼。",
    }


@pytest.mark.parametrize(
    "text",
    [
        "五里 在肘上三寸，行向里大脉中央。",  # on the arm or on the thigh?
        "曲池 在肘外辅骨陷中。\n曲池 在屈肘横纹头。",  # twice
    ],
)
def test_a_name_of_two_points_is_not_asked_about(text: str) -> None:
    assert answers(book("卷三 / 穴", text, "针法新书"), "acupoint") == []


def test_a_location_stops_at_the_next_point_and_a_use_is_not_cut_by_a_line() -> None:
    text = "大椎，在第一椎上陷中。 陶道，在大椎下节间。 身柱，在第三椎下。"
    assert answers(book("卷三 / 穴", text, "针法新书"), "acupoint") == ["在第一椎上陷中。"]
    cut = "极泉 在腋下筋间动脉。治心痛干呕。\n四肢不收。咽干烦渴。"
    assert answers(book("卷三 / 穴", cut, "针法新书"), "acupoint") == ["在腋下筋间动脉。"]


@pytest.mark.parametrize(
    ("sentence", "defined"),
    [
        ("癫痫者，由痰火内扰，神志不宁所致也。", True),
        ("癫痫者，谓忽然昏仆，口吐涎沫之病也。", True),
        ("癫痫者，忽然昏仆，吐涎惊叫，热极抽掣。", True),
        ("癫痫之病，虽时尝食物，肠中有水谷之气，亦其心之不死也。", False),
        ("癫痫之病，与惊风之病，传变相同，医者辨之。", False),
    ],
)
def test_only_a_defining_predicate_explains_a_disease(sentence: str, defined: bool) -> None:
    made = answers(book("杂病 / 癫痫", sentence, "杂病新知"), "disease", "definition")
    assert (sentence in made) == defined


def test_a_patient_under_the_heading_of_a_disease_does_not_treat_of_it() -> None:
    text = "吴左（八月） 痰气交阻，病成噎膈，由于忧思所致，脉右弦滑，呕吐痰涎，治宜降气豁痰之法。"
    assert answers(book("卷一 / 噎膈", text, "杂病新知"), "disease") == []
    told = "噎膈之来，由忧思郁结，痰气交阻于胸，饮食难下，呕吐痰涎，久则津血枯而便秘也。"
    assert answers(book("卷一 / 噎膈", told, "杂病新知"), "disease") == [told]
    assert answers(book("卷一 / 噎膈", told, "某氏医案"), "disease") == []


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("备急女曲散", "女曲散"),
        ("济主固冲饮", "固冲饮"),
        ("备急短剧小女曲散", ""),
        ("千金麻黄汤", ""),
        ("医学入门小调中汤", ""),
        ("一名无忧散", ""),
        ("千金散", "千金散"),
        ("加味逍遥散", "加味逍遥散"),
    ],
)
def test_labels_of_sources_are_no_part_of_a_formula_name(heading: str, name: str) -> None:
    assert formula_name(heading) == name


ITEMS = "辰砂（四两，水飞） 杏仁（二两，去皮尖）"


@pytest.mark.parametrize(
    ("behind", "whole"),
    [
        ("\n上为末，蜜丸，每服三钱，生姜汤送下。", True),
        ("\n上用木瓜三枚，蒸烂研膏，为丸，每服三十丸。", False),
        ("\n上为末，入麝香少许，蜜丸，每服三钱，温酒下。", False),
        ("\n上为末，蜜丸，雄黄为衣，每服三钱，温酒下。", False),
        ("\n上为末，蜜丸，每服三钱。若虚甚，加人参一钱。", True),
        ("", False),
    ],
)
def test_a_composition_is_whole_or_not_asked_for(behind: str, whole: bool) -> None:
    made = asked(book("补益门 / 安神丹", f"治心神不宁，惊悸。\n{ITEMS}{behind}", "制方新录"), "formula")
    assert any("组成" in question for question in made) == whole


def test_what_directions_add() -> None:
    assert adds("入麝香一钱", 0, 5, ("辰砂",))
    assert not adds("入生姜三片", 0, 5, ("辰砂",))
    assert not adds("入辰砂一钱", 0, 5, ("辰砂",))


def test_a_heading_with_two_recipes_means_neither() -> None:
    directions = "上为末，蜜丸，每服三钱，温酒下。"
    two = f"{ITEMS}\n{directions}\n人参（一两） 白术（二两） 茯苓（三两）\n{directions}"
    assert answers(book("补益门 / 安神丹", two, "制方新录"), "formula") == []
    again = f"{ITEMS}\n{directions}\n治心虚。安神丹方。\n人参（一两） 白术（二两）\n{directions}"
    assert answers(book("补益门 / 安神丹", again, "制方新录"), "formula") == []


def test_directions_without_a_second_recipe_and_a_use_without_its_half() -> None:
    text = f"治惊悸不宁。\n{ITEMS}\n上为末，蜜丸。拭干。每服三钱，温酒下。一方，用鲫鱼煮汁食之。"
    assert asked(book("补益门 / 安神丹", text, "制方新录"), "formula") == {
        "据《制方新录》“补益门”记载，安神丹主治什么病证？": "治惊悸不宁。",
        "据《制方新录》“补益门”记载，安神丹由哪些药物组成？": ITEMS,
        "据《制方新录》“补益门”记载，安神丹如何制备或服用？": "上为末，蜜丸。拭干。每服三钱，温酒下。",
    }
    more = f"治惊悸不宁。\n{ITEMS}\n上为末，蜜丸，每服三钱，温酒下。兼治小儿夜啼。"
    assert not any("主治" in question for question in asked(book("补益门 / 安神丹", more, "制方新录"), "formula"))


def test_choice_agrees_with_the_textbook() -> None:
    for name, text, asks in [
        ("龙眼肉", "味甘，平。主五脏邪气，安志厌食。", False),  # textbooks: warm
        ("黄连", "味苦，寒。主热气目痛，肠澼腹痛。", True),
    ]:
        made = asked(book(f"草部 / {name}", text), "choice")
        assert any("药性属于" in question for question in made) == asks
    step = Generator(Settings(kinds=("choice",)))
    assert step(book("草部 / 赤箭", "味辛，温。主杀鬼精物，蛊毒恶气。")) == Drop("no_question")  # textbooks: 甘, 平
    answer = step(book("草部 / 续断", "味苦，微温。主伤寒，补不足。"))
    assert isinstance(answer, list)
    assert [sorted(qa["options"].values()) for qa in answer] == [["凉", "寒", "平", "微温"], ["咸", "甘", "苦", "酸"]]


def test_a_nature_that_changes_with_the_preparation_is_not_cut() -> None:
    assert answers(book("木部 / 秦椒", "味辛，温，生温熟寒，有毒。"), "herb") == []
