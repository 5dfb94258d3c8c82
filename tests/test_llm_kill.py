"""Kill -9 again and again: nothing is lost but what was in flight, and no finished call is made twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests.conftest import ROOT, jsonl, running
from tests.fault_server import FaultServer, serving
from tests.test_llm_faults import asking

KILLS, CONCURRENCY, RECORDS = 50, 8, 1000


class Runs:
    """Runs of the verb, one after another."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin
        assert process.stdout
        self._orders, self._reports = process.stdin, process.stdout

    def start(self, server: FaultServer, folder: Path) -> int:
        """The process of a run."""
        options = ["--llm", "openai:tiny", "--base-url", server.url, "--cache", "calls.sqlite", "-o", "out.jsonl", "-q"]
        order = [str(folder), "ask", *options, "--concurrency", str(CONCURRENCY), "in.jsonl"]
        self._orders.write(json.dumps(order).encode() + b"\n")
        self._orders.flush()
        return int(self._reports.readline())

    def end(self) -> int:
        """How the run ended."""
        return int(self._reports.readline())

    def kill_while_asking(self, server: FaultServer, folder: Path, calls: int) -> int:
        """A run that is killed when it has made so many calls."""
        until = server.calls.total() + calls
        process = self.start(server, folder)
        patience = time.monotonic() + 20
        while server.calls.total() < until and time.monotonic() < patience:
            time.sleep(0.0005)
        os.kill(process, signal.SIGKILL)
        return self.end()

    def finish(self, server: FaultServer, folder: Path) -> bytes:
        """A run to the end; what it wrote."""
        self.start(server, folder)
        assert self.end() == 0
        return (folder / "out.jsonl").read_bytes()


def test_fifty_kills_cost_only_the_calls_in_flight(tmp_path: Path) -> None:
    chance = random.Random(20261122)
    records = asking(*(f"问{at}" for at in range(RECORDS)))
    for record in records[::3]:
        record["twice"] = True
    for name in ("killed", "whole"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "in.jsonl").write_bytes(jsonl(records))
    command = (sys.executable, str(ROOT / "tests" / "forking_verb.py"))
    with running(command, tmp_path) as process, serving(delay=0.002, jitter=0.004) as server:
        runs = Runs(process)
        for _ in range(KILLS):
            assert runs.kill_while_asking(server, tmp_path / "killed", chance.randrange(1, 25)) == -signal.SIGKILL
            assert not (tmp_path / "killed" / "out.jsonl").exists()
        killed = runs.finish(server, tmp_path / "killed")
        with serving() as uninterrupted:
            whole = runs.finish(uninterrupted, tmp_path / "whole")
    assert killed == whole
    assert set(uninterrupted.calls.values()) == {1}
    assert server.calls.keys() == uninterrupted.calls.keys()
    made_twice = Counter(server.calls) - Counter(uninterrupted.calls)
    assert 0 < made_twice.total() <= KILLS * CONCURRENCY
