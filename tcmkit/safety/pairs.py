"""Two herbs that must not meet: the eighteen antagonisms and the nineteen fears; and one herb written twice."""

from functools import cache
from itertools import combinations
from typing import Any

from tcmkit.herbs import Item
from tcmkit.safety.say import Rest, Voice
from tcmkit.safety.types import SafetyFinding
from tcmkit.tables import table


@cache
def forbidden_pairs() -> dict[frozenset[str], dict[str, Any]]:
    """Each pair of rows with the rule that forbids it."""
    tables = table("incompatibilities")
    families = tables["families"]
    pairs: dict[frozenset[str], dict[str, Any]] = {}
    for rule in tables["rules"]:
        for one in families[rule["a"]]:
            for other in families[rule["b"]]:
                pairs.setdefault(frozenset((one, other)), rule)
    return pairs


@cache
def _in_pairs() -> frozenset[str]:
    return frozenset(name for pair in forbidden_pairs() for name in pair)


def _exceptions(rule: dict[str, Any], one: str, other: str) -> list[str]:
    """Classical formulas that combine these two on purpose."""
    listed = rule.get("exceptions", [])
    fitting = [row for row in listed if {one, other} == set(row.get("pair", (one, other)))]
    return [f"{row['formula']}（《{row['book']}》）" for row in fitting]


def incompatible(items: list[Item], voice: Voice) -> list[SafetyFinding]:
    """One finding for each forbidden pair of herbs, in the order in which they stand."""
    first: dict[str, Item] = {}
    for item in items:
        if item.herb.name in _in_pairs():
            first.setdefault(item.herb.name, item)
    findings = []
    for one, other in combinations(first.values(), 2):
        rule = forbidden_pairs().get(frozenset((one.herb.name, other.herb.name)))
        if rule is None:
            continue
        formulas = _exceptions(rule, one.herb.name, other.herb.name)
        note = voice.note("exception", formulas=voice.listed(formulas)) if formulas else ""
        if not rule["in_pharmacopoeia"]:
            note += voice.note("traditional_only")
        rest = Rest(rule["severity"], source=tuple(rule["source"]), rule=f"{rule['a']}-{rule['b']}")
        parts = {"a": _called(one), "b": _called(other), "exception": note}
        findings.append(voice.finding(rule["code"], [one, other], rest, **parts))
    return findings


def _called(item: Item) -> str:
    """The name as written, with the name of the table when that is another."""
    return item.text if item.text == item.herb.name else f"{item.text}（{item.herb.name}）"


def duplicates(items: list[Item], voice: Voice) -> list[SafetyFinding]:
    """The same drug more than once, unless the forms are told apart (生龙骨, 煅龙骨)."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.herb.name, []).append(item)
    findings = []
    for name, same in groups.items():
        forms = {item.herb.form for item in same}
        if len(same) > 1 and (len(forms) < len(same) or "" in forms):
            texts = voice.listed([item.text for item in same])
            findings.append(voice.finding("duplicate_herb", same, Rest(), a=name, texts=texts))
    return findings
