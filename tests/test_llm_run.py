"""A run with a model as a process: its pipes, its memory, its cache, and how it is interrupted."""

import os
import re
import signal
import sqlite3
import stat
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.conftest import ASK, Run, environment, interrupt, jsonl, read_lines, running
from tests.fault_server import FaultServer, serving
from tests.test_llm_faults import asking, balance, run_ask


def command(server: FaultServer, *more: str) -> list[str]:
    return [*ASK, "--llm", "openai:tiny", "--base-url", server.url, "--cache", "calls.sqlite", *more]


def test_the_first_record_leaves_before_the_last_is_read(tmp_path: Path) -> None:
    with serving() as server, running(command(server), tmp_path) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(jsonl(asking("one")))
        process.stdin.flush()
        assert b'"answer":"eno"' in process.stdout.readline()
        process.stdin.write(jsonl(asking("two")))
        process.stdin.close()
        assert b'"answer":"owt"' in process.stdout.readline()
        assert process.wait(10) == 0


def test_a_reader_who_goes_ends_the_run_quietly(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(jsonl(asking(*map(str, range(5000)))))
    with serving(delay=0.02) as server:
        with running(command(server, "in.jsonl"), tmp_path) as process:
            assert process.stdout
            assert process.stderr
            process.stdout.readline()
            process.stdout.close()
            assert process.wait(10) == 0
            assert process.stderr.read() == b""
        assert server.calls.total() < 1000


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_with_calls_in_flight(tmp_path: Path, number: int) -> None:
    (tmp_path / "in.jsonl").write_bytes(jsonl(asking(*map(str, range(500)))))
    with serving(delay=0.2) as server, running(command(server, "in.jsonl", "-o", "out.jsonl"), tmp_path) as process:
        while server.calls.total() < 40:
            time.sleep(0.01)
        started = time.monotonic()
        said = interrupt(process, number)
        assert time.monotonic() - started < 3
    assert process.returncode == 130
    assert re.fullmatch(
        r"tcm ask: kept as out.jsonl.partial\ntcm ask: read (\d+) = kept \1 \+ dropped 0 \+ rejected 0; written \1\n",
        said,
    )
    written = read_lines(tmp_path / "out.jsonl.partial")
    assert [record["id"] for record in written] == list(range(len(written)))


def test_an_interrupt_while_calls_fail_and_wait(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(jsonl(asking(*(f"fault=busy {at}" for at in range(50)))))
    with serving() as server, running(command(server, "in.jsonl"), tmp_path) as process:
        while server.calls.total() < 10:
            time.sleep(0.01)
        said = interrupt(process)
    assert (process.returncode, said.count("\n")) == (130, 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_stdin_is_silent(tmp_path: Path, number: int) -> None:
    with serving() as server, running(command(server), tmp_path) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(jsonl(asking("one")))
        process.stdin.flush()
        process.stdout.readline()
        started = time.monotonic()
        said = interrupt(process, number)
        assert time.monotonic() - started < 3
    assert (process.returncode, said) == (130, "tcm ask: read 1 = kept 1 + dropped 0 + rejected 0; written 1\n")


def test_what_ends_a_run_ends_it_while_stdin_is_silent(tmp_path: Path) -> None:
    with serving(models=()) as server, running(command(server, "-q"), tmp_path) as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write(jsonl(asking("one")))
        process.stdin.flush()
        assert process.wait(20) == 1
        said = process.stderr.read().decode()
    assert said == f"tcm: {server.url} has no model tiny (404): see tcm models --base-url {server.url}\n"


def peak_of(tmp_path: Path, count: int) -> int:
    """Bytes of memory at the peak of a run over so many records, none of them in the cache."""
    name = f"in{count}.jsonl"
    (tmp_path / name).write_bytes(jsonl({"ask": f"{count} {at}", "more": "舌淡红" * 50} for at in range(count)))
    (tmp_path / "script").write_bytes(jsonl([{"reply": "脉弦细。" * 50}]))
    run = [*ASK, name, "--llm", "scripted:script", "--cache", f"{name}.sqlite", "-o", os.devnull, "-q"]
    process = subprocess.Popen(run, cwd=tmp_path, env=environment())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss


def test_memory_does_not_grow_with_the_input(tmp_path: Path) -> None:
    assert peak_of(tmp_path, 8000) < 1.12 * peak_of(tmp_path, 1000)


def test_what_was_paid_for_is_not_paid_again(ask: Run, tmp_path: Path) -> None:
    records = asking(*map(str, range(100)))
    with serving() as server:
        first = run_ask(ask, server, records)
        again = run_ask(ask, server, records)
        assert server.calls.total() == 100
        assert again.out == first.out
        saved = balance(tmp_path)
        run_ask(ask, server, records, "--no-cache")
        assert server.calls.total() == 200
        run_ask(ask, server, records, "--max-tokens", "100")  # another call: it may give another reply
        assert server.calls.total() == 300
    assert saved["calls"] == {"made": 0, "from_cache": 100, "repairs": 0, "retries": 0}
    assert saved["tokens_saved_by_cache"] == {"prompt": 190, "completion": 190}
    assert saved["tokens"] == {"prompt": 0, "completion": 0}


def test_repairs_are_not_paid_again_and_failures_are_asked_again(ask: Run) -> None:
    records = asking("fault=badjson*1 mended", "fault=broken*2 first", json=True)
    records[1].pop("json")
    with serving() as server:
        first = run_ask(ask, server, [{**records[0], "ask": "fault=shape*1"}, *records[1:]], "--retries", "0")
        assert first.status == 3
        again = run_ask(ask, server, [{"id": 1, "ask": "fault=broken*2 first"}], "--retries", "1")
    assert again.records[0]["answer"] == "tsrif 2*nekorb=tluaf"
    assert server.calls["fault=broken*2 first"] == 3


def test_the_same_question_at_the_same_time_is_paid_once(ask: Run, tmp_path: Path) -> None:
    records = [*asking(*["same"] * 200), *asking(*["fault=mendable"] * 50, json=True)]
    with serving(delay=0.05) as server:
        done = run_ask(ask, server, records, "--concurrency", "64")
    assert (done.status, len(done.records)) == (0, 250)
    assert (server.calls["same"], server.calls["fault=mendable"]) == (1, 2)  # the reply, and its repair
    assert balance(tmp_path)["calls"]["made"] == 3


def test_the_cache_is_its_owners_only(tmp_path: Path) -> None:
    (tmp_path / "calls.sqlite").touch(0o644)
    with serving(delay=0.05) as server, running(command(server), tmp_path, umask=0) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(jsonl(asking("one")))
        process.stdin.flush()
        process.stdout.readline()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        process.stdin.close()
        process.wait(10)
    assert modes == {"calls.sqlite": 0o600, "calls.sqlite-wal": 0o600, "calls.sqlite-shm": 0o600}


def test_runs_share_a_cache_at_once(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(jsonl(asking(*map(str, range(300)))))
    with serving(delay=0.005) as server:
        several = [
            subprocess.Popen(
                command(server, "in.jsonl", "-o", f"out{at}.jsonl"),
                cwd=tmp_path,
                env=environment(),
                stderr=subprocess.PIPE,
            )
            for at in range(4)
        ]
        ends = [(process.communicate(timeout=50)[1], process.returncode) for process in several]
    assert [status for _, status in ends] == [0] * 4, ends
    outputs = {(tmp_path / f"out{at}.jsonl").read_bytes() for at in range(4)}
    assert len(outputs) == 1
    assert max(server.calls.values()) <= 4
    with sqlite3.connect(tmp_path / "calls.sqlite") as db:
        assert db.execute("SELECT count(*) FROM calls").fetchone() == (300,)
    db.close()


@pytest.mark.parametrize("kind", ["no database", "another database", "below a file", "a folder", "damaged"])
def test_a_cache_that_is_none_is_said_in_one_line(ask: Run, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "notes"
    if kind == "another database":
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE patients (name TEXT)")
        db.close()
    elif kind == "a folder":
        path.mkdir()
    elif kind == "damaged":
        with serving() as server:
            run_ask(ask, server, asking(*map(str, range(50))), "--cache", str(path))
        path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 8192)
    else:
        path.write_text("望闻问切" * 100)
    before = path.read_bytes() if path.is_file() else b""
    name = path / "calls.sqlite" if kind == "below a file" else path
    with serving() as server:
        done = run_ask(ask, server, asking("1"), "-q", "--cache", str(name))
    assert (done.status, done.out, done.err.count("\n")) == (1, b"", 1)
    assert done.err.startswith(f"tcm: call cache {name}: ")
    assert "--no-cache" in done.err or "--cache" in done.err
    assert server.calls.total() == (1 if kind == "damaged" and server.calls else 0)
    assert (path.read_bytes() if path.is_file() else b"") == before or kind == "damaged"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(ask: Run, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(0o500)
    with serving() as server:
        done = run_ask(ask, server, asking("1"), "-q", "--cache", "closed/calls.sqlite")
    assert (done.status, done.err.count("\n")) == (1, 1)
    assert "Permission denied" in done.err


def test_two_questions_a_record_and_a_drop(ask: Run, tmp_path: Path) -> None:
    records = [{"id": 0, "ask": "a", "twice": True}, {"id": 1, "ask": "b", "drop": True}, {"id": 2}]
    with serving() as server:
        done = run_ask(ask, server, records, "--dropped", "dropped.jsonl")
    assert done.records == [{**records[0], "answer": ["a", "a niaga"]}, {"id": 2}]
    assert read_lines(tmp_path / "dropped.jsonl")[0]["dropped"]["reason"] == "unwanted"
    assert balance(tmp_path)["dropped"] == {"unwanted": 1}


def test_a_stream_of_input_faster_than_the_model_does_not_fill_the_memory(tmp_path: Path) -> None:
    with (
        serving(delay=0.1) as server,
        running(command(server, "--concurrency", "2", "-o", os.devnull), tmp_path) as process,
    ):
        assert process.stdin
        written = 0

        def feed() -> None:
            nonlocal written
            try:
                while written < 60_000_000:
                    line = jsonl([{"ask": str(written), "more": "x" * 10_000}])
                    written += os.write(process.stdin.fileno(), line)  # type: ignore[union-attr]
            except OSError:
                return

        feeding = threading.Thread(target=feed)
        feeding.start()
        while server.calls.total() < 20:
            time.sleep(0.01)
        assert written < 20_000_000
        interrupt(process)
        feeding.join(5)
    assert process.returncode == 130


@pytest.mark.parametrize(
    "words",
    [
        ("gen-qa",),
        ("gen-qa", "--llm", "gguf:model.gguf"),
        ("eval", "exam", "--llm", "hf:model"),
        ("consult", "--embed", "gguf:model.gguf"),
        ("retrieve", "--query", "咳嗽"),
        ("retrieve", "index", "-o", "INDEX", "--embed", "gguf:model.gguf"),
        ("ingest",),
    ],
)
def test_an_address_that_nothing_would_use_is_refused(tcm: Run, words: tuple[str, ...]) -> None:
    done = tcm(*words, "--base-url", "http://127.0.0.1:1/v1")
    assert done.status == 2
    assert done.messages[-1] == (
        "tcm: --base-url is used by openai:MODEL alone, and no engine here is one: name the server's model so, or leave "
        "it out"
    )


def test_an_address_for_another_engine_than_the_first_is_taken(tcm: Run) -> None:
    done = tcm(
        "consult", "--patient", "simulated", "--embed", "openai:x", "--base-url", "http://127.0.0.1:1/v1", stdin=""
    )
    assert "--base-url is used by" not in done.err
