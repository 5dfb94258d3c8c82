"""How long a model of 0.5B weights on this machine takes to the first word of a question, and what reuse saves.

    python benchmarks/consult_model.py [--model FILE.gguf] [--rounds 3] [--threads N] [--keep FOLDER] [--count]

Without --model one of Qwen2.5-0.5B's shape is made, its weights random, in Q4_K_M: what it says is nonsense, what it
takes is not. So each reply is computed for as many tokens as a sensible one has, under the same grammar, and then the
sensible one is put in its place. A question at the terminal waits for all calls of its round: members propose, review
and rewrite; each round gives two questions, so the second of them waits for nothing. `kept` reads on where the last
prompt agrees, `anew` reads every prompt from its beginning. Seconds by the clock are of this machine as it is (its load
is shown). CPU seconds with --threads 1 are the work itself: with more threads on a busy machine they hold the time in
which one waits for the other. `at the terminal` is what somebody waits for the first question of a round who takes
--typing seconds for each of the four short questions before the first, during which the team begins. --count computes
nothing.
"""

import argparse
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tcmkit.consult.advice import Adviser
from tcmkit.consult.chart import dimensions
from tcmkit.consult.live import LiveTeam
from tcmkit.consult.loop import Consultation
from tcmkit.consult.session import Exchange, Session
from tcmkit.consult.settings import Settings
from tcmkit.consult.team import Team
from tcmkit.consult.terminal_reader import Scoring
from tcmkit.export.gguf_file import quantise
from tcmkit.llm import Call, EngineSettings, Sampling
from tcmkit.llm.gguf_model import Model

LAYERS, HIDDEN, HEADS, KEY_HEADS, INNER, VOCABULARY = 24, 896, 14, 2, 4864, 151936
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
ANSWERS = (
    "三天了，怕风，有点发热，出一点汗。",
    "痰黄，不太好咳出来，嗓子疼。",
    "口渴，想喝凉的，大便有点干。",
    "睡得不太好，老醒。",
)


@dataclass
class Took:
    """What the calls of a round took."""

    seconds: float = 0.0
    cpu: float = 0.0
    prompt: int = 0
    computed: int = 0
    reply: int = 0
    calls: int = 0


