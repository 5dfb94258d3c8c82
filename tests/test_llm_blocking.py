"""A model asked by code that does not await."""

import math
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tcmkit.errors import RecordError, TcmError, UsageError
from tcmkit.llm import (
    Blocking,
    Call,
    CallFailed,
    ChatMessage,
    EngineStopped,
    ModelOptions,
    Reply,
    ReplyError,
    Request,
)
from tcmkit.llm.scripted import Scripted
from tests.conftest import jsonl

LINES = [
    {"when": "^舌", "reply": {"polarity": "present"}},
    {"when": "^坏", "replies": ["不是 JSON", {"polarity": "absent"}]},
    {"when": "^慢", "fail": "llm_timeout"},
    {"reply": "<think>想一想</think>脉弦。"},
]
SCHEMA = {"type": "object", "properties": {"polarity": {"type": "string"}}, "required": ["polarity"]}


@pytest.fixture
def options(tmp_path: Path) -> ModelOptions:
    script = tmp_path / "script.jsonl"
    script.write_bytes(jsonl(LINES))
    return ModelOptions(specs=(f"scripted:{script}",), cache=tmp_path / "calls.sqlite", retries=0, concurrency=3)


@pytest.fixture
def model(options: ModelOptions) -> Iterator[Blocking]:
    with Blocking(options) as made:
        yield made


def said(text: str) -> tuple[ChatMessage, ...]:
    return ({"role": "user", "content": text},)


def test_a_reply_whole_and_in_pieces(model: Blocking) -> None:
    assert model.chat(Request(said("问"))).text == "脉弦。"
    assert list(model.stream(Request(said("问")))) == ["脉", "弦", "。"]


def test_a_stream_may_be_left_early_and_the_model_asked_again(model: Blocking) -> None:
    assert next(model.stream(Request(said("问")))) == "脉"
    assert model.chat(Request(said("问"))).text == "脉弦。"


def test_a_call_is_held_to_its_schema_repaired_and_kept(options: ModelOptions) -> None:
    with Blocking(options) as model:
        assert model.ask(Call(said("舌红"), SCHEMA)) == {"polarity": "present"}
        assert model.ask(Call(said("坏"), SCHEMA)) == {"polarity": "absent"}
        assert (model.meter.calls, model.meter.repairs) == (3, 1)
    with Blocking(options) as model:
        assert model.ask(Call(said("坏"), SCHEMA)) == {"polarity": "absent"}
        assert (model.meter.calls, model.meter.cached) == (0, 2)


def test_a_run_that_ends_during_a_repair_does_not_pay_for_the_first_reply_again(
    options: ModelOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = Scripted.chat

    async def killed(engine: Scripted, request: Request) -> Reply:
        if len(request.messages) > 1:
            raise EngineStopped("gone")
        return await chat(engine, request)

    monkeypatch.setattr(Scripted, "chat", killed)
    with Blocking(options) as model, pytest.raises(EngineStopped):
        model.ask(Call(said("坏"), SCHEMA))
    monkeypatch.setattr(Scripted, "chat", chat)
    with Blocking(options) as model:
        assert model.ask(Call(said("坏"), SCHEMA)) == {"polarity": "absent"}
        assert (model.meter.calls, model.meter.cached) == (1, 1)


def test_a_call_that_will_not_do_is_an_error_of_its_record(model: Blocking) -> None:
    def never(_answer: object) -> None:
        raise ReplyError("not_so", "不对。")

    with pytest.raises(RecordError) as raised:
        model.ask(Call(said("问"), check=never))
    assert raised.value.reason == "not_so"
    for failing in (lambda: model.chat(Request(said("慢"))), lambda: list(model.stream(Request(said("慢"))))):
        with pytest.raises(RecordError) as raised:
            failing()
        assert raised.value.reason == "llm_timeout"
    assert model.chat(Request(said("问"))).text == "脉弦。"


def test_vectors_and_log_probabilities_come_in_order(model: Blocking) -> None:
    texts = ["咳嗽" * (n % 7 + 1) for n in range(200)]
    assert list(model.mean_logprobs(texts)) == [pytest.approx(-math.log(1000))] * 200
    vectors = list(model.embed(texts))
    assert [sum(vector) for vector in vectors] == [len(text) + 1 for text in texts]


def test_scores_are_paid_for_once_and_failures_asked_again(
    options: ModelOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def logprobs(_engine: Scripted, text: str) -> list[float]:
        asked.append(text)
        if text == "坏":
            raise CallFailed("llm_timeout")
        return [-0.1, -len(text) / 3]

    monkeypatch.setattr(Scripted, "logprobs", logprobs)
    scores = []
    for _run in range(2):
        with Blocking(options) as model:
            scores.append([str(mean) for mean in model.mean_logprobs(["咳", "咳嗽", "坏"])])
    assert scores[0] == scores[1]
    assert sorted(asked) == ["咳", "咳嗽", "坏", "坏"]
    assert (model.meter.calls, model.meter.cached, model.meter.saved.prompt) == (0, 2, 6)


def test_a_text_that_cannot_be_scored_does_not_cost_the_others(
    model: Blocking, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def logprobs(_engine: Scripted, text: str) -> list[float]:
        if text.startswith("坏"):
            raise CallFailed("llm_timeout")
        return [-1.0]

    monkeypatch.setattr(Scripted, "logprobs", logprobs)
    assert [str(mean) for mean in model.mean_logprobs(["好", "坏", "好"])] == ["-1.0", "nan", "-1.0"]
    with pytest.raises(TcmError, match="20 of the last 20 records failed"):
        list(model.mean_logprobs(["坏"] * 100))


def test_no_more_is_read_than_is_under_way(model: Blocking) -> None:
    read: list[int] = []
    found = model.mean_logprobs("咳" for n in range(100) if not read.append(n))
    next(found)
    assert len(read) == 3


def test_the_thread_ends_with_the_block_and_with_a_failed_beginning(options: ModelOptions, tmp_path: Path) -> None:
    before = threading.active_count()
    with Blocking(options) as model:
        assert threading.active_count() == before + 1
        unfinished = model.mean_logprobs("咳" for _ in range(100))
        next(unfinished)
    assert threading.active_count() == before
    with pytest.raises(UsageError):
        Blocking(ModelOptions(specs=(f"scripted:{tmp_path}/none",)))
    assert threading.active_count() == before
    model.close()
    with pytest.raises(ValueError, match="closed"):
        model.chat(Request(said("问")))


def test_a_talk_is_answered_to_its_end_and_sees_what_failed(model: Blocking) -> None:
    def talk() -> Generator[Call, Any, list[Any]]:
        heard: list[Any] = [(yield Call(said("舌红"), SCHEMA))]
        try:
            yield Call(said("慢慢来"))
        except RecordError as error:
            heard.append(error.reason)
        heard.append((yield Call(said("脉呢"))))
        return heard

    assert model.finish(talk()) == [{"polarity": "present"}, "llm_timeout", "脉弦。"]
