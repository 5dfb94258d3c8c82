"""The tables of `tcm retrieve` agree with themselves and with each other."""

from collections import Counter

import pytest

from tcmkit.herbs import rows as herb_rows
from tcmkit.records import Record
from tcmkit.retrieve import key_of
from tcmkit.retrieve.elements import mask_of, names
from tcmkit.retrieve.forms import forms_in
from tcmkit.safety import Checker, Settings
from tcmkit.tables import table

FORMS = table("finding_forms")
TERMS = table("formula_terms")
KNOWN = table("formula_knowledge")
FORMULAS = table("formulas")["formulas"]


def test_kinds_name_findings() -> None:
    assert {name for words in FORMS["kinds"].values() for name in words.split()} - set(FORMS["findings"]) == set()


def test_every_finding_is_found_by_its_own_name() -> None:
    assert [name for name in FORMS["findings"] if name not in {form.token for form in forms_in(name)}] == []


def test_elements_are_the_organs_and_qualities() -> None:
    assert set(TERMS["elements"]) == set(names())
    assert len(names()) == len(set(names())) <= 62  # a mask is a signed 64-bit number
    assert [name for name in names() if not mask_of(TERMS["elements"][name])] == []


def test_uses_have_findings_formulas_and_a_source() -> None:
    for disease, syndrome, findings, formulas, source in KNOWN["uses"]:
        assert disease
        assert syndrome
        assert formulas.split()
        assert len(findings.split()) >= 1, (disease, syndrome)
        assert source in KNOWN["sources"]
    assert [use for use, count in Counter((*use[:2], use[3]) for use in KNOWN["uses"]).items() if count > 1] == []


def test_an_alias_is_no_formula_of_its_own() -> None:
    aliases = [alias for words in KNOWN["aliases"].values() for alias in words.split()]
    assert [alias for alias, count in Counter(aliases).items() if count > 1] == []
    assert set(aliases) & set(KNOWN["aliases"]) == set()


def test_the_formulas_that_textbooks_use_are_in_the_table() -> None:
    """All that the uses name three times or more, and nine uses of ten are served by one."""
    own = {key_of(row["name"]) for row in FORMULAS}
    used = Counter(key_of(name) for use in KNOWN["uses"] for name in use[3].split())
    assert [name for name, count in used.items() if count >= 3 and name not in own] == []
    served = [use for use in KNOWN["uses"] if any(key_of(name) in own for name in use[3].split())]
    assert len(served) >= 0.9 * len(KNOWN["uses"])


def test_every_formula_is_there_once_with_what_a_reader_needs() -> None:
    assert [name for name, count in Counter(key_of(row["name"]) for row in FORMULAS).items() if count > 1] == []
    assert len({row["id"] for row in FORMULAS}) == len(FORMULAS)
    for row in FORMULAS:
        assert row["source_book"], row["name"]
        assert row["composition"], row["name"]
        assert row["functions"], row["name"]
        assert row["indications"], row["name"]
        assert row["syndromes"], row["name"]
        assert set(row["source"]) <= set(table("formulas")["sources"])
        assert row["confidence"] in ("high", "medium")
        assert row["dose_confidence"] in ("high", "medium", "low")
    assert [row["name"] for row in FORMULAS if not row["auto_recommend"] and not row["notes"]] == []


def test_every_herb_and_syndrome_of_a_formula_is_known() -> None:
    syndromes = {row["name"] for row in table("syndromes")["syndromes"]}
    assert {herb["herb"] for row in FORMULAS for herb in row["composition"]} - set(herb_rows()) == set()
    assert {name for row in FORMULAS for name in row["syndromes"]} - syndromes == set()
    twice = [
        row["name"] for row in FORMULAS if len({herb["herb"] for herb in row["composition"]}) < len(row["composition"])
    ]
    assert twice == []


@pytest.fixture(scope="module")
def checked() -> dict[str, list[Record]]:
    """What `tcm check` finds in each formula, for an adult man with no medicines."""
    check = Checker(Settings(language="zh"))
    patient = {"age": 40, "sex": "男", "medications": "无"}
    found = {}
    for row in FORMULAS:
        [made] = check({"prescription": row["composition"], "patient": patient})
        found[row["name"]] = made["safety"]["findings"]
    return found


def test_a_dose_outside_the_pharmacopoeia_is_marked_with_the_reason(checked: dict[str, list[Record]]) -> None:
    for row in FORMULAS:
        said = sorted(one["code"] for one in checked[row["name"]] if one["code"] in ("dose_over", "dose_under"))
        marked = ["dose_over"] * len(row["over_chp_max"]) + ["dose_under"] * len(row["under_chp_min"])
        assert said == marked, row["name"]
        assert bool(row.get("dose_note")) == bool(marked), row["name"]
    marked = [row["name"] for row in FORMULAS if row.get("dose_note")]
    assert len(marked) <= 0.08 * len(FORMULAS)  # or the warning means nothing


def test_what_is_offered_holds_nothing_that_blocks_or_cannot_be_checked(checked: dict[str, list[Record]]) -> None:
    expected = {"dose_over", "dose_under", "toxic", "slightly_toxic"}
    for row in FORMULAS:
        if row["auto_recommend"]:
            strange = [one["message"] for one in checked[row["name"]] if one["code"] not in expected]
            assert strange == [], row["name"]
            assert [one for one in checked[row["name"]] if one["severity"] == "block"] == [], row["name"]


def test_what_a_pregnant_woman_must_not_take_is_said() -> None:
    check = Checker(Settings(language="zh"))
    patient = {"age": 30, "sex": "女", "pregnant": True, "medications": "无"}
    forbidden = set()
    for row in FORMULAS:
        [made] = check({"prescription": row["composition"], "patient": patient})
        if any(one["code"] == "pregnancy_forbidden" for one in made["safety"]["findings"]):
            forbidden.add(row["name"])
    assert {"十枣汤", "理冲汤", "开郁散"} <= forbidden
    assert [row["name"] for row in FORMULAS if row["name"] in forbidden and "孕妇" not in row["notes"]] == []


def test_rule_hits_are_what_the_check_finds(checked: dict[str, list[Record]]) -> None:
    marked = {row["name"] for row in FORMULAS if row["rule_hits"]}
    found = {
        name for name, said in checked.items() if {one["code"] for one in said} & {"incompat18", "fear19", "controlled"}
    }
    assert marked == found


def test_what_is_forbidden_stands_in_no_formula() -> None:
    forbidden = {"犀角", "虎骨", "穿山甲", "关木通", "广防己", "青木香", "马兜铃", "天仙藤", "罂粟壳", "铅丹", "轻粉"}
    assert [row["name"] for row in FORMULAS for herb in row["composition"] if herb["herb"] in forbidden] == []
    grave = {
        "川乌",
        "草乌",
        "制川乌",
        "制草乌",
        "甘遂",
        "京大戟",
        "芫花",
        "商陆",
        "朱砂",
        "雄黄",
        "马钱子",
        "巴豆霜",
        "白附子",
        "麝香",
        "羚羊角",
        "紫河车",
    }
    offered = [row["name"] for row in FORMULAS if row["auto_recommend"]
               for herb in row["composition"] if herb["herb"] in grave]  # fmt: skip
    assert offered == []
