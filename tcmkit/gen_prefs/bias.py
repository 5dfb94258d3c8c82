"""How often the chosen answer is the longer one: measured, and kept even."""

from collections.abc import Mapping
from typing import Any

from tcmkit.language import both

SIDES = ("chosen", "rejected", "neither")


def longer(chosen: str, rejected: str) -> str:
    """Which side is the longer one."""
    return "chosen" if len(chosen) > len(rejected) else "rejected" if len(rejected) > len(chosen) else "neither"


def share(counts: Mapping[str, int]) -> float:
    """Of all preferences, those of which the chosen answer is the longer one."""
    total = sum(counts[side] for side in SIDES)
    return counts["chosen"] / total if total else 0.0


def noted(counts: Mapping[str, int]) -> dict[str, Any]:
    """For the summary."""
    return {"longer": {side: counts[side] for side in SIDES}, "share_of_longer_chosen": round(share(counts), 4)}


def said(counts: Mapping[str, int]) -> list[str]:
    """For people; nothing where there was nothing to measure."""
    chosen, rejected, neither = (counts[side] for side in SIDES)
    if not chosen + rejected + neither:
        return []
    return [
        both(
            f"the chosen answer is the longer one in {share(counts):.1%} "
            f"(longer {chosen}, shorter {rejected}, equal {neither})",
            f"优选回答较长者占 {share(counts):.1%}（较长 {chosen}，较短 {rejected}，等长 {neither}）",
        )
    ]
