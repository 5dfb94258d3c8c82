"""The program `tcm` itself: help, version, mistakes of the command line, and how it ends."""

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tcmkit import __version__
from tcmkit.cli.app import VERBS
from tests.conftest import TCM, Run, environment, interrupt, running


def test_version(tcm: Run) -> None:
    ended = tcm("--version")
    assert (ended.status, ended.out.decode(), ended.err) == (0, f"tcmkit {__version__}\n", "")


def test_both_console_scripts_are_the_same_program() -> None:
    scripts = {script.name: script.value for script in entry_points(group="console_scripts", name="tcm")}
    scripts |= {script.name: script.value for script in entry_points(group="console_scripts", name="tcmkit")}
    assert scripts == {"tcm": "tcmkit.cli:main", "tcmkit": "tcmkit.cli:main"}


def test_help_lists_every_verb_in_the_users_language(tcm: Run) -> None:
    english, chinese = tcm("--help"), tcm("-h", env={"LANG": "zh_CN.UTF-8"})
    assert (english.status, chinese.status, english.err, chinese.err) == (0, 0, "", "")
    for verb in VERBS:
        assert re.search(rf"(?m)^  {verb} +[A-Z].*\.$", english.out.decode())
        assert re.search(rf"(?m)^  {verb} +[^A-Za-z]*[一-龥].*。$", chinese.out.decode())


def test_no_verb_is_help_on_stderr(tcm: Run) -> None:
    ended = tcm()
    assert (ended.status, ended.out) == (2, b"")
    assert ended.messages[0] == "Usage: tcm [OPTIONS] COMMAND [ARGS]..."


MISTAKES = [
    (["ingets"], "tcm: No such command 'ingets'"),
    (["ingest", "--ray", "--drop-worst", "0"], "tcm: Invalid value for '--ray': needs HOST:PORT, auto or local, and"),
    (["ingest", "--pii", "x"], "tcm: Invalid value for '--pii': 'x' is not one of 'mask', 'drop', 'keep'; see tcm in"),
    (["check", "--explain"], "tcm: Option '--explain' requires an argument; see tcm check --help"),
    (["--lang", "zh", "ingest", "--foo"], "tcm: 没有选项 --foo; 见 tcm ingest --help"),
    (["--lang", "zh", "nosuch"], "tcm: 没有子命令 'nosuch'; 见 tcm --help"),
    (["--lang", "zh", "ingest", "--limit", "x"], "tcm: '--limit' 的值无效：应为整数; 见 tcm ingest --help"),
    (["ingest", "--maxchars", "3"], "tcm: No such option: --maxchars"),
    (["ingest", "--limit", "-1"], "tcm: Invalid value for '--limit'"),
    (["ingest", "--limit", "many"], "tcm: Invalid value for '--limit'"),
    (["ingest", "--near-dup", "1.5"], "tcm: Invalid value for '--near-dup'"),
    (["ingest", "--pii", "hide"], "tcm: Invalid value for '--pii'"),
    (["ingest", "-o"], "tcm: Option '-o' requires an argument"),
    (["schema", "--lang", "fr"], "tcm: Invalid value for '--lang': use en or zh"),
    (["schema", "nothing"], "tcm: no type nothing: choose from document, case, "),
]


@pytest.mark.parametrize(("arguments", "begins"), MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_is_one_line_and_status_two(tcm: Run, arguments: list[str], begins: str) -> None:
    ended = tcm(*arguments)
    assert ended.status == 2
    assert ended.out == b""
    assert len(ended.messages) == 1
    assert ended.messages[0].startswith(begins)
    if "choose from" not in begins:
        assert re.search(r"; (see|见) tcm( ingest| schema| check)? --help$", ended.messages[0])


@pytest.mark.parametrize("arguments", [["--help"], ["schema", "case"], ["doctor"], ["ingest", "--help"]])
def test_a_reader_that_has_gone_ends_it_quietly(tmp_path: Path, arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with running([*TCM, *arguments], tmp_path, stdout=writing) as process:
        os.close(writing)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_stdout_on_a_full_disk_is_one_line(tcm: Run) -> None:
    for verb in ("schema", "doctor", "--help"):
        with open("/dev/full", "wb") as full:
            ended = tcm(verb, stdout=full)
        assert (ended.status, len(ended.messages)) == (1, 1)
        assert re.fullmatch(r"tcm: .*(write|writing).*: No space left on device", ended.messages[0])


def test_ctrl_c_while_waiting_for_input(tmp_path: Path) -> None:
    with running([*TCM, "ingest"], tmp_path) as process:
        assert b"documents wait on disk" in process.stderr.readline()
        err = interrupt(process)
    assert process.returncode == 130
    assert err == "tcm ingest: files read 0 rejected 0; read 0 = kept 0 + dropped 0 + rejected 0; written 0\n"


def test_three_verbs_in_one_pipe(tmp_path: Path) -> None:
    """What the first line of the README shows."""
    (tmp_path / "books").mkdir()
    herb = (
        "<篇名>白芷\n内容：白芷，味辛，温，无毒，入肺、脾二经，主风寒头痛，鼻塞流涕，每服三钱，水煎温服，阴虚者忌之。\n"
    )
    (tmp_path / "books" / "herbs.txt").write_text(f"<篇名>草木记\n书名：草木记\n作者：山人\n{herb}")
    tcm = " ".join(TCM)
    line = f"{tcm} ingest books/ --drop-worst 0 | {tcm} clean-tqs | {tcm} gen-qa > qa.jsonl"
    ended = subprocess.run(
        ["sh", "-c", line], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0
    assert sorted(message.split(":")[0] for message in ended.stderr.splitlines()) == [
        *("tcm clean-tqs", "tcm gen-qa", "tcm ingest")
    ]
    assert "白芷" in (tmp_path / "qa.jsonl").read_text(encoding="utf-8")
    assert "Traceback" not in ended.stderr


def test_help_loads_nothing_that_only_a_run_needs() -> None:
    """So that `tcm --help` costs little more than importing Typer. `benchmarks/startup.py` measures it."""
    imports = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "tcmkit", "--help"],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in imports.stderr.splitlines()}
    assert {"orjson", "rich", "hypothesis", "zstandard", "tcmkit.jsonl", "tcmkit.records"} & loaded == set()
    assert "tcmkit.cli.app" in loaded
