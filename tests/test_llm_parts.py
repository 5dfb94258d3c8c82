"""Parts of a run by themselves: the limiter, the choice of a server, structured replies."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.errors import UsageError
from tcmkit.llm import EngineSettings, ReplyError
from tcmkit.llm.engines import make_engines, split_spec
from tcmkit.llm.limiter import Limiter
from tcmkit.llm.replies import structured
from tcmkit.llm.servers import Servers

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


@given(st.integers(1, 5), st.lists(st.sampled_from(["well", "overrun", "cancelled"]), max_size=30))
def test_no_more_get_in_than_the_limit_and_everyone_gets_in(most: int, ends: list[str]) -> None:
    inside = entered = 0

    async def one(limiter: Limiter, end: str) -> None:
        nonlocal inside, entered
        async with limiter as began:
            inside, entered = inside + 1, entered + 1
            assert inside <= most
            await asyncio.sleep(0)
            inside -= 1
            if end == "overrun":
                limiter.overrun(began, None)
        limiter.went_well()

    async def every() -> None:
        limiter = Limiter(most)
        tasks = [asyncio.ensure_future(one(limiter, end)) for end in ends]
        await asyncio.sleep(0)
        for task, end in zip(tasks, ends, strict=True):
            if end == "cancelled" and not inside:
                task.cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
        assert limiter.limit >= 1

    asyncio.run(every())
    assert inside == 0


def test_those_refused_together_halve_the_limit_once() -> None:
    limiter = Limiter(64)
    for _ in range(64):
        limiter.overrun(0, None)
    assert limiter.limit == 32
    limiter.overrun(1, None)
    assert limiter.limit == 16


def test_a_server_that_failed_is_passed_over_for_a_while() -> None:
    async def chosen() -> list[str]:
        servers = Servers(["http://one", "http://two"])
        servers.failed(servers.all[0])
        names = [servers.choose().url for _ in range(2)]
        servers.answered(servers.all[0])
        return [*names, servers.choose().url]

    assert asyncio.run(chosen()) == ["http://two/v1", "http://two/v1", "http://one/v1"]


@pytest.mark.parametrize(
    ("text", "value"),
    [('{"a": "甲"}', "甲"), ('好的：```json\n{"a": "甲"}\n```', "甲"), ('结果 {"a": "甲\n乙\x07"} 完毕', "甲\n乙")],
)
def test_what_can_be_read_in_one_way_is_read(text: str, value: str) -> None:
    assert structured(text, SCHEMA) == {"a": value}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("没有", "llm_bad_json"),
        ('{"a": "甲"', "llm_bad_json"),
        ('{"a": "甲", "a": "乙"}', "llm_bad_json"),
        ('{"a": "甲"} {"a": "乙"}', "llm_bad_json"),
        ('{"a": NaN}', "llm_bad_json"),
        ("[" * 100_000, "llm_bad_json"),
        ('{"a": 3}', "llm_wrong_shape"),
        ('["甲"]', "llm_wrong_shape"),
        ("抱歉，我无法回答。", "llm_refused"),
    ],
)
def test_what_cannot_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(ReplyError) as caught:
        structured(text, SCHEMA)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("spec", "meant"),
    [
        ("opnai:x", "openai"),
        ("gpt-4o", "openai:gpt-4o"),
        ("qwen2.5:7b", "openai:qwen2.5:7b"),
        ("models/a.gguf", "gguf:models/a.gguf"),
        ("replies.jsonl", "scripted:replies.jsonl"),
        ("/", "hf:/"),
    ],
)
def test_an_engine_that_nobody_knows_gets_a_hint(spec: str, meant: str) -> None:
    with pytest.raises(UsageError) as raised:
        split_spec(spec)
    assert str(raised.value).endswith(f"; did you mean {meant}?")


def test_an_adapter_that_no_engine_takes_is_refused() -> None:
    with pytest.raises(UsageError, match="--adapter is for hf: alone"):
        make_engines(("scripted:demo",), EngineSettings(adapter="lora"))
    assert len(make_engines(("scripted:demo",), EngineSettings())) == 1
