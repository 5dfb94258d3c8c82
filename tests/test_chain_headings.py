"""From a file to its questions: headings of every usual form, labels of every usual style; exact answers."""

from pathlib import Path

import pytest

from tcmkit.gen_qa import Generator
from tcmkit.gen_qa import Settings as Asked
from tcmkit.ingest.prepare import Preparer, Ready
from tcmkit.ingest.settings import Settings
from tcmkit.jsonl import codec
from tcmkit.jsonl.source import Line
from tcmkit.records import Drop, Record


def documents(folder: Path, name: str, content: str) -> list[Record]:
    """The documents of a file, however short."""
    prepare = Preparer(Settings(min_chars=0, near_dup=0, department=False), keep_dropped=False)
    if name.endswith(".jsonl"):
        made = prepare([Line(name, 1, content.encode())])
    else:
        (folder / name).write_text(content, encoding="utf-8")
        made = prepare(str(folder / name))
    return [codec.parse(item.line) for item in made.items if isinstance(item, Ready)]


def asked(records: list[Record]) -> dict[str, str]:
    """Question and answer of everything but multiple choice."""
    step = Generator(Asked())
    made = [step(record) for record in records]
    kept = [qa for one in made if not isinstance(one, Drop) for qa in one]
    return {qa["question"]: qa["answer"] for qa in kept if qa["kind"] != "choice"}


