"""`tcm ingest` on JSON Lines: what each field means, and what passes through."""

from pathlib import Path

import pytest

from tests.conftest import AS_READ, Run, jsonl, read_json, read_lines

KEEP_ALL = (*AS_READ, "--no-url-dup", "--keep-chatter", "--min-text-share", "0")


def test_every_shape_of_line(tcm: Run, tmp_path: Path) -> None:
    lines = [
        {"text": "甲方", "note": {"a": [1, None]}, "n": 12345678901234567890123},
        {"html": "<title>题</title><p>乙&amp;方</p>", "url": "https://example.org/1"},
        {"text": "", "html": "<p>丙方</p>"},
        {"text": None, "html": "<p>丁方</p>", "title": "戊"},
        {"question": "何谓表证？", "answer": "外邪在表。"},
        {"question": "何谓里证？"},
        {"text": "己方", "source": {"title": "旧题", "licence": "CC0"}, "title": "新题", "url": "u"},
        {"text": "庚方", "source": "某网", "meta": "备注"},
        {"text": "辛方", "id": 7, "meta": {"encoding": "gbk", "dynasty": "唐"}, "source": {"title": 3, "url": ["x"]}},
        {"text": "壬方", "id": None, "question": "问", "dropped": {"reason": "x"}},
    ]
    ended = tcm("ingest", *KEEP_ALL, "--summary", "summary", stdin=jsonl(lines))
    found = ended.records
    ids = [record.pop("id") for record in found]
    assert ids[8] == 7
    assert len({str(made) for made in ids}) == 10
    assert found == [
        {"text": "甲方", "source": {}, "meta": {}, "note": {"a": [1, None]}, "n": 12345678901234567890123},
        {"text": "乙&方", "source": {"url": "https://example.org/1", "title": "题"}, "meta": {}},
        {"text": "丙方", "source": {}, "meta": {}},
        {"text": "丁方", "source": {"title": "戊"}, "meta": {}},
        {"text": "何谓表证？\n外邪在表。", "source": {}, "meta": {}, "question": "何谓表证？", "answer": "外邪在表。"},
        {"text": "何谓里证？", "source": {}, "meta": {}, "question": "何谓里证？"},
        {"text": "己方", "source": {"title": "旧题", "licence": "CC0", "url": "u"}, "meta": {}, "title": "新题"},
        {"text": "庚方", "source": {"given": "某网"}, "meta": {"given": "备注"}},
        {"text": "辛方", "source": {"title": 3, "url": ["x"]}, "meta": {"encoding": "gbk", "dynasty": "唐"}},
        {"text": "壬方", "source": {}, "meta": {}, "question": "问", "dropped": {"reason": "x"}},
    ]
    assert "encodings" not in read_json(tmp_path / "summary")
    assert ended.messages == [
        "tcm ingest: files read 0 rejected 0; read 10 = kept 10 + dropped 0 + rejected 0; written 10"
    ]


def test_lines_that_hold_no_text(tcm: Run, tmp_path: Path) -> None:
    lines = [{"title": "canary"}, {"text": 5}, {"html": ["canary"]}, {"question": ["canary"]}, {}]
    ended = tcm("ingest", *KEEP_ALL, stdin=jsonl(lines) + b"[1]\nnonsense canary\n")
    advice = "none of the fields text, html, question; name yours with --map text=FIELD"
    assert ended.messages == [
        f"tcm ingest: stdin:1: no_text ({advice})",
        "tcm ingest: stdin:2: bad_field (text is not a string)",
        "tcm ingest: stdin:3: bad_field (html is not a string)",
        f"tcm ingest: stdin:4: no_text ({advice})",
        f"tcm ingest: stdin:5: no_text ({advice})",
        "tcm ingest: further rejects are only counted; --rejects FILE keeps them all",
        "tcm ingest: files read 0 rejected 0; read 7 = kept 0 + dropped 0 + rejected 7 "
        "(no_text 3, bad_field 2, bad_json 1, json_array 1); written 0",
    ]
    assert ended.status == 3
    tcm("ingest", *KEEP_ALL, "--rejects", "rejects", stdin=jsonl(lines))
    assert [reject["raw"] for reject in read_lines(tmp_path / "rejects")] == jsonl(lines).decode().splitlines()


def test_fields_under_other_names(tcm: Run) -> None:
    line = {"Clinical Data": "头痛三日", "text": "旧", "病历号": "A1", "网址": "u", "题": "案"}
    maps = [f"--map={pair}" for pair in ("text=Clinical Data", "id=病历号", "url=网址", "title=题", "html=没有")]
    (record,) = tcm("ingest", *KEEP_ALL, *maps, stdin=jsonl([line])).records
    assert record == {"id": "A1", "text": "头痛三日", "source": {"url": "u", "title": "案"}, "meta": {}}


@pytest.mark.parametrize("pair", ["words=x", "text", "text=", "=x"])
def test_a_map_that_cannot_be_meant(tcm: Run, pair: str) -> None:
    ended = tcm("ingest", "--map", pair)
    assert ended.messages == [
        f"tcm: --map {pair}: write OURS=THEIRS, OURS one of text, html, question, answer, title, url, id"
    ]
    assert ended.status == 2


def test_long_texts_are_cut_at_sentence_ends_and_ids_tell_the_part(tcm: Run) -> None:
    sentence = "恶寒发热，头痛无汗，脉浮紧。"
    long = {"id": "case-9", "text": sentence * 10, "url": "u", "keep": 1}
    records = tcm("ingest", *AS_READ, "--max-chars", "30", stdin=jsonl([long, {"text": sentence * 3}])).records
    assert [record["text"] for record in records] == [sentence * 2] * 6 + [sentence]
    assert [record["id"] for record in records[:5]] == [f"case-9/{part}" for part in range(1, 6)]
    assert records[0]["meta"] == {"part": 1, "parts": 5}
    assert records[4]["keep"] == 1
    whole = tcm("ingest", *AS_READ, "--max-chars", "0", stdin=jsonl([long])).records
    assert [(record["id"], record["text"]) for record in whole] == [("case-9", sentence * 10)]


def test_ids_are_kept_made_alike_and_repeats_are_told(tcm: Run, tmp_path: Path) -> None:
    lines = [{"id": "a", "text": f"第{n}案，头痛发热。"} for n in range(3)] + [
        {"text": "无名之案。"},
        {"text": "无名之案。 "},
    ]
    ended = tcm("ingest", *AS_READ, "--summary", "summary", stdin=jsonl(lines))
    ids = [record["id"] for record in ended.records]
    assert ids[:3] == ["a", "a", "a"]
    assert ids[3] == ids[4]
    assert ended.messages[0] == "tcm ingest: 2 documents have an id that an earlier one has; ids are kept as given"
    assert read_json(tmp_path / "summary")["ids"] == {"repeated": 2}
    assert ended.status == 0
    again = tcm("ingest", *AS_READ, "--lang", "zh", stdin=jsonl(lines))
    assert again.messages[0] == "tcm ingest: 2 篇文档的 id 与前面的重复；id 按原样保留"
    assert again.out == ended.out


def test_what_ingest_wrote_goes_in_again_unchanged(tcm: Run) -> None:
    line = {
        "text": "姓名：王小明，电话13912345678，头痛三日，舌苔薄白，脉浮紧，麻黄汤主之。",
        "title": "案一",
        "tags": ["x"],
    }
    first = tcm("ingest", "--drop-worst", "0", stdin=jsonl([line]))
    assert tcm("ingest", "--drop-worst", "0", stdin=first.out).out == first.out
