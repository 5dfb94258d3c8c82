"""How often the built-in engine of `tcm classify` names the right syndrome, and how many cases a second it manages.

    python benchmarks/classify.py cases.jsonl

Each line has `text` and its label (`syndrome` or `norm_syndrome`). The records are split in halves by a hash of the
text: the numbers of the engine's formula were set on half 0, half 1 was never looked at. Speed is processor time of
the step alone on records that clean-tqs has cleaned.
"""

import argparse
import hashlib
import json
import time
from pathlib import Path

from measure import figure

from tcmkit.classify import Classifier, Settings, label_of
from tcmkit.clean_tqs import Cleaner
from tcmkit.clean_tqs import Settings as CleanSettings
from tcmkit.records import Record


def half_of(record: Record) -> int:
    """0 or 1, by the text."""
    digest: int = hashlib.blake2b(record["text"].encode("utf-8")).digest()[0]
    return digest % 2


def cleaned(record: Record) -> Record:
    made = Cleaner(CleanSettings())(record)
    assert isinstance(made, list)
    return made[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--runs", type=int, default=4)
    options = parser.parse_args()
    records = [json.loads(line) for line in options.cases.read_text(encoding="utf-8").splitlines()]
    cases = [cleaned(record) for record in records]
    step = Classifier(Settings(top=3))
    ranks: dict[int, list[int]] = {0: [], 1: []}
    for case in cases:
        made = step(case)
        assert isinstance(made, list)
        names = [one["syndrome"] for one in made[0]["candidates"]]
        label = label_of(case)
        ranks[half_of(case)].append(names.index(label) if label in names else len(names))
    for half, found in ranks.items():
        first, third = (sum(rank < most for rank in found) / len(found) for most in (1, 3))
        print(f"half {half}: {len(found)} records, top-1 {first:.3f}, top-3 {third:.3f}")
        figure(f"classify, no training, half {half} of the records: top-1", first, "")
        figure(f"classify, no training, half {half} of the records: top-3", third, "")
    started = time.process_time()
    for _ in range(options.runs):
        for case in cases:
            step(case)
    rate = options.runs * len(cases) / (time.process_time() - started)
    print(f"{rate:,.0f} cases a second of CPU")
    figure("classify: cases a second of CPU", rate, "a second")


if __name__ == "__main__":
    main()
