"""llama.cpp in process, with a real model."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tcmkit.errors import MissingExtra, TcmError, UsageError
from tcmkit.llm import CallFailed, Engine, EngineSettings, EngineStopped, Request
from tcmkit.llm.engines import make_engine
from tcmkit.llm.gguf import GGUF
from tcmkit.llm.replies import structured
from tests.conftest import environment
from tests.engine_cases import ANSWERS, JSON, PLAIN, SCHEMA, THINK, asking, engine, made_in_a_new_process, pieces, using

llama_cpp = pytest.importorskip("llama_cpp")


@pytest.fixture(scope="session")
def spec(tiny: Path) -> str:
    return f"gguf:{tiny / 'tiny.gguf'}"


def test_it_says_what_it_was_taught(spec: str) -> None:
    reply = using(spec, lambda made: made.chat(asking(PLAIN)))
    assert (reply.text, reply.thinking, reply.model) == (ANSWERS[PLAIN], "", "tiny")
    assert reply.usage.prompt > 20
    assert 10 < reply.usage.completion <= 120


def test_thinking_is_taken_out_and_kept(spec: str) -> None:
    async def work(made: Engine) -> None:
        reply = await made.chat(asking(THINK))
        assert reply.thinking.endswith("，主诉头痛。")
        assert reply.text.startswith("宜避风")
        assert "".join(await pieces(made, asking(THINK))) == reply.text

    using(spec, work)


def test_a_stream_never_splits_a_character(spec: str) -> None:
    async def work(made: Engine) -> None:
        for request in (asking(PLAIN), asking(THINK), asking(JSON)):
            whole = await made.chat(request)
            streamed = await pieces(made, request)
            assert "".join(streamed) == whole.text
            assert len(streamed) < whole.usage.completion, "some characters are several tokens"
            assert len(streamed) > len(whole.text) / 4

    using(spec, work)


def test_a_schema_is_held_to_by_grammar(spec: str) -> None:
    async def work(made: Engine) -> None:
        for seed in range(4):  # it was never taught this shape
            reply = await made.chat(asking(PLAIN, schema=SCHEMA, temperature=0.7, seed=seed))
            value = json.loads(reply.text)
            assert set(value) == {"answer", "level"}
            assert value["level"] in ("轻", "重")
            assert len(value["answer"]) <= 20

    using(spec, work)


def test_a_schema_that_no_grammar_can_hold_is_left_to_the_check(spec: str) -> None:
    impossible = {"type": "object", "properties": {"answer": {"type": "string", "pattern": "(?<=x)y"}}}
    reply = using(spec, lambda made: made.chat(asking(JSON, schema=impossible)))
    assert reply.text == ANSWERS[JSON]


def test_where_the_template_opens_the_thinking_the_grammar_begins_after_it(spec: str) -> None:
    async def work(made: GGUF) -> None:
        model = made._loaded()
        render = model._render
        model._render = lambda messages, reply: render(messages, reply) + ("<think>" if reply else "")
        reply = await made.chat(asking(THINK, schema=SCHEMA))
        assert reply.thinking
        assert set(structured(reply.text, SCHEMA)) == {"answer", "level"}
        assert "".join(await pieces(made, asking(THINK, schema=SCHEMA))) == reply.text

    using(spec, work)  # type: ignore[arg-type]


def test_the_same_request_gives_the_same_reply_whatever_came_before(spec: str) -> None:
    long = "".join(f"第{n}次：{PLAIN}" for n in range(40))
    requests = [
        asking(PLAIN),
        asking(PLAIN, ANSWERS[PLAIN], THINK),
        asking(long, temperature=1.0, seed=7),
        asking(PLAIN, temperature=1.0, seed=7, top_p=0.9),
    ]

    async def alone(request: Request) -> str:
        async with engine(spec, context=4096) as made:
            return await said(made, request)

    async def said(made: Engine, request: Request) -> str:
        try:
            return (await made.chat(request)).text
        except CallFailed as failed:
            return failed.reason

    async def go() -> None:
        expected = [await alone(request) for request in requests]
        async with engine(spec, context=4096) as made:
            for order in ((0, 1, 2, 3), (3, 2, 1, 0), (1, 1, 0, 2)):
                together = await asyncio.gather(*(said(made, requests[i]) for i in order))
                assert together == [expected[i] for i in order]

    asyncio.run(go())


def test_what_two_prompts_begin_with_is_computed_once(spec: str) -> None:
    async def work(made: GGUF) -> None:
        def read() -> int:
            counts = llama_cpp.llama_perf_context(made._model._llama.ctx)  # type: ignore[union-attr]
            return int(counts.n_p_eval)

        first = await made.chat(asking(PLAIN))
        assert read() == first.usage.prompt
        other = await made.chat(asking(THINK))
        assert read() <= first.usage.prompt + other.usage.prompt - 8, "the system message is not read again"
        before = read()
        later = await made.chat(asking(THINK, "宜早睡。", PLAIN))
        assert read() - before <= later.usage.prompt - other.usage.prompt + 3, "nor are the turns before"

    using(spec, work)  # type: ignore[arg-type]


def test_a_prompt_longer_than_the_context_is_refused(spec: str) -> None:
    with pytest.raises(CallFailed, match="llm_too_long") as caught:
        using(spec, lambda made: made.chat(asking(PLAIN * 40)), context=256)
    assert not caught.value.retry


@pytest.mark.parametrize(("context", "most"), [(1024, 5), (256, 9999)])
def test_a_reply_that_comes_to_no_end_is_cut_short(spec: str, context: int, most: int) -> None:
    async def work(made: Engine) -> None:
        request = asking(PLAIN, max_tokens=most) if most < 100 else asking(PLAIN * 28, max_tokens=most)
        with pytest.raises(CallFailed, match="llm_cut_short"):
            await made.chat(request)
        with pytest.raises(CallFailed, match="llm_cut_short"):
            await pieces(made, request)

    using(spec, work, context=context)


def test_a_lone_surrogate_fails_one_call_and_not_the_run(spec: str) -> None:
    with pytest.raises(CallFailed, match="cannot_encode"):
        using(spec, lambda made: made.chat(asking("甲\ud800乙")))


def test_a_text_longer_than_the_context_is_scored(spec: str) -> None:
    async def work(made: Engine) -> list[float]:
        return list(await made.logprobs(PLAIN * 40))

    whole, windowed = using(spec, work, context=1024), using(spec, work, context=256)
    assert len(whole) == len(windowed) > 256
    assert whole[:255] == pytest.approx(windowed[:255], abs=1e-3)
    assert all(score <= 0 for score in whole)
    assert using(spec, lambda made: made.logprobs("")) == []


def test_vectors_tell_texts_apart(spec: str) -> None:
    async def work(made: Engine) -> None:
        one, other, same = await made.embed([PLAIN, "脉弦", PLAIN])
        assert len(one) == len(other) == 128
        assert one == same
        assert one != other
        assert await made.embed([]) == []
        assert (await made.chat(asking(PLAIN))).text == ANSWERS[PLAIN], "and it still chats"
        with pytest.raises(CallFailed, match="llm_too_long"):
            await made.embed([PLAIN * 200])

    using(spec, work)


def test_identity_is_the_content_and_not_the_place(spec: str, tmp_path: Path) -> None:
    raw = Path(spec.removeprefix("gguf:")).read_bytes()
    same, other = tmp_path / "tiny.gguf", tmp_path / "b" / "tiny.gguf"
    other.parent.mkdir()
    same.write_bytes(raw)
    other.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    here, there, changed = (make_engine(s, EngineSettings()).identity for s in (spec, f"gguf:{same}", f"gguf:{other}"))
    assert here == there != changed
    assert make_engine(spec, EngineSettings(context=256)).identity == here


def test_a_name_is_found_in_the_model_folders(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TCM_MODELS", str(tiny))
    assert make_engine("gguf:tiny", EngineSettings()).identity.startswith("gguf:")


def test_what_is_no_model_is_one_line(tmp_path: Path) -> None:
    text = tmp_path / "notes.gguf"
    text.write_text("GGML", encoding="ascii")
    for name, said in (
        ("nowhere", "no model nowhere"),
        (text, "is no GGUF file"),
        (tmp_path, "is a folder"),
        ("", "no model"),
    ):
        with pytest.raises(UsageError, match=said) as caught:
            make_engine(f"gguf:{name}", EngineSettings())
        assert "\n" not in str(caught.value)


def test_a_damaged_file_stops_the_run_with_one_line(
    spec: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    half = tmp_path / "half.gguf"
    half.write_bytes(Path(spec.removeprefix("gguf:")).read_bytes()[:200_000])
    with pytest.raises(EngineStopped, match="damaged"):
        using(f"gguf:{half}", lambda made: made.chat(asking(PLAIN)))
    assert capfd.readouterr() == ("", "")


def test_without_the_package_the_extra_is_named(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcmkit.llm.gguf.find_spec", lambda _name: None)
    with pytest.raises(MissingExtra, match=r"tcmkit\[gguf\]"):
        make_engine(spec, EngineSettings())


def test_closing_stops_what_is_under_way(spec: str) -> None:
    async def go() -> None:
        async with engine(spec) as made:
            endless = asking(PLAIN, max_tokens=9999, schema={"type": "string", "minLength": 900})
            tasks = [asyncio.ensure_future(made.chat(endless)) for _ in range(3)]
            await asyncio.sleep(0.05)
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(end, CallFailed | asyncio.CancelledError | TcmError) for end in ended)

    asyncio.run(asyncio.wait_for(go(), 20))


def test_nothing_is_loaded_until_it_is_asked(spec: str) -> None:
    name, loaded = made_in_a_new_process(spec)
    assert name == "GGUF"
    assert "llama_cpp" not in loaded


WRITES = """
import os, sys, threading
from pathlib import Path
from tcmkit.llm import EngineSettings
from tcmkit.llm.gguf_model import Model

done = threading.Event()

def load():
    for _ in range(5):
        Model(Path(sys.argv[1]), EngineSettings(context=256))
    done.set()

threading.Thread(target=load).start()
count = 0
while not done.is_set():
    os.write(1, b"x")
    count += 1
sys.stderr.write(str(count))
"""


def test_what_is_written_while_a_model_loads_is_not_lost(tiny: Path) -> None:
    """Stdout and stderr stay where they are, and llama.cpp says nothing there."""
    command = [sys.executable, "-c", WRITES, str(tiny / "tiny.gguf")]
    done = subprocess.run(command, capture_output=True, check=True, env=environment())
    assert done.stdout == b"x" * int(done.stderr)