TEXTS: dict[str, tuple[str, dict[str, str]]] = {
    "方一.txt": (
        "<篇名>四物汤\n内容：组成：当归10g，川芎8g，白芍12g，熟地黄12g。功用：补血和血。主治：营血虚滞，心悸失眠，头晕目眩。用法：水煎服。\n",
        {
            "据《方一》记载，四物汤由哪些药物组成？": "当归10g，川芎8g，白芍12g，熟地黄12g。",
            "据《方一》记载，四物汤有何功用？": "补血和血。",
            "据《方一》记载，四物汤主治什么病证？": "营血虚滞，心悸失眠，头晕目眩。",
            "据《方一》记载，四物汤如何制备或服用？": "水煎服。",
        },
    ),
    "方二.txt": (
        "<篇名>四物汤\n内容：组成：当归10g，川芎8g，白芍12g，熟地黄12g\n功用：补血和血\n主治：营血虚滞，心悸失眠，头晕目眩\n用法：水煎服\n",
        {
            "据《方二》记载，四物汤由哪些药物组成？": "当归10g，川芎8g，白芍12g，熟地黄12g",
            "据《方二》记载，四物汤有何功用？": "补血和血",
            "据《方二》记载，四物汤主治什么病证？": "营血虚滞，心悸失眠，头晕目眩",
            "据《方二》记载，四物汤如何制备或服用？": "水煎服",
        },
    ),
    "方三.txt": (
        "<篇名>四物汤\n内容：[组成]当归10g，川芎8g，白芍12g，熟地黄12g。[功用]补血和血。[主治]营血虚滞，心悸失眠。\n[用法]水煎服。[方解]熟地黄滋阴养血，为君药。\n",
        {
            "据《方三》记载，四物汤由哪些药物组成？": "当归10g，川芎8g，白芍12g，熟地黄12g。",
            "据《方三》记载，四物汤有何功用？": "补血和血。",
            "据《方三》记载，四物汤主治什么病证？": "营血虚滞，心悸失眠。",
            "据《方三》记载，四物汤如何制备或服用？": "水煎服。",
            "据《方三》记载，四物汤的方义如何？": "熟地黄滋阴养血，为君药。",
        },
    ),
    "方四.txt": (
        "<篇名>四物汤\n内容：（组成）当归10g，川芎8g，白芍12g，熟地黄12g。（功用）补血和血。（主治）营血虚滞，心悸失眠。（加减）血热者加黄芩。\n",
        {
            "据《方四》记载，四物汤由哪些药物组成？": "当归10g，川芎8g，白芍12g，熟地黄12g。",
            "据《方四》记载，四物汤有何功用？": "补血和血。",
            "据《方四》记载，四物汤主治什么病证？": "营血虚滞，心悸失眠。",
        },
    ),
    "方五.txt": (
        "<篇名>四物汤\n内容：〔药物组成〕当归10g，川芎8g，白芍12g，熟地黄12g。〔功效〕补血和血。〔功能主治〕补血调经，用于月经不调。〔用法用量〕水煎，分二次服。〔注意〕湿盛中满者忌用。\n",
        {
            "据《方五》记载，四物汤由哪些药物组成？": "当归10g，川芎8g，白芍12g，熟地黄12g。",
            "据《方五》记载，四物汤有何功用？": "补血和血。",
            "据《方五》记载，四物汤的功能与主治是什么？": "补血调经，用于月经不调。",
            "据《方五》记载，四物汤如何制备或服用？": "水煎，分二次服。",
            "据《方五》记载，使用四物汤有何禁忌或注意事项？": "湿盛中满者忌用。",
        },
    ),
    "草药.txt": (
        "黄芪\n\n味甘，微温，无毒。归肺、脾经。主气虚乏力，表虚自汗。表实邪盛者忌用。\n\n白术\n\n味苦、甘，温，无毒。归脾、胃经。主脾虚食少，泄泻水肿。\n",
        {
            "据《草药》记载，黄芪的性味如何？": "味甘，微温，无毒",
            "据《草药》记载，黄芪归入哪些经？": "归肺、脾经",
            "据《草药》记载，哪些情况忌用或慎用黄芪？": "表实邪盛者忌用。",
            "据《草药》记载，白术的性味如何？": "味苦、甘，温，无毒",
            "据《草药》记载，白术归入哪些经？": "归脾、胃经",
            "据《草药》记载，白术的功用主治是什么？": "主脾虚食少，泄泻水肿。",
        },
    ),
    "药语.txt": (
        "黄芪：味甘，微温，无毒。归肺、脾经。主气虚乏力，表虚自汗。表实邪盛者忌用。\n",
        {
            "据《药语》记载，黄芪的性味如何？": "味甘，微温，无毒",
            "据《药语》记载，黄芪归入哪些经？": "归肺、脾经",
            "据《药语》记载，哪些情况忌用或慎用黄芪？": "表实邪盛者忌用。",
        },
    ),
    "教材.txt": (
        "第一章 补虚药\n补虚药能补益正气，用于各种虚证，临证当辨气血阴阳之不足而选用相应的药物。\n第一节 补气药\n黄芪\n【性味归经】甘，微温。归脾、肺经。\n【功效】补气升阳，固表止汗，利水消肿。\n【用法用量】煎服，9~30g。\n第二节 补血药\n当归\n【性味归经】甘、辛，温。归肝、心、脾经。\n【功效】补血活血，调经止痛。\n",
        {
            "据《教材》记载，黄芪的性味与归经如何？": "甘，微温。归脾、肺经。",
            "据《教材》记载，黄芪有何功效？": "补气升阳，固表止汗，利水消肿。",
            "据《教材》记载，黄芪的用法用量如何？": "煎服，9~30g。",
            "据《教材》记载，当归的性味与归经如何？": "甘、辛，温。归肝、心、脾经。",
            "据《教材》记载，当归有何功效？": "补血活血，调经止痛。",
        },
    ),
    "笔记.md": (
        "# 方剂学笔记\n\n## 四君子汤\n\n- **组成**：人参9g、白术9g、茯苓9g、炙甘草6g。\n- **功用**：益气健脾。\n- **主治**：脾胃气虚，面色萎白，语声低微。\n\n## 六君子汤\n\n### 组成\n\n人参9g，白术9g，茯苓9g，炙甘草6g，陈皮3g，半夏4.5g。\n\n### 功用\n\n益气健脾，燥湿化痰。\n",
        {
            "据《笔记》记载，四君子汤由哪些药物组成？": "人参9g、白术9g、茯苓9g、炙甘草6g。",
            "据《笔记》记载，四君子汤有何功用？": "益气健脾。",
            "据《笔记》记载，四君子汤主治什么病证？": "脾胃气虚，面色萎白，语声低微。",
            "据《笔记》记载，六君子汤由哪些药物组成？": "人参9g，白术9g，茯苓9g，炙甘草6g，陈皮3g，半夏4.5g。",
            "据《笔记》记载，六君子汤有何功用？": "益气健脾，燥湿化痰。",
        },
    ),
    "a.html": (
        "<html><head><title>本草讲义</title></head><body><h1>补气药</h1><h2>黄芪</h2><p>味甘，微温，无毒。归肺、脾经。主气虚乏力，表虚自汗。</p><h2>甘草</h2><p>【性味】甘，平。</p><p>【归经】归心、肺、脾、胃经。</p><p>【功效】补脾益气，清热解毒，缓急止痛。</p></body></html>",
        {
            "据《本草讲义》记载，黄芪的性味如何？": "味甘，微温，无毒",
            "据《本草讲义》记载，黄芪归入哪些经？": "归肺、脾经",
            "据《本草讲义》记载，甘草的性味如何？": "甘，平。",
            "据《本草讲义》记载，甘草归入哪些经？": "归心、肺、脾、胃经。",
            "据《本草讲义》记载，甘草有何功效？": "补脾益气，清热解毒，缓急止痛。",
        },
    ),
    "j.jsonl": (
        '{"title":"黄芪","text":"味甘，微温，无毒。归肺、脾经。主气虚乏力，表虚自汗。表实邪盛者忌用。"}\n',
        {
            "黄芪的性味如何？": "味甘，微温，无毒",
            "黄芪归入哪些经？": "归肺、脾经",
            "哪些情况忌用或慎用黄芪？": "表实邪盛者忌用。",
        },
    ),
    "药典.txt": (
        "黄芪\nHuangqi\nASTRAGALI RADIX\n本品为豆科植物蒙古黄芪或膜荚黄芪的干燥根。春、秋二季采挖，除去须根和根头，晒干。\n【性状】 本品呈圆柱形，上端较粗，长30～90cm，直径1～3.5cm。\n【性味与归经】 甘，微温。归肺、脾经。\n【功能与主治】 补气升阳，固表止汗，利水消肿。\n【用法与用量】 9～30g。\n【贮藏】 置通风干燥处，防潮，防蛀。\n",
        {
            "据《药典》记载，黄芪的性味与归经如何？": "甘，微温。归肺、脾经。",
            "据《药典》记载，黄芪的功能与主治是什么？": "补气升阳，固表止汗，利水消肿。",
            "据《药典》记载，黄芪的用法用量如何？": "9～30g。",
        },
    ),
    "名方.txt": (
        "桂枝汤\n桂枝9g，芍药9g，炙甘草6g，生姜9g，大枣3枚。\n水煎服，服后啜热粥，温覆取微汗。\n\n小柴胡汤\n柴胡24g，黄芩9g，人参9g，半夏9g，炙甘草9g，生姜9g，大枣4枚。\n水煎，分三次温服。\n",
        {
            "据《名方》记载，桂枝汤由哪些药物组成？": "桂枝9g，芍药9g，炙甘草6g，生姜9g，大枣3枚",
            "据《名方》记载，桂枝汤如何制备或服用？": "水煎服，服后啜热粥，温覆取微汗。",
            "据《名方》记载，小柴胡汤由哪些药物组成？": "柴胡24g，黄芩9g，人参9g，半夏9g，炙甘草9g，生姜9g，大枣4枚",
            "据《名方》记载，小柴胡汤如何制备或服用？": "水煎，分三次温服。",
        },
    ),
    "杂谈.txt": (
        "夏日炎热，人多贪凉，以致脾胃受伤，腹痛泄泻。\n是时当以藿香正气散治之，或以生姜煎汤服之亦可。\n\n有人问：黄芪可否常服？答曰：气虚者可，阴虚火旺者不可。此言甚当，学者宜记之。\n",
        {},
    ),
    "课.txt": (
        "一、四逆散\n组成：柴胡6g，枳实6g，芍药6g，炙甘草6g。功用：透邪解郁，疏肝理脾。主治：阳郁厥逆，手足不温。出处：《伤寒论》。\n二、痛泻要方\n组成：白术9g，白芍6g，陈皮4.5g，防风3g。功用：补脾柔肝，祛湿止泻。\n",
        {
            "四逆散由哪些药物组成？": "柴胡6g，枳实6g，芍药6g，炙甘草6g。",
            "四逆散有何功用？": "透邪解郁，疏肝理脾。",
            "四逆散主治什么病证？": "阳郁厥逆，手足不温。",
            "四逆散出自何书？": "《伤寒论》。",
            "痛泻要方由哪些药物组成？": "白术9g，白芍6g，陈皮4.5g，防风3g。",
            "痛泻要方有何功用？": "补脾柔肝，祛湿止泻。",
        },
    ),
    "方论.txt": (
        "健脾止泻汤\n\n组成：党参15g，白术12g，茯苓12g，山药15g。\n功用：健脾益气，渗湿止泻。\n加减：腹痛者加白芍。\n方解：方中党参为君。\n党参：甘，平，归脾、肺经，补中益气，为君药。\n白术：甘、苦，温，归脾、胃经，健脾燥湿，为臣药。\n",
        {
            "据《方论》记载，健脾止泻汤由哪些药物组成？": "党参15g，白术12g，茯苓12g，山药15g。",
            "据《方论》记载，健脾止泻汤有何功用？": "健脾益气，渗湿止泻。",
        },
    ),
    "穴.md": (
        "## 足三里\n\n【定位】在小腿外侧，犊鼻下3寸，胫骨前嵴外1横指处。\n【主治】胃痛，呕吐，腹胀，泄泻。\n【操作】直刺1～2寸。\n",
        {
            "足三里如何定位取穴？": "在小腿外侧，犊鼻下3寸，胫骨前嵴外1横指处。",
            "足三里主治哪些病证？": "胃痛，呕吐，腹胀，泄泻。",
            "足三里如何操作（针刺或艾灸）？": "直刺1～2寸。",
        },
    ),
    "p.html": (
        "<html><head><title>当归的功效与作用 - 某网</title></head><body><h1>当归的功效与作用</h1><h2>性味</h2><p>甘、辛，温。</p><h2>归经</h2><p>归肝、心、脾经。</p><h2>功效</h2><p>补血活血，调经止痛，润肠通便。</p><h2>相关文章</h2><p>点击这里查看更多养生文章，也可以关注我们的公众号，每天更新健康知识。</p></body></html>",
        {
            "当归的性味如何？": "甘、辛，温。",
            "当归归入哪些经？": "归肝、心、脾经。",
            "当归有何功效？": "补血活血，调经止痛，润肠通便。",
        },
    ),
    "n.jsonl": (
        '{"title":"四物汤","text":"组成：当归10g，川芎8g，白芍12g，熟地黄12g。功用：补血和血。主治：营血虚滞。用法：水煎服。"}\n',
        {
            "四物汤由哪些药物组成？": "当归10g，川芎8g，白芍12g，熟地黄12g。",
            "四物汤有何功用？": "补血和血。",
            "四物汤主治什么病证？": "营血虚滞。",
            "四物汤如何制备或服用？": "水煎服。",
        },
    ),
    "药房.txt": (
        "库存清点如下，请各位同事核对后签字，并于本月底以前交到药库办公室登记备案。\n\n黄芪\n当归\n白术\n\n以上三味缺货，已向供应商订购，预计下周到货，届时另行通知，请大家耐心等待。\n",
        {},
    ),
}


