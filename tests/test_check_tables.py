"""The tables of `tcm check` agree with themselves and with each other."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tcmkit.herbs.names import names, rows
from tcmkit.safety import codes
from tcmkit.safety.pairs import forbidden_pairs
from tcmkit.safety.poisons import blocks_above
from tcmkit.safety.words import CHINESE, ENGLISH, Lexicon, Words
from tcmkit.tables import table

PAIRS = table("incompatibilities")
TOXIC = table("toxic_herbs")
DRUGS = table("safety_drugs")
FLAGS = table("red_flags")
SOURCES = {row["id"]: row for row in table("safety_sources")["sources"]}


def test_names_are_unique_and_no_alias_is_a_name() -> None:
    names = [row["name"] for row in table("safety_herbs")["rows"]]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    aliases = [alias for row in table("safety_herbs")["rows"] for alias in row.get("aliases", [])]
    assert [alias for alias, count in Counter(aliases).items() if count > 1] == []
    assert set(aliases) & set(names) == set()


def test_a_graded_herb_of_which_less_than_a_gram_is_allowed_blocks_at_any_excess() -> None:
    most = {row["name"]: row.get("max_g") for row in table("safety_herbs")["rows"]}
    strong = [row["name"] for row in TOXIC["graded"] if (most.get(row["name"]) or 1) < 1]
    assert len(strong) > 9
    assert [name for name in strong if blocks_above(name) != 1] == []


def test_names_for_several_herbs_hold_known_ones_and_are_no_alias() -> None:
    several = table("prescription_terms")["compounds"]
    assert {part for parts in several.values() for part in parts} - set(names()) == set()
    assert [name for name in several if name in names() and names()[name].placed] == []
    assert [name for name, parts in several.items() if len(parts) < 2] == []


def test_doses_are_ranges() -> None:
    for row in table("safety_herbs")["rows"]:
        assert row.get("min_g", 0) <= row.get("max_g", float("inf")), row["name"]
        assert row["source"] in SOURCES, row["name"]


def test_families_hold_known_herbs() -> None:
    assert {name for family in PAIRS["families"].values() for name in family} - set(rows()) == set()


def test_rules_name_families_and_sources() -> None:
    for rule in PAIRS["rules"]:
        assert {rule["a"], rule["b"]} <= set(PAIRS["families"])
        assert rule["code"] in ("incompat18", "fear19")
        assert rule["severity"] in ("block", "warn")
        assert set(rule["source"]) <= set(SOURCES)
        for exception in rule.get("exceptions", []):
            assert exception["formula"]
            assert exception["book"]
            if "pair" in exception:
                assert forbidden_pairs()[frozenset(exception["pair"])] == rule


def test_no_herb_is_against_itself() -> None:
    assert [pair for pair in forbidden_pairs() if len(pair) < 2] == []


def test_the_song_is_whole() -> None:
    pairs = {(rule["code"], rule["a"], rule["b"]) for rule in PAIRS["rules"]}
    ginsengs = {"人参", "党参", "沙参", "丹参", "玄参", "苦参", "细辛", "芍药"}
    assert {("incompat18", "乌头", other) for other in ("半夏", "瓜蒌", "贝母", "白蔹", "白及")} <= pairs
    assert {("incompat18", "甘草", other) for other in ("甘遂", "大戟", "海藻", "芫花")} <= pairs
    assert {("incompat18", "藜芦", other) for other in ginsengs} <= pairs
    assert sum(code == "fear19" for code, *_ in pairs) == 9


@pytest.mark.parametrize("part", ["graded", "controlled", "banned", "watch", "textbook_toxic", "children"])
def test_toxic_rows_are_known_herbs(part: str) -> None:
    for row in TOXIC[part]:
        assert row.get("herb", row.get("name")) in rows()
        assert set(row.get("source", [])) <= set(SOURCES)


def test_grades() -> None:
    assert {row["grade"] for row in TOXIC["graded"]} == {"大毒", "有毒", "小毒"}
    assert len({row["name"] for row in TOXIC["graded"]}) == len(TOXIC["graded"]) == 83


def test_pregnancy_rows() -> None:
    names = [row["herb"] for row in PAIRS["pregnancy"]]
    assert len(names) == len(set(names))
    for row in PAIRS["pregnancy"]:
        assert row["herb"] in rows()
        assert row["level"] in ("forbidden", "caution")
        assert set(row["source"]) <= set(SOURCES)


def test_medicines() -> None:
    groups = {group["id"] for group in DRUGS["groups"]}
    names = [name.lower() for group in DRUGS["groups"] for name in group["names"]]
    assert [name for name, count in Counter(names).items() if count > 1 and name != "maoi"] == []
    for row in DRUGS["interactions"]:
        assert row["drug"] in groups
        assert set(row["herbs"]) <= set(rows())
        assert set(row["source"]) <= set(SOURCES)
    for row in (row for illness in DRUGS["conditions"] for row in illness["rows"]):
        assert set(row["herbs"]) <= set(rows())
        assert row["severity"] in ("block", "warn")
        assert set(row["source"]) <= set(SOURCES)


def test_what_a_patient_may_tell() -> None:
    told = DRUGS["told"]
    names = {name for group in DRUGS["groups"] for name in group["names"]}
    assert set(told["once"]) <= names
    assert len({row["id"] for row in told["states"]}) == len(told["states"])
    for row in told["states"]:
        assert row["zh"]
        assert row["en"]
        assert re.compile("|".join(row["patterns"])).match("") is None


def test_every_code_is_said_in_both_languages_with_the_same_parts() -> None:
    bilingual = {"grade_en": "grade", "note_en": "note"}
    for code, row in codes().items():
        chinese = set(re.findall(r"{(\w+)}", row["message_zh"]))
        parts = {bilingual.get(part, part) for part in re.findall(r"{(\w+)}", row["message_en"])}
        assert chinese == parts, code
        assert row["severity"] in ("block", "warn", "not_checked", "note")
        assert all(row[key] for key in ("zh", "en", "meaning_zh", "meaning_en"))
    for key, note in table("safety_codes")["notes"].items():
        assert set(re.findall(r"{(\w+)}", note["zh"])) == set(re.findall(r"{(\w+)}", note["en"])), key


def test_rows_of_2020_are_said_to_be_superseded() -> None:
    assert table("safety_sources")["edition_in_force"] == 2025
    assert SOURCES["CHP2020"]["edition"] == 2020


def test_red_flag_rules_name_concepts_and_every_concept_is_used() -> None:
    used = {name for flag in FLAGS["flags"] for rule in flag["rules"] for group in rule for name in group}
    assert used == set(FLAGS["concepts"])
    assert len({flag["id"] for flag in FLAGS["flags"]}) == len(FLAGS["flags"])
    for flag in FLAGS["flags"]:
        assert flag["severity"] in ("block", "warn")
        assert all(flag[key] for key in ("zh", "en", "advice_zh", "advice_en", "rules"))
        assert set(flag["source"]) <= set(SOURCES)


@pytest.mark.parametrize("lexicon", [CHINESE, ENGLISH], ids=["zh", "en"])
def test_red_flag_patterns_compile_and_none_matches_nothing(lexicon: Lexicon) -> None:
    for name in lexicon.table["concepts"]:
        assert lexicon.concept(name).match("") is None, name
    context = lexicon.table["context"]
    for name, row in context.items():
        if isinstance(row, str) and not name.startswith("between"):
            assert lexicon.cue(name).match("") is None, name
    assert set(lexicon.exempt) <= set(lexicon.table["concepts"])


def test_english_has_rules_for_every_flag_and_every_cue_that_chinese_has() -> None:
    english = table("red_flags_en")
    assert set(english["rules"]) == {flag["id"] for flag in FLAGS["flags"]}
    used = {name for rules in english["rules"].values() for rule in rules for group in rule for name in group}
    assert used == set(english["concepts"])
    assert set(english["context"]) == set(FLAGS["context"])


@pytest.mark.parametrize("lexicon", [CHINESE, ENGLISH], ids=["zh", "en"])
def test_what_concepts_need_is_up_to_date(lexicon: Lexicon) -> None:
    """Whatever a concept is found in has the characters it is said to need: else train_red_flags.py must run again."""
    lines = (Path(__file__).parent / "data" / "red_flag_utterances.txt").read_text(encoding="utf-8").splitlines()
    assert set(table("red_flag_weights")["needs"][lexicon.name]) <= set(lexicon.table["concepts"])
    read = [Words(line[1:], lexicon) for line in lines[::9]]
    missed = {
        (name, words.text)
        for words in read
        for name in set(lexicon.table["concepts"]) - lexicon.possible(words.text)
        if any(match.end() > match.start() for match in lexicon.concept(name).finditer(words.text))
    }
    assert missed == set()


def test_dialect_words_keep_every_offset() -> None:
    assert [word for word, plain in FLAGS["dialect"].items() if len(word) != len(plain) or word == plain] == []


def test_every_placeholder_of_a_pattern_is_a_word() -> None:
    patterns = [text for row in FLAGS["concepts"].values() for text in row]
    placeholders = {name for text in patterns for name in re.findall(r"{([a-z]\w*)}", text)}
    assert placeholders <= set(FLAGS["words"])
