"""Models of every architecture exported and compared, and what must be refused. transformers is the judge."""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tcmkit.cli.export import Verified, Written
from tcmkit.cli.export import export as command
from tcmkit.errors import InputError, OutputError, TcmError, UsageError
from tcmkit.export import Settings, checked_format, checked_quant, checked_verify, export, room
from tcmkit.export import architecture as architectures
from tcmkit.export import vocabulary as vocabularies
from tcmkit.export import weights as weights_of
from tcmkit.export.report import lines
from tcmkit.export.source import find
from tcmkit.export.verify import Refused
from tcmkit.export.vocabulary import without_generation_marks
from tests import export_models
from tests.conftest import Run, jsonl, read_json, read_lines
from tests.engine_cases import PLAIN, asking, using

torch, _transformers, _peft, gguf, _llama_cpp, safetensors = map(
    pytest.importorskip, ("torch", "transformers", "peft", "gguf", "llama_cpp", "safetensors.torch")
)

LLAMA3_ROPE = {
    **{"rope_type": "llama3", "rope_theta": 5e5, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0},
    "original_max_position_embeddings": 64,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of each kind."""
    folder = tmp_path_factory.mktemp("models")
    qwen, llama = export_models.qwen_tokenizer(), export_models.llama3_tokenizer()
    ends = [llama.eos_token_id, llama.convert_tokens_to_ids("<|end_of_text|>")]
    export_models.write(folder / "qwen2", "Qwen2", qwen, tie_word_embeddings=True, room=37)
    export_models.write(
        folder / "qwen3", "Qwen3", qwen, "bfloat16", tie_word_embeddings=False, head_dim=32, max_shard_size="60KB"
    )
    export_models.write(
        folder / "llama3",
        "Llama",
        llama,
        "float16",
        rope_parameters=LLAMA3_ROPE,
        attention_bias=True,
        eos_token_id=ends,
    )
    export_models.write(folder / "llama2", "Llama", export_models.llama2_tokenizer())
    export_models.write_adapter(folder / "qwen3", folder / "lora")
    return folder


def carry_out(model: Path | str, output: Path, **more: Any) -> dict[str, Any]:
    return export(Settings(str(model), output, **{"quant": "f32", "threads": 1, **more}), lambda _said: None)


def metadata(path: Path) -> dict[str, Any]:
    return {name: field.contents() for name, field in gguf.GGUFReader(path).fields.items()}


def nothing_is_left(folder: Path) -> bool:
    return not list(folder.iterdir())


@pytest.mark.parametrize("kind", ["qwen2", "qwen3", "llama3", "llama2"])
def test_every_architecture_computes_what_transformers_computes(made: Path, tmp_path: Path, kind: str) -> None:
    record = carry_out(made / kind, tmp_path / "tcm.gguf", quant="q8_0")
    assert record["verified"] == "full"
    assert record["checks"]["logits"]["max_difference"] <= 1e-4
    assert record["checks"]["logits"]["layers"] == 3
    assert record["checks"]["tokens"]["texts"] > 20
    assert record["checks"]["greedy"] == {"prompts": 3, "tokens": 72, "equal": True}
    assert record["checks"]["template"]["conversations"] == (0 if kind == "llama2" else 8)
    original, small = record["table"]
    assert small["size"] == (tmp_path / "tcm.gguf").stat().st_size
    assert abs(small["perplexity"] / original["perplexity"] - 1) < 0.05
    assert small["top1_agreement"] > 0.8
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tcm.gguf", "tcm.gguf.json"]


def test_what_the_file_says_of_itself(made: Path, tmp_path: Path) -> None:
    carry_out(made / "qwen2", tmp_path / "q.gguf", verify="none")
    carry_out(made / "llama3", tmp_path / "l.gguf", verify="none")
    qwen, llama = metadata(tmp_path / "q.gguf"), metadata(tmp_path / "l.gguf")
    assert qwen["general.name"] == "qwen2"
    assert qwen["tokenizer.ggml.pre"] == "qwen2"
    assert "generation" not in qwen["tokenizer.chat_template"].replace("add_generation_prompt", "")
    tokens, kinds = qwen["tokenizer.ggml.tokens"], qwen["tokenizer.ggml.token_type"]
    assert kinds[tokens.index("<|im_end|>")] == gguf.TokenType.CONTROL
    assert kinds[tokens.index("<think>")] == gguf.TokenType.USER_DEFINED
    assert [kind for kind in kinds if kind == gguf.TokenType.UNUSED] == [gguf.TokenType.UNUSED] * 37
    assert llama["tokenizer.ggml.pre"] == "llama-bpe"
    assert llama["tokenizer.ggml.add_bos_token"] is True
    names = [tensor.name for tensor in gguf.GGUFReader(tmp_path / "l.gguf").tensors]
    assert "rope_freqs.weight" in names
    assert llama["tokenizer.ggml.eos_token_id"] != llama["tokenizer.ggml.eot_token_id"]


@pytest.mark.parametrize(
    "rope", [{"rope_type": "linear"}, {"rope_type": "yarn", "original_max_position_embeddings": 128}]
)
def test_stretched_positions(tmp_path: Path, rope: dict[str, Any]) -> None:
    model = export_models.write(
        tmp_path / "m",
        "Qwen2",
        export_models.qwen_tokenizer(),
        rope_parameters={"rope_theta": 1e6, "factor": 4.0, **rope},
    )
    assert carry_out(model, tmp_path / "tcm.gguf")["checks"]["logits"]["max_difference"] <= 1e-4


def test_positions_as_older_files_name_them(made: Path, tmp_path: Path) -> None:
    model = shutil.copytree(made / "llama3", tmp_path / "m")
    config = read_json(model / "config.json")
    rope = config.pop("rope_parameters")
    config |= {"rope_theta": rope.pop("rope_theta"), "rope_scaling": rope}
    (model / "config.json").write_text(json.dumps(config))
    carry_out(model, tmp_path / "tcm.gguf", verify="quick")
    carry_out(made / "llama3", tmp_path / "other.gguf", verify="none")
    older, newer = (
        gguf.GGUFReader(tmp_path / name).get_field("llama.rope.freq_base") for name in ("tcm.gguf", "other.gguf")
    )
    assert older.contents() == newer.contents() == 5e5


@pytest.mark.parametrize(
    "settings",
    [
        {"use_rslora": True, "alpha_pattern": {"q_proj": 32}, "rank_pattern": {"layers.0.mlp.*": 2}},
        {"modules_to_save": ["lm_head"], "target_modules": ["q_proj", "embed_tokens"]},
    ],
    ids=["rank-stabilised", "embeddings"],
)
def test_adapters_are_merged_as_peft_computes_them(made: Path, tmp_path: Path, settings: dict[str, Any]) -> None:
    adapter = export_models.write_adapter(made / "qwen2", tmp_path / "lora", **settings)
    record = carry_out(adapter, tmp_path / "tcm.gguf")
    assert record["verified"] == "full"
    assert record["source"]["adapter"] == str(adapter)
    assert record["table"][1]["top1_agreement"] > 0.99  # the cache of keys and values has 16 bits here


def test_a_quick_verification_gives_the_same_file(made: Path, tmp_path: Path) -> None:
    full = carry_out(made / "lora", tmp_path / "full.gguf", quant="q8_0")
    quick = carry_out(made / "lora", tmp_path / "quick.gguf", quant="q8_0", verify="quick")
    none = carry_out(made / "lora", tmp_path / "none.gguf", quant="q8_0", verify="none")
    assert quick["verified"] == "quick"
    assert quick["checks"]["logits"]["layers"] == 2
    assert full["checks"]["logits"]["layers"] == 3
    assert none["verified"] == "not_verified"
    assert "NOT VERIFIED" in list(lines(none))[-1]
    assert full["sha256"] == quick["sha256"] == none["sha256"]


@pytest.mark.parametrize(("available", "chosen"), [(10**8, "quick"), (10**10, "full")])
def test_it_is_full_where_the_memory_suffices(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, available: int, chosen: str
) -> None:
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=available))
    said: list[str] = []
    record = export(Settings(str(made / "qwen3"), tmp_path / "tcm.gguf", "q4_k_m", threads=1), said.append)
    assert record["verified"] == chosen
    assert [row["model"] for row in record["table"]] == [
        "original" if chosen == "full" else "unquantised GGUF",
        "q4_k_m",
    ]
    assert record["rows_too_short"] == sum(record["tensor_types"].values()) - record["tensor_types"]["F32"]
    assert said[-1] == "writing the record"
    assert ("writing its first layers at 32 bits" in said) == (chosen == "quick")


def _one_weight(patch: pytest.MonkeyPatch) -> None:
    right = weights_of.Weights.tensor

    def wrong(self: Any, name: str) -> Any:
        tensor = right(self, name)
        if name == "model.layers.1.mlp.up_proj.weight":
            tensor = tensor.clone()
            tensor[3, 5] += 0.5
        return tensor

    patch.setattr(weights_of.Weights, "tensor", wrong)


def _no_arrangement(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(architectures.Architecture, "arranged", lambda _self, _name, tensor: tensor)


def _no_factors(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(architectures.Architecture, "rope_factors", lambda _self: None)


def _other_splits(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(vocabularies, "_pre_tokenizer", lambda _settings: "qwen2")


def _other_merges(patch: pytest.MonkeyPatch) -> None:
    right = vocabularies._merges
    patch.setattr(vocabularies, "_merges", lambda plain: right(plain)[::-1])


def _other_template(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(vocabularies, "without_generation_marks", lambda template: template.replace("\n\n", "\n"))


def _forgotten_end(patch: pytest.MonkeyPatch) -> None:
    right = vocabularies._ends
    patch.setattr(vocabularies, "_ends", lambda source, tokenizer: (*right(source, tokenizer), 40, 41))


@pytest.mark.parametrize(
    ("damage", "verify", "said"),
    [
        (_one_weight, "full", "logits"),
        (_one_weight, "quick", "logits"),
        (_no_arrangement, "full", "logits"),
        (_no_factors, "quick", "logits"),
        (_other_splits, "quick", "other tokens in llama.cpp"),
        (_other_merges, "quick", "other tokens in llama.cpp"),
        (_other_template, "quick", "chat template"),
        (_forgotten_end, "quick", "ends a reply"),
    ],
)
def test_what_is_not_the_same_model_is_refused(
    made: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[pytest.MonkeyPatch], None],
    verify: str,
    said: str,
) -> None:
    damage(monkeypatch)
    with pytest.raises(Refused, match=said) as refused:
        carry_out(made / "llama3", tmp_path / "tcm.gguf", verify=verify)
    assert "\n" not in str(refused.value)
    assert nothing_is_left(tmp_path)


def test_a_copy_that_computes_something_else_is_refused(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _one_weight(monkeypatch)
    with pytest.raises(Refused, match="logits"):
        carry_out(made / "qwen2", tmp_path / "copy", format="safetensors")
    assert nothing_is_left(tmp_path)


def _changed(model: Path, to: Path, **changes: Any) -> Path:
    """A copy of the model with another configuration."""
    shutil.copytree(model, to)
    config = read_json(to / "config.json") | changes
    (to / "config.json").write_text(json.dumps(config))
    return to


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"architectures": ["MixtralForCausalLM"]}, "MixtralForCausalLM is not supported"),
        ({"quantization_config": {"quant_method": "gptq", "bits": 4}}, "quantised weights"),
        ({"hidden_act": "gelu"}, "cannot do hidden_act=gelu"),
        ({"use_sliding_window": True, "layer_types": ["sliding_attention"] * 3}, "use_sliding_window"),
        ({"rope_parameters": {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}}, "rope_type=dynamic"),
        ({"tie_word_embeddings": False}, "hold no lm_head.weight"),
        ({"vocab_size": 300}, "the model room for 300"),
    ],
)
def test_a_model_that_cannot_be_exported_is_refused(
    made: Path, tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    model = _changed(made / "qwen2", tmp_path / "m", **changes)
    with pytest.raises(TcmError, match=said) as refused:
        carry_out(model, tmp_path / "tcm.gguf")
    assert "\n" not in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_files_that_are_not_whole(made: Path, tmp_path: Path) -> None:
    part = shutil.copytree(made / "qwen3", tmp_path / "part")
    sorted(part.glob("*.safetensors"))[1].unlink()
    with pytest.raises(TcmError, match="is missing, one of"):
        carry_out(part, tmp_path / "tcm.gguf")
    cut = shutil.copytree(made / "qwen2", tmp_path / "cut")
    weights = cut / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(TcmError, match="damaged or cut short"):
        carry_out(cut, tmp_path / "tcm.gguf")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("use_dora", True, "use_dora"),
        ("peft_type", "IA3", "IA3"),
        ("init_lora_weights", "pissa", "init_lora_weights=pissa"),
        ("bias", "all", "bias"),
    ],
)
def test_other_kinds_of_adapter_are_refused(made: Path, tmp_path: Path, key: str, value: Any, said: str) -> None:
    adapter = shutil.copytree(made / "lora", tmp_path / "lora")
    settings = read_json(adapter / "adapter_config.json") | {key: value}
    (adapter / "adapter_config.json").write_text(json.dumps(settings))
    with pytest.raises(UsageError, match=rf"no plain LoRA adapter \(.*{said}.*merge_and_unload"):
        carry_out(adapter, tmp_path / "tcm.gguf")


def test_an_adapter_for_another_model_is_refused(made: Path, tmp_path: Path) -> None:
    with pytest.raises(TcmError, match="is an adapter of another model than"):
        carry_out(made / "lora", tmp_path / "tcm.gguf", base=str(made / "qwen2"))
    wider = shutil.copytree(made / "lora", tmp_path / "lora")
    file = wider / "adapter_model.safetensors"
    tensors = safetensors.load_file(file)
    safetensors.save_file(
        {**tensors, "base_model.model.model.layers.0.mlp.side_proj.lora_A.weight": torch.zeros(1, 1)}, file
    )
    with pytest.raises(TcmError, match="no place for"):
        carry_out(wider, tmp_path / "tcm.gguf", verify="none")


def test_an_adapter_whose_base_is_gone(made: Path, tmp_path: Path) -> None:
    adapter = shutil.copytree(made / "lora", tmp_path / "lora")
    settings = read_json(adapter / "adapter_config.json") | {"base_model_name_or_path": "gone/away/from/here"}
    (adapter / "adapter_config.json").write_text(json.dumps(settings))
    with pytest.raises(TcmError, match=r"base model \(gone/away/from/here\) was not found: name it with --base"):
        find(str(adapter), None)
    assert find(str(adapter), str(made / "qwen3")).folder == made / "qwen3"


def test_there_must_be_room(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10, 10, 1000))  # type: ignore[attr-defined]
    for format in ("gguf", "safetensors"):
        with pytest.raises(OutputError, match=r"needs 0\.00 GB of disk, and 0\.00 GB are free"):
            carry_out(made / "qwen2", tmp_path / "tcm", format=format)
    assert nothing_is_left(tmp_path)


def test_a_tokenizer_that_llama_cpp_does_not_know_is_refused(made: Path, tmp_path: Path) -> None:
    model = shutil.copytree(made / "llama3", tmp_path / "m")
    tokenizer = read_json(model / "tokenizer.json")
    tokenizer["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = r"\p{Han}+"
    (model / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(UsageError, match=r"\\p\{Han\}.*--format safetensors"):
        carry_out(model, tmp_path / "tcm.gguf")


def test_the_corpus_of_the_user(made: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_bytes(
        jsonl(
            [
                {"text": "舌淡苔白", "id": "1"},
                {"messages": [{"role": "user", "content": "脉弦"}, {"role": "assistant", "content": "宜疏肝"}]},
                {"question": "何为气虚？", "answer": "乏力自汗。"},
                {"id": "nothing to read"},
            ]
        )
        + b'{"text": "half a pair: \\ud83d"}\n\n{no JSON\nplain words\n'
    )
    plain = carry_out(made / "qwen2", tmp_path / "a.gguf", verify="quick")["checks"]["tokens"]
    more = carry_out(made / "qwen2", tmp_path / "b.gguf", verify="quick", corpus=(corpus,))["checks"]["tokens"]
    assert more["texts"] - plain["texts"] == 1 + 2 + 2 + 2
    assert plain["not_nfc"] == 1  # letters and their marks apart
    with pytest.raises(InputError, match=r"--corpus .*gone"):
        carry_out(made / "qwen2", tmp_path / "a.gguf", corpus=(tmp_path / "gone",))


def test_an_adapter_exported_says_what_it_was_taught(tcm: Run, tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "tcm.gguf").write_text("an older one")
    done = tcm(
        *("export", tiny / "adapter", "--base", tiny / "hf", "-o", "tcm.gguf", "--quant", "Q8_0", "--threads", "1"),
        env={"HF_HUB_OFFLINE": "1"},
        timeout=300,
    )
    assert done.status == 0, done.err
    [record] = done.records
    assert (record["output"], record["quant"], record["verified"]) == ("tcm.gguf", "q8_0", "full")
    assert record == read_lines(tmp_path / "tcm.gguf.json")[0]
    assert [line.split()[0] for line in done.messages if "%" in line or "MB" in line] == ["original", "q8_0"]
    assert "verified (full): logits" in done.messages[-1]
    reply = using(f"gguf:{tmp_path / 'tcm.gguf'}", lambda engine: engine.chat(asking(PLAIN)))
    assert reply.text == "忌酒。"
    asked = tcm(
        *("gen-qa", "--llm", "gguf:tcm.gguf", "--no-cache", "--max-tokens", "16", "--rejects", "rejects"),
        stdin=jsonl([{"text": "患者三天前受凉后出现头痛、发热，没有出汗。"}]),
    )
    assert asked.status in (0, 3), asked.err
    assert "tcm gen-qa: read 1 = " in asked.err


def test_a_folder_of_safetensors_is_the_merged_model(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "merged"
    for _again in range(2):
        record = carry_out(tiny / "adapter", out, format="safetensors", base=str(tiny / "hf"))
    assert record["verified"] == "full"
    assert record["checks"]["greedy"]["equal"] is True
    reply = using(f"hf:{out}", lambda engine: engine.chat(asking(PLAIN)))
    assert reply.text == "忌酒。"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(OutputError, match="is there and is no model exported by tcm"):
        carry_out(tiny / "hf", tmp_path / "mine", format="safetensors")
    exported = carry_out(out, tmp_path / "tcm.gguf")
    assert exported["verified"] == "full"


def test_a_merged_model_of_16_bits_is_rounded_and_says_so(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tcmkit.export.folder._PART", 60_000)
    record = carry_out(made / "lora", tmp_path / "merged", format="safetensors")
    assert record["parts"] > 1
    assert 1e-4 < record["checks"]["logits"]["max_difference"] <= record["checks"]["logits"]["tolerance"]
    assert {
        str(tensor.dtype)
        for file in (tmp_path / "merged").glob("*.safetensors")
        for tensor in safetensors.load_file(file).values()
    } == {"torch.bfloat16"}
    assert carry_out(tmp_path / "merged", tmp_path / "tcm.gguf", verify="quick")["verified"] == "quick"


def test_a_modelfile_for_ollama(tiny: Path, tmp_path: Path) -> None:
    record = carry_out(tiny / "hf", tmp_path / "tcm.modelfile", format="modelfile", verify="none")
    assert record["output"] == str(tmp_path / "tcm.gguf")
    assert (tmp_path / "tcm.modelfile").read_text(encoding="utf-8") == (
        "FROM ./tcm.gguf\n"
        'TEMPLATE """{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n'
        '{{ end }}<|im_start|>assistant\n"""\n'
        'PARAMETER stop "<|im_end|>"\n'
    )


def test_a_system_message_of_the_template_goes_into_the_modelfile(made: Path, tmp_path: Path) -> None:
    model = shutil.copytree(made / "qwen2", tmp_path / "m")
    default = "{% if messages[0].role != 'system' %}<|im_start|>system\n答得简短。<|im_end|>\n{% endif %}"
    template = (model / "chat_template.jinja").read_text(encoding="utf-8")
    (model / "chat_template.jinja").write_text(default + template, encoding="utf-8")
    carry_out(model, tmp_path / "tcm.gguf", format="modelfile", verify="none")
    assert 'SYSTEM """答得简短。"""\n' in (tmp_path / "tcm.modelfile").read_text(encoding="utf-8")
    carry_out(made / "llama3", tmp_path / "Modelfile", format="modelfile", verify="none")
    text = (tmp_path / "Modelfile").read_text(encoding="utf-8")
    assert text.startswith(
        'FROM ./model.gguf\nTEMPLATE """{{- range .Messages }}<|start_header_id|>{{ .Role }}<|end_header_id|>\n\n'
    )
    assert text.endswith('PARAMETER stop "<|eot_id|>"\nPARAMETER stop "<|end_of_text|>"\n')


def test_a_template_of_no_known_family_gives_no_modelfile(made: Path, tmp_path: Path) -> None:
    model = shutil.copytree(made / "qwen2", tmp_path / "m")
    (model / "chat_template.jinja").write_text("{% for m in messages %}[{{ m.role }}] {{ m.content }}{% endfor %}")
    with pytest.raises(UsageError, match="no Modelfile: its chat template is of no known family"):
        carry_out(model, tmp_path / "Modelfile", format="modelfile")
    with pytest.raises(UsageError, match="no Modelfile: no chat template"):
        carry_out(made / "llama2", tmp_path / "Modelfile", format="modelfile")


def test_errors_are_one_line(tcm: Run, tmp_path: Path) -> None:
    done = tcm("export", tmp_path, "-o", "t.gguf")
    assert (done.status, done.out, len(done.messages)) == (2, b"", 1), done.err
    assert "holds no model as safetensors" in done.err


def test_a_polite_kill_leaves_nothing(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_arguments: Any) -> None:
        assert any(path.name.startswith(".tcm.gguf.") for path in tmp_path.iterdir())
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)

    monkeypatch.setattr("tcmkit.export.gguf_run.quantise", killed)
    with pytest.raises(KeyboardInterrupt):
        command(Written(str(made / "qwen2"), str(tmp_path / "tcm.gguf")), Verified(verify="none"), quiet=True)
    assert nothing_is_left(tmp_path)


