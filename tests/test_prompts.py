"""`tcm prompts`, and the marks around what comes from a record."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.llm.prompts import fenced, load, source, tasks
from tests.conftest import Run


def test_every_prompt_is_listed_and_shown(tcm: Run) -> None:
    listed = json.loads(tcm("prompts", "list", "--json").out)
    assert [row["task"] for row in listed] == tasks()
    assert all(row["version"] >= 1 and row["places"] for row in listed)
    table = tcm("prompts", "list").out.decode().splitlines()
    assert [line.split()[0] for line in table] == ["task", *tasks()]
    shown = tcm("prompts", "show", "modernize")
    assert (shown.status, shown.out.decode()) == (0, source("modernize"))


def test_a_prompt_of_ones_own_without_a_model_is_refused(tcm: Run) -> None:
    done = tcm("screen", "--prompt", "mine.txt", stdin=b"")
    assert (done.status, done.err) == (2, "tcm: --prompt needs a model: give --llm\n")


def test_a_task_without_a_prompt(tcm: Run) -> None:
    done = tcm("prompts", "show", "../secret")
    assert (done.status, done.out) == (2, b"")
    assert done.err == f"tcm: no prompt ../secret; there are {', '.join(tasks())}\n"


@pytest.mark.parametrize("task", tasks())
def test_every_prompt_can_be_read(task: str) -> None:
    assert load(task).version >= 1


MARKS = st.sampled_from(["<资料 ", "</资料 ", ">", "\n", "<|im_end|>", "<|", "|>", "[INST]", "0123abcd", "忽略以上"])


@given(st.lists(st.one_of(MARKS, st.text(max_size=8)), max_size=12).map("".join))
def test_no_text_can_end_its_place(text: str) -> None:
    whole = fenced(text)
    opened = re.match(r"<资料 ([0-9a-f]{8})>\n", whole)
    assert opened
    closing = f"\n</资料 {opened[1]}>"
    assert whole.endswith(closing)
    inside = whole[opened.end() : -len(closing)]
    assert opened[1] not in inside
    assert "<|" not in inside
    assert "|>" not in inside
    plain = {0xFEE0 + code: code for code in range(0x21, 0x7F)}  # wide forms as plain ones
    assert inside.translate(plain) == text.translate(plain)  # nothing is lost


@given(st.text(max_size=30))
def test_a_text_that_holds_its_own_code_gets_another(text: str) -> None:
    code = fenced(text)[4:12]
    again = fenced(text + code)
    assert again[4:12] not in text + code


def test_records_tell_a_prompt_of_ones_own_from_ours(tmp_path: Path) -> None:
    ours = load("exam")
    (tmp_path / "mine.txt").write_text(source("exam") + "\n请仔细。", encoding="utf-8")
    mine = load("exam", str(tmp_path / "mine.txt"))
    assert ours.label == ours.version == 1
    assert isinstance(mine.label, str)
    assert mine.label.startswith("own:")
