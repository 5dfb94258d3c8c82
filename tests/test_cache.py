"""`tcm cache stats|prune|clear`: looking after the call cache."""

import json
import sqlite3
import stat
import time
from pathlib import Path

import pytest

from tcmkit.llm import Reply, Request, Usage
from tcmkit.llm.cache import Cache, key_of
from tests.conftest import Run

OLD, NEW = 40 * 86400, 3600


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """A cache with two replies of one engine, an old one and a new one, and an old one of another."""
    path = tmp_path / "calls.sqlite"
    cache = Cache(path)
    for engine, asked, age in (("openai:qwen", "甲", OLD), ("openai:qwen", "乙", NEW), ("scripted:1", "甲", OLD)):
        key = key_of(engine, Request(({"role": "user", "content": asked},)))
        cache.put(engine, key, Reply("答" * 1000, usage=Usage(10, 3)))
        with sqlite3.connect(path) as db:
            db.execute("UPDATE calls SET made = ? WHERE key = ?", (time.time() - age, key))
        db.close()
    cache.close()
    return path


def engines(tcm: Run) -> dict[str, int]:
    report = json.loads(tcm("cache", "stats", "--json", "--cache", "calls.sqlite").out)
    return {row["engine"]: row["calls"] for row in report["engines"]}


def test_stats_for_people_and_programs(tcm: Run, held: Path) -> None:
    done = tcm("cache", "stats", "--cache", "calls.sqlite")
    first, header, *rows = done.out.decode().splitlines()
    assert (done.status, done.err) == (0, "")
    assert first.startswith("calls.sqlite: 3 replies, ")
    assert header.split("  ")[0] == "engine"
    assert [row.split()[:4] for row in rows] == [["openai:qwen", "2", "20", "6"], ["scripted:1", "1", "10", "3"]]
    report = json.loads(tcm("cache", "stats", "--json", env={"TCM_CACHE": str(held)}).out)
    assert (report["file"], report["bytes"]) == (str(held), held.stat().st_size)
    assert report["engines"][0]["newest"] - report["engines"][0]["oldest"] == pytest.approx(OLD - NEW, abs=5)
    assert "3 个回答" in tcm("cache", "stats", "--cache", "calls.sqlite", "--lang", "zh").out.decode()


def test_looking_makes_no_cache(tcm: Run, tmp_path: Path) -> None:
    for verb in (("stats",), ("clear",), ("prune", "--older-than", "1d")):
        done = tcm("cache", *verb, "--cache", "none.sqlite")
        assert (done.status, done.err) == (0, "")
        assert " 0 replies" in done.out.decode()
    assert list(tmp_path.iterdir()) == []


def test_prune_by_age_and_engine(tcm: Run, held: Path) -> None:
    pruned = tcm("cache", "prune", "--older-than", "30d", "--engine", "openai:qwen", "--cache", "calls.sqlite")
    assert (pruned.status, pruned.out) == (0, b"calls.sqlite: 1 replies forgotten\n")
    assert engines(tcm) == {"openai:qwen": 1, "scripted:1": 1}
    tcm("cache", "prune", "--older-than", "90m", "--cache", "calls.sqlite")
    assert engines(tcm) == {"openai:qwen": 1}
    tcm("cache", "prune", "--engine", "openai:qwen", "--cache", "calls.sqlite")
    assert engines(tcm) == {}


def test_clear_forgets_everything_and_gives_the_room_back(tcm: Run, held: Path) -> None:
    assert tcm("cache", "clear", "--cache", "calls.sqlite").out == b"calls.sqlite: 3 replies forgotten\n"
    assert engines(tcm) == {}
    assert held.stat().st_size <= 3 * 4096
    assert stat.S_IMODE(held.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "say what to forget: --older-than 30d or --engine NAME"),
        (("--older-than", "30"), "30 is no age: write 12h, 30d or 8w"),
        (("--older-than", "-3d"), "-3d is no age"),
        (("--engine", "qwen"), "calls.sqlite holds no engine qwen; it holds openai:qwen, scripted:1"),
    ],
)
def test_what_cannot_be_pruned(tcm: Run, held: Path, options: tuple[str, ...], said: str) -> None:
    done = tcm("cache", "prune", "--cache", "calls.sqlite", *options)
    assert (done.status, done.out, done.err.count("\n")) == (2, b"", 1)
    assert said in done.err
    assert engines(tcm) == {"openai:qwen": 2, "scripted:1": 1}


def test_a_file_that_is_no_cache_is_left_alone(tcm: Run, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("望闻问切" * 500)
    notes.chmod(0o644)
    with sqlite3.connect(tmp_path / "other.sqlite") as db:
        db.execute("CREATE TABLE patients (name TEXT)")
    db.close()
    for name in ("notes.txt", "other.sqlite"):
        for verb in ("stats", "clear"):
            done = tcm("cache", verb, "--cache", name)
            assert (done.status, done.out, done.err.count("\n")) == (1, b"", 1)
            assert done.err.startswith(f"tcm: call cache {name}: ")
    assert notes.read_text() == "望闻问切" * 500
    assert stat.S_IMODE(notes.stat().st_mode) == 0o644