def test_titles_of_articles_are_no_subject_and_directions_no_function(tmp_path: Path) -> None:
    compared = '{"title":"黄芪与党参的比较","text":"性味：甘，温。功效：补气。二者均为补气之品，临证常相须为用。"}\n'
    assert asked(documents(tmp_path, "a.jsonl", compared)) == {}
    taken = '{"title":"麻黄汤","text":"(组成) 麻黄9g，桂枝6g，杏仁6g。(功用) 发汗解表，宣肺平喘。水煎服。"}\n'
    assert asked(documents(tmp_path, "b.jsonl", taken)) == {
        "麻黄汤由哪些药物组成？": "麻黄9g，桂枝6g，杏仁6g。",
        "麻黄汤有何功用？": "发汗解表，宣肺平喘。",
    }


def test_labels_on_lines_of_their_own(tmp_path: Path) -> None:
    content = "四物汤\n组成\n当归10g\n川芎8g\n白芍12g\n熟地黄12g\n功用\n补血和血\n主治\n营血虚滞\n"
    assert asked(documents(tmp_path, "验方.txt", content)) == {
        "据《验方》记载，四物汤由哪些药物组成？": "当归10g\n川芎8g\n白芍12g\n熟地黄12g",
        "据《验方》记载，四物汤有何功用？": "补血和血",
        "据《验方》记载，四物汤主治什么病证？": "营血虚滞",
    }


