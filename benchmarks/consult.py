"""How fast consultations are, and in how many rounds they learn what a fixed order of questions learns later.

    python benchmarks/consult.py CASES [--limit 100]

CASES is JSON Lines with text. Each case is played by the simulated patient twice: asked by the built-in engine, and in
the order of the Ten Questions Song. The figures are those of `tcm eval consult`; seconds are of one process.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from measure import TCM, figure, measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("cases", type=Path, metavar="CASES")
    parser.add_argument("--limit", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cases = folder / "cases.jsonl"
        measure([*TCM, "clean-tqs", options.cases, "--limit", str(options.limit), "-o", cases, "--quiet"])
        count = sum(1 for _ in cases.open(encoding="utf-8"))
        played = ["--patient", "simulated", "--after-red-flag", "note", "--quiet"]
        for kind, more in (("built-in", ""), ("fixed", "--fixed-order")):
            begun = time.perf_counter()
            run = measure([*TCM, "consult", cases, *played, *more.split(), "-o", folder / f"{kind}.jsonl"])
            wall = time.perf_counter() - begun
            print(f"{kind}: {count / run.cpu:.1f} consultations a second of CPU, {count / wall:.1f} by the clock")
        score = folder / "score.json"
        pair: list[str | Path] = [folder / "built-in.jsonl", "--against", folder / "fixed.jsonl"]
        measure([*TCM, "eval", "consult", *pair, "--summary", score, "--quiet", "-o", folder / "measured.jsonl"])
        found = json.loads(score.read_text(encoding="utf-8"))["consultations"]
    ours, theirs = found["rounds_to_90"]["mean"], found["others"]["rounds_to_90"]["mean"]
    print(
        f"rounds until nine tenths of the dimensions are known: {ours}, fixed order {theirs}: {theirs / ours:.2f} times"
    )
    figure("consult: rounds until nine tenths are known", ours, "rounds", "the Ten Questions in their order", theirs)
    print(f"dimensions at the end {found['dimensions']['mean']}, rounds {found['rounds']['mean']}, "
          f"accuracy against the full record {found['accuracy_of_full_record']}")  # fmt: skip


if __name__ == "__main__":
    main()
