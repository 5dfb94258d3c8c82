"""The pages that strangers read: links lead somewhere, and both READMEs tell the same."""

import re
from pathlib import Path

import pytest

from tests.conftest import Run

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The names that headings get."""
    headings = _HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        if not link.startswith(("http", "mailto:")):
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


def test_every_page_is_linked_from_a_readme_or_another_page() -> None:
    linked = {
        link.partition("#")[0].rpartition("/")[2] for page in PAGES for link in _LINK.findall(page.read_text("utf-8"))
    }
    assert {page.name for page in ROOT.glob("docs/*.md")} <= linked


def sections(name: str) -> list[str]:
    return re.split(r"^## ", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_the_chinese_readme_has_the_same_sections_rows_commands_and_links() -> None:
    english, chinese = sections("README.md"), sections("README.zh.md")
    assert len(english) == len(chinese)
    for one, other in zip(english, chinese, strict=True):
        for what in (r"^\| ", r"^- ", r"\]\((?!README)([^)#]+)", r"`((?:python|pytest|make) [^`]*)`"):
            found = [sorted(re.findall(what, text, re.MULTILINE)) for text in (one, other)]
            assert found[0] == found[1], one.partition("\n")[0]


def test_the_chinese_readme_has_the_same_figures() -> None:
    """Row by row of the last table, by the command that makes it; numbers in Latin digits, as a set."""
    rows = [
        re.findall(r"^\| (?!---)(.*) \|$", section, re.MULTILINE)
        for name, heading in (("README.md", "Figures"), ("README.zh.md", "测得的数字"))
        for section in sections(name)
        if section.startswith(heading)
    ]
    assert len(rows) == 2
    for one, other in zip(*rows, strict=True):
        figures = [sorted(set(re.findall(r"\d[\d,.]*\d", row.split(" | ")[1]))) for row in (one, other)]
        assert figures[0] == figures[1], one


def test_every_input_of_the_benchmarks_is_explained() -> None:
    table = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    listed = (ROOT / "benchmarks" / "everything.py").read_text(encoding="utf-8").partition("INPUTS = {")[2]
    names = re.findall(r'^    "(\w+)":', listed.partition("\n}")[0], re.MULTILINE)
    assert names
    assert [name for name in names if f"`--{name} " not in table] == []


ANSWERS = ("咳嗽三天，痰黄稠，嗓子痛", "35", "男", "无", "舌红，苔黄腻", "脉滑数", "/suspect")
"""What the user of the README's conversation types."""


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_the_conversation_of_the_readme_takes_place(tcm: Run, page: str) -> None:
    """Every line of it, in its order; … stands for what is left out."""
    ended = tcm("consult", "--plain", "--lang", "zh", stdin="\n".join(ANSWERS).encode() + b"\n", timeout=120)
    said = iter([line.rstrip() for line in ended.out.decode().splitlines()])
    block = (ROOT / page).read_text(encoding="utf-8").partition("    患者哪里不舒服？")[2].partition("\n\n")[0]
    shown = [line.removeprefix("    ").rstrip() for line in f"患者哪里不舒服？{block}".splitlines()]
    assert len(shown) > 10
    for line in shown:
        assert line == "…" or line in said, line