def test_what_follows_an_entry_is_no_part_of_its_last_sentence(tmp_path: Path) -> None:
    content = (
        "第二章 各论\n黄连：苦，寒。归心、脾、胃经。清热燥湿，泻火解毒。用量2～5g。脾胃虚寒者忌用。\n"
        "小儿感冒的护理：多饮水，注意休息，观察体温，必要时就医，不可自行加用药物。\n"
    )
    found = asked(documents(tmp_path, "药学.txt", content))
    assert found == {"据《药学》记载，黄连的性味如何？": "苦，寒", "据《药学》记载，黄连归入哪些经？": "归心、脾、胃经"}


def test_a_label_that_names_another_subject_ends_what_is_said_of_the_first(tmp_path: Path) -> None:
    content = (
        "银翘散 《温病条辨》\n处方：连翘30g，银花30g，薄荷18g。\n注意：风寒感冒者忌用。\n"
        "药物：金银花\n性味归经：甘，寒。归肺、心、胃经。\n功效：清热解毒，疏散风热。\n"
    )
    assert asked(documents(tmp_path, "方药.txt", content)) == {
        "据《方药》记载，银翘散由哪些药物组成？": "连翘30g，银花30g，薄荷18g。",
        "据《方药》记载，使用银翘散有何禁忌或注意事项？": "风寒感冒者忌用。",
    }


