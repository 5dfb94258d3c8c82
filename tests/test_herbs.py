"""Prescriptions and compositions read: herbs, amounts in modern and old units, notes."""

import pytest

from tcmkit.herbs import place, read_prescription


def read(text: str) -> list[tuple[str, float | None, str]]:
    """Name, grams and the stated amount of each herb."""
    return [(item.herb.name, item.grams, item.stated) for item in read_prescription(text).items]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "桂枝（9克） 芍药（9克） 大枣（3枚） 甘草（6克，炙）",
            [("桂枝", 9, "9克"), ("芍药", 9, "9克"), ("大枣", None, "3枚"), ("炙甘草", 6, "6克")],
        ),
        ("麻黄 三两(去节) 桂枝 二两", [("麻黄", 90, "三两"), ("桂枝", 60, "二两")]),
        ("茯苓、白术各三钱", [("茯苓", 9, "三钱"), ("白术", 9, "三钱")]),
        ("党参15克,炙黄芪12g", [("党参", 15, "15克"), ("炙黄芪", 12, "12g")]),
        ("半夏半升（洗） 杏仁七十枚（去皮尖）", [("半夏", None, "半升"), ("苦杏仁", None, "七十枚")]),
        ("人参（去芦） 白术各等分", [("人参", None, "各等分"), ("白术", None, "各等分")]),
    ],
)
def test_compositions(text: str, expected: list[tuple[str, float | None, str]]) -> None:
    assert read(text) == expected
    assert read_prescription(text).gaps == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "赤白芍各10g，制川草乌6克",
            [("赤芍", 10, "10g"), ("白芍", 10, "10g"), ("制川乌", 3, "6克"), ("制草乌", 3, "6克")],
        ),
        ("陈皮6 升麻6 合欢皮10 天冬9", [("陈皮", 6, "6"), ("升麻", 6, "6"), ("合欢皮", 10, "10"), ("天冬", 9, "9")]),
        ("生姜3片姜黄6g 片姜黄9g", [("生姜", None, "3片"), ("姜黄", 6, "6g"), ("片姜黄", 9, "9g")]),
        ("燀苦杏仁9g×1 甘草6克", [("苦杏仁", 9, "9g"), ("甘草", 6, "6克")]),
        ("肉桂八分，川连五分，煎至七分", [("肉桂", 2.4, "八分"), ("黄连", 1.5, "五分")]),
        ("荆芥（去梗） 防风 6g", [("荆芥", None, ""), ("防风", 6, "6g")]),
    ],
)
def test_shorthand_and_units_that_begin_names(text: str, expected: list[tuple[str, float | None, str]]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize("text", ["紫晶草15g 泽泻6g", "紫晶草15 泽泻6", "15g紫晶草，6g泽泻"])
def test_the_amount_of_an_unknown_name_goes_to_no_other(text: str) -> None:
    assert [(name, grams) for name, grams, _ in read(text)] == [("泽泻", 6)]
    assert [(gap.kind, gap.text) for gap in read_prescription(text).gaps] == [("name", "紫晶草")]


def test_a_word_of_usage_inside_an_unknown_name_belongs_to_it() -> None:
    assert [gap.text for gap in read_prescription("旱连草10g，金钱早15g，当归6g，早晚分服").gaps] == [
        "旱连草",
        "金钱早",
    ]


def test_an_unknown_footnote_is_no_unknown_name() -> None:
    assert [(gap.kind, gap.text) for gap in read_prescription("附子一枚（如铁丸） 薄荷三钱（勿见日）").gaps] == [
        ("note", "如铁丸"),
        ("note", "勿见日"),
    ]


def test_old_units_stay_as_stated() -> None:
    [item] = read_prescription("防风一两半").items
    assert [tuple(quantity) for quantity in item.quantities] == [(1.5, "两")]
    assert (item.text, item.start, item.end) == ("防风", 0, 2)


def test_a_name_is_placed_or_gets_its_nearest() -> None:
    assert [place(name).herb and place(name).herb.name for name in ("川军", "白附片", "白附子")] == [  # type: ignore[union-attr]
        *("大黄", "附子", "白附子")
    ]
    assert place("川贝毋").herb is None
    assert place("川贝毋").nearest[0] == "川贝母"