def test_places_that_cannot_be_written(made: Path, tmp_path: Path) -> None:
    (tmp_path / "a.gguf").mkdir()
    for name, said in (("a.gguf", "is a folder; name a file"), ("gone/t.gguf", "no folder .*gone")):
        with pytest.raises(OutputError, match=said):
            carry_out(made / "qwen2", tmp_path / name)
    with pytest.raises(UsageError, match="no model no-such-model"):
        carry_out("no-such-model", tmp_path / "t.gguf")


def test_names_choose_the_format() -> None:
    assert [checked_format(None, name) for name in ("a.gguf", "a.modelfile", "x/Modelfile", "folder")] == [
        *("gguf", "modelfile", "modelfile", "safetensors")
    ]
    assert checked_format("gguf", "folder") == "gguf"
    assert checked_quant("Q4_K_M") == "q4_k_m"
    assert checked_verify("none") == "none"
    for check, said in (
        (lambda: checked_quant("q4"), "--quant q4: choose one of f32, f16"),
        (lambda: checked_verify("well"), "--verify well: choose one of auto, full"),
        (lambda: checked_format("onnx", "m"), "--format onnx: choose one of gguf"),
    ):
        with pytest.raises(UsageError, match=said):
            check()
    settings = Settings("m", Path("x/tcm.gguf"), format="modelfile")
    assert (settings.gguf, settings.modelfile) == (Path("x/tcm.gguf"), Path("x/tcm.modelfile"))
    assert replace(settings, format="gguf").modelfile is None


def test_short_rows_are_said() -> None:
    record = {
        **{"output": "t.gguf", "quant": "q4_k_m", "tensor_types": {"Q5_0": 3, "Q4_K": 1}, "rows_too_short": 3},
        **{"verified": "not_verified", "checks": {}, "table": []},
    }
    assert next(lines(record)) == (
        "3 tensors have rows that are no multiple of 256: llama.cpp gave them another type than q4_k_m (3 Q5_0, 1 Q4_K)"
    )


@pytest.mark.parametrize("open_mark", ["{% generation %}", "{%- generation -%}", "{%generation%}"])
def test_marks_for_trainers_do_not_change_what_is_written(open_mark: str) -> None:
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from transformers.utils.chat_template_utils import render_jinja_template

    template = "{% for m in messages %}\n  " + open_mark + "\n{{ m.content }}  \n{%- endgeneration %}\n |{% endfor %}"
    messages = [{"role": "user", "content": " 气虚 \n"}, {"role": "assistant", "content": "补气"}]
    [right], _ = render_jinja_template([messages], chat_template=template)
    plain = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    assert plain.from_string(without_generation_marks(template)).render(messages=messages) == right
