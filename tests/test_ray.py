"""`--ray`: the same bytes from a cluster as from this machine alone, also when a machine dies in the middle."""

import importlib.util
import os
import pickle
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tcmkit.jsonl import cluster as cluster_module
from tcmkit.jsonl.workers import Failure
from tests.conftest import ECHO, ROOT, TCM, Run, interrupt, jsonl, read_lines, running

needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs the extra [ray]")

PATIENT = {"timeout": 280, "seconds": 280}
"""Ray starts a dozen processes, which takes a busy machine its time."""


LOCALLY = (*ECHO[:3], "-W", "ignore::ResourceWarning", *ECHO[3:])
"""Processes of Ray's that are still ending, when it lets go of them, are a warning of Python's."""


@needs_ray
def test_a_cluster_for_one_run_leaves_nothing_and_shows_nothing(tmp_path: Path) -> None:
    """Stopped by Ctrl-C in the middle; what Ray writes meanwhile lies where only its owner can look."""
    lines = jsonl([{"do": "touch", "path": str(tmp_path / "begun")}] + [{"do": "sleep", "seconds": 0.01}] * 3000)
    (tmp_path / "lines").write_bytes(lines)
    command = [*LOCALLY, "lines", "--ray", "local", "-o", "out"]
    with (
        TemporaryDirectory(prefix="t", dir="/tmp") as own,  # a short name: sockets lie below it
        running(command, tmp_path, {"TMPDIR": own}, seconds=280, start_new_session=True) as process,
    ):
        deadline = time.monotonic() + 250
        while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [path.stat().st_mode & 0o777 for path in Path(own).iterdir()] == [0o700]
        # Ray may leave a process to be waited for, which Python tells of when all warnings are shown.
        every = interrupt(process, signal.SIGINT, group=True).splitlines()
        last = [line for line in every if line.startswith("tcm ")]
        assert process.wait() == 130
        assert list(Path(own).iterdir()) == []
    assert last[-2:-1] == ["tcm echo: kept as out.partial"]
    assert last[-1].startswith("tcm echo: read ")
    assert (tmp_path / "out.partial").exists()


@needs_ray
def test_a_cluster_that_someone_started_is_joined_and_left_as_it_is(tmp_path: Path) -> None:
    """`ray start --head` with a folder of one's own, as docs/scale.md says; two runs, one by its address, one by auto."""
    lines = jsonl({"n": n} for n in range(600))
    with TemporaryDirectory(prefix="t", dir="/tmp") as own, started_head(own) as address:
        env = {"RAY_ADDRESS": address, "HOME": own}
        for named in (address, "auto"):
            with running([*ECHO, "--ray", named], tmp_path, env, seconds=280) as process:
                out, err = process.communicate(lines)
            assert (process.returncode, read_lines(out)) == (0, read_lines(lines)), err


@contextmanager
def started_head(folder: str) -> Iterator[str]:
    """The address of a head that stays in front; what it started is over when it is. It asks for a token."""
    Path(folder, ".ray").mkdir()
    Path(folder, ".ray", "auth_token").write_text("a" * 32)
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", f"--temp-dir={folder}/ray"]
    options = ["--num-cpus=1", "--include-dashboard=false", f"--object-store-memory={100 << 20}"]
    env = {"RAY_raylet_start_wait_time_s": "45", "RAY_USAGE_STATS_ENABLED": "0", "HOME": folder}
    for _ in range(3):  # Ray gives its parts 15 seconds to start, which a busy machine may exceed
        with running([*command, *options, f"--port={free_port()}"], Path(folder), env, 280) as process:
            assert process.stdout
            said = ""
            while line := process.stdout.readline().decode():
                said += line
                if found := re.search(r"ray start --address='(.*?)'", said):
                    threading.Thread(target=process.stdout.read, daemon=True).start()
                    yield found[1]
                    process.terminate()
                    process.wait(60)
                    return
    raise AssertionError(said)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("", 0))
        return int(free.getsockname()[1])


@needs_ray
def test_a_failure_of_the_work_is_the_line_that_it_is_here(tmp_path: Path) -> None:
    with running([*LOCALLY, "--ray", "local", "-o", "out"], tmp_path, seconds=280) as process:
        _, err = process.communicate(jsonl([{"n": 1}, {"do": "extra"}]))
    assert err.decode() == 'tcm: thinking needs the extra [deep]: run pip install "tcmkit[deep]"\n'
    assert process.returncode == 1
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
    state = pickle.dumps(("another", "en", ".", b""))
    failure = cluster_module._run(state, [])
    assert isinstance(failure, Failure)
    assert failure.message.endswith(" has another tcmkit than this machine: install the same on all")


def test_ray_is_refused_where_it_has_nothing_to_do(tcm: Run) -> None:
    for arguments in (("gen-qa", "--windows"), ("retrieve", "--query", "头痛")):
        ended = tcm(*arguments, "--ray", "local")
        assert ended.status == 2
        assert ended.messages[0].endswith(": leave --ray away")


def test_quoted_patterns_are_expanded_in_the_order_of_names(echo: Run, tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "c.txt", "[x].jsonl"):
        (tmp_path / name).write_bytes(jsonl([{"from": name}]))
    ended = echo("[x].jsonl", "*.jsonl")
    assert [record["from"] for record in ended.records] == ["[x].jsonl", "[x].jsonl", "a.jsonl", "b.jsonl"]
    ended = echo("*.json", stdin=b"")
    assert (ended.messages, ended.status) == (["tcm: no file fits *.json"], 1)
