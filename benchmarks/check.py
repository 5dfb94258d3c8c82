"""Prescriptions a second through the check, against the dictionary scan that one would write first.

    python benchmarks/check.py [--prescriptions 20000] [--seed 0]

And how often red flags are heard, and false alarms given, in utterances that nothing was trained on.

The prescriptions are made here: four to sixteen herbs under names and aliases, in six layouts, with doses (one in
ten too high), notes and patients, no two alike. The scan looks for the names of the two songs as substrings and
reports the pairs; it reads no dose, no alias, no patient. Both run in this process on the same lines, three times
each; the fastest counts, because the machine may be busy. The utterances of tests/data go through the search for
red flags in the same way.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

from measure import figure

from tcmkit.herbs import rows
from tcmkit.safety import Checker, Settings
from tcmkit.tables import table

DATA = Path(__file__).resolve().parent.parent / "tests" / "data"
UTTERANCES = (
    "red_flag_unseen.txt",
    "red_flag_looked_at.txt",
    "red_flag_heldout.txt",
    "red_flag_chronic.txt",
    "red_flag_ordinary.txt",
    "red_flag_ordinary_heldout.txt",
)
NAMED = "red_flag_named.tsv"
LAYOUTS = ("{0}{1}g，", "{0} {1}克 ", "{0}{1}g（先煎）、", "{0}{1}，", "{0} {1}g\n", "{0}{1}g;")
NOTES = ("共7剂，水煎服，日一剂", "每日1剂，分两次温服", "", "5剂")
PATIENTS: tuple[dict[str, Any], ...] = (
    {"sex": "男", "age": "45岁"},
    {"sex": "女", "age": 28, "pregnant": True},
    {"sex": "女", "age": 63, "medications": ["华法林"]},
    {"sex": "男", "age": "6岁"},
)


def dose(row: dict[str, Any], choose: random.Random) -> str:
    """Grams within the range of the book; one in ten is three times the most."""
    least, most = float(row.get("min_g", 3)), float(row.get("max_g", 10))
    grams = most * 3 if choose.random() < 0.1 else choose.uniform(least, most)
    return f"{max(grams, 0.1):.1f}".removesuffix(".0")


def prescriptions(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Records with a prescription and a patient, made from the herb table."""
    choose = random.Random(seed)
    written = [(name, row) for name, row in rows().items() if row["source"] == "CHP2020"]
    for _ in range(count):
        layout = choose.choice(LAYOUTS)
        herbs = choose.sample(written, choose.randint(4, 16))
        parts = []
        for name, row in herbs:
            aliases = row.get("aliases")
            names = [name, *(aliases if isinstance(aliases, list) else [])]
            parts.append(layout.format(choose.choice(names), dose(row, choose)))
        yield {"prescription": "".join(parts) + choose.choice(NOTES), "patient": choose.choice(PATIENTS)}


def naive_scan() -> Callable[[dict[str, Any]], list[tuple[str, str]]]:
    """The first thing one would write: names in a list, `in` for each, pairs of what was found."""
    tables = table("incompatibilities")
    pairs = [
        pair
        for rule in tables["rules"]
        for pair in product(tables["families"][rule["a"]], tables["families"][rule["b"]])
    ]
    names = sorted(rows())

    def scan(record: dict[str, Any]) -> list[tuple[str, str]]:
        found = {name for name in names if name in record["prescription"]}
        return [pair for pair in pairs if found.issuperset(pair)]

    return scan


def seconds(step: Callable[[dict[str, Any]], object], records: list[dict[str, Any]]) -> float:
    """Processor time of a step over the records, the least of three runs."""
    runs = []
    for _ in range(3):
        started = time.process_time()
        for record in records:
            step(record)
        runs.append(time.process_time() - started)
    return min(runs)


def recall(checker: Checker, lines: list[str]) -> dict[str, float]:
    """The share of emergencies (+), where there are some, that raise a red flag, and of others (-) that raise one."""
    fired: dict[str, list[bool]] = {"+": [], "-": []}
    for line in lines:
        [record] = checker({"text": line[1:]})
        fired[line[0]].append(any(finding["code"] == "red_flag" for finding in record["safety"]["findings"]))
    names = {"+": "recall", "-": "false_alarms"}
    return {names[mark]: round(sum(flags) / len(flags), 3) for mark, flags in fired.items() if flags}


def named(checker: Checker, lines: list[str]) -> dict[str, float]:
    """The share of emergencies whose own flag is raised, and of ordinary words (-) that raise any."""
    found: dict[str, list[bool]] = {"named": [], "false_alarms": []}
    for flag, words in (line.split("\t") for line in lines):
        [record] = checker({"text": words})
        raised = [one.get("rule") for one in record["safety"]["findings"] if one["code"] == "red_flag"]
        found["false_alarms" if flag == "-" else "named"].append(bool(raised) if flag == "-" else flag in raised)
    return {part: round(sum(flags) / len(flags), 3) for part, flags in found.items()}


def main() -> int:
    """Measure both and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prescriptions", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    started = time.process_time()
    checker = Checker(Settings(language="zh"))
    checker({"prescription": "当归10g"})
    ready = time.process_time() - started
    records = list(prescriptions(arguments.prescriptions, arguments.seed))
    ours, naive = seconds(checker, records), seconds(naive_scan(), records)
    spoken = {name: (DATA / name).read_text(encoding="utf-8").splitlines() for name in UTTERANCES}
    everything = [{"text": line[1:]} for lines in spoken.values() for line in lines]
    heard = seconds(checker, everything)
    result: dict[str, Any] = {
        "prescriptions": len(records),
        "ready_seconds": round(ready, 2),
        "check_per_second": round(len(records) / ours),
        "naive_scan_per_second": round(len(records) / naive),
        "utterances_per_second": round(len(everything) / heard),
        "ratio": round(naive / ours, 2),
        **{name: recall(checker, lines) for name, lines in spoken.items()},
        NAMED: named(checker, (DATA / NAMED).read_text(encoding="utf-8").splitlines()),
    }
    print(json.dumps(result))
    rate, scan = result["check_per_second"], result["naive_scan_per_second"]
    figure("check: prescriptions a second of CPU", rate, "a second", "a bare scan for names, which reads no dose", scan)
    return 0 if result["check_per_second"] >= 2000 else 1


if __name__ == "__main__":
    sys.exit(main())
