"""Each filter of `tcm ingest`: what it drops, under which reason, and its switch."""

from pathlib import Path

import pytest

from tests.conftest import Run, jsonl, read_json, read_lines

GOOD = "患者咳嗽三日，痰白清稀，恶寒无汗，头身疼痛，舌苔薄白，脉浮紧，证属风寒束肺，治以宣肺散寒，方用三拗汤加味。"
TWIN = GOOD.replace("三日", "五日")
LINES = {
    "good": {"text": GOOD},
    "too_short": {"text": "头 痛\n发 热 " * 5},
    "non_text": {"text": "+---+---+|###|" * 6 + "头痛"},
    "garbled": {"text": "咳嗽\ufffd三日\ufffd痰白\ufffd清稀\ufffd恶寒无汗头身疼痛舌苔薄白脉浮紧证属风寒束肺"},
    "insult": {"text": "这个方子没有用，写的人是王八蛋，吃了三天一点好转都没有，头还是痛，夜里睡不着，白天没精神。"},
    "hate": {"text": "某些帖子说什么劣等民族不配用中药，这样的话不应该进入任何语料，哪怕后面接着讲桂枝汤的用法。"},
    "miracle_cure": {
        "text": "祖传秘方专治胃病，三个疗程根治，永不复发，货到付款，限时优惠，现在就联系，每天只要几块钱而已。"
    },
    "one_weak_cue": {
        "text": "此方为先师所授祖传秘方，用于胃脘冷痛，得温则减，舌淡苔白，脉沉迟者，每服三钱，日再服，忌生冷。"
    },
    "exact": {"text": GOOD + "  "},
    "twin": {"text": TWIN},
    "page": {
        "text": "足三里位于小腿外侧，犊鼻下三寸，胫骨前嵴外一横指处，主治胃痛、呕吐、腹胀、泄泻、便秘等症。",
        "url": "u",
    },
    "same_page": {
        "text": "内关位于前臂掌侧，腕横纹上二寸，两筋之间，主治心痛、心悸、胸闷、呕吐、失眠、偏头痛等症。",
        "url": "u",
    },
}
FLOW = ("--drop-worst", "0", "--no-department")
DROPPED = {
    "too_short": "too_short",
    "non_text": "non_text",
    "garbled": "non_text",
    "insult": "insult",
    "hate": "hate",
    "miracle_cure": "miracle_cure",
    "exact": "exact_duplicate",
    "twin": "near_duplicate",
    "same_page": "url_duplicate",
}
STDIN = jsonl({"id": name, **line} for name, line in LINES.items())


def test_each_drop_has_its_reason(tcm: Run, tmp_path: Path) -> None:
    ended = tcm("ingest", *FLOW, "--dropped", "dropped", stdin=STDIN)
    dropped = read_lines(tmp_path / "dropped")
    assert {record["id"]: record["dropped"]["reason"] for record in dropped} == DROPPED
    assert {record["id"]: record["text"] for record in dropped}["insult"] == LINES["insult"]["text"]
    assert [record["id"] for record in ended.records] == ["good", "one_weak_cue", "page"]
    assert ended.messages == [
        "tcm ingest: files read 0 rejected 0; read 12 = kept 3 + dropped 9 (non_text 2, exact_duplicate 1, hate 1, "
        "insult 1, miracle_cure 1, near_duplicate 1, too_short 1, url_duplicate 1) + rejected 0; written 3"
    ]
    assert ended.status == 0


@pytest.mark.parametrize(
    ("switch", "kept"),
    [
        (("--min-chars", "19"), {"too_short"}),
        (("--min-text-share", "0"), {"non_text", "garbled"}),
        (("--no-screen",), {"insult", "hate", "miracle_cure"}),
        (("--no-exact-dup", "--near-dup", "0"), {"exact", "twin"}),
        (("--no-exact-dup",), set()),  # a copy is a near copy too
        (("--near-dup", "0.9"), {"twin"}),
        (("--no-url-dup",), {"same_page"}),
    ],
)
def test_each_filter_has_a_switch(tcm: Run, switch: tuple[str, ...], kept: set[str]) -> None:
    ended = tcm("ingest", *FLOW, *switch, stdin=STDIN)
    assert {record["id"] for record in ended.records} == {"good", "one_weak_cue", "page"} | kept


def test_parts_of_one_page_are_no_duplicates_of_its_address(tcm: Run) -> None:
    line = {"text": GOOD + str(LINES["page"]["text"]), "url": "u"}
    other = {"text": str(LINES["one_weak_cue"]["text"]), "url": "u"}
    ended = tcm("ingest", *FLOW, "--max-chars", "60", stdin=jsonl([line, other]))
    assert [record["text"] for record in ended.records] == [GOOD, LINES["page"]["text"]]
    assert "url_duplicate 1" in ended.err


