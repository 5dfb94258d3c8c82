"""What textbooks give for clear cases stands first among the formulas of a consultation."""

import pytest

from tcmkit.consult import Adviser, Settings
from tcmkit.consult.chart import Chart
from tcmkit.consult.choosing import only_for
from tcmkit.consult.who import Who
from tcmkit.records import Record
from tcmkit.retrieve import key_of
from tcmkit.safety import Patient, patient_of

CASES = [
    ("怕冷发热一天，无汗，头痛，全身骨节疼痛，鼻塞流清涕，微喘，不渴，舌苔薄白，脉浮紧", "麻黄汤 荆防败毒散 荆防达表汤 葛根汤"),
    ("咳嗽三天，咽痒，痰白稀薄，鼻塞流清涕，怕冷无汗，苔薄白，脉浮紧", "三拗汤 止嗽散 杏苏散 华盖散 金沸草散"),
    ("哮病发作，喉中哮鸣如水鸡声，痰清稀多泡沫，形寒怕冷，面色晦暗，口不渴，苔白滑，脉弦紧", "射干麻黄汤 小青龙汤"),
    ("心烦不寐，心悸，腰膝酸软，头晕耳鸣，潮热盗汗，五心烦热，咽干少津，舌红少苔，脉细数", "天王补心丹 交泰丸 黄连阿胶汤 六味地黄丸 知柏地黄丸 朱砂安神丸"),
    ("眩晕耳鸣，头胀痛，恼怒后加重，面红目赤，急躁易怒，失眠多梦，口苦，舌红苔黄，脉弦数", "天麻钩藤饮 龙胆泻肝汤 镇肝熄风汤 羚角钩藤汤"),
    ("中风后半身不遂，口眼歪斜，言语不利，面色白，气短乏力，自汗，舌质暗淡有齿痕，脉细弱", "补阳还五汤"),
    ("胃脘胀痛，痛连两胁，生气后加重，嗳气频作，善太息，苔薄白，脉弦", "柴胡疏肝散"),
    ("胃脘隐隐灼痛，饥不欲食，口燥咽干，大便干结，舌红少津，脉细数", "一贯煎 益胃汤 芍药甘草汤 沙参麦冬汤 麦门冬汤"),
    ("黎明前脐腹作痛，肠鸣即泻，泻后则安，腹部喜暖，形寒肢冷，腰膝酸软，舌淡苔白，脉沉细", "四神丸 附子理中丸 真人养脏汤"),
    ("水肿日久，腰以下为甚，按之凹陷不起，心悸气促，腰部冷痛，四肢厥冷，面色㿠白，舌质淡胖苔白，脉沉细", "真武汤 济生肾气丸 实脾饮 肾气丸 附子汤"),
    ("咽中如有物梗塞，吞之不下，咯之不出，胸闷胁胀，精神抑郁，苔白腻，脉弦滑", "半夏厚朴汤"),
    ("月经先期，量多色淡质稀，神疲乏力，气短懒言，小腹空坠，纳少便溏，舌淡红苔薄白，脉细弱", "补中益气汤 归脾汤 固冲汤 举元煎"),
    ("经前小腹胀痛拒按，经血量少，色紫暗有块，血块下后痛减，乳房胀痛，舌紫暗，脉弦", "膈下逐瘀汤 血府逐瘀汤 桃红四物汤"),
    ("经后小腹隐隐作痛喜按，月经量少色淡质稀，神疲乏力，头晕心悸，面色苍白，舌淡，脉细弱", "圣愈汤 八珍汤 黄芪建中汤 当归芍药散 四物汤"),
    ("带下量多，色黄黏稠有臭味，外阴瘙痒，胸闷心烦，口苦咽干，小便短赤，舌红苔黄腻，脉滑数", "止带方 龙胆泻肝汤 萆薢渗湿汤"),
    ("妊娠期腰酸腹痛，小腹下坠，阴道少量出血，头晕耳鸣，曾屡孕屡堕，舌淡苔白，脉沉细滑", "寿胎丸"),
    ("孩子不思乳食，脘腹胀满疼痛拒按，嗳腐酸馊，大便酸臭，夜卧不安，手足心热，舌红苔白厚，脉弦滑", "保和丸 消乳丸"),
    ("小儿遗尿，夜间尿床多次，小便清长，面白少华，四肢不温，智力较差，舌淡苔白，脉沉细无力", "菟丝子散 桑螵蛸散 缩泉丸"),
    ("咳嗽气粗，痰多黄稠，胸胁胀满，发热口渴，舌红苔黄腻，脉滑数", "清金化痰汤 清气化痰丸"),
]  # fmt: skip


@pytest.fixture(scope="module")
def adviser() -> Adviser:
    return Adviser(Settings())


def advised(adviser: Adviser, told: str) -> Record:
    chart = Chart()
    chart.tell(told)
    return adviser.advise(chart, Who(Patient(), ()))


@pytest.mark.parametrize(("told", "right"), CASES)
def test_a_formula_of_the_textbook_comes_first(adviser: Adviser, told: str, right: str) -> None:
    hits = advised(adviser, told)["formulas"]
    assert key_of(hits[0]["formula"]["name"]) in {key_of(name) for name in right.split()}


def test_each_formula_says_what_speaks_for_it_and_out_of_how_many(adviser: Adviser) -> None:
    advice = advised(adviser, CASES[-1][0])
    assert advice["syndrome"]["syndrome"] == "痰热壅肺证"
    assert advice["searched"] > 400
    for hit in advice["formulas"]:
        assert "痰热壅肺证" in [one["syndrome"] for one in hit["why"]["syndromes"]]
        assert hit["why"]["findings"]


