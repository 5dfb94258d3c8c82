"""How well clean-tqs reads records that a person annotated.

    python benchmarks/clean_tqs_quality.py gold.jsonl [--errors]

Each gold line holds `text`, `findings` (dimension, text, start, end, polarity) and `removed`
(category, text, start, end). A finding is right when one of the gold's in the same dimension overlaps
it, each used once (largest overlap first); a removed part likewise in the same category.
"""

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tcmkit.clean_tqs import Cleaner, Settings

Item = dict[str, Any]


def paired(gold: list[Item], made: list[Item], key: str) -> list[tuple[int, int]]:
    """One-to-one pairs of overlapping items with the same key, largest overlap first."""
    candidates = []
    for i, one in enumerate(gold):
        for j, other in enumerate(made):
            overlap = min(one["end"], other["end"]) - max(one["start"], other["start"])
            if overlap > 0 and one[key] == other[key]:
                candidates.append((-overlap, i, j))
    pairs: list[tuple[int, int]] = []
    used_gold: set[int] = set()
    used_made: set[int] = set()
    for _, i, j in sorted(candidates):
        if i not in used_gold and j not in used_made:
            used_gold.add(i)
            used_made.add(j)
            pairs.append((i, j))
    return pairs


def f1(right: int, gold: int, made: int) -> tuple[float, float, float]:
    """Precision, recall and their harmonic mean."""
    precision = right / made if made else 0.0
    recall = right / gold if gold else 0.0
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


class Score:
    """Counts per key (dimension or category)."""

    def __init__(self) -> None:
        self.right: Counter[str] = Counter()
        self.gold: Counter[str] = Counter()
        self.made: Counter[str] = Counter()

    def add(self, gold: list[Item], made: list[Item], key: str) -> list[tuple[int, int]]:
        """Count one record; gives the pairs."""
        pairs = paired(gold, made, key)
        self.gold.update(item[key] for item in gold)
        self.made.update(item[key] for item in made)
        self.right.update(gold[i][key] for i, _ in pairs)
        return pairs

    def table(self, title: str) -> Iterable[str]:
        """Lines of a table, the total first."""
        total = f1(self.right.total(), self.gold.total(), self.made.total())
        yield f"{title:20} P {total[0]:.3f}  R {total[1]:.3f}  F1 {total[2]:.3f}  gold {self.gold.total()}"
        for key in sorted(self.gold | self.made):
            p, r, f = f1(self.right[key], self.gold[key], self.made[key])
            yield f"  {key:20} P {p:.3f}  R {r:.3f}  F1 {f:.3f}  gold {self.gold[key]:4}  made {self.made[key]:4}"


def findings_of(case: Item) -> list[Item]:
    """All findings of a case with their dimension."""
    found = [{"dimension": d, **item} for d, items in case.get("tqs", {}).items() for item in items]
    return sorted(found, key=lambda item: (item["start"], item["end"], item["dimension"]))


KEYS = {"findings": "dimension", "removed": "category"}


class Comparison:
    """The scores of both fields, of polarity, and the errors record by record."""

    def __init__(self) -> None:
        self.scores = {field: Score() for field in KEYS}
        self.polarity = Counter[bool]()
        self.errors: dict[str, list[str]] = defaultdict(list)

    def add(self, record: Item, case: Item) -> None:
        """Compare a gold record with the case that was made of it."""
        self._add_field(record, findings_of(case), "findings")
        self._add_field(record, case["removed"], "removed")

    def _add_field(self, record: Item, made: list[Item], field: str) -> None:
        gold, key = record[field], KEYS[field]
        pairs = self.scores[field].add(gold, made, key)
        rows = self.errors[record["id"]]
        if field == "findings":
            rows += self._wrong_polarity([(gold[i], made[j]) for i, j in pairs])
        missed = set(range(len(gold))) - {i for i, _ in pairs}
        extra = set(range(len(made))) - {j for _, j in pairs}
        rows.extend(f"  missed   {gold[i][key]:18} {gold[i]['text'][:60]}" for i in sorted(missed))
        rows.extend(f"  made up  {made[j][key]:18} {made[j]['text'][:60]}" for j in sorted(extra))

    def _wrong_polarity(self, pairs: list[tuple[Item, Item]]) -> Iterable[str]:
        for one, other in pairs:
            same = one["polarity"] == other["polarity"]
            self.polarity[same] += 1
            if not same:
                yield f"  polarity {one['polarity']}: {one['text']} / {other['text']}"

    def lines(self) -> Iterable[str]:
        """The result, line by line."""
        for field, score in self.scores.items():
            yield from score.table(field)
        right, total = self.polarity[True], self.polarity.total()
        yield f"polarity             {right / max(1, total):.4f}  of {total} matched"


def main() -> None:
    """Read the gold, clean, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--errors", action="store_true", help="print what was missed and what was made up")
    options = parser.parse_args()
    cleaner = Cleaner(Settings())
    comparison = Comparison()
    for line in options.gold.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        made = cleaner({"id": record["id"], "text": record["text"]})
        assert isinstance(made, list)
        comparison.add(record, made[0])
    print("\n".join(comparison.lines()))
    if options.errors:
        for title, rows in comparison.errors.items():
            print(f"\n## {title}")
            print("\n".join(rows))


if __name__ == "__main__":
    main()
