"""Progress: a bar on a terminal, a plain line now and then elsewhere, nothing when quiet."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from tcmkit import language
from tcmkit.jsonl import progress
from tests.conftest import ECHO, environment, jsonl

SLOW = jsonl([{"do": "sleep", "seconds": 0.15}] * 3)


def on_a_terminal(tmp_path: Path, *args: str) -> str:
    """What a terminal shows of a run."""
    (tmp_path / "in.jsonl").write_bytes(SLOW)
    ours, theirs = pty.openpty()
    command = [*ECHO, "in.jsonl", "-o", "out", "--line-buffered", *args]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment({"TERM": "xterm"}), stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other side has closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait(20) == 0
    return shown.decode()


def test_a_bar_that_goes_away_before_the_balance(tmp_path: Path) -> None:
    shown = on_a_terminal(tmp_path)
    assert "tcm echo" in shown.split("read 3")[0]
    assert "records" in shown
    balance = "tcm echo: read 3 = kept 3 + dropped 0 + rejected 0; written 3"
    assert shown.rstrip().endswith(balance)
    assert on_a_terminal(tmp_path, "--quiet") == ""


@pytest.mark.parametrize(
    ("total", "lang", "line"),
    [
        (1000, "en", "tcm echo: 50 records (30%), 5 a second"),
        (None, "en", "tcm echo: 50 records, 5 a second"),
        (1000, "zh", "tcm echo: 50 条 (30%)，每秒 5 条"),
    ],
)
def test_a_plain_line_every_ten_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], total: int | None, lang: str, line: str
) -> None:
    clock = iter([100.0, 105.0, 110.0, 111.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    monkeypatch.setenv("TCM_LANG", lang)
    language.use(None)
    shown = progress.Progress("echo", total, quiet=False)
    for done in (299, 300, 301):  # after 5, 10 and 11 seconds
        shown.update(done, done // 6)
    shown.close()
    assert capsys.readouterr().err == line + "\n"


@pytest.mark.parametrize(
    ("done", "lang", "line"),
    [
        (1, "en", "tcm sft: 1 step (12%), 6 a minute"),
        (5, "en", "tcm sft: 5 steps (62%), 30 a minute"),
        (1, "zh", "tcm sft: 1 步 (12%)，每分钟 6 步"),
    ],
)
def test_what_goes_slowly_is_told_by_the_minute(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], done: int, lang: str, line: str
) -> None:
    clock = iter([100.0, 110.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    monkeypatch.setenv("TCM_LANG", lang)
    language.use(None)
    progress.Progress("sft", 8, quiet=False, counted=language.both("steps", "步")).update(done, done)
    assert capsys.readouterr().err == line + "\n"


def test_the_share_of_compressed_input_is_not_guessed(tmp_path: Path) -> None:
    from tcmkit.jsonl.source import total_bytes

    (tmp_path / "plain").write_bytes(b"1234")
    (tmp_path / "packed.gz").write_bytes(b"1234")
    plain, packed = str(tmp_path / "plain"), str(tmp_path / "packed.gz")
    assert total_bytes([plain, plain]) == 8
    assert [total_bytes(paths) for paths in ([plain, packed], [plain, "-"], [], ["gone"])] == [None] * 4
