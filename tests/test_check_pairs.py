"""Every pair of the two songs through the names that prescriptions give its herbs; none may be missed."""

from itertools import product

import pytest

from tcmkit.safety import Checker, Settings

checker = Checker(Settings(language="zh"))

# Written from the songs and from what prescriptions call these herbs: name in the table, then how it is written.
NAMES = {
    "川乌": "川乌 生川乌 川乌头 川烏",
    "制川乌": "制川乌 制川乌片 川乌(制) 製川烏",
    "草乌": "草乌 生草乌 草乌头 北草乌",
    "制草乌": "制草乌 草乌(制) 製草烏",
    "附子": "附子 附片 黑附片 白附片 黑顺片 淡附片 炮附子 熟附子 制附子 製附片 淡附子 炮附片 熟附片 盐附子 川附子 制附片",
    "半夏": "半夏 生半夏 地文",
    "法半夏": "法半夏 法夏",
    "姜半夏": "姜半夏 薑半夏 姜夏",
    "清半夏": "清半夏 清夏",
    "制半夏": "制半夏 製半夏",
    "瓜蒌": "瓜蒌 全瓜蒌 栝楼 栝蒌 糖瓜蒌 瓜蔞 括楼",
    "瓜蒌皮": "瓜蒌皮 瓜蒌壳 栝楼皮 炒瓜蒌皮",
    "瓜蒌子": "瓜蒌子 瓜蒌仁 栝楼仁 蒌仁 炒瓜蒌子 瓜蒌仁霜",
    "天花粉": "天花粉 花粉 栝楼根 瓜蒌根",
    "川贝母": "川贝母 川贝 松贝 青贝 炉贝 川贝粉 尖贝",
    "浙贝母": "浙贝母 浙贝 大贝 象贝 象贝母 大贝母 土贝(浙贝)",
    "贝母": "贝母",
    "平贝母": "平贝母 平贝",
    "伊贝母": "伊贝母 伊贝",
    "湖北贝母": "湖北贝母",
    "白蔹": "白蔹 白蘞",
    "白及": "白及 白芨 白及粉",
    "甘草": "甘草 生甘草 粉甘草 国老 生草 甘草梢 甘草片",
    "炙甘草": "炙甘草 蜜甘草 炙草 甘草(炙) 蜜炙甘草 清炙甘草",
    "甘遂": "甘遂 醋甘遂 制甘遂 煨甘遂 生甘遂",
    "京大戟": "京大戟 大戟 醋京大戟 醋大戟",
    "红大戟": "红大戟 红芽大戟",
    "海藻": "海藻 淡海藻",
    "芫花": "芫花 醋芫花",
    "藜芦": "藜芦 黑藜芦",
    "人参": "人参 生晒参 白参 园参 吉林参 野山参 移山参 高丽参 別直参 人參 人参片 参须",
    "红参": "红参 红人参 红参片",
    "西洋参": "西洋参 花旗参 西洋參 洋参",
    "党参": "党参 潞党参 黨參 炒党参 台党参 米炒党参",
    "南沙参": "南沙参 空沙参",
    "北沙参": "北沙参 辽沙参 条沙参",
    "沙参": "沙参",
    "丹参": "丹参 紫丹参 酒丹参 赤参",
    "玄参": "玄参 元参 黑玄参 黑参 乌元参",
    "苦参": "苦参 苦参片",
    "细辛": "细辛 北细辛 辽细辛 少辛",
    "白芍": "白芍 杭白芍 炒白芍 酒白芍 白芍药 杭芍 生白芍 亳白芍 酒炒白芍",
    "赤芍": "赤芍 赤芍药 炒赤芍 川赤芍 京赤芍",
    "芍药": "芍药",
    "太子参": "太子参 孩儿参 童参",
    "硫黄": "硫黄 石硫黄 制硫黄 硫磺 倭硫黄",
    "芒硝": "芒硝 朴硝 皮硝 牙硝 马牙硝",
    "玄明粉": "玄明粉 元明粉 风化硝",
    "水银": "水银 汞",
    "砒霜": "砒霜 信石 白砒 砒石 红砒 人言",
    "狼毒": "狼毒 白狼毒 醋狼毒",
    "密陀僧": "密陀僧 陀僧",
    "巴豆": "巴豆 生巴豆 江子 巴豆仁",
    "巴豆霜": "巴豆霜 巴霜",
    "牵牛子": "牵牛子 黑丑 白丑 二丑 黑白丑 牵牛 炒牵牛子 黑牵牛",
    "丁香": "丁香 公丁香",
    "母丁香": "母丁香 鸡舌香",
    "郁金": "郁金 川郁金 广郁金 黄郁金 鬱金 醋郁金 玉金 温郁金",
    "三棱": "三棱 京三棱 荆三棱 醋三棱 山棱 三稜",
    "犀角": "犀角 犀牛角 暹罗角 广角 乌犀角 犀角粉 犀角片",
    "五灵脂": "五灵脂 灵脂 醋五灵脂 炒五灵脂 糖灵脂 五靈脂",
    "肉桂": "肉桂 官桂 桂心 紫油桂 上肉桂 企边桂 肉桂粉 油桂 安桂 玉桂",
    "赤石脂": "赤石脂 石脂 煅赤石脂 红高岭 赤石土",
}
ACONITE = "川乌 制川乌 草乌 制草乌 附子"
PAIRS = [
    ("incompat18", ACONITE, "半夏 法半夏 姜半夏 清半夏 制半夏"),
    ("incompat18", ACONITE, "瓜蒌 瓜蒌皮 瓜蒌子 天花粉"),
    ("incompat18", ACONITE, "川贝母 浙贝母 贝母 平贝母 伊贝母 湖北贝母"),
    ("incompat18", ACONITE, "白蔹 白及"),
    ("incompat18", "甘草 炙甘草", "甘遂 京大戟 红大戟 海藻 芫花"),
    (
        "incompat18",
        "藜芦",
        "人参 红参 西洋参 党参 南沙参 北沙参 沙参 丹参 玄参 苦参 细辛 白芍 赤芍 芍药 太子参",
    ),
    ("fear19", "硫黄", "芒硝 玄明粉"),
    ("fear19", "水银", "砒霜"),
    ("fear19", "狼毒", "密陀僧"),
    ("fear19", "巴豆 巴豆霜", "牵牛子"),
    ("fear19", "丁香 母丁香", "郁金"),
    ("fear19", "芒硝 玄明粉", "三棱"),
    ("fear19", "川乌 制川乌 草乌 制草乌", "犀角"),
    ("fear19", "人参 红参", "五灵脂"),
    ("fear19", "肉桂", "赤石脂"),
]
ALIASES = [
    (code, one, other, first, second)
    for code, ones, others in PAIRS
    for one, other in product(ones.split(), others.split())
    for first, second in product(NAMES[one].split(), NAMES[other].split())
]
WAYS = [
    "{0}3g，陈皮6g，{1}3g", "{1}3克 茯苓10克 {0}3克", "陈皮6g、{0}、{1}各3g", "{0}一钱；{1}一钱", "{0}3{1}3",
    "处方：陈皮 6g\n{1} 3g（另包）\n{0} 3g（先煎）\n5剂，水煎服",
]  # fmt: skip


