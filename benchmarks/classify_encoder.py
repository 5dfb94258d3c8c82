"""How much faster an encoder is with 8-bit weights (`--export onnx`) than torch in 32 bits, on this processor.

    python benchmarks/classify_encoder.py [--cases 32] [--rounds 5] [--threads 2]

The shape is RoBERTa-base's (12 layers of 768, vocabulary 21,128, 148 classes) with random weights: speed does not
depend on what they are. Cases have 300 tokens on average, between 100 and 510. Torch and the graphs take the same
batches, sorted by length; besides, torch takes them as they come, padded, 32 at once, which is how it is mostly used.
All take turns, round by round; the best round of each counts, by the clock, and by processor time, which other work on
the machine disturbs less. How near the graphs come to torch is printed too.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from measure import figure

from tcmkit.classify.encoder.running import Network, logits_of, padded

PAD = 0


def make_model(folder: Path) -> None:
    import torch
    import transformers

    torch.manual_seed(0)
    config = transformers.BertConfig(vocab_size=21_128, num_labels=148)
    transformers.BertForSequenceClassification(config).save_pretrained(folder)


def rows_of(count: int) -> list[list[int]]:
    dice = np.random.default_rng(0)
    lengths = np.clip(dice.normal(300, 80, count), 100, 510).astype(int)
    return [dice.integers(5, 21_000, length).tolist() for length in lengths]


def as_they_come(network: Network, rows: list[list[int]]) -> Any:
    return np.concatenate([network(*padded(rows[at : at + 32], PAD)) for at in range(0, len(rows), 32)])


def contenders(folder: Path, threads: int) -> dict[str, Callable[[list[list[int]]], Any]]:
    from tcmkit.classify.encoder import in_onnx, in_torch
    from tcmkit.classify.encoder.exporting import quantise, quiet, write_graph

    whole, small = folder / "whole.onnx", folder / "small.onnx"
    with quiet():
        write_graph(in_torch.TorchNetwork(folder, plain=True).module, whole)
        quantise(whole, small)
    by_torch = in_torch.TorchNetwork(folder)
    graphs = {name: in_onnx.OnnxNetwork(path, threads) for name, path in (("f32", whole), ("int8", small))}
    print(f"graph: {whole.stat().st_size >> 20} MB in 32 bits, {small.stat().st_size >> 20} MB with 8-bit weights")
    return {
        "torch fp32": lambda rows: logits_of(by_torch, rows, PAD, in_torch.MOST_TOKENS),
        "torch fp32, as they come": lambda rows: as_they_come(by_torch, rows),
        "onnx fp32": lambda rows: logits_of(graphs["f32"], rows, PAD, in_onnx.MOST_TOKENS),
        "onnx int8": lambda rows: logits_of(graphs["int8"], rows, PAD, in_onnx.MOST_TOKENS),
    }


def processor() -> str:
    flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split()) if Path("/proc/cpuinfo").exists() else set()
    return ", ".join(flag for flag in ("avx512_vnni", "avx_vnni", "amx_int8", "avx512f", "avx2") if flag in flags)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    import torch

    torch.set_num_threads(options.threads)
    rows = rows_of(options.cases)
    print(f"{len(rows)} cases, {np.mean([len(row) for row in rows]):.0f} tokens on average; {options.threads} threads")
    print(f"processor: {processor()}; load before: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        make_model(Path(name))
        runs = contenders(Path(name), options.threads)
        best = {run: (float("inf"), float("inf")) for run in runs}
        said = {run: work(rows[:2]) for run, work in runs.items()}  # the first call prepares much
        for _ in range(options.rounds):
            for run, work in runs.items():
                clock, processed = time.perf_counter(), time.process_time()
                said[run] = work(rows)
                took = (time.perf_counter() - clock, time.process_time() - processed)
                best[run] = (min(best[run][0], took[0]), min(best[run][1], took[1]))
    base = best["torch fp32"]
    for run, (clock, processed) in best.items():
        near = np.abs(said[run] - said["torch fp32"]).max()
        same = (said[run].argmax(axis=1) == said["torch fp32"].argmax(axis=1)).mean()
        print(
            f"{run}: {len(rows) / clock:.2f} cases a second ({base[0] / clock:.2f} times torch), "
            f"{processed / len(rows) * 1000:.0f} ms of processor a case ({base[1] / processed:.2f} times); "
            f"logits differ by {near:.2g}, the same label {same:.3f}"
        )
        if run != "torch fp32":
            figure(f"an encoder, {run}", len(rows) / clock, "cases a second", "torch fp32", len(rows) / base[0])
    print(f"load after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
