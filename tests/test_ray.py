"""`--ray`: the same bytes from a cluster as from this machine alone, also when a machine dies in the middle."""

import importlib.util
import os
import pickle
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from tcmkit.jsonl import cluster as cluster_module
from tcmkit.jsonl.workers import Failure
from tests.conftest import ECHO, ROOT, TCM, Ended, Run, environment, interrupt, jsonl, read_json, read_lines, running

needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs the extra [ray]")

PATIENT = {"timeout": 170, "seconds": 170}
"""Ray starts a dozen processes, which takes a busy machine its time."""


class Cluster(NamedTuple):
    """Two nodes of one processor each, the second of which can be killed."""

    address: str
    second: int
    process: "subprocess.Popen[bytes]"

    def kill_second(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(b"kill\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == b"killed\n"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    command = [sys.executable, str(ROOT / "tests" / "ray_nodes.py")]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        assert process.stdout
        assert process.stdin
        address, second = process.stdout.readline().decode().split()
        yield Cluster(address, int(second), process)
        process.stdin.close()


@needs_ray
def test_a_cluster_writes_what_one_machine_writes_also_when_a_node_dies(
    cluster: Cluster, tcm: Run, tmp_path: Path
) -> None:
    # What is global: exact and near copies, the worst by perplexity, questions asked before. Files read whole, and lines.
    books = [{"text": f"桂枝 味辛温，主治上气咳逆第{n}条，结气喉痹吐吸，利关节，补中益气。"} for n in range(20)]
    (tmp_path / "lines.jsonl").write_bytes(jsonl([*books, {"no": "text"}, *books[:9]]) + b"[1]\n")
    sample = ROOT / "examples" / "sample"
    same_on_both(tcm, cluster, tmp_path, "ingest", sample, "lines.jsonl", "--drop-worst", "0.05")
    (tmp_path / "more.jsonl").write_bytes((tmp_path / "ingest--here").read_bytes() + b"[1]\n")
    same_on_both(tcm, cluster, tmp_path, "gen-qa", "more.j*", "ingest--here", "--lang", "zh")
    killed_in_the_middle(cluster, tmp_path)


def same_on_both(tcm: Run, cluster: Cluster, folder: Path, verb: str, *arguments: str | Path) -> None:
    """Every file of a run here and of one on the cluster, the balance, and the summary but for the time."""
    ended = {}
    names = ("rejects", "dropped", "review-file", "output")
    for where, how in {"-here": ("--jobs", "1"), "-there": ("--ray", cluster.address)}.items():
        sides = [f"--{name}={verb}-{name.removeprefix('output')}{where}" for name in names]
        ended[where] = tcm(verb, *arguments, *how, *sides, "--review", "5", "--summary", where, **PATIENT)
    assert {said(one) for one in ended.values()} == {said(ended["-here"])}
    assert [one.status for one in ended.values()] == [3, 3]
    for name in names:
        here, there = ((folder / f"{verb}-{name.removeprefix('output')}{where}").read_bytes() for where in ended)
        assert here == there != b""
    summaries = [{**read_json(folder / where), "seconds": 0} for where in ended]
    assert summaries[0] == summaries[1]


def said(ended: Ended) -> tuple[str, ...]:
    """Messages but for the progress of a run that takes long."""
    return tuple(line for line in ended.messages if not re.search(r" a second$|，每秒 \d+ 条$", line))


def killed_in_the_middle(cluster: Cluster, folder: Path) -> None:
    """The second node dies with work under way: nothing is lost, nothing doubled."""
    visits = folder / "visits"
    visits.mkdir()
    visit = {"do": "visit", "path": str(visits), "seconds": 0.2}
    lines = jsonl([visit if n % 256 == 0 else {"do": "fail"} if n % 100 == 0 else {"n": n} for n in range(30 * 256)])
    (folder / "lines").write_bytes(lines)
    command = [*ECHO, "lines", "--ray", cluster.address, "-o", "out", "--rejects", "bad"]
    with running(command, folder, seconds=170) as process:
        deadline = time.monotonic() + 90
        while len(list(visits.iterdir())) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert str(cluster.second) in [path.name for path in visits.iterdir()]
        cluster.kill_second()
        assert not (folder / "out").exists()
        assert process.stderr
        err = process.stderr.read().decode()
        assert process.wait() == 3
    rejected = sum(b'"fail"' in line for line in lines.splitlines())
    read = 30 * 256
    balance = f"tcm echo: read {read} = kept {read - rejected} + dropped 0 + rejected {rejected} (no_good {rejected})"
    assert said(Ended(3, b"", err)) == (f"{balance}; written {read - rejected}",)
    expected = [line for line in lines.splitlines(keepends=True) if b'"fail"' not in line]
    assert read_lines(folder / "out") == read_lines(b"".join(expected))
    assert (folder / "bad").read_bytes().count(b"\n") == rejected


@needs_ray
def test_a_cluster_for_one_run_leaves_nothing_and_shows_nothing(tmp_path: Path) -> None:
    """Stopped by Ctrl-C in the middle; what Ray writes meanwhile lies where only its owner can look."""
    lines = jsonl([{"do": "touch", "path": str(tmp_path / "begun")}] + [{"do": "sleep", "seconds": 0.01}] * 3000)
    (tmp_path / "lines").write_bytes(lines)
    command = [*ECHO, "lines", "--ray", "local", "-o", "out"]
    with (
        TemporaryDirectory(prefix="t", dir="/tmp") as own,  # a short name: sockets lie below it
        running(command, tmp_path, {"TMPDIR": own}, seconds=170, start_new_session=True) as process,
    ):
        deadline = time.monotonic() + 90
        while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [path.stat().st_mode & 0o777 for path in Path(own).iterdir()] == [0o700]
        last = interrupt(process, signal.SIGINT, group=True).splitlines()
        assert process.wait() == 130
        assert list(Path(own).iterdir()) == []
    assert last[-2:-1] == ["tcm echo: kept as out.partial"]
    assert last[-1].startswith("tcm echo: read ")
    assert (tmp_path / "out.partial").exists()


@needs_ray
def test_a_failure_of_the_work_is_the_line_that_it_is_here(echo: Run, tmp_path: Path) -> None:
    ended = echo("--ray", "local", "-o", "out", stdin=jsonl([{"n": 1}, {"do": "extra"}]), **PATIENT)
    assert ended.messages == ['tcm: thinking needs the extra [deep]: run pip install "tcmkit[deep]"']
    assert ended.status == 1
    assert list(tmp_path.iterdir()) == []


@needs_ray
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--ray", "127.0.0.1:1"), "tcm: no Ray cluster to be used at 127.0.0.1:1: "),
        (("--ray", "here"), "tcm: --ray here: write local, auto or HOST:PORT"),
        (("--ray", "ray://head:10001"), "tcm: --ray ray://head:10001: run tcm on a machine of the cluster"),
        (("--ray", "local", "--line-buffered"), "tcm: --line-buffered does not go with --ray"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_one_line(echo: Run, arguments: tuple[str, ...], message: str) -> None:
    ended = echo(*arguments, stdin=jsonl([{"n": 1}]))
    assert len(ended.messages) == 1
    assert ended.messages[0].startswith(message)
    assert ended.status in (1, 2)


def test_without_the_package_the_line_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / "ray.py").write_text("raise ImportError('ray')\n")
    path = os.pathsep.join((str(tmp_path), str(ROOT)))
    with running([*TCM, "check", "--ray", "local"], tmp_path, {"PYTHONPATH": path}) as process:
        _, err = process.communicate(b"{}\n")
    assert err.decode() == 'tcm: --ray needs the extra [ray]: run pip install "tcmkit[ray]"\n'
    assert process.returncode == 1


def test_a_machine_with_another_tcmkit_does_nothing() -> None:
    state = pickle.dumps(cluster_module._Work("another", "en", ".", b""))
    failure = cluster_module._run(state, [])
    assert isinstance(failure, Failure)
    assert failure.message.endswith(" has another tcmkit than this machine: install the same on all")


def test_ray_is_refused_where_it_has_nothing_to_do(tcm: Run) -> None:
    for arguments in (("gen-qa", "--windows"), ("retrieve", "--query", "头痛")):
        ended = tcm(*arguments, "--ray", "local")
        assert ended.status == 2
        assert ended.messages[0].endswith(": leave --ray away")
    ended = tcm("clean-tqs", "--ray", "local", "--llm", "scripted:clean_tqs", stdin=b"")
    assert "there is nothing for --ray to spread" in ended.messages[0]


def test_quoted_patterns_are_expanded_in_the_order_of_names(echo: Run, tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "c.txt", "[x].jsonl"):
        (tmp_path / name).write_bytes(jsonl([{"from": name}]))
    ended = echo("[x].jsonl", "*.jsonl")
    assert [record["from"] for record in ended.records] == ["[x].jsonl", "[x].jsonl", "a.jsonl", "b.jsonl"]
    ended = echo("*.json", stdin=b"")
    assert (ended.messages, ended.status) == (["tcm: no file fits *.json"], 1)