def test_the_screen_leaves_old_books_alone(tcm: Run, tmp_path: Path) -> None:
    body = "此药神效，包治百病之说不可信，用者当审其寒热虚实，辨其表里阴阳，然后投之，方不致误人性命也。"
    (tmp_path / "book.txt").write_text(f"<篇名>论药\n内容：{body}\n")
    assert len(tcm("ingest", *FLOW, "book.txt").records) == 1
    assert tcm("ingest", *FLOW, stdin=jsonl([{"text": body}])).records == []


CHATTER = [
    ("医生您好，我头痛三天，伴恶心。谢谢医生！", "我头痛三天，伴恶心。"),
    ("你好！请问：孩子发热怎么办？\n感谢您的提问，祝您早日康复！", "请问：孩子发热怎么办？"),
    ("好的，谢谢大夫。我再服三剂。", "我再服三剂。"),
    ("此证用谢海洲方，祝由之术不取。", "此证用谢海洲方，祝由之术不取。"),
    ("病人精神好，大便好，食欲好转。", "病人精神好，大便好，食欲好转。"),
    ("如果您还有其他问题可以随时咨询我。脉浮紧。", "脉浮紧。"),
]


def test_greetings_and_thanks_are_stripped_and_findings_stay(tcm: Run) -> None:
    lines = jsonl({"text": before} for before, _ in CHATTER)
    args = ("--min-chars", "0", "--near-dup", "0")
    stripped = tcm("ingest", *FLOW, *args, stdin=lines)
    assert [record["text"] for record in stripped.records] == [after for _, after in CHATTER]
    kept = tcm("ingest", *FLOW, *args, "--keep-chatter", stdin=lines)
    assert [record["text"] for record in kept.records] == [before for before, _ in CHATTER]


def test_personal_data_is_masked_dropped_or_kept(tcm: Run, tmp_path: Path) -> None:
    text = f"姓名：王小明，电话13912345678，住址：杭州市文三路1号。{GOOD}"
    line = {"text": text, "question": "我叫李大年，可服否？", "answer": "可。", "raw": "王小明"}
    args = ("ingest", *FLOW, "--min-chars", "0", "--summary", "summary")
    (masked,) = tcm(*args, stdin=jsonl([line])).records
    assert masked["text"] == f"姓名：[name]，电话[phone]，住址：[address]。{GOOD}"
    assert (masked["question"], masked["raw"]) == ("我叫[name]，可服否？", "王小明")
    assert read_json(tmp_path / "summary")["personal_data"] == {"address": 1, "name": 2, "phone": 1}
    (kept,) = tcm(*args, "--pii", "keep", stdin=jsonl([line])).records
    assert (kept["text"], kept["question"]) == (text, line["question"])
    dropped = tcm(*args, "--pii", "drop", stdin=jsonl([line, {"text": GOOD}]))
    assert [record["text"] for record in dropped.records] == [GOOD]
    assert "dropped 1 (personal_data 1)" in dropped.err


PATIENTS = (
    "姓名,性别,手机,身份证号,住址,住院号,病历,备注\n"
    f"王小明,男,13800138000,11010119900307123X,北京市海淀区成府路5号,A2023041,王小明，{GOOD},请打13912345678\n"
    f"李某,女,,不详,,,{GOOD}又见头重。,\n"
)


