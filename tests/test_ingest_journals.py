"""Where a paper appeared: five steps from a list of journals to the weight of each document."""

import csv
import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from tcmkit.literature import lookup
from tcmkit.literature.finding import look_into
from tcmkit.literature.match import match, plain
from tcmkit.literature.references import Reference
from tcmkit.literature.targets import Journal, issns_in
from tests.conftest import Run, jsonl
from tests.paper import pdf

TARGETS = """name,aliases,issn,category
中医杂志,Journal of Traditional Chinese Medicine (Beijing),1001-1668,1
中药杂志,,,2
Journal of Herbal Study,J Herb Stud;本草研究,2222-3333,2
Journal of Herbal Studies,,4444-5555,3
"""
BODY = "患者头痛三天，舌红苔黄，脉弦数，治以平肝潜阳之法，随访半年未见复发。"


def jour(name: str, *aliases: str, issn: str = "", category: int = 1) -> Journal:
    return Journal(name, (name, *aliases), issns_in(issn), category)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Papers and a list of journals."""
    (tmp_path / "targets.csv").write_text(TARGETS, encoding="utf-8")
    (tmp_path / "papers").mkdir()
    return tmp_path


def ingest(
    tcm: Run, shelf: Path, *more: str, status: int = 0, env: dict[str, str] | None = None
) -> tuple[Any, Any, str]:
    """Documents by file, rows of the table by file, messages."""
    arguments = (
        "ingest",
        "papers",
        "--journals",
        "targets.csv",
        "--journal-table",
        "table.csv",
        "--drop-worst",
        "0",
        "--near-dup",
        "0",
    )
    changes = {"XDG_CACHE_HOME": str(shelf / "cache"), **(env or {})}
    done = tcm(*arguments, *more, env=changes)
    assert done.status == status, done.err
    table = list(csv.DictReader((shelf / "table.csv").read_text(encoding="utf-8").splitlines())) if status == 0 else []
    documents = {record["source"]["path"]: record for record in done.records}
    return documents, {row["file"]: row for row in table}, done.err


def test_without_a_network_what_the_files_say_is_used(tcm: Run, shelf: Path) -> None:
    papers = shelf / "papers"
    (papers / "head.pdf").write_bytes(pdf([["中医杂志 2001年第3期", "论头痛", BODY]]))
    (papers / "other.pdf").write_bytes(pdf([["北京中医杂志 2001年第3期", "论头痛", BODY[:-4] + "一例。"]]))
    (papers / "beside.pdf").write_bytes(pdf([["论眩晕", BODY[3:]]]))
    (papers / "beside.bib").write_text(
        "@article{a, journal = {J. Herb. Stud.}, year = 2019, title = {论眩晕：平肝潜阳与补肾填精并用的观察}}"
    )
    (papers / "ris.pdf").write_bytes(pdf([["论失眠", BODY[2:]]]))
    (papers / "ris.ris").write_text("TY  - JOUR\nJO  - 中药杂志\nPY  - 1987\nER  - \n", encoding="utf-8")
    (papers / "listed.pdf").write_bytes(pdf([["论中风", "DOI: 10.1234/ABC.5。", BODY[1:]]]))
    (shelf / "all.bib").write_text("@article{b, doi = {10.1234/abc.5}, issn = {4444-5555}, journal = {JHS}}")
    documents, rows, messages = ingest(tcm, shelf, "--offline", "--bib", "all.bib")
    found = {
        Path(name).stem: (row["status"], row["journal"], row["category"], row["found_by"]) for name, row in rows.items()
    }
    assert found == {
        "head": ("matched", "中医杂志", "1", "head"),
        "other": ("unknown", "", "", "offline"),
        "beside": ("matched", "Journal of Herbal Study", "2", "beside"),
        "ris": ("matched", "中药杂志", "2", "beside"),
        "listed": ("matched", "Journal of Herbal Studies", "3", "references"),
    }
    assert {Path(name).suffix for name in documents} == {".pdf"}
    assert documents["papers/head.pdf"]["importance"] == 1
    assert documents["papers/other.pdf"]["importance"] is None
    assert documents["papers/listed.pdf"]["meta"]["paper_id"] == "10.1234/abc.5"
    assert documents["papers/ris.pdf"]["meta"]["journal"] == "中药杂志"
    assert "0 papers match two journals, 1 no reference was found for; see table.csv" in messages


def test_a_name_between_two_journals_is_left_to_a_person(tcm: Run, shelf: Path) -> None:
    (shelf / "papers" / "a.pdf").write_bytes(pdf([["论咳嗽", BODY]]))
    (shelf / "papers" / "a.bib").write_text("@article{a, journal = {Journal of Herbal Studi}}")
    documents, rows, _ = ingest(tcm, shelf, "--offline")
    row = rows["papers/a.pdf"]
    assert (row["status"], row["journal"], row["category"]) == ("ambiguous", "", "")
    assert {row["candidate_1"], row["candidate_2"]} == {"Journal of Herbal Study", "Journal of Herbal Studies"}
    assert documents["papers/a.pdf"]["importance"] is None


def test_jobs_give_the_same(tcm: Run, shelf: Path) -> None:
    for number in range(6):
        lines = ["中医杂志 第3期" if number % 2 else "某某通讯", f"第{number}例", BODY[number:]]
        (shelf / "papers" / f"{number}.pdf").write_bytes(pdf([lines]))
    one = ingest(tcm, shelf, "--offline")
    two = ingest(tcm, shelf, "--offline", "--jobs", "2")
    assert one[:2] == two[:2]
    assert [row["category"] for row in one[1].values()] == ["", "1", "", "1", "", "1"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("journal,weight\n甲,1\n", "the first line must name the columns name, category"),
        ("name,category\n甲,\n", "targets.csv:2: no name or no category"),
        ("name,category\n甲,1\n甲,2\n", "targets.csv: 甲 stands there twice"),
    ],
)
def test_a_list_that_cannot_be_used(tcm: Run, shelf: Path, table: str, message: str) -> None:
    (shelf / "targets.csv").write_text(table, encoding="utf-8")
    assert message in ingest(tcm, shelf, "--offline", status=2)[2]


def test_options_that_need_the_list(tcm: Run) -> None:
    done = tcm("ingest", "--offline", stdin=jsonl([{"text": BODY}]))
    assert (done.status, done.messages) == (2, ["tcm: --bib, --journal-table, --offline need --journals"])


def test_a_silent_network_does_not_hold_the_work_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pdf2bib")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, address)
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")]))
        data = pdf([["论中风", "DOI: 10.1234/abc.5", BODY]])
        found, how = lookup.Lookup(tmp_path / "c.sqlite", offline=False, seconds=6).find("10.1234/abc.5", data)
        assert (found, how) == (None, "no_answer")
        silent.settimeout(1)
        silent.accept()[0].close()  # it was asked


def test_what_the_network_gave_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [{"journal": "中医杂志", "issn": "1001-1668"}]
    monkeypatch.setattr(lookup, "_ask", lambda _data, _seconds: answers.pop())
    cache = tmp_path / "c.sqlite"
    once = lookup.Lookup(cache, offline=False).find("10.1/x", b"%PDF")
    assert cache.stat().st_mode & 0o777 == 0o600
    again = lookup.Lookup(cache, offline=True).find("10.1/x", b"%PDF")
    assert once == (Reference(journal="中医杂志", issns=frozenset({"1001-1668"})), "network")
    assert again == (once[0], "cache")
    assert lookup.Lookup(cache, offline=True).find("10.1/y", b"%PDF") == (None, "offline")


def test_pdf2bib_leaves_no_trace(tmp_path: Path) -> None:
    pdf2doi = pytest.importorskip("pdf2doi")
    settings = Path(pdf2doi.__file__).parent / "settings.ini"
    before = settings.stat().st_mtime_ns if settings.exists() else None
    data = pdf([["论中风", "没有编号", BODY]])
    (tmp_path / "paper.pdf").write_bytes(data)
    assert lookup._ask(data, 30) == {}
    assert (tmp_path / "paper.pdf").read_bytes() == data
    assert (settings.stat().st_mtime_ns if settings.exists() else None) == before


@pytest.mark.parametrize(
    ("lines", "title", "doi"),
    [
        (["文章编号 10.1234/abc.5。", BODY], "", "10.1234/abc.5"),
        (["DOI：10.1234/own.1", "参考 10.1234/cited.2"], "", "10.1234/own.1"),
        (["引 10.1234/one.1 与 10.1234/two.2"], "", ""),
        ([BODY], "", ""),
    ],
)
def test_the_papers_own_doi(lines: list[str], title: str, doi: str) -> None:
    assert look_into(pdf([lines], title)).doi == doi


def test_a_doi_in_the_metadata(tmp_path: Path) -> None:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_metadata({"/doi": "https://doi.org/10.5555/Meta.7"})
    with (tmp_path / "m.pdf").open("wb") as file:
        writer.write(file)
    assert look_into((tmp_path / "m.pdf").read_bytes()).doi == "10.5555/meta.7"
    assert look_into(b"%PDF-1.4 broken") == ("", "", (), "")


@pytest.mark.parametrize(
    ("name", "issn", "expected"),
    [
        ("中医杂志", "", ("matched", "中医杂志", 100)),
        ("《中医杂誌》", "", ("not_a_target", None, 75)),
        ("北京中医杂志", "", ("not_a_target", None, 80)),
        ("某刊", "1001-1668", ("matched", "中医杂志", 100)),
        ("中医杂志", "9999-9999", ("ambiguous", None, 100)),
        ("J. Herb. Stud.", "", ("matched", "Journal of Herbal Study", 100)),
        ("The Journal of Herbal Studies", "", ("matched", "Journal of Herbal Studies", 100)),
        ("", "", ("unknown", None, 0)),
    ],
)
def test_names(name: str, issn: str, expected: tuple[str, str | None, int]) -> None:
    targets = [
        jour("中医杂志", issn="1001-1668"),
        jour("Journal of Herbal Study", "J Herb Stud"),
        jour("Journal of Herbal Studies"),
    ]
    found = match(name, issns_in(issn), targets)
    assert (found.status, found.journal.name if found.journal else None, found.score) == expected


def test_two_targets_of_one_issn_are_ambiguous() -> None:
    pair = [jour("甲刊", issn="1111-1111"), jour("乙刊", issn="1111-1111")]
    assert match("甲刊", issns_in("1111-1111"), pair).status == "ambiguous"


def test_plain_names() -> None:
    assert plain("Ａcta  Médica & Herbária") == "acta medica herbaria"


def test_cells_are_no_formulas(tcm: Run, shelf: Path) -> None:
    (shelf / "papers" / "a.pdf").write_bytes(pdf([["论咳嗽", BODY]]))
    (shelf / "papers" / "a.bib").write_text('@article{a, journal = {=HYPERLINK("x")}}')
    _, rows, _ = ingest(tcm, shelf, "--offline")
    assert rows["papers/a.pdf"]["journal_found"].startswith("'=")
    assert json.dumps(rows)
