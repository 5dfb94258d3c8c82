"""What an export costs: seconds of each stage and the peak of memory, on a model of random weights.

    python benchmarks/export.py SCRATCH [--verify full,quick] [--quant q4_k_m] [--layers 24] [--hidden 896]

The sizes are Qwen2.5-0.5B's unless others are given. Random weights say nothing about quality: perplexity means nothing
here. Memory is that of the largest process; pages of files that are mapped count.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from measure import TCM, measure, mebibytes, say, table

MAKE = """
import json, sys, torch
from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM
small, folder, sizes = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
tokenizer = AutoTokenizer.from_pretrained(small)
tokenizer.save_pretrained(folder)
torch.set_default_dtype(torch.bfloat16)
config = Qwen2Config(**sizes, eos_token_id=tokenizer.eos_token_id, bos_token_id=None, max_position_embeddings=4096)
Qwen2ForCausalLM(config).save_pretrained(folder)
"""
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def make(scratch: Path, sizes: dict[str, int | bool]) -> Path:
    """A model of random weights in 16 bits, made by a process of its own."""
    small, model = scratch / "small", scratch / f"model-{'-'.join(map(str, sizes.values()))}"
    if not (model / "config.json").exists():
        say("making the model …")
        subprocess.run([sys.executable, EXAMPLES / "make_model.py", small], check=True, stderr=subprocess.DEVNULL)
        command = [sys.executable, "-c", MAKE, str(small), str(model), json.dumps(sizes)]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return model


def main() -> None:
    """Print a table: a row for each way to verify."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--verify", default="full,quick")
    parser.add_argument("--quant", default="q4_k_m")
    parser.add_argument("--layers", type=int, default=24)
    parser.add_argument("--hidden", type=int, default=896)
    parser.add_argument("--inner", type=int, default=4864)
    parser.add_argument("--heads", type=int, default=14)
    parser.add_argument("--key-heads", type=int, default=2)
    parser.add_argument("--vocabulary", type=int, default=151936)
    given = parser.parse_args()
    sizes: dict[str, int | bool] = {
        **{"num_hidden_layers": given.layers, "hidden_size": given.hidden, "intermediate_size": given.inner},
        **{"num_attention_heads": given.heads, "num_key_value_heads": given.key_heads},
        **{"vocab_size": given.vocabulary, "tie_word_embeddings": True},
    }
    model = make(given.scratch, sizes)
    rows = []
    for verify in given.verify.split(","):
        say(f"tcm export --verify {verify} …")
        target = given.scratch / f"{verify}.gguf"
        usage = measure([*TCM, "export", model, "-o", target, "--quant", given.quant, "--verify", verify])
        record = json.loads(target.with_name(target.name + ".json").read_text(encoding="utf-8"))
        stages = ", ".join(f"{stage} {seconds:.0f}" for stage, seconds in record["seconds"].items())
        rows.append(
            (
                verify,
                f"{usage.wall:.0f}",
                f"{usage.cpu:.0f}",
                stages,
                mebibytes(usage.largest),
                mebibytes(record["size"]),
            )
        )
        for row in record["table"]:
            say(json.dumps(row))
    print(table(("verified", "wall s", "processor s", "stages, s", "peak MiB", "file MiB"), rows))


if __name__ == "__main__":
    main()