def test_columns_that_identify_a_person_are_masked_dropped_or_kept(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(PATIENTS, encoding="utf-8")
    args = ("ingest", *FLOW, "--near-dup", "0", "--map", "text=病历", "--summary", "summary", "r.csv")
    named, unnamed = tcm(*args).records
    assert named["text"].startswith("[name]，")
    given = {name: value for name, value in named.items() if name not in ("id", "text", "source", "meta")}
    assert given == {
        **{"姓名": "[name]", "性别": "男", "手机": "[phone]", "身份证号": "[id_card]", "住址": "[address]"},
        **{"住院号": "[record_number]", "备注": "请打[phone]"},
    }
    assert (unnamed["姓名"], unnamed["身份证号"]) == ("李某", "不详")
    counts = {"address": 1, "id_card": 1, "name": 2, "phone": 2, "record_number": 1}
    assert read_json(tmp_path / "summary")["personal_data"] == counts
    dropped = tcm(*args, "--pii", "drop")
    assert dropped.records == [unnamed]
    assert "dropped 1 (personal_data 1)" in dropped.err
    kept = tcm(*args, "--pii", "keep").records[0]
    assert (kept["姓名"], kept["备注"]) == ("王小明", "请打13912345678")
    assert kept["text"].startswith("王小明")
    assert read_json(tmp_path / "summary")["personal_data_kept"] == counts


def test_what_identifies_a_person_is_no_id(tcm: Run) -> None:
    lines = jsonl({"住院号": number, "病历": f"{number}号，{GOOD}"} for number in ("A2023041", "A2023042"))
    args = ("--map", "text=病历", "--map", "id=住院号", "--no-exact-dup", "--near-dup", "0")
    ids = [record["id"] for record in tcm("ingest", *FLOW, *args, stdin=lines).records]
    assert len(ids) == 2
    assert not any("A2023" in one for one in ids)


def test_names_of_formulas_and_authors_and_addresses_of_pages_stay(tcm: Run) -> None:
    lines = [
        {"name": "逍遥散", "age": 40, "text": GOOD},
        {"name": "某院协定方", "composition": "柴胡、白芍", "text": GOOD, "address": "https://example.org/13800138000"},
        {"text": GOOD, "source": {"name": "王小明"}, "meta": {"author": "王小明", "name": "医案选"}},
    ]
    records = tcm("ingest", *FLOW, "--no-exact-dup", "--near-dup", "0", stdin=jsonl(lines)).records
    assert [record.get("name") for record in records] == ["逍遥散", "某院协定方", None]
    assert records[1]["address"] == lines[1]["address"]
    assert records[2]["source"] == {"name": "王小明"}
    assert (records[2]["meta"]["author"], records[2]["meta"]["name"]) == ("王小明", "医案选")


def test_two_records_of_two_people_are_one_text_once_masked(tcm: Run) -> None:
    lines = [{"text": f"姓名：{name}，{GOOD}"} for name in ("王小明", "李大年")]
    ended = tcm("ingest", *FLOW, stdin=jsonl(lines))
    assert "exact_duplicate 1" in ended.err
    assert len(ended.records) == 1


def test_department_is_named_or_not(tcm: Run) -> None:
    lines = [{"text": "月经后期，量少色淡，小腹隐痛，带下清稀，舌淡苔白，脉细弱，血虚之象也，当温养之，方用温经汤。"}]
    (named,) = tcm("ingest", "--drop-worst", "0", stdin=jsonl(lines)).records
    assert named["meta"]["department"]["id"] == "gynecology"
    assert named["meta"]["department"]["name"] == "中医妇科"
    assert 0 < named["meta"]["department"]["score"] <= 1
    (plain,) = tcm("ingest", *FLOW, stdin=jsonl(lines)).records
    assert plain["meta"] == {}


def test_traditional_characters_are_kept_or_simplified(tcm: Run) -> None:
    lines = jsonl(
        [{"text": "太陽病，頭痛發熱，汗出惡風者，桂枝湯主之，桂枝三兩，芍藥三兩，甘草二兩，生薑三兩，大棗十二枚。"}]
    )
    (kept,) = tcm("ingest", *FLOW, stdin=lines).records
    assert kept["text"].startswith("太陽病，頭痛發熱")
    (simple,) = tcm("ingest", *FLOW, "--script", "simplified", stdin=lines).records
    assert (
        simple["text"]
        == "太阳病，头痛发热，汗出恶风者，桂枝汤主之，桂枝三两，芍药三两，甘草二两，生姜三两，大枣十二枚。"
    )


def test_personal_data_in_a_heading_is_masked_counted_and_dropped(tcm: Run, tmp_path: Path) -> None:
    """A heading becomes source.section: it is as much a part of the document as the text below it."""
    page = tmp_path / "case.md"
    body = "头痛三日，恶寒发热，无汗，脉浮紧，舌淡红，苔薄白，投麻黄汤三剂而愈，嘱其避风寒，忌生冷油腻之物。"
    page.write_text(
        f"# 医案\n\n## 患者王小明 男 45岁 电话13800138000\n\n{body}\n\n## 方解\n\n{body[::-1]}\n", encoding="utf-8"
    )
    summary = tmp_path / "summary"
    masked = tcm("ingest", str(page), "--drop-worst", "0", "--summary", str(summary))
    sections = [line["source"].get("section", "") for line in masked.records]
    assert any("患者[name] 男 45岁 电话[phone]" in section for section in sections)
    assert not any(said in str(masked.records) for said in ("13800138000", "王小明"))
    assert read_json(summary)["personal_data"] == {"name": 1, "phone": 1}
    dropped = tcm("ingest", str(page), "--drop-worst", "0", "--pii", "drop")
    assert "personal_data 1" in dropped.err
    assert len(dropped.records) == len(sections) - 1
    kept = tcm("ingest", str(page), "--drop-worst", "0", "--pii", "keep")
    assert "13800138000" in str(kept.records)


def test_a_name_is_masked_in_what_is_known_about_the_text(tcm: Run) -> None:
    line = {
        "姓名": "王小明",
        "text": GOOD,
        "source": {"title": "王小明医案", "section": "王小明", "url": "https://example.org/王小明"},
        "meta": {"note": "王小明来诊", "seen": ["王小明"], "visits": 3},
    }
    (masked,) = tcm("ingest", *FLOW, stdin=jsonl([line])).records
    assert masked["source"] == {"title": "[name]医案", "section": "[name]", "url": "https://example.org/王小明"}
    assert masked["meta"] == {"note": "[name]来诊", "seen": ["[name]"], "visits": 3}
