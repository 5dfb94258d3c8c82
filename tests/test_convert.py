"""`tcm convert`: what goes to another format comes back as it was, and what cannot is said."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcmkit.convert import Settings, arrow
from tcmkit.convert.csv_file import csv_lines, write_csv
from tcmkit.convert.shape import Columns
from tcmkit.convert.step import Converter
from tests.conftest import Run, jsonl, read_json, read_lines

QA = {
    "id": "a1",
    "question": "黄芪的功效是什么？",
    "answer": "补气升阳，\n固表止汗。",
    "evidence": {"doc_id": "d", "start": 3, "end": 9},
    "messages": [
        {"role": "user", "content": "黄芪的功效是什么？"},
        {"role": "assistant", "content": "补气升阳，\n固表止汗。"},
    ],
}
PREFERENCE = {
    "id": "p1",
    "prompt": [{"role": "system", "content": "简答。"}, {"role": "user", "content": "𠮷益当归？"}],
    "chosen": [{"role": "assistant", "content": "补血"}],
    "rejected": [{"role": "assistant", "content": "破血"}],
    "judge": {"engine": "rules"},
}
LINES = [QA, PREFERENCE]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["", "\r\n", "a,b", '"', "\0", "𠮷", ":json"]
)
values = st.recursive(
    st.none() | st.booleans() | texts | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["a", "b", "名", "x:json"]
records = st.lists(st.dictionaries(st.sampled_from(FIELDS), values | texts, min_size=1), min_size=1, max_size=6)


def columns_of(lines: list[dict[str, Any]]) -> Columns:
    columns = Columns()
    for line in lines:
        columns.add(line)
    return columns


def same(left: Any, right: Any) -> bool:
    """Equal, and of equal types: 1 is not 1.0 and not True."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


