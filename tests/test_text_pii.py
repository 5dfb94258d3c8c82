"""Personal data found and masked; doses, years, temperatures and laboratory values left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.text.pii import find, mask


def masked(text: str) -> str:
    return mask(text, find(text))


def id_card(first17: str) -> str:
    """With the check digit of GB 11643."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first17 + "10X98765432"[sum(int(d) * w for d, w in zip(first17, weights, strict=True)) % 11]


def bank_card(first: str) -> str:
    """With the check digit of ISO/IEC 7812."""
    digits = [int(d) for d in first][::-1]
    total = sum(digits[1::2]) + sum(d * 2 - 9 * (d > 4) for d in digits[::2])
    return first + str(-total % 10)


ID, CARD = id_card("35020319870415123"), bank_card("621700123456789012")
WRONG_ID = ID[:-1] + ("1" if ID[-1] != "1" else "2")
WRONG_CARD = CARD[:-1] + str((int(CARD[-1]) + 1) % 10)

PERSONAL = [
    ("姓名：王小明 性别：男", "姓名：[name] 性别：男"),
    ("姓名:欧阳文静，女，45岁", "姓名:[name]，女，45岁"),
    ("患者李建国，男，62岁，因咳嗽就诊", "患者[name]，男，62岁，因咳嗽就诊"),
    ("陈丽华，女，三十岁。月经不调。", "[name]，女，三十岁。月经不调。"),
    ("联系人：张伟，关系：父子", "联系人：[name]，关系：父子"),
    ("医生你好，我叫刘芳，今年28", "医生你好，我叫[name]，今年28"),
    ("主治医师：赵国强", "主治医师：[name]"),
    ("手机13912345678", "手机[phone]"),
    ("请打 139 1234 5678 或 +86-13912345678。", "请打 [phone] 或 [phone]。"),
    ("电话：010-62345678转801", "电话：[phone]转801"),
    ("门诊电话（0755）83456789", "门诊电话[phone]"),
    ("热线 400-810-1234", "热线 [phone]"),
    ("邮箱 li.ming+med@mail.example.com.cn，可联系", "邮箱 [email]，可联系"),
    (f"身份证号：{ID}", "身份证号：[id_card]"),
    (f"证件{ID}号", "证件[id_card]号"),
    (f"编号核对：{WRONG_ID}；{ID[:6]} {ID[6:14]} {ID[14:]}。", "编号核对：[id_card]；[id_card]。"),
    (f"卡号{CARD}", "卡号[bank_card]"),
    (f"卡号{CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:16]} {CARD[16:]}", "卡号[bank_card]"),
    ("微信：zhang_wei88 QQ：123456789", "微信：[messenger] QQ：[messenger]"),
    ("加微信号abc-12345咨询", "加微信号[messenger]咨询"),
    ("住院号：ZY20230415，床号：12床", "住院号：[record_number]，床号：[record_number]"),
    ("门诊号 0012345", "门诊号 0012345"),
    ("病历号:B-778812", "病历号:[record_number]"),
    ("住址：浙江省杭州市西湖区文三路100号3幢502室，已婚", "住址：[address]，已婚"),
    ("家住海淀区中关村大街27号，步行来诊", "家住[address]，步行来诊"),
    ("工作单位：红星机械厂", "工作单位：[address]"),
    ("北京市海淀区中关村南大街5号，已婚", "[address]，已婚"),
    ("上海市浦东新区张江镇环科路999弄2号患者", "[address]患者"),
    ("家住北京市海淀区中关村南大街5号院3号楼。", "家住[address]。"),
    ("北京市海淀区中关村南大街", "[address]"),
    ("河北省永年县李家村路边摔倒", "[address]路边摔倒"),
]

NOT_PERSONAL = [
    "麻黄三两（去节），桂枝二两，甘草一两（炙），杏仁七十个",
    "每次0.3-0.6g，每日3次；成人总量不超过13800mg",
    "体温38.5℃，脉搏102次/分，呼吸22次/分，血压150/95mmHg",
    "WBC 12.5×10^9/L，PLT 256×10^9/L，AFP 13912.5ng/ml，CEA 1234567.8",
    "民国二十三年刊本，公元1578年成书，1987年4月15日再版",
    "康熙四十五年王昂撰，李时珍著《本草纲目》五十二卷",
    "张仲景曰：太阳病，发热汗出。王叔和云：脉浮。",
    "患者张某，男，45岁；李××，女，30岁；王某某，男",
    "患者男，45岁，黄疸三日；患者高热，女",
    "黄芪、白术、白芍、石斛、金银花、马齿苋，男女皆可服",
    "白带多，女，三十二岁",
    f"编号核对：{WRONG_CARD}",
    "流水号202604150000123456，条码350203198713451230",
    "ISBN 978-7-117-12345-6，第13912页",
    "湖北省产者佳，云南、四川市上亦有之；蕲州市售",
    "上海市中医文献馆藏；河南省中医院编",
    "电话问诊后加减，微信群里流传的方子不可信",
    "地址不详，姓名不详。",
    "服药后咳嗽减，住院号已注销",
    "0.5-1.0g/kg，2023-04-15复诊，12:30服药，10-62345号方",
]


@pytest.mark.parametrize(("text", "expected"), PERSONAL)
def test_personal_data_is_masked_by_kind(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize("text", NOT_PERSONAL)
def test_what_is_not_personal_stays(text: str) -> None:
    assert masked(text) == text


WORDS = "王小明 ，男， 45岁 患者 姓名： 电话： 13912345678 住址： 北京市 海淀区 中关村大街 27号 a@b.cn 微信 abc12345"
PARTS = st.sampled_from([*WORDS.split(), *" \n，。3（-\ud800𠮷省市县", ID, CARD])


@given(st.lists(PARTS | st.text(max_size=3), max_size=20).map("".join))
def test_findings_are_ordered_disjoint_and_inside(text: str) -> None:
    end = 0
    for item in find(text):
        assert end <= item.start < item.end <= len(text)
        end = item.end
    assert len(mask(text, [])) == len(text)


@given(st.lists(PARTS, max_size=12).map("".join))
def test_what_is_masked_is_gone(text: str) -> None:
    after = masked(text)
    for item in find(text):
        assert f"[{item.kind}]" in after


@pytest.mark.parametrize(
    "text",
    [
        "批号530102199205083311的药材。",
        "货号：530102199205083311",
        "编号: 530102199205083311",
        "产于甘肃省定西市岷县茶埠镇。",
        "当归主产甘肃省定西市岷县茶埠镇。",
        "产自甘肃省定西市岷县茶埠镇，质优。",
        "主产于甘肃省定西市岷县茶埠镇。",
    ],
)
def test_numbers_of_batches_and_origins_of_herbs_stay(text: str) -> None:
    assert mask(text, find(text)) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("批号530102199205083317", "批号[id_card]"),
        ("号码530102199205083311", "号码[id_card]"),
        ("证编号：530102199205083311", "证编号：[id_card]"),
        ("他来自甘肃省定西市岷县茶埠镇。", "他来自[address]。"),
    ],
)
def test_numbers_and_places_of_people_do_not(text: str, expected: str) -> None:
    assert mask(text, find(text)) == expected
