"""A run with a model beside a bare asyncio loop, and beside its own cache.

python benchmarks/llm.py [RECORDS] [ROUNDS]

The same server process, the same requests, 64 in flight: `loop` is aiohttp in 25 lines, with no order, no cache, no
retries and no checks. The contestants take turns; the ratio is of the medians. Then the same run again, answered by
its cache, beside a verb that passes records on (`tests/echo_verb.py`); both end to end, and without the start
of the process (a run over no records). At the end, four servers: how many requests each got.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measure import figure

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
CONCURRENCY, DELAY = 64, 0.05
SYSTEM = "你是中医病案整理助手。" * 12


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="?", type=int, default=4000)
    parser.add_argument("rounds", nargs="?", type=int, default=5)
    asked = parser.parse_args()
    count, rounds = asked.records, asked.rounds
    with tempfile.TemporaryDirectory() as folder, serving(4) as urls:
        source = Path(folder) / "in.jsonl"
        write_records(source, count)
        throughput(source, urls[0], count, rounds)
        cached(source, urls[0], rounds)
        shares(source, urls)


def write_records(path: Path, count: int) -> None:
    """Questions of about 200 characters, all different."""
    with path.open("w", encoding="utf-8") as file:
        for at in range(count):
            record = {"id": at, "ask": f"{SYSTEM}第{at}问：咳嗽三日，痰黄，舌红苔黄腻，脉滑数。", "meta": {"page": at}}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


@contextmanager
def serving(number: int) -> Iterator[list[str]]:
    """Servers in processes of their own that answer after 50 ms; their addresses."""
    ports = [18600 + at for at in range(number)]
    command = [sys.executable, str(TESTS / "fault_server.py")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    servers = [subprocess.Popen([*command, str(port), str(DELAY)], env=environment) for port in ports]
    try:
        time.sleep(2)
        yield [f"http://127.0.0.1:{port}/v1" for port in ports]
    finally:
        for server in servers:
            server.terminate()
            server.wait()


def ask(source: Path, urls: Sequence[str], cache: str | None) -> float:
    """Seconds of a run of the verb."""
    addresses = [part for url in urls for part in ("--base-url", url)]
    kept = ["--cache", cache] if cache else ["--no-cache"]
    options = ["--llm", "openai:tiny", *addresses, *kept, "--concurrency", str(CONCURRENCY), "-q", "-o", os.devnull]
    return run([str(TESTS / "ask_verb.py"), "ask", str(source), *options])


def run(arguments: list[str]) -> float:
    """Seconds of a Python process, from its start to its end."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    return time.perf_counter() - started


async def loop(source: Path, url: str) -> None:
    """The bare loop: 64 requests in flight, answers thrown together as they come."""
    import aiohttp

    connector = aiohttp.TCPConnector(limit=0)
    places = asyncio.Semaphore(CONCURRENCY)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def one(record: dict[str, Any]) -> dict[str, Any]:
            body = {"model": "tiny", "messages": [{"role": "user", "content": record["ask"]}], "max_tokens": 2048}
            async with places, session.post(f"{url}/chat/completions", json=body) as response:
                answer = await response.json()
                return {**record, "answer": answer["choices"][0]["message"]["content"]}

        records = [json.loads(line) for line in source.open(encoding="utf-8")]
        done = await asyncio.gather(*map(one, records))
        with open(os.devnull, "w", encoding="utf-8") as out:
            out.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in done)


def throughput(source: Path, url: str, count: int, rounds: int) -> None:
    """The loop and the verb in turns."""
    loops, ours = [], []
    for _ in range(rounds):
        loops.append(run([__file__, "--loop", str(source), url]))
        ours.append(ask(source, [url], None))
    bare, tcm = statistics.median(loops), statistics.median(ours)
    print(
        f"{count} records, {CONCURRENCY} in flight, a server that answers after {DELAY * 1000:g} ms, {rounds} rounds:"
    )
    print(f"  bare loop {count / bare:8.0f} a second   {bare:.2f} s")
    print(f"  tcm       {count / tcm:8.0f} a second   {tcm:.2f} s   {bare / tcm:.3f} of the loop")
    figure("calls to a model, 64 in flight", count / tcm, "a second", "a bare aiohttp loop", count / bare)
    with tempfile.TemporaryDirectory() as folder:
        kept = [ask(source, [url], f"{folder}/{at}.sqlite") for at in range(rounds)]
    print(f"  with an empty cache to fill     {statistics.median(kept):.2f} s   {bare / statistics.median(kept):.3f}")


def cached(source: Path, url: str, rounds: int) -> None:
    """A run answered by its cache beside a verb that passes records on."""
    large = source.with_name("large.jsonl")
    count = 20_000
    write_records(large, count)
    empty = source.with_name("empty.jsonl")
    empty.touch()
    cache = str(source.with_name("large.sqlite"))
    ask(large, [url], cache)
    echo = [str(TESTS / "echo_verb.py"), "echo", "-q", "-o", os.devnull]
    times: dict[str, list[float]] = {"cached": [], "cached, no records": [], "pass": [], "pass, no records": []}
    for _ in range(rounds):
        times["cached"].append(ask(large, [url], cache))
        times["cached, no records"].append(ask(empty, [url], cache))
        times["pass"].append(run([*echo, str(large)]))
        times["pass, no records"].append(run([*echo, str(empty)]))
    seconds = {name: statistics.median(taken) for name, taken in times.items()}
    print(f"{count} records, all in the cache:")
    rate = count / seconds["cached"]
    figure("calls answered by the cache", rate, "a second", "passing records on", count / seconds["pass"])
    for name in ("cached", "pass"):
        end_to_end, without_start = seconds[name], seconds[name] - seconds[f"{name}, no records"]
        print(
            f"  {name:6} {count / end_to_end:8.0f} a second end to end, {count / without_start:8.0f} without the start"
        )
    print(f"  the cached run takes {seconds['cached'] / seconds['pass']:.2f} times as long as passing records on")


def shares(source: Path, urls: Sequence[str]) -> None:
    """How many requests each of several servers got."""
    ask(source, urls[1:], None)
    print("three servers:", ", ".join(f"{asked(url)} requests" for url in urls[1:]))


def asked(url: str) -> int:
    """Requests that a server has counted."""
    from urllib.request import urlopen

    with urlopen(f"{url}/count") as answer:
        return int(answer.read())


if __name__ == "__main__":
    if sys.argv[1:2] == ["--loop"]:
        asyncio.run(loop(Path(sys.argv[2]), sys.argv[3]))
    else:
        main()
