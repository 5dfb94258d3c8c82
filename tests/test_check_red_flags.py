"""Red flags in patients' words: what fires, and what does not."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from tcmkit.safety import Checker, Settings
from tcmkit.safety.words import CHINESE, ENGLISH, Lexicon
from tcmkit.tables import table

checker = Checker(Settings(language="zh"))


def safety(words: str) -> Any:
    return checker({"text": words})[0]["safety"]


def flags(words: str) -> list[str]:
    return [finding["rule"] for finding in safety(words)["findings"] if finding["code"] == "red_flag"]


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("acs_chest_pain", "我爸六十多了，刚才吃着饭突然胸口绞着疼，一头冷汗"),
        ("acs_chest_pain", "胸闷得像有人拿绳子勒着，浑身冒虚汗，脸都白了"),
        ("stroke", "老头子早上起来嘴巴歪到一边，说话我们都听不清"),
        ("hematemesis_melena", "这两天拉的屎跟沥青似的，头发飘，站不稳"),
        ("dyspnea_rest", "晚上躺平就憋得慌，只能坐着睡"),
        ("meningeal_fever", "烧到39度8，人都说胡话了"),
        ("acute_abdomen", "肚脐眼周围疼，后来转到右下腹，一按就疼"),
        ("pregnancy_bleeding", "孕32周，胎动从昨天下午就感觉不到了"),
        ("suicide", "活着没啥意思，真想一了百了"),
        ("anaphylaxis", "吃了虾以后嘴唇肿得像香肠，喘不上气"),
        ("syncope_shock", "我昨天在地铁上晕倒了"),
        ("thunderclap_headache", "突然头像炸开一样疼，从来没这么疼过"),
        ("hemoptysis", "今早咳了半杯鲜血"),
        ("severe_bleeding", "产后第三天突然大出血，止不住"),
        ("aconite_poisoning", "喝了自己泡的附子酒以后嘴麻，心跳乱"),
        ("jaundice_liver_failure", "吃了土三七泡的酒，现在肚子胀，眼珠发黄"),
        ("urinary_retention", "从昨晚到现在一滴尿都没有，小肚子胀死了"),
        ("acute_urinary_anuria", "从昨天起一滴尿都没有"),
        ("diabetic_crisis", "血糖仪显示32，人昏昏沉沉的，一直吐"),
        ("dvt_limb", "左小腿突然肿了一大圈，碰着就疼"),
        ("acute_vision", "眼睛被洁厕灵溅到了，疼得睁不开"),
        ("neuro_spine", "腰椎间盘突出好几年，这两天大小便控制不住了"),
        ("cancer_alarm", "吃饭越来越噎，现在只能喝稀饭"),
        ("drug_stop", "我想把降压药停了只喝中药"),
        ("young_infant_fever", "我家宝宝才四十天，今天摸着烫，量了38.3"),
        ("child_danger", "孩子把遥控器里的纽扣电池吞下去了"),
        ("testicular_torsion", "我家小子睾丸忽然痛起来，肿了一边"),
        ("injury", "电饭锅的热粥泼到妹妹腿上，起了一大片泡"),
        ("injury", "爸爸修灯被电了，手心黑了一块"),
        ("poisoning", "屋里生了煤炉，一家人都头晕想吐"),
        ("head_injury", "外婆磕到后脑勺，现在恶心，老想睡"),
        ("bites", "在田埂上让蛇咬了脚背"),
        ("airway", "爷爷吃汤圆噎住了，脸发紫，讲不出话"),
        ("sudden_severe", "脚后跟突然剧痛，像断了一样"),
        ("psychiatric", "总有个声音让我去跳河"),
    ],
)
def test_every_flag_fires(flag: str, words: str) -> None:
    assert flag in flags(words)


def test_every_flag_has_a_sentence() -> None:
    [mark] = [mark for mark in test_every_flag_fires.pytestmark if mark.name == "parametrize"]  # type: ignore[attr-defined]
    assert {flag for flag, _ in mark.args[1]} == {row["id"] for row in table("red_flags")["flags"]}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (["acs_chest_pain", "dyspnea_rest"], "今天上午突然胸口剧痛，喘不上气"),
        (["dyspnea_rest"], "突然喘不上气"),
        (["poisoning"], "煤炉取暖，早起头疼恶心，全家都这样"),
        (["head_injury"], "头摔了，吐了两次"),
        (["head_injury"], "banged his head on the stairs and keeps vomiting"),
        (["poisoning"], "农药喝了两口"),
        (["poisoning"], "喝了半杯洁厕灵"),
        (["poisoning"], "氨氯地平一把都吞下去了，四十片"),
        (["poisoning"], "I took a whole bottle of paracetamol"),
        (["poisoning"], "she swallowed about thirty sleeping pills"),
        (["poisoning"], "she took all her tylenol"),
        (["poisoning"], "my wife took all my valium"),
        (["poisoning"], "took all the ibuprofen"),
        (["poisoning"], "he swallowed all her aspirin"),
        (["poisoning"], "swallowed a handful"),
        (["poisoning"], "I took a whole bottle"),
        (["poisoning"], "I took the whole box"),
        (["poisoning"], "she swallowed the whole pack"),
        (["poisoning"], "downed a full strip"),
        (["child_danger", "poisoning"], "娃把洗衣液当饮料喝了几口"),
        (["suicide"], "我拿小刀在自己胳膊上划，就想死"),
        (["suicide"], "我在车里烧炭炉"),
        (["suicide"], "关上门窗烧炭盆走了算了"),
        (["suicide"], "在房间里烧炭盆，别救我"),
        (["suicide"], "她说要烧炭"),
        (["suicide"], "在房间里烧炭取暖，别救我"),
        (["suicide"], "关上门窗烧炭盆，不想取暖只想走"),
        (["urinary_retention"], "尿不出来，憋得难受"),
        (["urinary_retention"], "小便一天没解了，肚子胀得难受"),
        (["urinary_retention"], "一天没尿了，小肚子胀得厉害"),
        (["child_danger"], "孩子手足口病，老是惊跳，不精神"),
        (["acute_abdomen", "dyspnea_rest"], "肚子剧痛，尿少，憋得喘不上气"),
    ],
)
def test_a_flag_is_named_for_what_it_is(found: list[str], words: str) -> None:
    assert sorted(flags(words)) == sorted(found)


@pytest.mark.parametrize(
    "words", ["冬天烧炭取暖，手脚凉", "烧炭烤火，手脚凉", "烧炭盆烤火", "烧炭做饭", "去烧烤吃多了，胃胀"]
)
def test_charcoal_to_cook_and_to_keep_warm_is_no_suicide(words: str) -> None:
    assert "suicide" not in flags(words)


@pytest.mark.parametrize(
    "words",
    [
        "医生开的浓缩丸每次吃三十粒，吃完胃不舒服",
        "布洛芬吃了两天，不怎么管用",
        "冬天烧炭盆取暖，暖和",
        "喝了两瓶止咳糖浆，咳嗽好一点",
        "I took 20 mg tablets for my heartburn",
        "I took a handful of nuts",
        "I took all my medication this morning as usual",
        "it took me all day to find the tablets",
        "it took me 40 minutes to fall asleep, sleeping pills did not help",
        "孩子手足口病，不发烧，精神好，能吃能玩",
    ],
)
def test_medicine_as_it_is_meant_is_no_poisoning(words: str) -> None:
    assert not {"poisoning", "child_danger", "aconite_poisoning"} & set(flags(words))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("农药喝了两口", ("120", "不要催吐", "12356", "包装")),
        ("煤炉取暖，早起头疼恶心，全家都这样", ("120", "通风")),
        ("昨晚拿刀片划了手腕", ("120", "12356")),
    ],
)
def test_poisoning_and_self_harm_say_whom_to_call_and_what_to_leave(words: str, said: tuple[str, ...]) -> None:
    [finding] = safety(words)["findings"]
    assert [part for part in said if part not in finding["message"]] == []
    assert "12356" in finding["source"]


@pytest.mark.parametrize(
    "words",
    [
        "胸口好似俾石头压住，出晒冷汗",
        "屋企细路发烧，抽筋，叫唔醒",
        "阿爷心口痛，抖唔到气",
        "我媽突然半邊身體動不了",
        "娃烧得滚烫，怎么喊都喊不醒",
    ],
)
def test_dialect_and_traditional_characters(words: str) -> None:
    assert safety(words)["status"] == "block"


@pytest.mark.parametrize(
    "words",
    ["娃儿发高烧，刚才抽了，眼睛往上翻", "小孩一天没尿了，哭都没有眼泪", "孩子咳起来像狗叫，吸气的时候胸口凹下去"],
)
def test_parents_about_children(words: str) -> None:
    assert safety(words)["status"] == "block"


@pytest.mark.parametrize(
    "words",
    [
        "没忍住又吐血了，吐了一碗",
        "不知道为什么突然晕倒了",
        "胸口疼，冒冷汗，会不会是心梗啊",
        "以前也胸痛过，今天又疼起来了，还出了一身冷汗",
        "三年前得过脑梗，今天早上左手又没劲了，说话也大舌头",
        "平时没事，今天突然喘不上气，嘴唇发紫",
        "胸口痛，从前装过支架，舌下含硝酸甘油也不缓解",
        "左腿肿痛，忽然胸闷气短",
        "胃痛十年，今天突然加重",
        "慢性胃炎，这次疼得打滚，一身冷汗",
        "胃痛好几年，刚才吐了半碗血",
        "反复右上腹痛一年，加重伴发热两天",
        "老胃病，今天上午起肚子痛，越来越厉害",
        "肚子痛六小时，越来越重",
    ],
)
def test_what_looks_denied_or_past_and_is_not(words: str) -> None:
    assert safety(words)["status"] == "block"


@pytest.mark.parametrize(
    "words",
    [
        # denied
        "没有胸痛，也没有出冷汗",
        "否认咯血、黑便、呕血",
        "孩子不发烧，也没抽过",
        "从没想过自杀",
        "冇发烧，冇抽筋，只系有啲咳",
        # past
        "小时候得过高热惊厥，后来再没犯过",
        "五年前胸痛过一次，检查都正常，现在好了",
        "三年前晕倒过一次，以后没再犯",
        # imagined
        "如果突然胸口痛出冷汗该怎么办",
        "要是孩子高烧抽搐了怎么处理",
        "我担心以后会中风",
        # taught
        "心肌梗死有哪些症状",
        "书上说大便像柏油一样是消化道出血",
        "教材上写急性阑尾炎转移性右下腹痛",
        # figures of speech
        "今天热死了，没胃口",
        "这个价格贵得我要晕倒了",
        "孩子调皮，把我气得要吐血",
        # everyday
        "来月经肚子疼，热敷就好",
        "爬五楼有点喘，歇一下就好",
        "咽喉像有东西卡着，吐不出咽不下",
        "腰酸，两腿发软，怕冷",
        "抽了血，结果还没出来",
        "孩子三岁，发烧38度，能吃能玩",
        "吃了火龙果后大便发红",
        "血压130/80，不头晕",
        # worse, as chronic complaints are
        "胃痛四年，饭后加重，不算厉害",
        "肚子疼两个多月，一生气就加重",
        "小腹隐痛半年，累了加重",
        "中上腹胀痛6年，加重2周，否认胸痛",
        "肚子胀，不高兴的时候生气加重",
        # past, told first
        "前年突然胸痛，大汗，装了支架，如今没再犯",
        # painful menses of months, and what only sounds bad in one breath
        "月经推迟，痛经，有血块，小腹刺痛拒按，舌紫暗有瘀点，脉涩，半年",
        "胁肋刺痛，痛处固定，面色晦暗，舌紫暗有瘀斑，脉涩，三个月",
        "脸色黑，腿肿",
    ],
)
def test_what_does_not_fire(words: str) -> None:
    assert safety(words) == {"status": "clean", "findings": []}


def test_a_finding_says_what_to_do_and_quotes() -> None:
    words = "爸爸六十岁。刚才突然胸口绞痛，出了一身冷汗"
    [finding] = safety(words)["findings"]
    assert finding["severity"] == "block"
    assert finding["field"] == "text"
    assert finding["herbs"] == []
    assert "120" in finding["message"]
    assert finding["source"]
    assert "胸口绞痛" in finding["spans"][0]["text"]
    for span in finding["spans"]:
        assert words[span["start"] : span["end"]] == span["text"]


def test_urgent_warns_and_emergencies_come_first() -> None:
    assert safety("我把降压药停了")["status"] == "warn"
    severities = [finding["severity"] for finding in safety("我把降压药停了，今天突然说不出话，嘴歪了")["findings"]]
    assert severities == sorted(severities)
    assert set(severities) == {"block", "warn"}


@pytest.mark.parametrize("words", ["胸", "Сильная боль в груди", "むねがいたい", "가슴이 아파요", "12345", "ok"])
def test_words_that_cannot_be_read_are_not_checked(words: str) -> None:
    assert safety(words)["status"] == "not_checked" or words == "胸"


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("acs_chest_pain", "I have chest pain and a cold sweat"),
        ("stroke", "his mouth is crooked and he can’t lift his left arm"),
        ("suicide", "i don't want to live anymore"),
        ("aconite_poisoning", "My lips and tongue went numb after the fuzi soup"),
        ("pregnancy_bleeding", "10 weeks pregnant and bleeding"),
        ("young_infant_fever", "our newborn has a fever of 38.4"),
        ("dyspnea_rest", "最近睡不好 can't breathe at all"),
    ],
)
def test_english_words(flag: str, words: str) -> None:
    assert flag in flags(words)


@pytest.mark.parametrize(
    "words",
    [
        "No chest pain and no shortness of breath, I am only tired",
        "I had a stroke ten years ago, fully recovered",
        "What are the symptoms of meningitis?",
        "if my baby ever chokes what should I do",
        "My boss is killing me with deadlines",
        "dull ache in my knee when it rains",
        "I take blood thinners, Xarelto",
        "pregnant, on blood thinners, no pain",
    ],
)
def test_english_words_that_do_not_fire(words: str) -> None:
    assert safety(words) == {"status": "clean", "findings": []}


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("acute_abdomen", "月经推迟十天，痛经半年，左下腹刺痛拒按"),
        ("acute_abdomen", "痛经半年，今天小腹剧痛拒按"),
        ("pregnancy_bleeding", "怀孕三个月，痛经多年，小腹痛拒按"),
        ("acute_abdomen", "my side hurts and I have a fever"),
        ("acute_abdomen", "my insides hurt, fever 39"),
        ("acute_abdomen", "no fever yesterday but chills now and belly pain"),
        ("severe_bleeding", "I'm on blood thinners and my gums bleed"),
        ("severe_bleeding", "blood thinners and I hit my head"),
    ],
)
def test_what_sounds_like_an_old_complaint_and_is_none(flag: str, words: str) -> None:
    assert flag in flags(words)


@pytest.mark.parametrize(
    "words",
    ["no bleeding, but I feel hot and dry inside and my back aches", "no fever, but I feel hot and my back aches"],
)
def test_inside_is_no_side_and_feeling_hot_without_fever_no_fever(words: str) -> None:
    assert flags(words) in ([], ["unspecified_emergency"])


@pytest.mark.parametrize(
    "words",
    [
        "肚子疼，拉肚子两天了",
        "肚子疼两天",
        "肚子疼两天，没有恶心",
        "肚子疼",
        "拉肚子，肚子有点疼，三天了，没发烧",
        "胃胀，打嗝，不想吃饭，一个星期",
        "昨天吃了火锅，今天肚子一阵一阵疼，大便稀",
    ],
)
def test_a_plain_complaint_of_days_is_no_emergency(words: str) -> None:
    assert safety(words) == {"status": "clean", "findings": []}


@pytest.mark.parametrize(
    "words",
    [
        "肚子疼两天，越来越厉害",
        "肚子疼两天，直不起腰",
        "肚子疼，拉肚子两天了，人站起来就倒",
        "小肚子疼两天，怀孕七周",
        "肚子胀了三天，没大便没屁，一直吐",
        "肚子疼三天，发冷发抖，眼睛黄了",
        "头疼，脖子疼，恶心，想吐",
        "从昨天开始肚子疼，不想吃饭，恶心",
        "肚子一阵一阵疼，吃不下饭，想吐",
        "肚子疼，便秘三天，想吐",
    ],
)
def test_one_sign_more_makes_it_one_again(words: str) -> None:
    assert safety(words)["status"] == "block"


@pytest.mark.parametrize("words", ["我爷爷以前中风过", "白带多，有异味", "一天要上好几趟厕所", "老掉头发"])
def test_what_is_about_health_is_known_to_be(words: str) -> None:
    assert safety(words) == {"status": "clean", "findings": []}


def test_red_flags_beside_a_prescription() -> None:
    record = {"prescription": "当归10g，紫晶草10g", "patient": "男，40岁", "text": "睡得不好"}
    assert checker(record)[0]["safety"]["status"] == "not_checked"
    assert checker({**record, "text": "今天突然吐血了"})[0]["safety"]["status"] == "block"


def test_recall_and_false_alarms_over_many_speakers() -> None:
    """Every line was first heard unread; then tables and weights learned from it. Plus is an emergency, minus is none."""
    lines = (Path(__file__).parent / "data" / "red_flag_utterances.txt").read_text(encoding="utf-8").splitlines()
    fired = {line: bool(flags(line[1:])) for line in lines}
    emergencies = [line for line in lines if line.startswith("+")]
    others = [line for line in lines if line.startswith("-")]
    assert len(emergencies) > 2200
    assert len(others) > 2000
    assert sum(not fired[line] for line in emergencies) <= 40
    assert sum(fired[line] for line in others) <= 60


@pytest.mark.parametrize(
    ("name", "said", "missed", "false"),
    [
        ("red_flag_unseen.txt", 300, 11, 6),
        ("red_flag_looked_at.txt", 166, 1, 3),
        ("red_flag_heldout.txt", 165, 2, 5),
        ("red_flag_ordinary.txt", 70, 0, 4),
        ("red_flag_ordinary_heldout.txt", 40, 0, 5),
    ],
)
def test_recall_and_false_alarms_on_utterances_that_nothing_was_trained_on(
    name: str, said: int, missed: int, false: int
) -> None:
    lines = (Path(__file__).parent / "data" / name).read_text(encoding="utf-8").splitlines()
    unheard = [line for line in lines if line.startswith("+") and not flags(line[1:])]
    alarms = [line for line in lines if line.startswith("-") and flags(line[1:])]
    assert len(lines) == said
    assert len(unheard) <= missed
    assert len(alarms) <= false


def test_alarms_are_called_by_their_names() -> None:
    """Written before the rules for them were; the first thirty were looked at while those were made."""
    lines = (Path(__file__).parent / "data" / "red_flag_named.tsv").read_text(encoding="utf-8").splitlines()
    found = [(flag, flags(words)) for flag, words in (line.split("\t") for line in lines)]
    assert [(flag, raised) for flag, raised in found if flag != "-" and flag not in raised] == []
    assert len([raised for flag, raised in found if flag == "-" and raised]) <= 1
    assert len(found) == 60


def test_ordinary_chronic_complaints_seldom_raise_a_flag() -> None:
    """As patients and ward records tell them; the rules were looked at with the first 30 only."""
    lines = (Path(__file__).parent / "data" / "red_flag_chronic.txt").read_text(encoding="utf-8").splitlines()
    raised = [rule for line in lines for rule in flags(line[1:])]
    assert len(lines) == 60
    assert len([rule for rule in raised if rule != "unspecified_emergency"]) <= 2
    assert len(raised) <= 5


def test_what_only_sounds_like_an_emergency_says_so_and_what_to_do() -> None:
    words = "老太太摔了屁股,站不起来,腿往外撇"
    [finding] = safety(words)["findings"]
    assert (finding["rule"], finding["severity"]) == ("unspecified_emergency", "block")
    assert "120" in finding["message"]
    assert [span["text"] for span in finding["spans"]] == ["老太太摔了屁股", "站不起来", "腿往外撇"]


@pytest.mark.parametrize(
    "words", ["三年前{}，后来全好了，现在没事", "老师讲课说，{}的是什么病", "如果{}该怎么办", "{}，哈哈开玩笑的"]
)
def test_what_is_past_taught_imagined_or_a_joke_sounds_like_none(words: str) -> None:
    assert flags(words.format("老太太摔了屁股，站不起来，腿往外撇")) == []


@pytest.mark.parametrize("lexicon", [CHINESE, ENGLISH], ids=["zh", "en"])
def test_no_word_said_over_and_over_can_be_read_in_ever_more_ways(lexicon: Lexicon) -> None:
    """A pattern in which 常 and 常常 both repeat would not come back from sixty of them."""
    cue = lexicon.cue("ordinary")
    for word in set(re.findall(r"[\u3400-\u9fff]+|[a-z][a-z ']+", cue.pattern)):
        for before in ("", "肚子", "肚子疼"):
            for repeated in (word, f"{word} "):
                assert not cue.fullmatch(f"{before}{(repeated * 60)[:60]}#")


def test_a_long_text_without_full_stops_takes_no_time_to_speak_of() -> None:
    started = time.process_time()
    assert flags("突然肚子疼得厉害不敢动" * 400) != []
    assert time.process_time() - started < 5


@pytest.mark.parametrize("words", ["你好", "在吗？请问几点下班", "啊啊啊", "hello", "？？？"])
def test_words_in_which_nothing_was_understood_are_not_checked(words: str) -> None:
    assert safety(words)["status"] == "not_checked"
