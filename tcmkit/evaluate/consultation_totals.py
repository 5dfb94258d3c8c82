"""The totals of `tcm eval consult`, with 95% intervals; differences from a second set of transcripts, paired."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tcmkit.evaluate.intervals import difference, mean, wilson
from tcmkit.records import Record


def _ratio(part: Any, whole: Any) -> float | None:
    return part / whole if whole else None


def _reached(measures: Record) -> float | None:
    """Rounds until nine tenths of the dimensions are known; one more than were asked when they never were."""
    if measures["curve"][-1]["dimensions"] is None:
        return None
    found = measures["rounds_to_90"]
    return float(measures["rounds"] + 1 if found is None else found)


def _of_patient(part: str, whole: str) -> Callable[[Record], float | None]:
    return lambda one: _ratio(one["patient"][part], one["patient"][whole]) if one["patient"] else None


MEASURES: Mapping[str, Callable[[Record], float | None]] = {
    "rounds": lambda one: one["rounds"],
    "questions": lambda one: one["questions"],
    "repeated_questions": lambda one: one["repeated_questions"],
    "rounds_to_90": _reached,
    "dimensions": lambda one: one["curve"][-1]["dimensions"],
    "key_points": lambda one: one["curve"][-1]["key_points"],
    "accuracy": lambda one: one["syndrome"]["right"],
    "accuracy_full_record": lambda one: one["syndrome"]["right_full_record"],
    "accuracy_model": lambda one: one["syndrome"].get("right_model"),
    "similarity": lambda one: one["similarity"],
    "bleu1": lambda one: one["bleu1"],
    "patient_faithful": _of_patient("faithful", "findings"),
    "patient_asked_for": _of_patient("asked_for", "findings"),
    "patient_characters": _of_patient("characters", "answers"),
}
"""Name to a record's value; None where it cannot be said."""


def totals(all_measures: Sequence[Record]) -> dict[str, Any]:
    """Means over the transcripts, the curve, red flags."""
    found = {name: mean(_values(all_measures, value)) for name, value in MEASURES.items()}
    flagged = [one["red_flag"] for one in all_measures if one["red_flag"]["found"]]
    full, own = found["accuracy_full_record"]["mean"], found["accuracy"]["mean"]
    return {
        "transcripts": len(all_measures),
        **found,
        "accuracy_of_full_record": round(own / full, 4) if full and own is not None else None,
        "by_round": by_round(all_measures),
        "groups": _groups(all_measures),
        "red_flags": {
            "transcripts": len(flagged),
            "stopped": sum(one["stopped"] for one in flagged),
            "asked_on": sum(one["asked_on"] for one in flagged),
        },
    }


def _values(all_measures: Sequence[Record], value: Callable[[Record], float | None]) -> list[float]:
    return [float(found) for one in all_measures if (found := value(one)) is not None]


def by_round(all_measures: Sequence[Record]) -> list[dict[str, Any]]:
    """Means after each round; a consultation that has ended stays where it was."""
    last = max((one["rounds"] for one in all_measures), default=0)
    rows = []
    for number in range(last + 1):
        at = [one["curve"][min(number, len(one["curve"]) - 1)] for one in all_measures]
        row: dict[str, Any] = {"round": number, "under_way": sum(one["rounds"] >= number for one in all_measures)}
        for name in ("questions", "dimensions", "key_points", "right"):
            known = [float(one[name]) for one in at if one[name] is not None]
            row["accuracy" if name == "right" else name] = round(sum(known) / len(known), 4) if known else None
        rows.append(row)
    return rows


def _groups(all_measures: Sequence[Record]) -> dict[str, float | None]:
    """Share of the key points known by group, over all transcripts together."""
    counted = [one["groups"] for one in all_measures if one["groups"]]
    shares = {}
    for group in counted[0] if counted else ():
        known, of = (sum(one[group][place] for one in counted) for place in (0, 1))
        shares[group] = round(known / of, 4) if of else None
    return shares


def against(ours: Mapping[str, Record], theirs: Mapping[str, Record]) -> dict[str, Any]:
    """Ours less theirs on the transcripts of the same cases."""
    keys = sorted(ours.keys() & theirs.keys())
    found: dict[str, Any] = {"transcripts": len(keys)}
    for name, value in MEASURES.items():
        pairs = [(value(ours[key]), value(theirs[key])) for key in keys]
        known = [(float(one), float(other)) for one, other in pairs if one is not None and other is not None]
        found[name] = difference([one for one, _ in known], [other for _, other in known])
    return found


def shares(outcomes: Sequence[str]) -> dict[str, Any]:
    """How often each of win, loss, tie, with Wilson's 95% interval.

    >>> shares(["win", "tie"])["win"]
    {'count': 1, 'share': 0.5, 'interval_95': [0.0945, 0.9055]}
    """
    made = {}
    for name in ("win", "loss", "tie"):
        count = outcomes.count(name)
        low, high = wilson(count, len(outcomes))
        share = round(count / len(outcomes), 4) if outcomes else None
        made[name] = {"count": count, "share": share, "interval_95": [round(low, 4), round(high, 4)]}
    return made
