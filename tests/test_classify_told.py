"""Textbook-clear cases as patients and physicians tell them: the syndrome must be among those that a textbook would accept."""

import pytest

from tcmkit.classify import Classifier, Settings, signs
from tcmkit.classify.signs import signs_of
from tcmkit.clean_tqs import Cleaner, fold, is_told, said
from tcmkit.clean_tqs import Settings as CleanSettings
from tcmkit.retrieve.query import query_of as case_query

CLEAR = [
    ("腰膝酸冷，畏寒肢冷，夜尿多，面色㿠白，舌淡胖苔白，脉沉细。", "肾阳虚 肾虚"),
    ("腹痛即泻，泻后痛减，每因情绪紧张而作，胁胀，脉弦。", "肝郁脾虚"),
    (
        "肚子一痛就要拉，拉完就不痛了，半年。每次一生气就犯。两边肋下发胀，爱叹气，大便稀，舌淡红苔薄白，脉弦。",
        "肝郁脾虚",
    ),
    ("风寒感冒，发烧，喉咙很痛，流黄鼻涕，口渴，痰黄，舌红苔黄，脉浮数。", "风热犯肺 风热袭表 风热外袭"),
    ("感冒了，怕冷得厉害，流清鼻涕，没有汗，浑身痛，舌苔薄白，脉浮紧。", "风寒袭表 风寒外袭 风寒袭肺"),
    ("失眠半年。多梦，心慌，记性差，没力气，吃得少，大便稀，脸色发白，舌淡苔薄，脉细无力。", "心脾两虚"),
    ("老感冒，动不动就出汗。怕风，没劲，说话声音低，脸色发白，舌淡苔薄白，脉弱。", "肺卫不固 气虚"),
    ("右边太阳穴一跳一跳地胀痛，一生气就犯。爱发火，脸红，嘴苦，耳朵嗡嗡响，舌红苔黄，脉弦有力。", "肝阳上亢 阴虚阳亢"),
    (
        "腰像针扎一样痛。就一个地方痛，不让碰，晚上更厉害，闪了腰以后得的，舌暗紫有瘀斑，脉涩。",
        "瘀血阻络 气滞血瘀 瘀血阻滞",
    ),
    ("腰又冷又痛又重。阴雨天更厉害，热敷舒服些，翻身困难，舌淡苔白腻，脉沉迟。", "寒湿阻络 风寒湿痹 风寒湿阻 风寒痹阻"),
    ("月经老提前，量特别多，颜色深红，心烦，脸发红，爱喝凉的，小便黄，舌红苔黄，脉滑数。", "血热 阴虚血热"),
    ("带下量多清稀3月，面色萎黄，神疲倦怠，纳少便溏，舌淡胖苔白腻，脉缓弱。", "脾虚湿盛 脾虚湿蕴"),
    ("孩子3岁，这两天不吃饭。嘴里一股酸臭味，肚子胀，拉的屎又酸又臭，舌苔厚腻，脉滑。", "饮食积滞"),
    ("皮疹反复5年，皮肤干燥粗糙，脱屑，痒得很，夜里更厉害，脸色没有血色，舌淡苔白，脉弦细。", "血虚风燥"),
]


@pytest.mark.parametrize(
    ("text", "accepted"), CLEAR, ids=[accepted.split()[0] + str(n) for n, (_, accepted) in enumerate(CLEAR)]
)
def test_a_clear_case_is_clear(text: str, accepted: str) -> None:
    made = Classifier(Settings(top=1))({"text": text})
    assert isinstance(made, list)
    assert made[0]["syndrome"].removesuffix("证") in accepted.split()


def told(text: str) -> dict[str, bool]:
    case = Cleaner(CleanSettings())({"text": text})
    assert isinstance(case, list)
    return {signs()[one.row]["id"]: one.present for one in signs_of(case[0])}


@pytest.mark.parametrize(
    ("text", "present", "absent"),
    [
        ("身上没什么力气，睡着了老出汗，手心发烫", "乏力 盗汗 五心烦热", ""),
        ("没有口苦，也没有拉肚子", "", "口苦 便溏"),
        ("记性越来越差，睡不踏实，胆子小", "健忘 失眠 易惊", ""),
        ("脸色发黄，嘴唇没血色，掉头发", "面萎黄 唇甲淡 脱发", ""),
        ("白带发黄，小便又急又痛", "带下黄 尿痛", ""),
    ],
)
def test_everyday_words_are_signs(text: str, present: str, absent: str) -> None:
    found = told(text)
    assert {sign for sign in present.split() if found.get(sign)} == set(present.split())
    assert not [sign for sign in absent.split() if found.get(sign)]


