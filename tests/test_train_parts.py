"""The parts of training that need no training: batches, presets, templates, rows, settings."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.errors import RecordError, TcmError, UsageError
from tcmkit.tables import table
from tcmkit.train import Job, Machine, Recipe, RunFolder, preset, spread
from tcmkit.train.lessons import Packer
from tcmkit.train.places import check_method
from tcmkit.train.slurm import script


@given(st.integers(1, 600), st.integers(1, 33), st.integers(1, 64))
def test_every_batch_can_be_spread(batch: int, processes: int, most: int) -> None:
    found = spread(batch, processes, most)
    assert found.processes == processes
    assert 1 <= found.per_device <= most
    if batch % processes == 0:
        assert found.effective == batch
    assert abs(found.effective - batch) <= max(processes / 2, processes - batch), "the nearest that can be"


@given(st.lists(st.lists(st.integers(0, 9), max_size=30), max_size=12), st.integers(2, 17))
def test_packing_loses_no_token(documents: list[list[int]], size: int) -> None:
    packer = Packer(size)
    rows = [row for n, ids in enumerate(documents) for row in packer.add(f"d:{n}", ids)]
    assert all(len(row["input_ids"]) == size for row in rows)
    rows += packer.rest()
    every = [token for ids in documents for token in ids]
    packed = [token for row in rows for token in row["input_ids"]]
    assert packed == every or packed == every[:-1], "one token alone teaches nothing"
    assert all(row["labels"] == row["input_ids"] for row in rows)


def test_a_row_says_which_documents_are_in_it() -> None:
    packer = Packer(4)
    assert packer.add("d:1", [1, 2]) == []
    (row,) = packer.add("d:2", [3, 4, 5])
    assert (row["place"], row["input_ids"]) == ("d:1, d:2", [1, 2, 3, 4])
    (last, *_) = [*packer.add("d:3", [6]), *packer.rest()]
    assert (last["place"], last["input_ids"]) == ("d:2, d:3", [5, 6])


def test_presets_are_what_the_papers_state() -> None:
    chimed = [preset(f"chimed-{stage}", verb) for stage, verb in (("pretrain", "sft"), ("sft", "sft"), ("dpo", "dpo"))]
    assert [found.recipe["epochs"] for found in chimed] == [2, 2, 1]
    assert [found.recipe["batch"] for found in chimed] == [64, 32, 16]
    assert [found.recipe["learning_rate"] for found in chimed] == [1e-5, 5e-5, 1e-5]
    assert {found.recipe["warmup"] for found in chimed} == {0.1}
    assert chimed[0].own["stage"] == "pretrain"
    jingfang = preset("jingfang", "sft").recipe
    assert (jingfang["lora_rank"], jingfang["lora_alpha"], jingfang["learning_rate"], jingfang["batch"]) == (
        64,
        16,
        5e-4,
        16,
    )
    assert preset("hengqin-full", "sft").recipe == {"method": "full"}


@pytest.mark.parametrize("name", table("train_presets"))
def test_a_preset_makes_a_recipe_and_owns_up(name: str) -> None:
    found = preset(name, table("train_presets")[name]["verb"])
    made = Recipe(**found.recipe)
    assert found.source
    stated = {**found.recipe, **found.own}
    assert not set(found.not_stated) & set(stated)
    assert {setting for setting in found.not_stated if hasattr(made, setting)}


def test_an_unknown_preset_names_the_others() -> None:
    with pytest.raises(
        UsageError, match=r"--preset chimed-dpo \(tcm dpo\): here there are chimed-pretrain, chimed-sft"
    ):
        preset("chimed-dpo", "sft")


def test_settings_come_back_from_disk(tmp_path: Path) -> None:
    job = Job("sft", "a:b", "m", "/m", "out", recipe=Recipe(freeze=("mlp", "2")), own={"stage": "sft"})
    job = job.with_facts(rows=3)
    job.save(tmp_path / "job.json")
    assert Job.load(tmp_path / "job.json") == job
    (tmp_path / "bad.json").write_text('{"recipe":{}}', encoding="utf-8")
    with pytest.raises(UsageError, match="is no configuration of a run"):
        Job.load(tmp_path / "bad.json")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: Recipe(batch=0), "--batch cannot be 0"),
        (lambda: Recipe(learning_rate=-1.0), "--learning-rate cannot be -1.0"),
        (lambda: Recipe(warmup=1.0), "--warmup cannot be 1.0"),
        (lambda: Recipe(schedule="stairs"), "--schedule cannot be stairs"),
        (lambda: Machine(nodes=2, node_rank=2), "--node-rank cannot be 2"),
        (lambda: Machine(nodes=2, master="here"), "several nodes need --master HOST:PORT"),
    ],
)
def test_values_that_no_run_can_use(made: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        made()


def test_the_slurm_script_runs_the_command_on_each_node(tmp_path: Path) -> None:
    text = script(["tcm", "sft", "问 答.jsonl", "--model", "it's", "-o", "out"], "tcm-sft", 2, 8)
    assert "#SBATCH --nodes=2\n" in text
    assert "#SBATCH --gpus-per-node=8\n" in text
    stubs = {
        "scontrol": '[ "$1" = show ] && printf "a7\\na9\\n" || echo "scontrol $*"',
        "srun": 'shift; export SLURM_NODEID=1; exec "$@"',
        "tcm": 'printf "%s|" "$@"; echo; exit 130',
    }
    for name, body in stubs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    env = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "SLURM_NNODES": "2",
        "SLURM_JOB_ID": "5",
        "SLURM_JOB_NODELIST": "a[7,9]",
    }
    done = subprocess.run(["bash", "-c", text], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == [
        "sft|问 答.jsonl|--model|it's|-o|out|--resume|--nodes|2|--node-rank|1|--master|a7:29507|",
        "scontrol requeue 5",
    ]
    assert done.returncode == 130


@pytest.mark.parametrize(
    ("recipe", "machine", "said"),
    [
        (Recipe(method="qlora"), Machine(), "--method qlora needs bitsandbytes: run pip install bitsandbytes"),
        (Recipe(), Machine(shard="zero2"), "--shard zero2 needs deepspeed: run pip install deepspeed"),
        (Recipe(method="qlora"), Machine(shard="fsdp"), "--method qlora goes without --shard"),
    ],
)
def test_a_package_that_a_gpu_run_needs(
    monkeypatch: pytest.MonkeyPatch, recipe: Recipe, machine: Machine, said: str
) -> None:
    monkeypatch.setattr("tcmkit.train.places.find_spec", lambda _name: None)
    with pytest.raises(TcmError) as raised:
        check_method(Job("sft", "a:b", "m", "/m", "out", recipe=recipe, machine=machine), "cuda")
    assert " ".join(str(raised.value).split()).startswith(said)


CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TRIMMED = CHATML.replace("message.content", "message.content | trim")
SYSTEM = "{% if messages[0].role != 'system' %}<|im_start|>system\n你是助手。<|im_end|>\n{% endif %}" + CHATML
MARKED = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.role == 'assistant' %}{% generation %}{{ message.content }}<|im_end|>{% endgeneration %}\n"
    "{% else %}{{ message.content }}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
THINKING = (  # as Qwen3: only the last answer may think
    "{% for message in messages %}{% set said = message.content.split('</think>')[-1].lstrip('\n') %}"
    "<|im_start|>{{ message.role }}\n"
    "{% if message.role == 'assistant' and loop.last %}<think>\n"
    "{{ message.content.split('</think>')[0].split('<think>')[-1].strip() if '</think>' in message.content else '' }}"
    "\n</think>\n\n{% endif %}"
    "{{ said if message.role == 'assistant' else message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TALK = [
    {"role": "user", "content": "头痛？"},
    {"role": "assistant", "content": " 何时起？\n"},
    {"role": "user", "content": "昨夜。"},
    {"role": "assistant", "content": "先休息。"},
]


@pytest.fixture(scope="module")
def chat(tiny: Path) -> Any:
    """A Chat with a template of one's own."""
    pytest.importorskip("transformers")
    from tcmkit.train.chat import Chat

    return lambda template: Chat(str(tiny / "hf"), template)


