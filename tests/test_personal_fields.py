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
