"""What a conversation is written down as: whole, escaped, its owner's only."""

import json
import re
import shutil
import stat
import subprocess
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tcmkit import language
from tcmkit.consult import Adviser, Settings
from tcmkit.consult.replay import replay
from tcmkit.consult.report import Report, report
from tcmkit.consult.report_file import write_report
from tcmkit.consult.report_html import page
from tcmkit.consult.report_text import markdown, text
from tcmkit.consult.session import Exchange, Session

SIGN = '<script>alert("x")</script>&amp;*粗*'


@pytest.fixture(autouse=True)
def chinese():
    language.use("zh")
    yield
    language.use(None)


def exchange(dimension: str, answer: str | None) -> Exchange:
    return Exchange(dimension=dimension, text="怎么样？", answer=answer, again=False)


def made(*exchanges: Exchange, opening: str = "咳嗽三天，痰黄稠，咽痛", **facts: str) -> Report:
    session = Session(role="practitioner", opening=opening, facts=facts, exchanges=list(exchanges))  # type: ignore[arg-type]
    settings = Settings(per_round=1, max_rounds=18)
    consultation = replay(session, settings, Adviser(settings))
    consultation.ended = consultation.ended or "patient"
    return report(consultation, session)


FULL = (
    exchange("tongue", "舌红，苔薄黄"),
    exchange("pulse", "脉浮数"),
    exchange("sleep", None),
    exchange("sweat", "不清楚"),
)


