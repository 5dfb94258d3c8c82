"""A run with a model, against a server that does everything wrong: each record is written or rejected with a reason."""

import re
import socket
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ended, Run, jsonl, read_json, read_lines
from tests.fault_server import FaultServer, serving

JSON = {"json": True}
WRITTEN = [
    ("plain", {}, "nialp"),
    ("fault=busy*1", {}, "1*ysub=tluaf"),
    ("fault=later*1", {}, "1*retal=tluaf"),
    ("fault=broken*1", {}, "1*nekorb=tluaf"),
    ("fault=reset*1", {}, "1*teser=tluaf"),
    ("fault=silent*1", {}, "1*tnelis=tluaf"),
    ("fault=truncated*1", {}, "1*detacnurt=tluaf"),
    ("fault=html*1", {}, "1*lmth=tluaf"),
    ("fault=control", JSON, {"answer": "甲\n乙"}),
    ("fault=noform", JSON, {"answer": "甲"}),
    ("fault=think", JSON, {"answer": "甲"}),
    ("fault=nousage", {}, "好"),
    ("fault=slowgate*1", {}, "1*etagwols=tluaf"),
    ("fault=limitname", {}, "好"),
]
REJECTED = [
    ("fault=busy", {}, "llm_rate_limited", "HTTP 429"),
    ("fault=broken", {}, "llm_server_error", "HTTP 503"),
    ("fault=reset", {}, "llm_connection_lost", ""),
    ("fault=drip", {}, "llm_timeout", "1 s"),
    ("fault=silent", {}, "llm_timeout", "1 s"),
    ("fault=truncated", {}, "llm_bad_reply", "no JSON in place of an answer"),
    ("fault=html", {}, "llm_bad_reply", "HTML in place of an answer"),
    ("fault=nochoices", {}, "llm_bad_reply", "no choices"),
    ("fault=nomessage", {}, "llm_bad_reply", "no message"),
    ("fault=nocontent", {}, "llm_bad_reply", "content is no text"),
    ("fault=types", {}, "llm_bad_reply", "content is no text"),
    ("fault=error", {}, "llm_bad_reply", "no choices"),
    ("fault=array", {}, "llm_bad_reply", "the answer is no object"),
    ("fault=utf", {}, "llm_bad_reply", "no JSON in place of an answer"),
    ("fault=deep", {}, "llm_bad_reply", "no JSON in place of an answer"),
    ("fault=huge", {}, "llm_bad_reply", "over 16 MiB"),
    ("fault=length", {}, "llm_cut_short", "finish_reason length; raise --max-tokens"),
    ("fault=empty", {}, "llm_empty", "no answer"),
    ("fault=filtered", {}, "llm_refused", "the server's filter"),
    ("fault=refusal", {}, "llm_refused", "also after one repair"),
    ("fault=refusal", JSON, "llm_refused", "also after one repair"),
    ("fault=keys", JSON, "llm_bad_json", "also after one repair"),
    ("fault=badjson", JSON, "llm_bad_json", "also after one repair"),
    ("fault=shape", JSON, "llm_wrong_shape", "also after one repair"),
    ("fault=context", {}, "llm_too_long", "the model's context is too short for this record"),
    ("fault=odd", {}, "llm_request_refused", "HTTP 418"),
    ("fault=value", {}, "llm_request_refused", "HTTP 400 unsupported_value temperature"),
]


HEALTHY = [f"healthy {at}" for at in range(20)]


def run_ask(ask: Run, server: FaultServer, records: Sequence[Any], *args: str, **more: Any) -> Ended:
    """The records through the verb, its side files in the test's folder."""
    options = ("--llm", "openai:tiny", "--base-url", server.url, "--rejects", "rejects.jsonl", "--summary", "sum.json")
    return ask(*options, *args, stdin=jsonl(records), **more)


def asking(*texts: str, **more: Any) -> list[dict[str, Any]]:
    return [{"id": number, "ask": text, **more} for number, text in enumerate(texts)]


