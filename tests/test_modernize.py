"""Classical told from modern, what can be undone, and a translation held to its terms."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.llm import ReplyError
from tcmkit.modernize import restore, standard, style_of
from tcmkit.modernize.doses import annotated, measure_of
from tcmkit.modernize.lock import added, hold, lost
from tcmkit.modernize.numbers import numbers
from tcmkit.modernize.terms import terms_of
from tcmkit.tables import table
from tests.conftest import Run, jsonl

CLASSICAL = "太阳中风，其人汗出而恶风者，桂枝汤主之。桂枝三两 芍药三两 甘草二两（炙）。右三味，以水七升，煮取三升，去滓，温服一升。"
TRANSLATION = (
    "太阳中风，病人出汗并且怕风的，用桂枝汤治疗。桂枝3两、芍药3两、甘草2两（炙）。以上三味药，用水七升，煮到三升，去掉药渣，"
    "趁温服下一升。"
)
MODERN = "患者三天前受凉后出现头痛、发热，没有出汗，伴有全身酸痛，自己服用了感冒药，症状没有明显缓解。"


@pytest.mark.parametrize(
    ("text", "style"),
    [
        (CLASSICAL, "classical"),
        ("凡病人夜半发热者，其邪在阴也。", "classical"),
        ("味苦，寒，无毒。主心腹积聚，久服轻身。一名地髓，生川泽。", "classical"),
        ("夫血者，水谷之精也，故脾虚则血无所统矣。", "classical"),
        (MODERN, "modern"),
        ("您好，这种情况建议您去医院做一个检查，平时要注意休息。", "modern"),
        ("纳可，眠差，二便调，舌质淡红，苔薄白。", "modern"),
        ("麻黄9g 桂枝6g 杏仁9g 炙甘草3g", "modern"),
        ("", "modern"),
        ((CLASSICAL + "\n") * 2 + MODERN * 3, "mixed"),
    ],
)
def test_style(text: str, style: str) -> None:
    assert style_of(text) == style


def test_traditional_characters_do_not_hide_the_style() -> None:
    assert style_of("夫血者，水穀之精也，故脾虛則血無所統矣。") == "classical"


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("頭脈湯欬鍼「」，,.｡癥乾坤薑\n"), max_size=80))
def test_every_change_can_be_undone(text: str) -> None:
    made, changes = standard(text)
    assert len(made) == len(text)
    assert restore(made, changes) == text
    assert all(change["was"] != made[change["start"] : change["end"]] for change in changes)


def test_standard_forms() -> None:
    made, _changes = standard("「乾薑」主欬逆,癥瘕.乾坤之道。")
    assert made == "“干姜”主咳逆，癥瘕。乾坤之道。"
    assert standard("38.5，a,b (c)")[1] == []


def test_doses_by_dynasty() -> None:
    text = "桂枝三两，细辛一两半，人参二钱，水煎至七分"
    assert [(dose["text"], dose["grams"]) for dose in annotated(text, "东汉")] == [
        ("三两", 46.8),
        ("一两半", 23.4),
        ("二钱", None),  # no such unit then
    ]
    assert [dose["grams"] for dose in annotated(text, "清·光绪年间")] == [111.9, 55.95, 7.46]
    assert {dose["basis"] for dose in annotated(text, "")} == {"dynasty not known"}
    assert all(text[dose["start"] : dose["end"]] == dose["text"] for dose in annotated(text, "明"))


def test_every_weight_has_a_source() -> None:
    rows = table("dynasty_weights")["rows"]
    assert all(row["source"] and row["division"] in table("dynasty_weights")["division"] for row in rows)
    assert measure_of("元末明初") == {}
    assert measure_of("南朝·梁")["liang"] == 13.92


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        *(("三两", (3,), "两"), ("3两", (3,), "两"), ("一百二十枚", (120,), "枚"), ("120枚", (120,), "枚")),
        *(("二升半", (2.5,), "升"), ("2.5升", (2.5,), "升"), ("二三日", (2, 3), "日"), ("两三天", (2, 3), "日")),
        *(("十五至二十克", (15, 20), "克"), ("15-20g", (15, 20), "克"), ("两枚", (2,), "枚"), ("半斤", (0.5,), "斤")),
    ],
)
def test_numbers_in_both_scripts_are_the_same(text: str, value: tuple[float, ...], unit: str) -> None:
    assert [number.key for number in numbers(text)] == [(value, unit)]


def test_a_faithful_translation_holds() -> None:
    source, translation = terms_of(CLASSICAL), terms_of(TRANSLATION)
    assert (lost(source, translation), added(source, translation)) == ([], [])
    hold(source, TRANSLATION)  # raises nothing


@pytest.mark.parametrize(
    ("change", "missing", "extra"),
    [
        (("甘草", "蜜草"), ["甘草"], []),
        (("桂枝汤", "这个方子"), ["桂枝汤"], []),
        (("桂枝3两", "桂枝9克"), [], ["9克"]),
        (("甘草2两", "甘草"), ["二两"], []),
        (("芍药3两", "芍药3两、大枣十二枚"), [], ["大枣", "十二枚"]),
        (("桂枝3两、芍药3两、甘草2两", "桂枝2两、芍药3两、甘草3两"), [], ["桂枝2两", "甘草3两"]),
        (("治疗", "治疗，也可以用麻黄汤治疗"), [], ["麻黄汤"]),
        (("七升", "八升"), ["七升"], ["八升"]),
    ],
)
def test_what_is_lost_or_added_is_named(change: tuple[str, str], missing: list[str], extra: list[str]) -> None:
    source, translation = terms_of(CLASSICAL), terms_of(TRANSLATION.replace(*change))
    assert lost(source, translation) == missing
    assert set(extra) <= set(added(source, translation))
    assert bool(added(source, translation)) == bool(extra)
    with pytest.raises(ReplyError) as caught:
        hold(source, TRANSLATION.replace(*change))
    assert caught.value.reason == ("term_lost" if missing else "term_added")
    assert all(term in caught.value.advice for term in missing + extra)


def test_points_count_only_where_needles_are() -> None:
    assert terms_of("针足三里、合谷，灸气海百壮。").points == {"足三里", "合谷", "气海"}
    assert terms_of("太阳病，利水道。").points == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "当归、川芎各三钱，\n白芍、熟地各五钱，甘草一钱半。水二盏，煎至七分，食远服。",
        "上为细末，炼蜜和丸，如梧桐子大，每服五七丸，或用当归四逆汤下，日三服。",
        "麝香（一钱半） 轻粉（半两，研）\n上末之，神曲糊丸，每服三十丸，空心姜汤下。",
    ],
)
def test_the_same_words_with_other_breaks_lose_and_add_nothing(text: str) -> None:
    source = terms_of(text)
    for breaks in ("，", "。", "\n", " "):
        other = terms_of(text.replace("\n", breaks))
        assert (lost(source, other), added(source, other)) == ([], [])
    assert not {"神曲糊丸", "每服五七丸", "炼蜜和丸", "归四逆汤"} & set(source.formulas)


def script(path: Path, *lines: object) -> str:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return f"scripted:{path}"


RECORDS = [{"id": "a", "text": CLASSICAL, "meta": {"dynasty": "汉"}}, {"id": "b", "text": MODERN}]


def test_rules_say_which_is_which_and_leave_the_text(tcm: Run) -> None:
    ended = tcm("modernize", stdin=jsonl([*RECORDS, {"id": "c", "n": 1}]))
    assert ended.messages[-1] == "tcm modernize: read 3 = kept 2 + dropped 0 + rejected 1 (no_text 1); written 2"
    first, second = ended.records
    assert {**first, "modernized": None} == {**RECORDS[0], "modernized": None}
    assert (first["modernized"]["style"], first["modernized"]["by"]) == ("classical", "rules")
    assert [dose["grams"] for dose in first["modernized"]["doses"]] == [46.8, 46.8, 31.2]
    assert first["modernized"]["measure"]["source"]
    assert second == {**RECORDS[1], "modernized": {"style": "modern", "by": "rules"}}


def test_a_model_translates_what_is_classical_and_nothing_else(tcm: Run, tmp_path: Path) -> None:
    engine = script(
        tmp_path / "s", {"when": "桂枝汤主之", "reply": {"modern": TRANSLATION}}, {"fail": "not_to_be_asked"}
    )
    ended = tcm("modernize", "--llm", engine, "--no-cache", stdin=jsonl(RECORDS))
    assert ended.status == 0
    assert ended.records[0]["modern"] == TRANSLATION
    assert ended.records[0]["text"] == CLASSICAL
    assert ended.records[0]["modernized"]["by"] == "model"
    assert "modern" not in ended.records[1]


def test_a_lost_term_is_named_once_then_rejected(tcm: Run, tmp_path: Path) -> None:
    bad = TRANSLATION.replace("甘草", "蜜草")
    asked = {"when": "译文缺少原文的：甘草", "replies": [{"modern": bad}, {"modern": TRANSLATION}]}
    mended = script(tmp_path / "mended", asked, {"reply": {"modern": bad}})
    ended = tcm("modernize", "--llm", mended, "--no-cache", stdin=jsonl(RECORDS[:1]))
    assert ended.records[0]["modern"] == TRANSLATION
    stubborn = script(tmp_path / "stubborn", {"reply": {"modern": bad}})
    ended = tcm("modernize", "--llm", stubborn, "--no-cache", stdin=jsonl(RECORDS))
    assert ended.messages[-1].endswith("read 2 = kept 1 + dropped 0 + rejected 1 (term_lost 1); written 1")


@pytest.mark.parametrize(("reply", "reason"), [(CLASSICAL, "not_translated"), ("太阳中风。", "text_lost")])
def test_what_is_no_translation_is_rejected(tcm: Run, tmp_path: Path, reply: str, reason: str) -> None:
    engine = script(tmp_path / "s", {"reply": {"modern": reply}})
    ended = tcm("modernize", "--llm", engine, "--no-cache", stdin=jsonl(RECORDS[:1]))
    assert f"rejected 1 ({reason} 1)" in ended.err


def test_long_texts_go_in_passages_and_are_joined(tcm: Run, tmp_path: Path) -> None:
    passage = "夫头者，诸阳之会也，其气不足则眩矣。" * 30
    engine = script(tmp_path / "s", {"reply": {"modern": "头是各条阳经会合的地方，它的气不足就会眩晕。" * 30}})
    text = f"{passage}\n{passage}\n{MODERN * 4}\n"
    ended = tcm("modernize", "--llm", engine, "--no-cache", "--summary", "summary", stdin=jsonl([{"text": text}]))
    assert ended.status == 0, ended.err
    made = ended.records[0]["modern"]
    assert made.endswith(MODERN + "\n")  # what is modern already is copied, with its line break
    assert json.loads((tmp_path / "summary").read_text())["calls"]["made"] >= 1
    assert "诸阳之会" not in made


def test_the_shipped_script_answers(tcm: Run) -> None:
    text = "太阳病，头痛发热，恶风无汗而喘者，麻黄汤主之。"
    ended = tcm("modernize", "--llm", "scripted:demo", "--no-cache", stdin=jsonl([{"text": text}]))
    assert "麻黄汤" in ended.records[0]["modern"]


BOOKS = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.mark.skipif(not BOOKS.exists(), reason="no real data here")
def test_real_dialogues_are_modern_and_old_books_classical() -> None:
    lines = (BOOKS / "dialogues" / "cmtmedqa.jsonl").read_text(encoding="utf-8").splitlines()[1::5]
    assert all(style_of(line) == "modern" for line in lines)
    for name in ("000-神农本草经.txt", "007-本草衍义.txt"):
        text = (BOOKS / "books" / name).read_bytes().decode("gb18030", "replace")[2000:]
        pieces = [text[at : at + 500] for at in range(0, min(len(text), 30000), 500)]
        assert sum(style_of(piece) != "modern" for piece in pieces) >= 0.95 * len(pieces)
