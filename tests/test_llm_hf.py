"""transformers in process, with a real model."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tcmkit.errors import MissingExtra, TcmError, UsageError
from tcmkit.llm import CallFailed, Engine, EngineSettings, EngineStopped
from tcmkit.llm.engines import make_engine
from tests.engine_cases import ANSWERS, JSON, PLAIN, THINK, asking, engine, made_in_a_new_process, pieces, using

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def spec(tiny: Path) -> str:
    return f"hf:{tiny / 'hf'}"


@pytest.fixture
def copied(tiny: Path, tmp_path: Path) -> Path:
    """A copy of the model, to be changed."""
    return Path(shutil.copytree(tiny / "hf", tmp_path / "model"))


def test_many_at_once_are_answered_as_each_alone(spec: str) -> None:
    requests = [
        asking(PLAIN),
        asking(THINK),
        asking(JSON),
        asking(PLAIN, temperature=1.0, seed=5),
        asking(PLAIN * 3, temperature=1.0, seed=6, top_p=0.8),
        asking(PLAIN, ANSWERS[PLAIN], THINK),
    ]

    async def work(made: Engine) -> None:
        alone = [(await made.chat(request)) for request in requests]
        together = await asyncio.gather(*(made.chat(request) for request in requests))
        assert together == alone
        assert alone[0].text == ANSWERS[PLAIN]
        assert alone[1].thinking.endswith("，主诉头痛。")
        assert alone[1].text.startswith("宜避风")
        assert alone[2].text == ANSWERS[JSON]
        assert alone[0].usage.prompt > 20
        assert alone[0].usage.completion > 10

    using(spec, work)


def test_a_seed_decides_what_is_drawn(spec: str) -> None:
    async def work(made: Engine) -> None:
        requests = [asking("头痛", temperature=1.5, seed=seed) for seed in (1, 2, 3, 1)]
        ends = await asyncio.gather(*map(made.chat, requests), return_exceptions=True)
        texts = [str(end) for end in ends]
        assert texts[0] == texts[3]
        assert len(set(texts)) > 1
        narrow = await made.chat(asking(PLAIN, temperature=2.0, seed=9, top_p=0.01))
        assert narrow.text == ANSWERS[PLAIN], "the likeliest token alone"

    using(spec, work)


def test_one_that_cannot_be_answered_leaves_the_others_alone(spec: str) -> None:
    async def work(made: Engine) -> None:
        long, cut, odd = asking(PLAIN * 200), asking(PLAIN, max_tokens=5), asking("甲\ud800乙")
        ends = await asyncio.gather(*map(made.chat, (long, asking(PLAIN), cut, odd)), return_exceptions=True)
        said = [end.reason if isinstance(end, CallFailed) else end.text for end in ends]  # type: ignore[union-attr]
        assert said == ["llm_too_long", ANSWERS[PLAIN], "llm_cut_short", "cannot_encode"]
        with pytest.raises(CallFailed, match="llm_cut_short"):
            await pieces(made, cut)

    using(spec, work)


def test_a_stream_never_splits_a_character(spec: str) -> None:
    async def work(made: Engine) -> None:
        for request in (asking(PLAIN), asking(THINK), asking(JSON)):
            whole = await made.chat(request)
            streamed = await pieces(made, request)
            assert "".join(streamed) == whole.text
            assert 5 < len(streamed) < whole.usage.completion, "some characters are several tokens"

    using(spec, work)


def test_an_adapter_changes_what_is_said(tiny: Path, tmp_path: Path) -> None:
    async def work(made: Engine) -> tuple[str, str]:
        assert len((await made.embed([PLAIN]))[0]) == 128
        return made.identity, (await made.chat(asking(PLAIN))).text

    base, adapter = tiny / "hf", tiny / "adapter"
    identity, said = using(f"hf:{base}", work, adapter=str(adapter))
    assert said == "忌酒。"
    assert identity.startswith(make_engine(f"hf:{base}", EngineSettings()).identity + "+")
    own = Path(shutil.copytree(adapter, tmp_path / "own"))
    config = json.loads((own / "adapter_config.json").read_text(encoding="utf-8"))
    (own / "adapter_config.json").write_text(json.dumps({**config, "base_model_name_or_path": str(base)}), "utf-8")
    assert using(f"hf:{own}", work)[1] == "忌酒。"


def test_memory_that_does_not_suffice_halves_the_batch(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from tcmkit.llm.hf_model import Model

    sizes = []
    generate = Model._generate

    def small(self: Model, rows: list[Any], *more: Any) -> Any:
        sizes.append(len(rows))
        if len(rows) > 2 or len(rows[0].prompt) > 200:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return generate(self, rows, *more)

    monkeypatch.setattr(Model, "_generate", small)

    async def work(made: Engine) -> None:
        replies = await asyncio.gather(*(made.chat(asking(PLAIN)) for _ in range(6)))
        assert [reply.text for reply in replies] == [ANSWERS[PLAIN]] * 6
        assert sizes == [6, 3, 1, 2, 3, 1, 2]
        with pytest.raises(CallFailed, match="llm_out_of_memory"):
            await made.chat(asking(PLAIN * 30))
        await asyncio.gather(*(made.chat(asking(PLAIN)) for _ in range(3)))
        assert sizes[-3:] == [1, 1, 1]

    using(spec, work)


def test_a_text_longer_than_a_window_is_scored(spec: str) -> None:
    async def work(made: Engine) -> None:
        scores = await made.logprobs(PLAIN * 150)
        assert len(scores) > 1024
        assert all(score <= 0 for score in scores)
        assert list(scores[:300]) == pytest.approx((await made.logprobs(PLAIN * 40))[:300], abs=1e-3)
        assert await made.logprobs("") == []

    using(spec, work)


def test_vectors_are_pooled_as_the_folder_says(copied: Path) -> None:
    texts = [PLAIN, "脉弦", PLAIN + THINK]

    async def vectors(made: Engine) -> Any:
        assert await made.embed([]) == []
        together = torch.tensor(await made.embed(texts))
        alone = torch.tensor([(await made.embed([text]))[0] for text in texts])
        assert together.shape == (3, 128)
        assert torch.allclose(together, alone, atol=1e-4), "whatever stands beside it"
        return together

    pooling = copied / "1_Pooling"
    pooling.mkdir()
    kinds = [{"type": f"sentence_transformers.models.{kind}"} for kind in ("Transformer", "Pooling", "Normalize")]
    found = {"nothing": using(f"hf:{copied}", vectors)}
    (copied / "modules.json").write_text(json.dumps(kinds), "utf-8")
    for mode in ("mean_tokens", "cls_token", "lasttoken"):
        (pooling / "config.json").write_text(json.dumps({f"pooling_mode_{mode}": True}), "utf-8")
        found[mode] = using(f"hf:{copied}", vectors)
    assert torch.equal(found["nothing"], found["mean_tokens"])
    assert torch.allclose(found["cls_token"][0], found["cls_token"][2], atol=1e-4), "both begin alike"
    assert not torch.allclose(found["lasttoken"], found["mean_tokens"], atol=1e-2)
    (copied / "modules.json").write_text(json.dumps([*kinds, {"type": "sentence_transformers.models.Dense"}]), "utf-8")
    with pytest.raises(EngineStopped, match="more than pooling"):
        using(f"hf:{copied}", vectors)


def test_identity_is_the_content_and_not_the_place(spec: str, copied: Path) -> None:
    def identity() -> str:
        return make_engine(f"hf:{copied}", EngineSettings()).identity

    assert identity() == make_engine(spec, EngineSettings()).identity
    before = identity()
    template = copied / "chat_template.jinja"
    template.write_text(template.read_text(encoding="utf-8") + " ", "utf-8")
    assert identity() != before


def test_what_cannot_be_used_is_one_line(tiny: Path, copied: Path, tmp_path: Path) -> None:
    pickled, both = tmp_path / "pickled", tmp_path / "both"
    pickled.mkdir()
    (pickled / "config.json").write_text("{}", "utf-8")
    (pickled / "pytorch_model.bin").touch()
    shutil.copytree(tiny / "hf", both)
    shutil.copy(tiny / "adapter" / "adapter_config.json", both)
    cases: list[tuple[object, str | None, str]] = [
        ("nowhere", None, "no model nowhere"),
        ("own/name", None, "the hub gives none"),
        ("Qwen2.5-0.5B-Instruct", None, "no folder Qwen/Qwen2.5-0.5B-Instruct here, and the hub gives none"),
        (tiny / "tiny.gguf", None, "use gguf:"),
        (pickled, None, "holds no model as safetensors"),
        (both, None, "move the adapter out"),
        (tiny / "adapter", None, "names no base model"),
        (tiny / "adapter", "x", "is itself an adapter"),
        (copied, str(copied), "no folder with adapter_config.json"),
    ]
    for name, adapter, said in cases:
        with pytest.raises(TcmError, match=said) as caught:
            make_engine(f"hf:{name}", EngineSettings(adapter=adapter))
        assert "\n" not in str(caught.value)
        assert isinstance(caught.value, UsageError) or "the hub gives none" in said


@pytest.mark.parametrize("config", [{"model_type": "no-such-model"}, {"auto_map": {"AutoModelForCausalLM": "code.M"}}])
def test_code_of_a_model_is_not_run(copied: Path, config: dict[str, Any]) -> None:
    settings = json.loads((copied / "config.json").read_text(encoding="utf-8"))
    named = {**settings, "model_type": "own-kind", **config}
    (copied / "config.json").write_text(json.dumps(named), "utf-8")
    (copied / "code.py").write_text("raise SystemExit('run')\n", "utf-8")
    with pytest.raises(EngineStopped, match="transformers cannot load it") as caught:
        using(f"hf:{copied}", lambda made: made.chat(asking(PLAIN)))
    assert "\n" not in str(caught.value)


def test_a_base_model_is_not_made_to_chat(copied: Path) -> None:
    (copied / "chat_template.jinja").unlink()
    with pytest.raises(EngineStopped, match="no chat template"):
        using(f"hf:{copied}", lambda made: made.chat(asking(PLAIN)))
    assert using(f"hf:{copied}", lambda made: made.logprobs(PLAIN))


def test_a_template_that_knows_no_system_gets_it_with_the_question(copied: Path) -> None:
    template = copied / "chat_template.jinja"
    refusing = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    template.write_text(refusing + template.read_text(encoding="utf-8"), "utf-8")
    assert using(f"hf:{copied}", lambda made: made.chat(asking(PLAIN))).text


def test_a_template_that_opens_the_thinking(copied: Path) -> None:
    template = copied / "chat_template.jinja"
    opened = template.read_text(encoding="utf-8").replace("assistant\n{% endif %}", "assistant\n<think>{% endif %}")
    template.write_text(opened, "utf-8")

    async def work(made: Engine) -> None:
        reply = await made.chat(asking(THINK))
        assert reply.thinking
        assert reply.text.startswith("宜")
        assert "think" not in reply.text
        assert "".join(await pieces(made, asking(THINK))) == reply.text

    using(f"hf:{copied}", work)


def test_without_the_packages_the_extra_is_named(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcmkit.llm.hf.find_spec", lambda _name: None)
    with pytest.raises(MissingExtra, match=r"tcmkit\[train\]"):
        make_engine(spec, EngineSettings())


def test_closing_stops_what_is_under_way(spec: str) -> None:
    async def go() -> None:
        async with engine(spec) as made:
            tasks = [asyncio.ensure_future(made.chat(asking(PLAIN * 20, max_tokens=800))) for _ in range(40)]
            await asyncio.sleep(0.05)
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(end, BaseException) for end in ended)

    asyncio.run(asyncio.wait_for(go(), 40))


def test_nothing_is_loaded_until_it_is_asked(spec: str) -> None:
    name, loaded = made_in_a_new_process(spec)
    assert name == "HF"
    assert not {"torch", "transformers"} & loaded