def balance(tmp_path: Path) -> dict[str, Any]:
    """The summary, after a look at whether its books balance."""
    summary: dict[str, Any] = read_json(tmp_path / "sum.json")
    assert summary["read"] == summary["kept"] + sum(summary["dropped"].values()) + sum(summary["rejected"].values())
    return summary


def test_every_fault_ends_as_written_or_rejected(ask: Run, tmp_path: Path) -> None:
    cases = [(text, more) for text, more, _ in WRITTEN] + [(text, more) for text, more, _, _ in REJECTED]
    records = [{"id": at, "ask": text, **more} for at, (text, more) in enumerate(cases)]
    records += asking(*HEALTHY)
    with serving() as server:
        options = ("--retries", "1", "--timeout", "1", "--concurrency", "64", "--no-cache")
        done = run_ask(ask, server, records, *options)
    assert done.status == 3
    assert "Traceback" not in done.err
    answers = [(record["ask"], record["answer"]) for record in done.records]
    assert answers[: len(WRITTEN)] == [(text, answer) for text, _, answer in WRITTEN]
    assert answers[len(WRITTEN) :] == [(text, text[::-1]) for text in HEALTHY]
    rejected = read_lines(tmp_path / "rejects.jsonl")
    assert [(each["reason"], each["detail"]) for each in rejected] == [(why, detail) for _, _, why, detail in REJECTED]
    assert [each["line"] for each in rejected] == list(range(len(WRITTEN) + 1, len(cases) + 1))
    summary = balance(tmp_path)
    assert (summary["read"], summary["kept"], summary["written"]) == (
        len(records),
        len(WRITTEN) + 20,
        len(WRITTEN) + 20,
    )
    assert summary["tokens_estimated"] is True
    assert "healthy" not in done.err


def test_the_order_is_kept_whatever_comes_first(ask: Run, tmp_path: Path) -> None:
    records = asking(*(f"question {at}" for at in range(300)))
    with serving(jitter=0.05) as server:
        done = run_ask(ask, server, records, "--concurrency", "50", "--no-cache")
    assert done.records == [{**record, "answer": record["ask"][::-1]} for record in records]
    assert server.most_in_flight > 25
    assert balance(tmp_path)["calls"] == {"made": 300, "from_cache": 0, "repairs": 0, "retries": 0}


def test_an_address_that_is_not_the_right_one_stops_at_once_with_one_line(ask: Run) -> None:
    with serving() as server:
        path = server.url + "/typo"
        typo = ask("--llm", "openai:tiny", "--base-url", path, "-q", stdin=jsonl(asking("a")))
        named = ask(
            "--llm", "openai:tiny", "--base-url", path.replace("//", "//me:secret@"), "-q", stdin=jsonl(asking("a"))
        )
        moved = run_ask(ask, server, asking("fault=moved"), "-q")
    nothing = f"tcm: no OpenAI-compatible API at {path} (404): correct --base-url; most addresses end in /v1\n"
    assert (typo.status, typo.err) == (named.status, named.err) == (1, nothing)
    leads = f"tcm: {server.url} leads elsewhere (307): give --base-url the address it leads to, perhaps https://\n"
    assert (moved.status, moved.err) == (1, leads)


@pytest.mark.parametrize("bad", ["key", "model"])
def test_what_no_call_can_mend_stops_at_once_with_one_line(ask: Run, bad: str) -> None:
    how: dict[str, Any] = {"key": "sk-right"} if bad == "key" else {"models": ("another",)}
    with serving(delay=0.02, **how) as server:
        done = run_ask(ask, server, asking(*map(str, range(500))), "-q", env={"OPENAI_API_KEY": "sk-wrong-secret"})
    said = {
        "key": f"{server.url} refused the key (401): set OPENAI_API_KEY",
        "model": f"{server.url} has no model tiny (404): see tcm models --base-url {server.url}",
    }
    assert (done.status, done.out, done.err) == (1, b"", f"tcm: {said[bad]}\n")
    assert server.calls.total() <= 16  # those in flight