def learned(chat: Any, messages: list[dict[str, str]]) -> list[str]:
    """The runs of text that are learned."""
    ids, labels = chat.encode(messages)
    assert all(label in (-100, token) for token, label in zip(ids, labels, strict=True))
    runs: list[list[int]] = [[]]
    for label in labels:
        if label != -100:
            runs[-1].append(label)
        elif runs[-1]:
            runs.append([])
    return [chat.tokenizer.decode(run) for run in runs if run]


@pytest.mark.parametrize(
    ("template", "answers"),
    [
        (CHATML, [" 何时起？\n<|im_end|>", "先休息。<|im_end|>"]),
        (TRIMMED, ["何时起？<|im_end|>", "先休息。<|im_end|>"]),
        (SYSTEM, [" 何时起？\n<|im_end|>", "先休息。<|im_end|>"]),
        (MARKED, [" 何时起？\n<|im_end|>", "先休息。<|im_end|>"]),
        (THINKING, [" 何时起？\n<|im_end|>", "先休息。<|im_end|>"]),
    ],
    ids=["chatml", "trimmed", "system", "marked", "thinking"],
)
def test_the_answers_and_nothing_else_is_learned(chat: Any, template: str, answers: list[str]) -> None:
    made = chat(template)
    assert learned(made, TALK) == answers
    assert made.tokenizer.decode(made.encode(TALK)[0]) == made.render(TALK)