def test_lines_are_joined_only_in_a_text_that_was_wrapped(tmp_path: Path) -> None:
    line = "气虚之人多倦怠乏力少气懒言动则汗出稍劳即喘不耐风寒易感外邪诸如此类皆"
    wrapped = f"第一章 气虚\n{line}\n{line}\n{line}\n当补气为先。\n"
    free = "第一章 气虚\n气虚之人多倦怠乏力少气懒言动则汗出稍劳即喘\n桂枝汤\n当补气为先。\n"
    (joined,) = documents(tmp_path, "a.txt", wrapped)
    assert joined["text"] == f"{line}{line}{line}当补气为先。"
    assert "\n" in documents(tmp_path, "b.txt", free)[0]["text"]


@pytest.mark.parametrize(
    "content",
    [
        "处方：\n当归\n川芎\n白芍\n水煎服，每日一剂，连服七日后复诊，诸症减轻，嘱其饮食清淡。\n",
        "诸位讨论了\n感冒\n大家认为感冒虽小，也不可轻视，应及早就医。\n咳嗽\n这个话题没有结论。\n",
        "黄芪之用，在于扶正，然而邪气方盛之时，未可轻投。\n\n第一章所述各证，皆当细审，不可拘泥。\n",
        "四味同用：当归、川芎、白芍、熟地黄。\n\n以上各药缺货，预计下周到货，届时另行通知。\n",
    ],
)
def test_prose_and_lists_are_not_cut(content: str, tmp_path: Path) -> None:
    (record,) = documents(tmp_path, "随笔.txt", content)
    assert "section" not in record["source"]
    assert "headings" not in record["meta"]
    assert asked([record]) == {}


def test_paragraphs_of_a_page_are_not_joined_within_a_section(tmp_path: Path) -> None:
    long = "补气之药须审虚实而后用之，实者误补则邪气留恋不去，虚者失补则正气日渐耗散。"
    page = f"<title>讲义</title><h2>补气</h2><p>{long}</p><p>{long}</p><h2>补血</h2><p>{long}</p>"
    found = [(record["source"]["section"], record["text"]) for record in documents(tmp_path, "a.html", page)]
    assert found[0] == ("补气", f"{long}\n{long}")


@pytest.mark.parametrize("name", TEXTS)
def test_a_file_gives_exactly_these_questions(name: str, tmp_path: Path) -> None:
    content, expected = TEXTS[name]
    assert asked(documents(tmp_path, name, content)) == expected
