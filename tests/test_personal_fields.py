"""Fields that identify a person by their name: what they say, and where a text says it again."""

from typing import Any

import pytest

from tcmkit.text import pii
from tcmkit.text.personal_fields import find, places, spoken


def masked(record: dict[str, Any], text: str) -> str:
    """The text without what the fields of the record say."""
    return pii.mask(text, places(text, spoken(find(record))))


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ({"联系人": "母亲"}, "其母亲有高血压。"),
        ({"聯繫人": "母親"}, "其母親有高血壓。"),
        ({"紧急联系人": {"姓名": "王五", "关系": "丈夫"}}, "丈夫体健。"),
        ({"签名": "本人"}, "本人头痛。"),
        ({"主治医师": "中医内科"}, "转中医内科。"),
        ({"surname": "He"}, "He has pain."),
        ({"first_name": "Long"}, "For how long?"),
    ],
)
def test_a_word_of_relation_or_everyday_is_not_masked_in_the_text(record: dict[str, Any], text: str) -> None:
    assert masked(record, text) == text


def test_names_are_masked_in_the_text() -> None:
    contact = {"紧急联系人": {"姓名": "王五", "关系": "丈夫", "电话": "13800138000"}}
    assert masked(contact, "王五为其丈夫，13800138000。") == "[name]为其丈夫，[phone]。"
    assert masked({"surname": "Zhang"}, "Zhang has pain.") == "[name] has pain."
    assert masked({"full_name": "Wang Xiao"}, "WANG XIAO came.") == "[name] came."
    assert masked({"姓名": "王小明*"}, "王小明诉头痛") == "[name]诉头痛"
    assert masked({"姓名": "王 小明（女）"}, "王小明诉头痛") == "[name]诉头痛"


@pytest.mark.parametrize("value", ["王某", "李某某", "张**", "王*明", "欧阳某", "陈X", "***", "家属", "不详"])
def test_a_name_that_is_hidden_is_left(value: str) -> None:
    assert find({"姓名": value}) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("姓名", "王小明*"),
        ("家庭住址", "某小区3号楼 王小明"),
        ("电话", "138****1234"),
        ("身份证号", "11010119900307xxxx"),
    ],
)
def test_one_mark_does_not_hide_the_rest(name: str, value: str) -> None:
    assert [field.path for field in find({name: value})] == [(name,)]
    assert find({name: "****"}) == []


@pytest.mark.parametrize(
    "record",
    [
        {"name": "咳嗽", "主诉": "咳嗽三天"},
        {"name": "感冒", "主诉": "咳嗽三天"},
        {"name": "高血压", "age": 60},
        {"name": "加味逍遥散", "age": 30},
        {"name": "清瘟败毒饮加减", "age": 30},
        {"name": "逍遙散", "age": 30},
        {"name": "安神丸", "age": 30},
        {"name": "足三里", "主诉": "胃痛"},
        {"name": "小青龙汤加石膏", "主诉": "咳喘"},
        {"name": "东直门医院", "年龄": 30},
        {"name": "本草纲目", "email": "a@b.cn"},
        {"name": "人民卫生出版社", "傳真": "010-12345678"},
        {"name": "东直门医院", "phone": "010-12345678"},
        {"name": "王小明", "email": "a@b.cn"},
        {"family_name": "豆科", "herb": "黄芪"},
        {"parent_name": "解表药"},
        {"family_name": "豆科", "herb": "黄芪", "主诉": "乏力"},
    ],
)
def test_names_of_other_things_stay(record: dict[str, Any]) -> None:
    assert [field for field in find(record) if field.kind == "name"] == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(
            ("name", value)
            for value in ("王小明", "李强", "王 小明", "歐陽小明", "張王小明", "买买提·吐尔逊", "冉小芳")
        ),
        *(("name", value) for value in ("Wang Xiaoming", "Smith, John A.")),
        ("姓", "王"),
        ("名", "小明"),
        ("family_name", "Wang"),
        ("parent_name", "王大明"),
    ],
)
def test_names_of_people_count_beside_what_tells_of_a_patient(field: str, value: str) -> None:
    assert [found.path for found in find({field: value, "年龄": 30})] == [(field,)]
    assert find({field: value, "herb": "黄芪"}) == []