@pytest.mark.parametrize("code", ["incompat18", "fear19"])
def test_no_forbidden_pair_is_missed(code: str) -> None:
    missed = []
    for at, (rule, one, other, first, second) in enumerate(ALIASES):
        if rule != code:
            continue
        text = WAYS[at % len(WAYS)].format(first, second)
        findings = checker({"prescription": text, "patient": "男，40岁"})[0]["safety"]["findings"]
        pairs = [{herb["name"] for herb in found["herbs"]} for found in findings if found["code"] == code]
        strange = [found["message"] for found in findings if found["code"] in ("unknown_herb", "duplicate_herb")]
        if pairs != [{one, other}] or strange:
            missed.append((text, pairs, strange))
    assert missed == []


# Names that look like a herb of the songs and are another; and pairs that no song forbids.
HARMLESS = [
    "白附子3g，法半夏6g", "桂枝6g，赤石脂10g", "昆布10g，甘草6g", "莪术6g，芒硝6g", "土贝母5g，附子6g",
    "水牛角15g，制川乌3g", "紫石英10g，肉桂3g", "木香6g，郁金10g", "丁香3g，姜黄6g", "五味子3g，藜芦0.5g",
    "泽泻10g，甘草6g", "狼把草10g，密陀僧1g", "白石脂10g，肉桂3g", "党参10g，五灵脂6g", "太子参10g，五灵脂6g",
    "附子6g，犀角1g", "竹沥10g，附子6g", "水半夏6g，附子6g", "桂圆肉10g，赤石脂10g", "香附6g，法半夏6g",
    "莱菔子6g，人参6g", "巴戟天6g，牵牛子3g", "芫荽6g，甘草6g", "土大黄6g，甘草6g", "白头翁10g，附子6g",
]  # fmt: skip


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_not_a_pair_is_none(text: str) -> None:
    findings = checker({"prescription": text, "patient": "男，40岁"})[0]["safety"]["findings"]
    assert [found["message"] for found in findings if found["code"] in ("incompat18", "fear19")] == []
