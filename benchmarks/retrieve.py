"""How fast retrieval is on many formulas, against rank-bm25 in the same run, and how soon one query is answered.

    python benchmarks/retrieve.py FORMULAS [--formulas 80000] [--queries 100]

FORMULAS is JSON Lines with name, composition, indications. Its rows are mixed until there are enough: each made formula
takes the herbs of one row and halves of the indications of two others, under a name of its own. Queries are halves of
indications. "rank-bm25" scores the same tokens with BM25Okapi and picks the best three; ours is the whole warm query:
both stages, the reading of the text and of the hits.
"""

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from measure import TCM, figure, measure


def made(rows: list[dict[str, str]], count: int, seed: int = 0) -> Iterator[dict[str, str]]:
    """So many formulas out of the parts of those given."""
    pick = random.Random(seed)
    for number in range(count):
        herbs, one, other = (pick.choice(rows) for _ in range(3))
        first, second = one["indications"], other["indications"]
        yield {
            "name": f"甲{number}汤",
            "composition": herbs["composition"],
            "indications": first[: len(first) // 2] + "，" + second[len(second) // 2 :],
        }


def timed_queries(folder: Path, texts: list[str]) -> tuple[float, float]:
    """Median milliseconds of a warm query, ours and rank-bm25's."""
    from tcmkit.retrieve import Retriever, Settings
    from tcmkit.retrieve.forms import bigrams, tokens_of
    from tcmkit.retrieve.query import query_of
    from tcmkit.retrieve.sparse import Reference, tokens_with_weights
    from tcmkit.retrieve.store import Index

    retriever = Retriever(Settings(index=str(folder)))
    retriever({"query": texts[0]})
    ours = [seconds(lambda text=text: retriever({"query": text})) for text in texts]
    index = Index(str(folder))
    reference = Reference([tokens_of(text) for place in range(len(index)) for text in index.texts(place)])

    def slowly(text: str) -> None:
        query = query_of({"query": text})
        tokens = tokens_with_weights((form.token for form in query.forms), bigrams(query.clean), 1.0, 0.3)
        reference.scores(tokens).argsort()[::-1][:3]

    theirs = [seconds(lambda text=text: slowly(text)) for text in texts[:5]]
    return 1000 * statistics.median(ours), 1000 * statistics.median(theirs)


def faiss_recall(folder: Path, texts: list[str], most: int = 10) -> float:
    """How many of the nearest vectors, by exact search, the index finds."""
    import numpy as np

    from tcmkit.retrieve.store import Index

    index = Index(str(folder))
    shares = []
    for vector in index.lsa.embed(texts):
        exact = np.argpartition(-(index.vectors @ vector), most)[:most]
        shares.append(len(np.intersect1d(exact, index.nearest.search(vector, most))) / most)
    return statistics.mean(shares)


def seconds(work: object) -> float:
    started = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("formulas_file", type=Path, metavar="FORMULAS")
    parser.add_argument("--formulas", type=int, default=80_000)
    parser.add_argument("--queries", type=int, default=100)
    options = parser.parse_args()
    with options.formulas_file.open(encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row.get("indications") and row.get("composition")]
    with tempfile.TemporaryDirectory() as name:
        table, folder = Path(name) / "formulas.jsonl", Path(name) / "index"
        with table.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in made(rows, options.formulas))
        build = measure([*TCM, "retrieve", "index", table, "-o", folder, "--quiet"])
        print(f"index of {options.formulas} formulas: {build.wall:.1f} s, {build.cpu:.1f} s of CPU, "
              f"{build.largest / 1e6:.0f} MB at most")  # fmt: skip
        pick = random.Random(1)
        texts = [pick.choice(rows)["indications"][:60] for _ in range(options.queries)]
        ours, theirs = timed_queries(folder, texts)
        recall = faiss_recall(folder, texts)
        print(f"nearest ten vectors found, against exact search: {recall:.4f}")
        figure(f"retrieve: index of {options.formulas:,} formulas", build.wall, "s")
        figure(f"retrieve: nearest ten found among {options.formulas:,}", recall, "")
        figure(f"retrieve: a warm query of {options.formulas:,}", ours, "ms", "rank-bm25 on the same tokens", theirs)
        print(f"warm query, median: {ours:.2f} ms; rank-bm25 {theirs:.1f} ms: {theirs / ours:.0f} times as long")
    colds = [measure([*TCM, "retrieve", "--quiet", "--query", "胁痛，口苦，脉弦"]) for _ in range(5)]
    walls, cpus = [cold.wall for cold in colds], [cold.cpu for cold in colds]
    print(f"cold start with --query: {statistics.median(walls):.2f} s, {statistics.median(cpus):.2f} s of CPU")
    figure("retrieve --query from a cold start", statistics.median(walls), "s")


if __name__ == "__main__":
    main()
