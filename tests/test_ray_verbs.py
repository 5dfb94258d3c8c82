"""`--ray` on a cluster of two nodes: every verb writes what it writes here, also when a node dies in the middle."""

import importlib.util
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ECHO, ROOT, TCM, Ended, Run, environment, jsonl, read_json, read_lines, running
from tests.fault_server import FaultServer, serving
from tests.warm import waited

pytestmark = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs the extra [ray]")

PATIENT = {"timeout": 170, "seconds": 170}
"""Ray starts a dozen processes, which takes a busy machine its time."""


class Cluster:
    """Two nodes of one processor each, the second of which can be killed; each has a model server of its own."""

    def __init__(self, process: "subprocess.Popen[bytes]", servers: tuple[FaultServer, FaultServer]) -> None:
        self._process = process
        self.servers = servers
        assert process.stdout
        address, second = process.stdout.readline().decode().split()
        self.address = address
        self.second = int(second)

    def _told(self, order: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(order.encode() + b"\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().decode().strip()

    def kill_second(self) -> None:
        assert self._told("kill") == "killed"

    def add_second(self) -> None:
        self.second = int(self._told("add"))


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """It asks for no token, and nobody has one."""
    monkeypatch.setenv("HOME", str(tmp_path))
    with serving(delay=0.02) as first, serving(delay=0.02) as second:
        command = [sys.executable, str(ROOT / "tests" / "ray_nodes.py"), first.url, second.url]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen(command, cwd=tmp_path, env=environment(), **pipes) as process:  # type: ignore[call-overload]
            yield Cluster(process, (first, second))
            assert process.stdin
            process.stdin.close()


def test_every_verb_writes_on_a_cluster_what_it_writes_here(cluster: Cluster, tcm: Run, tmp_path: Path) -> None:
    global_passes(tcm, cluster, tmp_path)
    every_other_verb(tcm, cluster, tmp_path)
    files_in_several_parts(tcm, cluster, tmp_path)
    killed_in_the_middle(cluster, tmp_path)
    cluster.add_second()
    killed_in_the_middle_of_global_passes(cluster, tmp_path)


def test_every_node_makes_calls_of_a_model(cluster: Cluster, tcm: Run, ask: Run, tmp_path: Path) -> None:
    """Also for one who has a token of another cluster: shown it, this one would end what is held on its nodes."""
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("b" * 32)
    calls_of_a_model(tcm, ask, cluster, tmp_path)


def global_passes(tcm: Run, cluster: Cluster, folder: Path) -> None:
    """Exact and near copies, the worst by perplexity, questions asked before. Files read whole, and lines."""
    books = [{"text": f"桂枝 味辛温，主治上气咳逆第{n}条，结气喉痹吐吸，利关节，补中益气。"} for n in range(20)]
    (folder / "lines.jsonl").write_bytes(jsonl([*books, {"no": "text"}, *books[:9]]) + b"[1]\n")
    sample = ROOT / "examples" / "sample"
    same_on_both(tcm, cluster, folder, "ingest", sample, "lines.jsonl", "--drop-worst", "0.05")
    (folder / "more.jsonl").write_bytes((folder / "ingest--here").read_bytes() + b"[1]\n")
    same_on_both(tcm, cluster, folder, "gen-qa", "more.j*", "ingest--here", "--lang", "zh")


def every_other_verb(tcm: Run, cluster: Cluster, folder: Path) -> None:
    """All that take --ray, each on what the verbs before it wrote, and a broken line."""
    prescriptions = [{"id": str(n), "prescription": f"黑顺片{n}g，法半夏9g"} for n in range(9)]
    (folder / "orders").write_bytes(jsonl([*prescriptions, {"text": "胸口压着疼，左胳膊发麻"}]))
    exam = str(ROOT / "examples" / "sample" / "exam.jsonl")
    for verb, source, options in (
        ("screen", "ingest--here", ()),
        ("modernize", "ingest--here", ()),
        ("clean-tqs", "ingest--here", ()),
        ("classify", "clean-tqs--here", ()),
        ("retrieve", "clean-tqs--here", ()),
        ("gen-prefs", "gen-qa--here", ()),
        ("check", "orders", ()),
        ("decontaminate", "gen-qa--here", ("--against", exam)),
        ("convert", "gen-qa--here", ("--to", "alpaca")),
        ("stats", "gen-qa--here", ()),
    ):
        broken = (folder / source).read_bytes() + b'{"text": "\n'
        (folder / f"{verb}.in").write_bytes(broken)
        same_on_both(tcm, cluster, folder, verb, f"{verb}.i[n]", *options)


def files_in_several_parts(tcm: Run, cluster: Cluster, folder: Path) -> None:
    """Packed inputs by pattern, output in packed parts."""
    parts = {}
    tcm("clean-tqs", "ingest--here", "-o", "in-*.jsonl.zst", "--shard-records", "5")
    for where, how in {"here": ("--jobs", "1"), "there": ("--ray", cluster.address)}.items():
        named = ("-o", f"{where}-*.jsonl.zst", "--shard-records", "2")
        assert tcm("screen", "in-*.jsonl.zst", *how, *named, **PATIENT).status == 0
        parts[where] = [path.read_bytes() for path in sorted(folder.glob(f"{where}-*.jsonl.zst"))]
    assert parts["here"] == parts["there"]
    assert len(parts["here"]) > 2


def calls_of_a_model(tcm: Run, ask: Run, cluster: Cluster, folder: Path) -> None:
    """Each node asks the server that it knows; what they say is kept here, and asked for nowhere again."""
    questions = [{"ask": f"第{n % 40}问", "twice": n % 3 == 0} for n in range(60)]
    (folder / "questions").write_bytes(jsonl([*questions, {"ask": "fault=filtered"}]))
    said = {"env": {"OPENAI_BASE_URL": cluster.servers[0].url}}
    here = ask("questions", "--llm", "openai:tiny", "--no-cache", **said)
    for server in cluster.servers:
        server.calls.clear()
    there = ("questions", "--llm", "openai:tiny", "--ray", cluster.address, "--cache", "calls", "--summary", "sum")
    ended = ask(*there, **PATIENT)
    assert (ended.status, ended.out) == (here.status, here.out)
    made = sum(sum(server.calls.values()) for server in cluster.servers)
    assert all(sum(server.calls.values()) > 10 for server in cluster.servers)
    assert read_json(folder / "sum")["calls"]["made"] == made - 1  # one of them gave nothing
    again = ask(*there, **PATIENT)
    assert (again.status, again.out) == (here.status, here.out)
    assert sum(sum(server.calls.values()) for server in cluster.servers) == made + 1
    verdict = {"toxic": False, "identifiers": [], "reason": "无", "quotations": []}
    (folder / "script.jsonl").write_bytes(jsonl([{"reply": verdict}]))
    (folder / "screen.in").write_bytes(jsonl({"text": f"第{n}条，咳嗽三天。"} for n in range(9)) + b"[1]\n")
    same_on_both(tcm, cluster, folder, "screen", "screen.in", "--llm", "scripted:script.jsonl", "--no-cache")


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
        assert here == there
        assert here or name == "dropped"
    summaries = [{**read_json(folder / where), "seconds": 0, "tokens_per_second": 0} for where in ended]
    assert summaries[0] == summaries[1]


def said(ended: Ended) -> tuple[str, ...]:
    """Messages but for the progress of a run that takes long."""
    return tuple(
        line for line in ended.messages if not re.search(r" an? (second|minute|hour)$|，每(秒|分钟|小时) \d+ 条$", line)
    )


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


def killed_in_the_middle_of_global_passes(cluster: Cluster, folder: Path) -> None:
    """The same for copies, near copies and the worst by perplexity, while lines still come in."""
    draw = random.Random(3)
    signs = ["咳嗽", "头痛", "发热", "恶寒", "口渴", "胸闷", "腹胀", "便秘", "失眠", "盗汗", "耳鸣", "眩晕"]
    texts = ["，".join(draw.choices(signs, k=40)) + f"，第{n}条。" for n in range(3000)]
    lines = jsonl({"text": text} for text in [*texts, *texts[::50]]).splitlines(keepends=True)
    command = [*TCM, "ingest", "-", "--drop-worst", "0.05", "--dropped"]
    with running([*command, "drop-here", "-o", "here"], folder) as process:
        _, balance = process.communicate(b"".join(lines))
    killed = threading.Event()
    with running([*command, "drop-there", "-o", "there", "--ray", cluster.address], folder, seconds=170) as process:
        stdin, stderr = process.stdin, process.stderr
        assert stdin
        assert stderr

        def feed() -> None:
            for number, line in enumerate(lines):
                stdin.write(line)
                if number == len(lines) // 2:
                    stdin.flush()
                    killed.wait(90)
            stdin.close()

        feeder = threading.Thread(target=feed)
        feeder.start()
        waited(lambda: processor_seconds(cluster.second) > 1)
        assert feeder.is_alive()
        cluster.kill_second()
        killed.set()
        feeder.join()
        err = stderr.read().decode()
        assert process.wait() == 0
    assert said(Ended(0, b"", err)) == said(Ended(0, b"", balance.decode()))
    for name in ("", "drop-"):
        assert (folder / f"{name}here").read_bytes() == (folder / f"{name}there").read_bytes() != b""


def processor_seconds(node: int) -> float:
    """What the workers of a node have used."""
    used = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:  # over
            continue
        if int(fields[1]) == node:
            used += int(fields[11]) + int(fields[12])
    return used / os.sysconf("SC_CLK_TCK")