def test_an_answer_that_thinks_is_learned_with_its_thoughts(chat: Any) -> None:
    talk = [TALK[0], {"role": "assistant", "content": "<think>新病多实。</think>先休息。"}]
    assert learned(chat(CHATML), talk) == ["<think>新病多实。</think>先休息。<|im_end|>"]
    assert learned(chat(THINKING), talk) == ["<think>\n新病多实。\n</think>\n\n先休息。<|im_end|>\n"]


@pytest.mark.parametrize(
    "template",
    [
        "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}",
        "{% for message in messages %}<|im_start|>{{ message.content | upper | replace('二', '两') }}<|im_end|>{% endfor %}",
        "{{ raise_exception('no') }}",
        CHATML.replace("{% for", "{% generation %}{% endgeneration %}{% for", 1),
    ],
)
def test_a_template_without_answers_is_refused(chat: Any, template: str) -> None:
    with pytest.raises(UsageError, match="wrong template"):
        chat(template)


def test_a_tokenizer_without_an_end_teaches_no_documents(tiny: Path, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from tcmkit.train.lessons import Reading, step_for

    shutil.copytree(tiny / "hf", tmp_path / "hf")
    path = tmp_path / "hf" / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "eos_token": None}), encoding="utf-8")
    with pytest.raises(UsageError, match="its tokenizer names no eos_token"):
        step_for(Reading("pretrain", str(tmp_path / "hf")))


def test_lines_that_cannot_be_learned_from(tiny: Path) -> None:
    pytest.importorskip("transformers")
    from tcmkit.train.lessons import Reading, step_for

    step = step_for(Reading("sft", str(tiny / "hf"), None, 24))
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, "no_messages"),
        ({"messages": []}, "no_messages"),
        ({"messages": "text"}, "bad_messages"),
        ({"messages": [{"role": "user", "content": "问"}]}, "no_answer"),
        ({"messages": [{"role": "assistant", "content": " "}]}, "no_answer"),
        ({"messages": [{"role": "user", "content": ["问"]}]}, "bad_messages"),
        ({"question": "问"}, "no_answer"),
        ({"question": "问" * 40, "answer": "答"}, "answer_cut_off"),
    ]
    for record, reason in cases:
        with pytest.raises(RecordError) as raised:
            step(record)
        assert raised.value.reason == reason, json.dumps(record, ensure_ascii=False)
        assert "问" not in raised.value.detail


def test_a_gradient_that_is_no_number_names_its_batch(tmp_path: Path) -> None:
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    from tcmkit.train.care import with_care

    assert hasattr(transformers.Trainer, "_get_grad_norm"), "called before each step of the optimiser"

    class Poisoned:
        state, data_collator = SimpleNamespace(global_step=2), None

        def training_step(self, _model: Any, _inputs: Any) -> Any:
            return torch.tensor(1.0)

        def _get_grad_norm(self, _model: Any, grad_norm: float) -> float:
            return grad_norm

    trainer = with_care(Poisoned)()
    trainer.take_care(RunFolder(tmp_path), 1)
    trainer.training_step(None, {"place": ["a.jsonl:1"]})
    assert trainer._get_grad_norm(None, 0.5) == 0.5
    for place in ("a.jsonl:2", "a.jsonl:3"):
        trainer.training_step(None, {"place": [place]})
    with pytest.raises(TcmError, match=r"step 3: the gradient is no number; the batch was a.jsonl:2; a.jsonl:3;"):
        trainer._get_grad_norm(None, float("inf"))


def test_a_stop_waits_for_a_place_to_stop() -> None:
    pytest.importorskip("transformers")
    from tcmkit.train.watch import Stop

    stop, control = Stop(3), SimpleNamespace(should_save=False, should_training_stop=False)
    stop.ask()
    seen = []
    for step in range(4, 8):
        stop.on_step_end(None, SimpleNamespace(global_step=step, max_steps=9), control)
        seen.append(control.should_save and control.should_training_stop)
    assert seen == [False, False, True, True]