class Counting(Model):
    """The same, but nothing is computed: for the numbers of tokens alone."""

    def _read(self, tokens: list[int], stop: Any) -> None:
        pass

    def _tokens_said(self, _last: list[int], request: Any) -> Iterator[int]:
        return itertools.repeat(0, request.sampling.max_tokens)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--specialists", type=int, default=1)
    parser.add_argument("--max-turns", type=int, default=1)
    parser.add_argument("--count", action="store_true", help="count tokens and compute nothing")
    parser.add_argument("--keep", type=Path, help="folder for the model that is made")
    parser.add_argument("--threads", type=int, help="of llama.cpp; else one for each core")
    parser.add_argument("--typing", type=float, default=5.0, help="seconds for each of the four questions of who it is")
    parser.add_argument("--proposals", type=int, default=1, help="questions of each member; at the terminal one")
    parser.add_argument("--anew", action="store_true", help="also without reuse of what was read before")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path = options.model or made(options.keep or Path(name))
        print(f"{path.name}: {path.stat().st_size / 1e6:.0f} MB, load of the machine {os.getloadavg()[0]:.1f} on "
              f"{len(os.sched_getaffinity(0))} cores")  # fmt: skip
        for turns in sorted({0, options.max_turns}):
            for kept in (True, False) if options.anew else (True,):
                settings = Settings(max_turns=turns, specialists=options.specialists, proposals=options.proposals)
                model = (Counting if options.count else Model)(
                    path, EngineSettings(context=4096, threads=options.threads)
                )
                model._keeps = model._keeps and kept
                found = rounds(model, settings, options.rounds)
                model.close()
                show(f"--max-turns {turns}, {'kept' if kept else 'anew'}", found)
        if not options.count:
            model = Model(path, EngineSettings(context=4096, threads=options.threads))
            for number, waited in enumerate(at_the_terminal(model, settings, options.typing, options.rounds), 1):
                print(f"at the terminal, --max-turns {turns}: {waited:.1f} s until round {number} asks, "
                      f"load {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip
            model.close()


def show(name: str, found: list[Took]) -> None:
    """A line for the first question and one for the later rounds."""
    for head, some in (("first", found[:1]), ("later", found[1:])):
        if not some:
            continue
        mean = {key: statistics.mean(getattr(one, key) for one in some) for key in Took.__dataclass_fields__}
        clock = f"{mean['seconds']:.1f} s by the clock, {mean['cpu']:.1f} s of CPU; " if mean["cpu"] > 1 else ""
        tokens = f"{mean['prompt']:.0f} tokens of prompt, {mean['computed']:.0f} computed, {mean['reply']:.0f} of reply"
        print(f"{name}, {head} round: {clock}{mean['calls']:.1f} calls, {tokens}", flush=True)


def rounds(model: Model, settings: Settings, count: int) -> list[Took]:
    """A consultation of so many rounds; what each took until its first question could be shown."""
    consultation = Consultation(settings, Adviser(settings))
    consultation.hear("咳嗽三天，嗓子疼，身上发冷。")
    team, found = Team(settings), []
    for number in range(count):
        took = Took()
        if not team.members:
            finish(model, team.set_up(consultation.chart), took, number)
        before = [turn["text"] for turn in consultation.turns if turn["role"] == "doctor"]
        questions = finish(model, team.next_questions(consultation.chart, before), took, number)
        found.append(took)
        for question in consultation.ask(questions):
            consultation.hear(ANSWERS[(number * 2) % len(ANSWERS)], question)
    return found


class Sensible:
    """What `LiveTeam` asks: each call computed by the model, and answered sensibly."""

    def __init__(self, model: Model) -> None:
        self.model, self.number = model, 0

    def finish(self, talk: Generator[Call, Any, Any]) -> Any:
        """What the talk comes to."""
        return finish(self.model, talk, Took(), self.number)


def at_the_terminal(model: Model, settings: Settings, typing: float, count: int) -> Iterator[float]:
    """Seconds from the last answer to the first question of each round."""
    asked = Sensible(model)
    consultation = Consultation(settings, Adviser(settings))
    consultation.hear("咳嗽三天，嗓子疼，身上发冷。")
    session = Session()
    team = LiveTeam(asked, settings, session, Scoring(), lambda _said: None)  # type: ignore[arg-type]
    for knows_who in (False, False, True, True):  # age, sex, pregnancy, medicines
        team.think_ahead(lambda: consultation, knows_who)
        time.sleep(typing)
    waits: list[float] = []
    while len(waits) < count:
        is_waiting = not session.waiting
        clock = time.perf_counter()
        question = team.next_question(consultation)
        if question is None:
            break
        if is_waiting:
            waits.append(time.perf_counter() - clock)
            yield waits[-1]
            asked.number = len(waits)
        consultation.hear(ANSWERS[len(waits) % len(ANSWERS)], question)
        team.answered(Exchange.of(question, ""))
    team.close()


def finish(model: Model, talk: Generator[Call, Any, Any], took: Took, number: int) -> Any:
    """The talk to its end, each call computed by the model and answered sensibly."""
    answer: Any = None
    while True:
        try:
            call = talk.send(answer)
        except StopIteration as end:
            return end.value
        answer = sensible(call, number, took.calls)
        tokens = len(model._tokens(json.dumps(answer, ensure_ascii=False)))
        request = replace(call.request(Sampling()), sampling=Sampling(max_tokens=tokens))
        clock, cpu = time.perf_counter(), time.process_time()
        usage, _ = model.say(request, lambda _piece: None, lambda: False)
        took.seconds += time.perf_counter() - clock
        took.cpu += time.process_time() - cpu
        took.prompt, took.computed = took.prompt + usage.prompt, took.computed + model.computed
        took.reply, took.calls = took.reply + usage.completion, took.calls + 1


def sensible(call: Call, number: int, nth: int) -> Any:
    """What a good model would say: two questions about what was not asked, a suggestion, one rewriting."""
    asked = call.messages[-1]["content"]
    if "召集人" in asked:
        return {"specialties": ["internal"], "chief_complaint": "咳嗽、咽痛三天，恶寒"}
    if "下面是本轮拟问的问题" in asked:
        return {"agree": False, "suggestions": [{"number": 3, "suggestion": "问得再具体些，说明白天还是夜里"}]}
    items = [(name, row["questions"][0]) for name, row in dimensions().items() if row["questions"]]
    if "你负责修改问题" in asked:
        count = asked.count("（0.") + asked.count("（1.")
        chosen = [items[(number * 4 + at) % len(items)] for at in range(max(count, 1))]
    else:
        most = 1 if "请提出一个" in asked else 2
        chosen = [items[(number * 4 + nth * 2 + at) % len(items)] for at in range(most)]
    return {"questions": [{"question": text, "dimension": name, "reason": "辨寒热虚实"} for name, text in chosen]}


def made(folder: Path) -> Path:
    """The model: of the shape of Qwen2.5-0.5B, its weights random."""
    folder.mkdir(parents=True, exist_ok=True)
    path, full = folder / "qwen2-0.5b-random-q4_k_m.gguf", folder / "full.gguf"
    if not path.is_file():
        write(full)
        quantise(full, path, "q4_k_m", len(os.sched_getaffinity(0)))
        full.unlink()
    return path


def write(path: Path) -> None:
    """All weights in half precision."""
    import gguf

    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_name("qwen2-0.5b-random")
    writer.add_context_length(32768)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_rope_freq_base(1e6)
    writer.add_layer_norm_rms_eps(1e-6)
    write_vocabulary(writer)
    random = np.random.default_rng(0)

    def weights(*shape: int) -> Any:
        return (random.standard_normal(shape, dtype=np.float32) * 0.02).astype(np.float16)

    keys = HIDDEN // HEADS * KEY_HEADS
    writer.add_tensor("token_embd.weight", weights(VOCABULARY, HIDDEN))
    writer.add_tensor("output_norm.weight", np.ones(HIDDEN, np.float32))
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        for name, out in (("attn_q", HIDDEN), ("attn_k", keys), ("attn_v", keys)):
            writer.add_tensor(f"{block}{name}.weight", weights(out, HIDDEN))
            writer.add_tensor(f"{block}{name}.bias", np.zeros(out, np.float32))
        writer.add_tensor(f"{block}attn_output.weight", weights(HIDDEN, HIDDEN))
        writer.add_tensor(f"{block}ffn_gate.weight", weights(INNER, HIDDEN))
        writer.add_tensor(f"{block}ffn_up.weight", weights(INNER, HIDDEN))
        writer.add_tensor(f"{block}ffn_down.weight", weights(HIDDEN, INNER))
        writer.add_tensor(f"{block}attn_norm.weight", np.ones(HIDDEN, np.float32))
        writer.add_tensor(f"{block}ffn_norm.weight", np.ones(HIDDEN, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_vocabulary(writer: Any) -> None:
    """Pieces learnt from the package's own tables, filled up to the size of Qwen's: as many tokens for a text."""
    import gguf
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

    words = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(words), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]
    )
    data = Path(__file__).resolve().parent.parent / "tcmkit" / "data"
    texts = [
        path.read_text(encoding="utf-8") for path in (*sorted(data.glob("*.json")), *sorted(data.glob("prompts/*")))
    ]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=20000, initial_alphabet=alphabet, show_progress=False)
    )
    learnt = sorted(tokenizer.get_vocab().items(), key=lambda pair: pair[1])
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokens = [token for token, _ in learnt] + specials
    fill = VOCABULARY - len(tokens)
    kinds = [gguf.TokenType.NORMAL] * len(learnt) + [gguf.TokenType.CONTROL] * 3 + [gguf.TokenType.UNUSED] * fill
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens + [f"[PAD{at}]" for at in range(fill)])
    writer.add_token_types(kinds)
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    writer.add_eos_token_id(len(learnt) + 2)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)


if __name__ == "__main__":
    main()