def test_the_right_key_is_sent(ask: Run) -> None:
    with serving(key="sk-right") as server:
        done = run_ask(ask, server, asking("a"), "--no-cache", env={"OPENAI_API_KEY": "sk-right"})
    assert done.records[0]["answer"] == "a"
    assert "sk-right" not in done.err


def test_nothing_listening_is_said_in_seconds(ask: Run) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        done = ask("--llm", "openai:tiny", "--base-url", url, "-q", stdin=jsonl(asking(*map(str, range(500)))))
    said = f"tcm: nothing answers at {url} (Connection refused): start the server, or correct --base-url\n"
    assert (done.status, done.out, done.err) == (1, b"", said)


def test_a_run_in_which_nearly_everything_fails_stops_early(ask: Run, tmp_path: Path) -> None:
    texts = [f"fault=length {at}" if at % 40 else f"fine {at}" for at in range(500)]
    with serving() as server:
        done = run_ask(ask, server, asking(*texts), "-q", "--no-cache", "-o", "out.jsonl")
    assert done.status == 1
    assert re.fullmatch(
        r"tcm: stopped: \d+ of the last \d+ records failed \(llm_cut_short \d+\); mend the server or choose another "
        r"model, then run again: what is done costs nothing\n",
        done.err,
    )
    assert server.calls.total() < 120
    assert not (tmp_path / "out.jsonl").exists()
    assert balance(tmp_path)["exit_status"] == 1


def test_many_refusals_are_waited_out_with_fewer_requests(ask: Run, tmp_path: Path) -> None:
    records = asking(*(f"question {at}" for at in range(200)))
    with serving(delay=0.02, refuse_after=4) as server:
        done = run_ask(ask, server, records, "--concurrency", "64", "--no-cache", "--retries", "2")
    assert (done.status, len(done.records)) == (0, 200)
    assert sum(in_flight > 4 for in_flight in server.arrivals) < 150
    assert sum(in_flight > 4 for in_flight in server.arrivals[-100:]) < 20  # it looks for more now and then
    assert balance(tmp_path)["rejected"] == {}


def test_a_server_that_dies_is_set_aside_and_tried_again(ask: Run, tmp_path: Path) -> None:
    records = asking(*(f"question {at}" for at in range(400)))
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    dead = f"http://127.0.0.1:{port}/v1"
    with ExitStack() as servers:
        up = servers.enter_context(serving(delay=0.1))
        later: list[FaultServer] = []
        timer = threading.Timer(1.5, lambda: later.append(servers.enter_context(serving(port, delay=0.1))))
        timer.start()
        done = run_ask(ask, up, records, "--base-url", dead, "--concurrency", "8", "--no-cache")
        timer.join()
        assert (done.status, [record["id"] for record in done.records]) == (0, list(range(400)))
        assert later[0].calls.total() > 50
        assert up.calls.total() + later[0].calls.total() == 400
    assert balance(tmp_path)["calls"]["retries"] <= 8


def test_several_servers_get_equal_shares(ask: Run) -> None:
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(jitter=0.02)) for _ in range(4)]
        urls = [part for server in servers[1:] for part in ("--base-url", server.url)]
        done = run_ask(ask, servers[0], asking(*map(str, range(400))), *urls, "--concurrency", "16", "--no-cache")
    assert done.status == 0
    assert all(80 <= server.calls.total() <= 120 for server in servers)


def test_the_repair_shows_the_model_its_error(ask: Run, tmp_path: Path) -> None:
    with serving() as server:
        run_ask(ask, server, asking("fault=shape", json=True))
        shape = server.bodies[-1]["messages"]
        done = run_ask(ask, server, asking("fault=badjson*1 {}", "说乙", must=True), "--no-cache")
    assert [message["role"] for message in shape] == ["user", "assistant", "user"]
    assert shape[1]["content"] == '{"answer": 3}'
    assert shape[2]["content"] == '上面的 JSON 不合要求：answer：3 is not of type "string"。请只输出改正后的 JSON。'
    assert [body["messages"][2]["content"] for body in server.bodies if len(body["messages"]) == 3][-1] == "请说甲。"
    assert {each["reason"] for each in read_lines(tmp_path / "rejects.jsonl")} == {"not_said"}
    assert balance(tmp_path)["calls"]["repairs"] == 2
    assert done.status == 3