@given(lines=records)
def test_any_line_comes_back_from_csv(lines: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "t.csv"
    written: list[bytes] = []
    write_csv(iter(jsonl(lines).splitlines(keepends=True)), columns_of(lines), written.append)
    path.write_bytes(b"".join(written))
    assert same([json.loads(line.raw) for line in csv_lines(str(path))], lines)


@settings(deadline=None)  # the first call imports pyarrow
@given(lines=records)
def test_any_line_comes_back_from_parquet(
    lines: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    pytest.importorskip("pyarrow")
    path = str(tmp_path_factory.getbasetemp() / "t.parquet")
    arrow.write_parquet(iter(jsonl(lines).splitlines(keepends=True)), columns_of(lines), path)
    assert same([json.loads(line.raw) for line in arrow.parquet_lines(path)], lines)


turns = st.lists(st.tuples(texts, texts), min_size=1, max_size=3).map(
    lambda pairs: [
        {"role": role, "content": said}
        for pair in pairs
        for role, said in zip(("user", "assistant"), pair, strict=True)
    ]
)
systems = st.lists(texts.map(lambda said: {"role": "system", "content": said}), max_size=1)
rests = st.dictionaries(st.sampled_from(["id", "question", "meta", "标签"]), values)


@pytest.mark.parametrize("form", ["alpaca", "sharegpt", "trl"])
@given(system=systems, talk=turns, rest=rests)
def test_a_conversation_comes_back(form: str, system: list[Any], talk: list[Any], rest: dict[str, Any]) -> None:
    line = {"messages": system + talk, **rest}
    there, back = Converter(Settings(form)), Converter(Settings("messages"))
    (made,) = there(line)
    assert "messages" not in made
    assert same(back(made), [line])
    assert not there.noted
    assert not back.noted


@pytest.mark.parametrize("form", ["alpaca", "sharegpt"])
@given(system=systems, talk=turns, answers=st.tuples(texts, texts), rest=rests)
def test_a_preference_comes_back(
    form: str, system: list[Any], talk: list[Any], answers: tuple[str, str], rest: dict[str, Any]
) -> None:
    chosen, rejected = ([{"role": "assistant", "content": answer}] for answer in answers)
    line = {"prompt": system + talk[:-1], "chosen": chosen, "rejected": rejected, **rest}
    (made,) = Converter(Settings(form))(line)
    assert same(Converter(Settings("trl"))(made), [line])


@given(instruction=texts, added=texts.filter(bool), output=texts)
def test_alpaca_keeps_what_was_instruction_and_what_was_input(instruction: str, added: str, output: str) -> None:
    line = {"instruction": instruction, "input": added, "output": output}
    for form in ("messages", "sharegpt", "trl"):
        (made,) = Converter(Settings(form))(line)
        assert same(Converter(Settings("alpaca"))(made), [line])


@pytest.mark.parametrize("form", ["parquet", "csv", "hf"])
def test_tables_by_the_program(tcm: Run, tmp_path: Path, form: str) -> None:
    if form != "csv":
        pytest.importorskip("pyarrow" if form == "parquet" else "datasets")
    out = f"table.{form}"
    done = tcm(
        "convert", "--to", form, "-o", out, "--summary", "s", stdin=jsonl(LINES), env={"HF_HOME": str(tmp_path / "hub")}
    )
    assert done.status == 0, done.err
    assert done.messages[-1] == "tcm convert: read 2 = kept 2 + dropped 0 + rejected 0; written 2"
    summary = read_json(tmp_path / "s")
    assert (summary["rows"], summary["lost"]) == (2, {})
    assert ("id" in summary["as_json_text"]) is False
    back = tcm("convert", out, "--to", "messages", "--quiet", env={"HF_HOME": str(tmp_path / "hub")})
    assert back.status == 0, back.err
    assert same(back.records, LINES)
    assert [name for name in os.listdir(tmp_path) if name.startswith(".")] == []


def test_datasets_and_pandas_read_messages_as_messages(tcm: Run, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    assert tcm("convert", "--to", "parquet", "-o", "t.parquet", stdin=jsonl([QA] * 2500)).status == 0
    file = parquet.ParquetFile(tmp_path / "t.parquet")
    assert file.metadata.num_row_groups == 3
    assert file.read().to_pylist()[0] == QA


@pytest.mark.parametrize(
    ("form", "line", "message"),
    [
        ("alpaca", {"messages": [{"role": "tool", "content": "x"}]}, "cannot_hold (alpaca holds a system prompt, then user and assistant in turn, all of them text)"),
        ("sharegpt", {"text": "文章"}, "no_conversation (sharegpt holds questions and answers; parquet, csv, hf hold any line)"),
        ("messages", {"conversations": [1]}, "bad_sharegpt (a turn without from and value)"),
        ("messages", {"messages": "早"}, None),
        ("csv", {}, "no_fields (a table has no row without a field)"),
    ],
)  # fmt: skip
def test_what_a_format_cannot_hold_is_rejected(tcm: Run, form: str, line: dict[str, Any], message: str | None) -> None:
    done = tcm("convert", "--to", form, stdin=jsonl([line]))
    if message is None:
        assert done.records == [{"messages": [{"role": "user", "content": "早"}]}]
    else:
        assert done.messages[0] == f"tcm convert: stdin:1: {message}"
        assert done.status == 3


def test_what_is_lost_is_said(tcm: Run, tmp_path: Path) -> None:
    named = {"messages": [{"role": "user", "content": "问", "name": "甲"}], "instruction": "原有", "n": 1}
    done = tcm("convert", "--from", "messages", "--to", "alpaca", "--summary", "s", stdin=jsonl([named, named]))
    assert done.records[0] == {"instruction": "问", "input": "", "n": 1}
    assert (
        done.messages[0] == "tcm convert: lost, since the format has no place for them: instruction 2, messages.name 2"
    )
    assert read_json(tmp_path / "s")["lost"] == {"instruction": 2, "messages.name": 2}


def test_documents_are_trl_lines_as_they_are(tcm: Run) -> None:
    assert tcm("convert", "--to", "trl", stdin=jsonl([{"text": "书", "n": 1}])).records == [{"text": "书", "n": 1}]


def test_a_line_that_is_not_what_from_says(tcm: Run) -> None:
    done = tcm("convert", "--from", "sharegpt", "--to", "messages", stdin=jsonl([QA]))
    assert done.messages[0] == "tcm convert: stdin:1: not_sharegpt (no field conversations)"


def test_csv_of_others(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "their.csv").write_bytes('\ufeffquestion,answer\n问？,"答,\n案"\n短\n'.encode())
    done = tcm("convert", "their.csv", "--to", "trl", "--rejects", "r")
    assert done.records[0]["completion"] == [{"role": "assistant", "content": "答,\n案"}]
    assert [(line["line"], line["reason"]) for line in read_lines(tmp_path / "r")] == [(4, "uneven_row")]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--to", "hf"], 2, "--to hf writes a folder: name it with -o"),
        (["--to", "hf", "-o", "."], 1, ". exists: remove it or choose another name"),
        (["--from", "parquet", "--to", "csv"], 2, "--from parquet reads no stdin: name the file"),
        (["broken.parquet", "--to", "csv"], 1, "cannot read broken.parquet: ArrowInvalid; is it whole?"),
    ],
)
def test_what_cannot_be_begun(tcm: Run, tmp_path: Path, arguments: list[str], status: int, message: str) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    done = tcm("convert", *arguments)
    assert (done.messages, done.status) == ([f"tcm: {message}"], status)


def test_without_the_extra(tcm: Run, tmp_path: Path) -> None:
    (tmp_path / "pyarrow").mkdir()
    (tmp_path / "pyarrow" / "__init__.py").write_text("raise ImportError")
    done = tcm("convert", "--to", "parquet", stdin=jsonl([QA]))
    assert done.messages == ['tcm: reading and writing Parquet needs the extra [data]: run pip install "tcmkit[data]"']
