"""Real engines beside each other: a server, llama.cpp and transformers over the same small model."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.llm import CallFailed, Engine, EngineStopped
from tcmkit.llm.replies import structured
from tcmkit.llm.thinking import Filter, split
from tests.conftest import ROOT, environment, jsonl, read_json, read_lines
from tests.engine_cases import ANSWERS, JSON, PLAIN, SCHEMA, THINK, asking, cut_streams, pieces, using

for package in ("transformers", "llama_cpp.server.app"):
    pytest.importorskip(package)
torch = pytest.importorskip("torch")
ASK = (sys.executable, "-W", "error", "-W", "ignore::ResourceWarning", str(ROOT / "tests" / "ask_verb.py"), "ask")


@pytest.fixture(autouse=True)
def as_one_of_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def url(tiny: Path) -> Iterator[str]:
    """Address of llama-cpp-python's server over the tiny model."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"--model_alias tiny --host 127.0.0.1 --port {port} --n_ctx 1024 --logits_all true"
    options += " --embedding true --n_threads 1"
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(tiny / "pooled.gguf"), *options.split()]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, env=environment()) as server:
        try:
            _wait_for(f"http://127.0.0.1:{port}/v1/models", server)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()


def _wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        assert server.poll() is None, "the server has ended"
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not answer")


def specs(tiny: Path) -> dict[str, str]:
    return {"gguf": f"gguf:{tiny / 'tiny.gguf'}", "hf": f"hf:{tiny / 'hf'}", "openai": "openai:tiny"}


def test_a_real_server_is_asked_and_answers(url: str) -> None:
    async def work(made: Engine) -> None:
        reply = await made.chat(asking(PLAIN))
        assert (reply.text, reply.model) == (ANSWERS[PLAIN], "tiny")
        assert reply.usage.prompt > 20
        thought = await made.chat(asking(THINK))
        assert thought.thinking.endswith("，主诉头痛。")
        assert "".join(await pieces(made, asking(THINK))) == thought.text
        with pytest.raises(CallFailed, match="llm_too_long"):
            await made.chat(asking(PLAIN * 200))
        with pytest.raises(CallFailed, match="llm_cut_short"):
            await made.chat(asking(PLAIN, max_tokens=4))

    using("openai:tiny", work, base_urls=(url,))


def test_a_real_server_that_knows_one_form_of_json_is_asked_in_it(url: str) -> None:
    async def work(made: Engine) -> None:
        for seed in range(3):
            reply = await made.chat(asking(PLAIN, schema=SCHEMA, temperature=0.7, seed=seed))
            assert set(structured(reply.text, SCHEMA)) == {"answer", "level"}

    using("openai:tiny", work, base_urls=(url,))


def test_a_real_server_scores_and_embeds(url: str) -> None:
    async def work(made: Engine) -> None:
        assert len(await made.logprobs(PLAIN)) > 5
        one, other = await made.embed([PLAIN, "脉弦"])
        assert len(one) == len(other) == 128

    using("openai:tiny", work, base_urls=(url,))


def test_all_engines_say_the_same(tiny: Path, url: str) -> None:
    questions = [PLAIN, THINK, JSON, "失眠一年，脉细，怎样调养？", "用 JSON 回答：心悸半月，苔白，怎样调养？"]

    async def work(made: Engine) -> list[tuple[str, str, int]]:
        replies = [await made.chat(asking(question)) for question in questions]
        return [(reply.text, reply.thinking, reply.usage.prompt) for reply in replies]

    said = {kind: using(spec, work, base_urls=(url,)) for kind, spec in specs(tiny).items()}
    assert said["gguf"] == said["hf"] == said["openai"]


def test_where_a_stream_is_cut_no_half_character_is_given(tiny: Path) -> None:
    for kind, spec in specs(tiny).items():
        if kind != "openai":
            given = using(spec, cut_streams)
            assert len(set(given)) < len(given), "some end in the middle of a character"
            assert all(ANSWERS[PLAIN].startswith(text) for text in given), "and none shows what was there of it"