class Tags(HTMLParser):
    """Tags that were opened and closed, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_it_holds_everything_in_order() -> None:
    found = made(*FULL, age="30", sex="女", pregnant="否", medications="阿司匹林")
    lines = [line for line, _style in text(found)]
    heads = [line for line, style in text(found) if style == "title"]
    assert heads == ["问诊记录", "患者", "四诊记录", "辨证与治法", "相近方剂（供医师参考）", "警示出处", "尚未了解"]
    assert "  望诊 · 舌象：舌红，苔薄黄" in lines
    assert "  切诊 · 脉象：脉浮数" in lines
    assert any(line.startswith("  支持：“") for line in lines)
    assert any(line.startswith("  治法：") for line in lines)
    assert sum(bool(re.match(r"  [123]\. .+（《.+》）$", line)) for line in lines) == 3
    assert sum(line.startswith("  组成：") for line in lines) == 3
    assert sum(line.startswith("  证型：") for line in lines) == 3
    searched = found.data["consultation"]["advice"]["searched"]
    assert any(f"自带方剂表的 {searched} 首" in line for line in lines)
    assert any("阿司匹林" in line and line.startswith("  - 注意：") for line in lines)
    assert any(line.startswith("  - [1] ") for line in lines)
    assert "  问过但不清楚：汗、睡眠" in lines
    assert lines[-1] == "本结果只供执业中医师参考，不能代替面诊，也不是处方。"


def test_every_finding_of_the_check_is_there() -> None:
    found = made(*FULL, medications="阿司匹林")
    findings = [one for hit in found.data["consultation"]["advice"]["formulas"] for one in hit["safety"]["findings"]]
    assert findings
    whole = "\n".join(line for line, _style in text(found))
    for one in findings:
        assert one["message"] in whole
        assert one["source"] in whole
        assert one["message"] in page(found)


def test_what_holds_of_every_formula_and_each_source_is_said_once() -> None:
    found = made(*FULL, age="30", sex="男")
    lines = [line for line, _style in text(found)]
    assert len(found.data["consultation"]["advice"]["formulas"]) == 3
    at = lines.index("  以下各方均有：")
    first = next(number for number, line in enumerate(lines) if line.startswith("  1. "))
    shared = lines[at + 1 : first]
    assert any(line.startswith("  - 未核对：") and "用药" in line for line in shared)
    assert all(lines.count(line) == 1 for line in shared)
    numbered = lines[lines.index("警示出处") + 1 : lines.index("尚未了解") - 1]
    assert numbered
    assert all(line.startswith(f"  - [{number}] ") for number, line in enumerate(numbered, 1))
    assert all("\n".join(lines).count(line.partition("] ")[2]) == 1 for line in numbered)


def test_unknown_is_called_unknown_and_too_little_names_nothing() -> None:
    lines = [line for line, _style in text(made(opening="不舒服"))]
    assert "  妊娠：未知，未能核对" in lines
    assert "  用药：未知，未能核对与药物的相互作用" in lines
    assert "  所知太少，还不能辨证" in lines
    assert "  无：所知太少。" in lines
    assert not any(line.startswith("  治法：") for line in lines)


def test_a_man_has_no_line_on_pregnancy() -> None:
    assert not any("妊娠：" in line for line, _style in text(made(sex="男")))


def test_a_red_flag_stands_first_and_nothing_is_advised() -> None:
    found = made(opening="突然胸口剧痛，出一身冷汗")
    lines = text(found)
    assert lines[1] == ("危险信号：请立即就医", "title")
    assert lines[2][1] == "alarm"
    assert "120" in lines[2][0]
    assert found.data["consultation"]["advice"] is None
    for whole in (page(found), markdown(found)):
        assert "120" in whole
        assert "相近方剂" not in whole
        assert "辨证与治法" not in whole


def test_the_page_is_whole_and_says_what_people_said_as_text() -> None:
    found = made(exchange("head_body", SIGN), opening="咳嗽" + SIGN, medications=SIGN, age=SIGN)
    tags = Tags()
    tags.feed(page(found))
    assert tags.open == []
    assert "script" not in tags.seen
    assert tags.text.count(SIGN) >= 4
    assert "http://" not in page(found)
    assert "https://" not in page(found)
    assert "size: A4" in page(found)
    assert 'lang="zh-CN"' in page(found)


def test_markdown_shows_what_people_said_as_it_is() -> None:
    found = made(exchange("head_body", "- 一\n# 二 [三](javascript:四) `五`"), opening="咳嗽*两*天_")
    whole = markdown(found)
    assert "- **主诉** 咳嗽\\*两\\*天\\_\n" in whole
    assert "- 一 \\# 二 \\[三\\](javascript:四) \\`五\\`" in whole
    assert whole.count("\n# ") == 0


def test_in_english_each_chinese_term_that_the_tables_know_has_its_english_beside_it() -> None:
    language.use("en")
    found = made(
        exchange("tongue", "舌红，苔薄黄"),
        exchange("sweat", "没有盗汗"),
        opening="头胀痛，一生气就加重，面红目赤，口苦",
    )
    lines = [line for line, _style in text(found)]
    assert "  Inquiry · Sweating: 盗汗 (sweating in sleep that stops on waking; denied)" in lines
    assert "  Inspection · Tongue: 舌红 (the tongue is red), 苔薄黄 (a thin yellow coating)" in lines
    assert any(line.startswith("  肝阳上亢证 (ascendant hyperactivity of liver yang pattern) (") for line in lines)
    assert any(line.startswith("  For: “头胀痛” (a distended feeling in the head)") for line in lines)
    assert any("证 (" in line and line.startswith("  Also possible: ") for line in lines)


@pytest.mark.parametrize("name", ["r.html", "r.md", "r.json", "R.HTML"])
def test_the_file_is_its_owners_only(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("earlier")
    write_report(made(*FULL), tmp_path / name)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_json_holds_the_session_and_the_consultation(tmp_path: Path) -> None:
    write_report(made(*FULL, age="30"), tmp_path / "r.json")
    data = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert data["session"]["facts"] == {"age": "30"}
    assert data["consultation"]["ended"] == "patient"
    assert data["consultation"]["advice"]["notice"]
    assert Session.model_validate(data["session"]).exchanges[0].answer == "舌红，苔薄黄"


def test_in_english_headings_are_english_and_the_words_stay() -> None:
    language.use("en")
    lines = [line for line, _style in text(made(*FULL))]
    assert "Syndrome and principle" in lines
    assert "  Inspection · Tongue: 舌红 (the tongue is red), 苔薄黄 (a thin yellow coating)" in lines
    assert "  Pregnancy: unknown, not checked for" in lines


def test_what_stands_at_the_edges_of_printed_pages_ends_no_style() -> None:
    whole = page(made(*FULL))
    assert 'counter(page) " / " counter(pages)' in whole
    assert '@bottom-left { content: "本结果只供执业中医师参考，不能代替面诊，也不是处方。"' in whole
    found = made(*FULL)
    object.__setattr__(found, "notice", 'a"}</style><b>')
    assert whole.count("</style>") == page(found).count("</style>") == 1


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no browser")
def test_printed_by_a_browser_no_formula_is_cut_and_every_page_says_what_it_is(tmp_path: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    long = "总是这样，吵了架以后更厉害，叹口气才舒服一点，晚上翻来覆去睡不着，白天没有精神做事。" * 2
    found = made(*FULL, *(exchange("emotion", long) for _ in range(12)), age="30", medications="华法林，小蓝片")
    write_report(found, tmp_path / "r.html")
    command = ("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer")
    printed = f"--print-to-pdf={tmp_path / 'r.pdf'}"
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    subprocess.run([*command, profile, printed, f"file://{tmp_path / 'r.html'}"], check=True, capture_output=True)
    read = [one.extract_text() for one in pypdf.PdfReader(tmp_path / "r.pdf").pages]
    pages = ["".join(unicodedata.normalize("NFKC", words).replace("⻩", "黄").split()) for words in read]
    assert len(pages) > 2
    assert not any(re.search(r"表外或有更合适者。$|相近方剂（供医师参考）$", words) for words in pages)
    for number, words in enumerate(pages, 1):
        assert f"{number}/{len(pages)}" in words
        assert "不能代替面诊" in words
    cards = page(found).split("<article>")[1:]
    assert len(cards) == 3
    for card in cards:
        tags = Tags()
        tags.feed("<article>" + card.partition("</article>")[0] + "</article>")
        words = "".join(unicodedata.normalize("NFKC", tags.text).split())
        assert sum(words[:8] in one and words[-12:] in one for one in pages) == 1
