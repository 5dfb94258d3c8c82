"""Hold the near-duplicate filter against an exact join: none dropped wrongly, none missed.

    tcm ingest BOOKS --near-dup 0 --drop-worst 0 -o documents.jsonl
    python benchmarks/near_dup.py documents.jsonl

The exact join is the textbook one: if two sets have Jaccard >= t, the rarest (1 - t) share of the one
and of the other have a member in common (prefix filtering); every pair that does is compared in full.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from measure import figure
from numpy.typing import NDArray

from tcmkit.ingest.near_dup import Candidate, NearDuplicates, grams, jaccard
from tcmkit.ingest.sketch import Sketcher, without_space

Pairs = set[tuple[int, int]]
BATCH = 200


def read_texts(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as lines:
        return [without_space(json.loads(line)["text"]) for line in lines]


def gram_hashes(texts: list[str]) -> Iterator[NDArray[np.uint64]]:
    """64-bit hashes of the 5-grams of each text, each once; independent of the filter's own."""
    for text in texts:
        codes = np.frombuffer(text.ljust(5).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
        total = np.zeros(len(codes) - 4, dtype=np.uint64)
        for i in range(5):
            total = total * np.uint64(6364136223846793005) + codes[i : i + len(total)]
        yield np.unique(total)


def exact_pairs(texts: list[str], threshold: float) -> Pairs:
    """Every pair of texts (earlier, later) at or above the threshold."""
    sets = list(gram_hashes(texts))
    sizes = np.array([len(s) for s in sets])
    tokens = np.concatenate(sets)
    owners = np.repeat(np.arange(len(sets)), sizes)
    values, inverse, counts = np.unique(tokens, return_inverse=True, return_counts=True)
    del tokens, values
    order = np.lexsort((inverse, counts[inverse], owners))  # within a text, rare tokens first
    place = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    prefix = sizes - np.ceil(threshold * sizes).astype(int) + 1
    in_prefix = place < np.repeat(prefix, sizes)
    token, owner = inverse[order][in_prefix], owners[order][in_prefix]
    shared = counts[token] > 1
    by_token: dict[int, list[int]] = defaultdict(list)
    for one_token, one_owner in zip(token[shared].tolist(), owner[shared].tolist(), strict=True):
        by_token[one_token].append(one_owner)
    candidates: Pairs = set()
    for members in by_token.values():
        for i, later in enumerate(members):
            candidates.update(
                (earlier, later)
                for earlier in members[:i]
                if threshold * sizes[later] <= sizes[earlier] <= sizes[later] / threshold
            )
    return {
        (earlier, later)
        for earlier, later in candidates
        if jaccard(grams(texts[earlier]), grams(texts[later])) >= threshold
    }


def keep_first(count: int, pairs: Pairs) -> set[int]:
    """What is dropped when the first of each pair is kept."""
    earlier_of: dict[int, list[int]] = defaultdict(list)
    for earlier, later in pairs:
        earlier_of[later].append(earlier)
    dropped: set[int] = set()
    for later in range(count):
        if any(earlier not in dropped for earlier in earlier_of.get(later, ())):
            dropped.add(later)
    return dropped


def filtered(texts: list[str], threshold: float) -> set[int]:
    """What the filter of `tcm ingest` drops."""
    sketches = Sketcher(threshold).sketches(texts)
    kept: list[int] = []
    near = NearDuplicates(threshold, lambda number: texts[kept[number]])
    dropped: set[int] = set()
    for start in range(0, len(texts), BATCH):
        numbers = range(start, min(start + BATCH, len(texts)))
        batch = [Candidate(len(texts[n]), sketches[n], lambda n=n: texts[n]) for n in numbers]  # type: ignore[misc]
        verdicts = near.sift(batch, lambda i, start=start: kept.append(start + i))  # type: ignore[misc]
        dropped.update(n for n, is_dropped in zip(numbers, verdicts, strict=True) if is_dropped)
    return dropped


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path)
    parser.add_argument("--threshold", type=float, default=0.8)
    options = parser.parse_args()
    texts = read_texts(options.documents)
    started = time.perf_counter()
    ours = filtered(texts, options.threshold)
    middle = time.perf_counter()
    pairs = exact_pairs(texts, options.threshold)
    exact = keep_first(len(texts), pairs)
    print(
        f"documents {len(texts)}, pairs {len(pairs)}, dropped by an exact join {len(exact)}, by the filter {len(ours)}"
    )
    print(f"wrong {len(ours - exact)}, missed {len(exact - ours)}")
    took, exactly = middle - started, time.perf_counter() - middle
    figure(
        f"near duplicates: {len(ours - exact)} wrong, {len(exact - ours)} missed", took, "s", "an exact join", exactly
    )
    print(f"seconds: filter {took:.1f}, exact join {exactly:.1f}")
    return 0 if ours == exact else 1


if __name__ == "__main__":
    sys.exit(main())