def test_of_a_syndrome_that_is_not_concluded_nothing_is_said(adviser: Adviser) -> None:
    advice = advised(adviser, "胃痛隐隐，喜温喜按，空腹痛甚")
    assert advice["syndrome"]["abstained"]
    assert advice["formulas"]
    assert [hit for hit in advice["formulas"] if "syndromes" in hit["why"]] == []


@pytest.mark.parametrize("told", ["我老公说我打呼噜，今天天气真好。嗯。不。随便。哈哈", "乏力", "不知道", "患者咳嗽"])
def test_where_nothing_of_substance_was_told_no_formula_is_named(adviser: Adviser, told: str) -> None:
    advice = advised(adviser, told)
    assert (advice["formulas"], advice["principle"]) == ([], None)


def names(advice: Record) -> list[str]:
    return [hit["formula"]["name"] for hit in advice["formulas"]]


@pytest.mark.parametrize(
    ("told", "first"),
    [
        ("盗汗，睡不着，心烦，手脚心热，口干", "天王补心丹"),
        ("盗汗，失眠，心烦，五心烦热，口干", "天王补心丹"),
        ("肚子一痛就想拉，拉完就舒服，一生气就犯", "痛泻要方"),
        ("腹痛即泻，泻后痛减，恼怒后发作", "痛泻要方"),
    ],
)
def test_everyday_words_find_what_textbook_words_find(adviser: Adviser, told: str, first: str) -> None:
    advice = advised(adviser, told)
    assert names(advice)[0] == first
    said = [one["query"] for hit in advice["formulas"] for one in hit["why"]["findings"]]
    assert all(words in told for words in said)


def for_patient(adviser: Adviser, told: str, **patient: object) -> Record:
    chart = Chart()
    chart.tell(told)
    return adviser.advise(chart, Who(patient_of(patient), ()))


COLD = "恶寒发热，无汗，头痛身痛，鼻塞流清涕一天，苔薄白，脉浮紧"


@pytest.mark.parametrize("told", [COLD, "腰膝酸软怕冷，夜尿多半年，舌淡胖，苔白，脉沉迟无力，两尺尤甚"])
def test_a_man_gets_no_formula_of_womens_diseases(adviser: Adviser, told: str) -> None:
    advice = for_patient(adviser, told, sex="男", age="70岁")
    assert len(advice["formulas"]) == 3
    assert not any("female" in only_for(hit["formula"]) for hit in advice["formulas"])
    assert not {"月经过少", "月经后期", "经行感冒", "崩漏"} & {
        hit["why"].get("use", {}).get("disease") for hit in advice["formulas"]
    }


def test_a_woman_is_not_told_of_mens_diseases(adviser: Adviser) -> None:
    advice = for_patient(adviser, "腰酸怕冷，夜尿多", sex="女", age="51岁")
    shown = [hit["why"].get("use", {}).get("disease") for hit in advice["formulas"]]
    assert advice["formulas"]
    assert not {"阳痿", "遗精", "精浊", "精癃"} & set(shown)


def test_what_only_a_row_of_another_disease_speaks_for_stands_behind(adviser: Adviser) -> None:
    found = names(advised(adviser, "盗汗，手足心热，口干，舌红少苔，脉细数"))
    assert len(found) == 3
    assert not {"泻白散", "沙参麦冬汤"} & set(found)


STASIS = "胁肋刺痛，痛处固定，面色晦暗，舌紫暗有瘀斑，脉涩，三个月"


@pytest.mark.parametrize(("pregnant", "severity"), [("可能", "warn"), ("怀孕8周", "block")])
def test_notes_that_forbid_a_formula_in_pregnancy_are_a_finding(adviser: Adviser, pregnant: str, severity: str) -> None:
    def forbidden(advice: Record) -> list[bool]:
        return ["忌" in hit["formula"]["notes"] or "禁" in hit["formula"]["notes"] for hit in advice["formulas"]]

    advice = for_patient(adviser, STASIS, sex="女", age="30岁", pregnant=pregnant)
    assert forbidden(advice) == sorted(forbidden(advice))
    for hit, is_forbidden in zip(advice["formulas"], forbidden(advice), strict=True):
        if is_forbidden:
            first = hit["safety"]["findings"][0]
            assert (first["code"], first["severity"]) == ("pregnancy", severity)
            assert hit["formula"]["notes"] in first["message"]
            assert hit["formula"]["name"] in first["source"]
    other = for_patient(adviser, STASIS, sex="男", age="30岁")
    assert forbidden(other)[0]
    assert not [one for hit in other["formulas"] for one in hit["safety"]["findings"] if one["code"] == "pregnancy"]


@pytest.mark.parametrize(
    ("told", "known", "warned"),
    [
        ("月经推迟十天，小肚子隐隐疼，乳房胀", {"sex": "女", "age": 28}, True),
        ("例假一个多月没来，小腹坠痛", {}, True),
        ("月经推迟十天，小肚子隐隐疼，乳房胀", {"sex": "女", "age": 28, "pregnant": False}, False),
        ("月经推迟十天，肚子不疼", {"sex": "女", "age": 28}, False),
        ("月经按时来，小腹痛", {"sex": "女", "age": 28}, False),
        ("月经推迟，小腹痛", {"sex": "女", "age": 62}, False),
    ],
)
def test_late_menses_with_pain_want_a_test_for_pregnancy_first(
    adviser: Adviser, told: str, known: dict[str, object], warned: bool
) -> None:
    chart = Chart()
    chart.tell(told)
    found = adviser.advise(chart, Who(patient_of(known), ()))["before_formulas"]
    assert [one["code"] for one in found] == ["pregnancy_first"] * warned
    assert [one for one in found if "HCG" not in one["message"] and "hCG" not in one["message"]] == []