def test_both_local_engines_score_and_embed_alike(tiny: Path) -> None:
    texts = [PLAIN, THINK, "甲乙丙丁：齉"]

    async def work(made: Engine) -> tuple[list[float], list[float]]:
        scores = [score for text in texts for score in await made.logprobs(text)]
        return scores, [x for vector in await made.embed(texts) for x in vector]

    found = specs(tiny)
    (gguf_scores, gguf_vectors), (hf_scores, hf_vectors) = using(found["gguf"], work), using(found["hf"], work)
    assert gguf_scores == pytest.approx(hf_scores, abs=0.02), "llama.cpp keeps keys and values in 16 bits"
    assert gguf_vectors == pytest.approx(hf_vectors, abs=0.02)
    assert using(f"gguf:{tiny / 'pooled.gguf'}", work)[1] == gguf_vectors


@pytest.mark.parametrize("kind", ["gguf", "hf", "openai"])
def test_a_run_is_paid_for_once(kind: str, tiny: Path, url: str, tmp_path: Path) -> None:
    records = [{"id": str(n), "ask": question} for n, question in enumerate((PLAIN, THINK, JSON, PLAIN))]
    records += [{"id": "a", "ask": JSON, "json": True}, {"id": "b", "ask": "长" * 2000}]
    (tmp_path / "in.jsonl").write_bytes(jsonl(records))
    options = [
        "--llm",
        specs(tiny)[kind],
        *(("--base-url", url) if kind == "openai" else ()),
        "--cache",
        "calls",
        "--context",
        "1024",
        "--keep-thinking",
    ]
    options += ["--max-tokens", "100", "--rejects", "rejects.jsonl", "--summary", "summary.json", "--quiet"]
    ended = []
    alone = environment({"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"})
    for _ in range(2):
        done = subprocess.run(
            [*ASK, "in.jsonl", *options], check=False, cwd=tmp_path, env=alone, capture_output=True, timeout=100
        )
        ended.append((done.returncode, done.stdout, done.stderr, read_json(tmp_path / "summary.json")))
    (status, out, said, first), (again_status, again_out, _, second) = ended
    assert (status, said) == (3, b"")
    assert (again_status, again_out) == (status, out)
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["id"] for line in lines] == ["0", "1", "2", "3", "a"]
    assert lines[0]["answer"] == lines[3]["answer"] == ANSWERS[PLAIN]
    assert lines[1]["thinking"].endswith("，主诉头痛。")
    assert lines[4]["answer"] == json.loads(ANSWERS[JSON])
    assert [(line["line"], line["reason"]) for line in read_lines(tmp_path / "rejects.jsonl")] == [(6, "llm_too_long")]
    assert (first["calls"]["made"], first["calls"]["from_cache"]) == (4, 1)
    assert (second["calls"]["made"], second["calls"]["from_cache"]) == (0, 5)
    assert second["tokens"] == {"prompt": 0, "completion": 0}


def test_a_server_that_is_gone_ends_the_run(tmp_path: Path) -> None:
    async def work(made: Engine) -> None:
        for _ in range(3):
            with pytest.raises(CallFailed, match="llm_no_connection"):
                await made.chat(asking(PLAIN))

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(EngineStopped, match="nothing answers"):
        using("openai:tiny", work, base_urls=(f"http://127.0.0.1:{port}/v1",))


_PARTS = st.sampled_from(["<think>", "</think>", "<thinking>", "</thinking>", "<", ">", "think", "/", "甲", " ", "\n"])


@given(st.lists(_PARTS, max_size=12).map("".join), st.data())
def test_a_filter_shows_the_same_however_a_text_is_cut(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    parts = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    whole, cut = Filter(), Filter()
    assert "".join(map(cut.feed, parts)) + cut.end() == whole.feed(text) + whole.end()


@given(st.lists(st.sampled_from(["<think>乙</think>", "<thinking>丙</thinking>", "甲", "<", "丁 "]), max_size=6))
def test_a_filter_shows_the_answer_without_the_thinking(parts: list[str]) -> None:
    text = "".join(parts)
    shown = Filter()
    assert (shown.feed(text) + shown.end()).strip() == split(text).text
