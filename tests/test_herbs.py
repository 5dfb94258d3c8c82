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