def test_a_server_without_json_schema_is_asked_in_another_way(ask: Run) -> None:
    with serving() as server:
        done = run_ask(ask, server, asking("fault=noform", "fault=noform again", json=True), "--concurrency", "1")
    assert [record["answer"] for record in done.records] == [{"answer": "甲"}] * 2
    forms = [body["response_format"]["type"] for body in server.bodies]
    assert forms == ["json_schema", "json_object", "json_object"]  # once is enough to learn it


def test_limit_and_strict(ask: Run, tmp_path: Path) -> None:
    texts = ["a", "b", "fault=length", *map(str, range(500))]
    with serving(jitter=0.01) as server:
        limited = run_ask(ask, server, asking(*texts), "--limit", "2")
        assert [record["ask"] for record in limited.records] == ["a", "b"]
        assert server.calls.total() == 2
        strict = run_ask(ask, server, asking(*texts), "--strict", "-o", "out.jsonl")
    assert strict.status == 1
    assert strict.messages[-1] == (
        "tcm: --strict: stdin:3: llm_cut_short (finish_reason length; raise --max-tokens); "
        "correct it or run without --strict"
    )
    assert [record["ask"] for record in read_lines(tmp_path / "out.jsonl.partial")] == ["a", "b"]
    assert server.calls.total() <= 20
    assert balance(tmp_path)["read"] == 3


def test_thinking_is_kept_for_those_who_ask(ask: Run) -> None:
    with serving() as server:
        kept = run_ask(ask, server, asking("fault=think", json=True), "--keep-thinking")
        left = run_ask(ask, server, asking("fault=think", json=True))
    assert kept.records[0]["thinking"] == '先想{"answer": 1}'
    assert "thinking" not in left.records[0]
    assert server.calls.total() == 1


def test_an_estimate_calls_nothing(ask: Run, tmp_path: Path) -> None:
    with serving() as server:
        run_ask(ask, server, asking("甲乙丙丁"))
        server.calls.clear()
        records = [*asking("甲乙丙丁", "戊己庚辛"), {"id": 9}]
        done = run_ask(ask, server, records, "--estimate", "--price", "1000000,2000000")
    assert server.calls.total() == 0
    assert (done.status, done.out) == (0, b"")
    assert (
        done.err == "tcm ask: 3 records, 1 calls to make, about 3 tokens of prompt and 300 of reply; about 603 in all\n"
    )
    assert read_json(tmp_path / "sum.json") == {
        "verb": "ask",
        "estimate": {
            "records": 3,
            "unusable": 0,
            "calls": 1,
            "from_cache": 1,
            "tokens": {"prompt": 3, "completion": 300},
            "cost": 603.0,
        },
    }


def test_the_tokens_allowed_end_the_run_cleanly(ask: Run, tmp_path: Path) -> None:
    records = asking(*(f"{at:04}" for at in range(300)))
    with serving(delay=0.01) as server:
        done = run_ask(ask, server, records, "--max-tokens-total", "80", "--concurrency", "4")
        first = server.calls.total()
        again = run_ask(ask, server, records, "--max-tokens-total", "800", "--concurrency", "4")
    assert done.status == 0
    assert 10 <= first <= 14  # 8 tokens a call, and at most those in flight beyond
    assert len(done.records) == first
    assert re.search(r"tcm ask: stopped: (80|88|96|104) tokens used; run it again to go on", done.err)
    assert len(again.records) >= first + 100
    assert server.calls.total() == len(again.records)
    assert balance(tmp_path)["stopped"] == "max_tokens_total"


def test_answers_that_will_not_do_are_paid_for(ask: Run, tmp_path: Path) -> None:
    with serving() as server:
        run_ask(ask, server, asking("fault=length", "1234"), "--price", "1000000,1000000")
    assert balance(tmp_path)["tokens"] == {"prompt": 16, "completion": 7}
    assert balance(tmp_path)["cost"] == 23.0