@pytest.mark.parametrize(
    ("text", "present", "absent"),
    [
        # A list of denials begins with what one would rather not have.
        ("没有口苦、拉肚子和掉头发", "", "口苦 便溏 脱发"),
        ("没有发热、手脚冰凉", "", "发热 畏寒"),
        ("没有不舒服、掉头发", "", "脱发"),
        ("没有胃口、老是怕冷", "纳差 畏寒", ""),
        ("没有力气、脸色发白、手心发烫", "乏力 面白 五心烦热", ""),
        ("没有力气、身上发烫", "乏力 发热", ""),
        ("没有睡好、心里烦", "心烦", ""),
        ("没有精神、手脚冰凉", "畏寒", ""),
        ("没有食欲、恶心", "纳差 恶心", ""),
        # What is said with its own adverb is said to be there, and so is what follows it.
        ("没有口苦、老是怕冷、掉头发", "畏寒 脱发", "口苦"),
        ("没有特别怕冷、口苦", "", "畏寒 口苦"),
        # Negated, and complained of.
        ("没有一天不头痛，没有哪天晚上不拉肚子", "头痛 便溏", ""),
        ("不是口苦就是口干", "口苦 口干", ""),
    ],
)
def test_no_complaint_becomes_its_denial(text: str, present: str, absent: str) -> None:
    found = told(text)
    assert {sign for sign in present.split() if found.get(sign)} == set(present.split())
    assert {sign for sign in absent.split() if found.get(sign) is False} == set(absent.split())


def test_a_phrase_is_quoted_whole() -> None:
    case = Cleaner(CleanSettings())({"text": "脸色有点发白，做噩梦。"})
    assert isinstance(case, list)
    assert [one["text"] for ones in case[0]["tqs"].values() for one in ones] == ["做噩梦", "脸色有点发白"]


def test_a_physicians_record_is_read_by_its_own_words() -> None:
    record = "患者3天前就诊，入院时没什么力气。"
    assert not is_told(fold(record))
    assert said(fold(record)) == ()
    assert said("没什么力气")


def test_what_one_also_has_is_no_disease() -> None:
    made = Classifier(Settings())({"text": "肋下胀痛半年。老打嗝，胸闷。"})
    assert isinstance(made, list)
    assert [one["name"] for one in made[0]["why"]["disease"]] == ["胁痛"]


@pytest.mark.parametrize(
    ("text", "present", "denied"),
    [
        # What is said not to be at a time or a place denies the sign of that time and place, and nothing else.
        ("睡着了不出汗", "", "盗汗"),
        ("动一动不出汗", "", "自汗"),
        ("睡着了不出汗，白天动一动就出汗", "自汗", "盗汗"),
        ("手脚不怎么凉，也不怕风", "", "畏寒 恶寒"),
        ("手心脚心都不烫", "", "五心烦热"),
        ("头不晕也不疼", "", "头晕 头痛"),
        ("嘴巴也不干也不苦", "", "口干 口苦"),
        ("小便不黄，晚上不用起夜", "", "尿黄 夜尿"),
        ("胃口不差，不觉得累", "", "纳差 乏力"),
        # Who never sweats, or not in a fever, has no sweat all the same.
        ("总是不出汗", "无汗", ""),
        ("发烧不出汗", "无汗 发热", ""),
        ("感冒了，一点汗都没有", "无汗", ""),
        ("没有一天不出汗", "", ""),
        ("没有一天不口干", "口干", ""),
    ],
)
def test_a_negation_inside_a_phrase_denies_its_sign(text: str, present: str, denied: str) -> None:
    found = told(text)
    assert {sign for sign, there in found.items() if there} == set(present.split())
    assert all(found.get(sign) is False for sign in denied.split())


def test_the_record_keeps_such_a_denial_in_all_its_words() -> None:
    case = Cleaner(CleanSettings())({"text": "睡着了不出汗，手脚不凉"})
    assert isinstance(case, list)
    written = [(one["text"], one["polarity"]) for found in case[0]["tqs"].values() for one in found]
    assert written == [("手脚不凉", "present"), ("睡着了不出汗", "present")]


def test_no_formula_is_looked_for_by_what_is_denied() -> None:
    case = Cleaner(CleanSettings())({"text": "失眠多梦，手脚不凉，睡着了不出汗，口干"})
    assert isinstance(case, list)
    forms = {one.token for one in case_query(case[0]).forms}
    assert forms
    assert not {"s:肢+冷", "汗出", "盗汗", "肢冷"} & forms


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("睡眠差不思乳食", "睡眠差 不思乳食"),
        ("睡眠不好不想动", "睡眠不好 不想动"),
        ("睡眠差不爱吃东西", "睡眠差 不爱吃东西"),
        ("大便不成形不爱喝水", "大便不成形 不爱喝水"),
        ("胃口不好老是出虚汗睡不踏实", "胃口不好 出虚汗 睡不踏实"),
        ("饮食可小便清长夜寐不安", "饮食可 小便清长 夜寐不安"),
    ],
)
def test_findings_run_together_without_a_comma_stand_apart(text: str, findings: str) -> None:
    case = Cleaner(CleanSettings())({"text": text})
    assert isinstance(case, list)
    found = [one for ones in case[0]["tqs"].values() for one in ones]
    assert [one["text"] for one in sorted(found, key=lambda one: one["start"])] == findings.split()
    assert {one["polarity"] for one in found} == {"present"}
