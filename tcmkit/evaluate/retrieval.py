"""`tcm eval retrieve`: how high the right formulas stand, and whether two stages find them sooner than one.

Recall, reciprocal rank and nDCG are those of Manning, Raghavan and Schuetze (2008, chapter 8) with binary relevance.
JingFang reports dual-stage retrieval as the better of the two in 85 of 100 cases.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import log2
from typing import Any

from tcmkit.errors import RecordError
from tcmkit.evaluate.intervals import wilson
from tcmkit.language import both
from tcmkit.records import Record
from tcmkit.retrieve import Retriever, Settings, key_of

_RIGHT = ("formulas", "formula", "answer")
_SEVERAL = re.compile(r"[或、，,;；/+\s]+|(?<=[汤散丸饮丹煎膏方])合(?:用)?")
"""What stands between alternatives; the 合 of 百合固金汤 is part of the name."""
CUTS = (1, 3, 10, 50)
"""k of recall@k."""
_DEPTH = 10
"""k of nDCG@k."""


class RetrievalScorer:
    """Retrieves for each record in two stages and in one, and compares both with the right formulas."""

    def __init__(self, settings: Settings) -> None:
        """Open the index. Raises InputError when it cannot be used."""
        deep = replace(settings, top=max(CUTS))
        self._stages = {
            "two_stage": Retriever(replace(deep, single_stage=False)),
            "one_stage": Retriever(replace(deep, single_stage=True)),
        }
        self._ranks: dict[str, list[list[int]]] = {name: [] for name in self._stages}
        self._right: list[int] = []

    def __call__(self, record: Record) -> list[Record]:
        """The record with the ranks of its right formulas, two stages and one; None where none was found.

        Raises RecordError `no_answer` without a right formula, and what `tcm retrieve` raises.
        """
        right = right_formulas(record)
        query = {name: value for name, value in record.items() if name not in _RIGHT}
        found = {name: ranks_of(retriever.formulas(query), right) for name, retriever in self._stages.items()}
        self._right.append(len(right))
        for name, ranks in found.items():
            self._ranks[name].append(ranks)
        return [{**record, "ranks": {name: min(ranks, default=None) for name, ranks in found.items()}}]

    def finish(self) -> list[Record]:
        """Nothing is held back."""
        return []

    @property
    def notes(self) -> Mapping[str, Any]:
        """The totals, for the summary."""
        scores = {name: self._scores(ranks) for name, ranks in self._ranks.items()}
        return {"retrieval": {"queries": len(self._right), **scores, "two_against_one": self._wins()}}

    def _scores(self, all_ranks: list[list[int]]) -> dict[str, Any]:
        count = len(all_ranks) or 1
        best = [min(ranks, default=0) for ranks in all_ranks]
        scores: dict[str, Any] = {}
        for cut in CUTS:
            hits = sum(0 < rank <= cut for rank in best)
            scores[f"recall@{cut}"] = round(hits / count, 4)
            scores[f"recall@{cut}_interval_95"] = [round(x, 4) for x in wilson(hits, len(all_ranks))]
        scores["mrr"] = round(sum(1 / rank for rank in best if rank) / count, 4)
        gains = [ndcg(ranks, right) for ranks, right in zip(all_ranks, self._right, strict=True)]
        scores[f"ndcg@{_DEPTH}"] = round(sum(gains) / count, 4)
        return scores

    def _wins(self) -> dict[str, Any]:
        """Queries for which one of both finds a right formula sooner; the interval is of the share among them."""
        outcome: Counter[str] = Counter()
        for two, one in zip(self._ranks["two_stage"], self._ranks["one_stage"], strict=True):
            first, second = min(two, default=max(CUTS) + 1), min(one, default=max(CUTS) + 1)
            outcome["wins" if first < second else "losses" if first > second else "ties"] += 1
        wins, losses = outcome["wins"], outcome["losses"]
        low, high = wilson(wins, wins + losses)
        return {
            "wins": wins,
            "losses": losses,
            "ties": outcome["ties"],
            "share_of_decided": round(wins / (wins + losses), 4) if wins + losses else None,
            "interval_95": [round(low, 4), round(high, 4)],
        }

    def remarks(self) -> Sequence[str]:
        """The totals, for people."""
        totals = self.notes["retrieval"]
        said = []
        for name, english, chinese in (("two_stage", "two stages", "两阶段"), ("one_stage", "one stage", "单阶段")):
            scores = totals[name]
            figures = ", ".join(f"{key} {scores[key]}" for key in scores if not key.endswith("95"))
            said.append(both(f"{english}: {figures}", f"{chinese}：{figures}"))
        wins = totals["two_against_one"]
        low, high = wins["interval_95"]
        said.append(
            both(
                f"two stages against one: {wins['wins']} won, {wins['losses']} lost, {wins['ties']} tied "
                f"(of the decided 95% {low} to {high} won)",
                f"两阶段对单阶段：胜 {wins['wins']}，负 {wins['losses']}，平 {wins['ties']}"
                f"（已分胜负者中胜率 95% 区间 {low} 至 {high}）",
            )
        )
        return said


def right_formulas(record: Record) -> list[str]:
    """The right formulas of a record: `formulas`, `formula` or `answer`, a list, or a text with 或 and 合 between.

    >>> right_formulas({"answer": {"方剂": "理中丸或四逆汤"}})
    ['理中丸', '四逆汤']
    >>> right_formulas({"formulas": "百合固金汤合二陈汤"})
    ['百合固金汤', '二陈汤']
    """
    given = next((record[name] for name in _RIGHT if record.get(name)), None)
    if isinstance(given, dict):
        given = given.get("方剂") or given.get("formula") or given.get("name")
    names = _SEVERAL.split(given) if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise RecordError(
            "no_answer",
            both("no right formula in formulas, formula or answer", "formulas、formula、answer 中都没有正确方剂"),
        )
    keys = dict.fromkeys(key_of(name.strip()) for name in names if name.strip())
    if not keys:
        raise RecordError(
            "no_answer",
            both("no right formula in formulas, formula or answer", "formulas、formula、answer 中都没有正确方剂"),
        )
    return list(keys)


def ranks_of(formulas: Sequence[Record], right: Sequence[str]) -> list[int]:
    """Where the right formulas stand among those found; an alias counts as the name."""
    names = [_names(formula) for formula in formulas]
    firsts = (next((rank for rank, own in enumerate(names, 1) if name in own), None) for name in right)
    return sorted(rank for rank in firsts if rank is not None)


def _names(formula: Record) -> set[str]:
    return {key_of(name) for name in (formula["name"], *formula.get("aliases", ()))}


def ndcg(ranks: Sequence[int], right: int) -> float:
    """Normalised discounted gain of the first ten: 1 when every right formula stands as high as it can.

    >>> ndcg([1, 2], 2), round(ndcg([2], 1), 3), ndcg([], 1)
    (1.0, 0.631, 0.0)
    """
    gain = sum(1 / log2(rank + 1) for rank in set(ranks) if rank <= _DEPTH)
    return gain / sum(1 / log2(place + 2) for place in range(min(right, _DEPTH)))
