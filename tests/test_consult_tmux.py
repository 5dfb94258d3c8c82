"""A real terminal: keys are pressed in tmux, and the screen is read."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import environment

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
_PATIENCE = 40


class Terminal:
    """A terminal of 80 columns with a program in it."""

    def __init__(self, folder: Path, *arguments: str, **env: str) -> None:
        self._server = ("tmux", "-L", f"tcm-{uuid.uuid4().hex[:8]}", "-f", os.devnull)
        changes = [f"{name}={value}" for name, value in {"TERM": "screen-256color", **env}.items()]
        command = shlex.join(
            ("env", *changes, sys.executable, "-W", "error", "-m", "tcmkit", "consult", "--lang", "zh", *arguments)
        )
        self._tmux(
            "new-session", "-d", "-x", "80", "-y", "40", "-s", "s", "-c", str(folder), f"{command}; echo ended $?; cat",
            env=environment({"LANG": "C.UTF-8"}),
        )  # fmt: skip

    def _tmux(self, *arguments: str, env: dict[str, str] | None = None, text: str | None = None) -> str:
        done = subprocess.run(
            [*self._server, *arguments], capture_output=True, text=True, check=True, env=env, input=text
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        """Press keys by their names."""
        self._tmux("send-keys", "-t", "s", *keys)

    def type(self, words: str) -> None:
        """Type words."""
        self._tmux("send-keys", "-t", "s", "-l", words)

    def paste(self, words: str) -> None:
        """Paste words as a terminal does, in brackets."""
        self._tmux("load-buffer", "-", text=words)
        self._tmux("paste-buffer", "-p", "-t", "s")

    def resize(self, columns: int) -> None:
        """Make the terminal narrower or wider."""
        self._tmux("resize-window", "-t", "s", "-x", str(columns), "-y", "40")

    def screen(self, *, whole: bool = False, escapes: bool = False) -> str:
        """What is on the screen, or has been."""
        return self._tmux(
            "capture-pane", "-p", "-t", "s", *(("-S", "-500") if whole else ()), *(("-e",) if escapes else ())
        )

    def until(self, words: str) -> str:
        """Wait until the words are on the screen; the screen."""
        end = time.monotonic() + _PATIENCE
        while words not in (seen := self.screen(whole=True)):
            assert time.monotonic() < end, f"waited for {words!r}:\n{seen}"
            time.sleep(0.05)
        return seen

    def until_asked(self, number: int) -> str:
        """Wait until a question stands there with the prompt below it, however the lines are broken; the screen."""
        end = time.monotonic() + _PATIENCE
        while not re.search(rf"第 {number} 问[\s\S]*\n>\s", (seen := self.screen(whole=True)) + "\n"):
            assert time.monotonic() < end, f"waited for question {number}:\n{seen}"
            time.sleep(0.05)
        return seen

    def processes(self) -> str:
        """Every process below the terminal: its number, and the command line of it."""
        shell = self._tmux("display-message", "-p", "-t", "s", "#{pane_pid}").strip()
        listed = ("ps", "-ww", "-o", "pid=,args=", "--ppid", shell)
        done = subprocess.run(listed, capture_output=True, text=True, check=True)
        return "\n".join(map(str.strip, done.stdout.splitlines()))

    def close(self) -> None:
        """End it, whatever runs in it."""
        self._tmux("kill-server")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_one(*arguments: str, **env: str) -> Terminal:
        opened.append(Terminal(tmp_path, *arguments, **env))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def test_a_session_with_wide_characters_undo_and_a_report(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    one = terminal("--report", "r.html", "--save", "s.json")
    one.until("患者哪里不舒服？")
    one.type("咳嗽三天，痰白稠")
    one.press("Left", "BSpace")
    one.type("黄")
    one.until("> 咳嗽三天，痰黄稠\n")
    one.press("Enter")
    one.until("年龄多大？")
    for answer in ("30", "女", "否", "无"):
        one.type(answer)
        one.press("Enter")
    one.until("第 1 问")
    one.type("?")
    one.press("Enter")
    one.until("为什么问：")
    one.type("舌红")
    one.press("Enter")
    one.until("第 2 问")
    assert re.search(r"十问 ###\.+ · .+证 \d+% · \? 帮助", one.until("证 "))  # the line of status
    one.type("/undo")
    one.press("Enter")
    one.until("已撤回。")
    one.type("舌淡")
    one.press("Enter")
    one.type("/record")
    one.press("Enter")
    assert "1  舌象：舌淡" in one.until("[望诊]")
    one.resize(60)
    one.type("脉细")
    one.press("Enter")
    one.until_asked(3)
    one.press("C-d")
    seen = one.until("ended 0")
    assert "报告：r.html" in seen
    assert "切诊 · 脉象：脉细" in seen
    assert "舌淡" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert '"answer": "舌淡"' in (tmp_path / "s.json").read_text(encoding="utf-8")


def test_a_paste_of_many_lines_is_one_answer(terminal: Callable[..., Terminal]) -> None:
    one = terminal()
    one.until("患者哪里不舒服？")
    one.paste("咳嗽三天\n痰黄\n\n" + "花开了，孩子们在唱歌。\n" * 400)
    one.until("[粘贴了 ")
    one.press("Enter")
    one.until("前 2000 字记入记录")
    one.until("年龄多大？（小孩可说几个月）\n>")
    one.press("C-d")
    assert "问诊 · 胸腹：咳嗽，痰黄" in one.until("ended 0")


def test_ctrl_c_asks_once_then_leaves(terminal: Callable[..., Terminal]) -> None:
    one = terminal()
    one.until("患者哪里不舒服？多久了？\n>")
    one.press("C-c")
    one.until("/done 作小结。 !!\n>")
    one.press("C-c")
    assert "问诊记录" not in one.until("ended 130")


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_without_colour(terminal: Callable[..., Terminal], env: dict[str, str]) -> None:
    one = terminal(**env)
    one.until("患者哪里不舒服？")
    one.type("突然胸口剧痛，出冷汗")
    one.press("Enter")
    one.until("危险信号：请立即就医")
    one.until("ended 0")
    assert re.findall(r"\x1b\[(?:\d+;)*[34][0-8]", one.screen(escapes=True)) == []


def test_an_answer_is_edited_where_it_stands_and_a_killed_session_goes_on(
    terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    one = terminal("--save", "s.json")
    one.until("患者哪里不舒服？")
    one.type("咳嗽三天，痰黄")
    one.press("Enter")
    asked = {"年龄多大？": "300", "请说几岁": "30", "性别？": "男", "吃什么药？": "小蓝片"}
    for words, answer in asked.items():
        one.until(words)
        one.type(answer)
        one.press("Enter")
    one.until("表中没有，不能核对，照原话记下：小蓝片")
    one.until_asked(1)
    one.type("舌红苔黄腻")
    one.press("Enter")
    one.until_asked(2)
    one.type("/修改 1")
    one.press("Enter")
    one.until("原来的回答：舌红苔黄腻\n> 舌红苔黄腻\n")
    one.press("BSpace", "BSpace", "Left", "Left", "BSpace")
    one.until("> 红苔\n")
    one.type("淡")
    one.until("> 淡红苔\n")
    one.press("Enter")
    one.until("> 淡红苔\n\n第 2 问")
    saved = (tmp_path / "s.json").read_text(encoding="utf-8")
    assert '"answer": "淡红苔"' in saved
    [program] = re.findall(r"(?m)^(\d+) .*-m tcmkit consult.*s\.json$", one.processes())
    os.kill(int(program), signal.SIGKILL)
    one.until("ended 137")
    assert (tmp_path / "s.json").read_text(encoding="utf-8") == saved
    again = terminal("--resume", "s.json")
    seen = again.until("第 2 问")
    assert "1  舌象：淡红苔" in seen
    again.until_asked(2)
    again.press("C-d")
    assert "用药：小蓝片" in again.until("ended 0")
