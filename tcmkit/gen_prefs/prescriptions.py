"""Errors in prescriptions: a dose out of range, an incompatible pair, a herb of the opposite nature.

What is planted as a dose or a pair is handed to `tcm check`, which must find it in the wrong answer and not in the
right one.
"""

import random
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from tcmkit.gen_prefs.errors import Asked, Planted
from tcmkit.herbs import Item, read_prescription, rows
from tcmkit.safety import Checker, Settings
from tcmkit.tables import table

_GRAMS = re.compile(r"(\d+(?:\.\d+)?)\s*(?:g|克)")
_LISTED = re.compile(r"[、，,\s]\s*")


@cache
def _checker() -> Checker:
    return Checker(Settings(language="zh"))


def _found(prescription: str, code: str) -> list[dict[str, Any]]:
    """What `tcm check` finds of a code."""
    [checked] = _checker()({"prescription": prescription})
    return [finding for finding in checked["safety"]["findings"] if finding["code"] == code]


def _proof(asked: Asked, planted: Planted, codes: tuple[str, ...]) -> Planted | None:
    """The error with the finding that proves it; None when `tcm check` does not see it, or saw it before."""
    wrong = planted.in_answer(asked.answer)
    for code in codes:
        found = _found(wrong, code)
        if found and not _found(asked.answer, code):
            return planted._replace(why=found[0]["message"], source=f"tcm check {code}: {found[0]['source']}")
    return None


def dose(asked: Asked, dice: random.Random) -> Iterator[Planted]:
    """A dose far above the Pharmacopoeia's range."""
    for item in read_prescription(asked.answer).items:
        most = rows().get(item.herb.name, {}).get("max_g")
        stated = _GRAMS.match(asked.answer, _skip(asked.answer, item.end))
        if not isinstance(most, int | float) or most <= 0 or stated is None:
            continue
        grams = float(stated[1])
        same_width = [n for n in range(int(most * 2) + 1, int(most * 10) + 1) if len(str(n)) == len(stated[1])]
        after = str(dice.choice(same_width)) if same_width else str(int(most * dice.choice((3, 4, 5))))
        if grams > most:
            continue
        start, end = stated.span(1)
        proved = _proof(asked, Planted("dose", stated[1], after, start, end, "", ""), ("dose_over",))
        if proved:
            yield proved


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " 　：:":
        at += 1
    return at


def _enumerated(answer: str) -> list[Item]:
    """The longest run of herbs listed one after another."""
    best: list[Item] = []
    run: list[Item] = []
    for item in read_prescription(answer).items:
        between = answer[_amount_end(answer, run[-1]) : item.start] if run else ""
        if run and not (_LISTED.fullmatch(between) or _amount_end(answer, run[-1]) == item.start):
            run = []
        run.append(item)
        best = max(best, run, key=len)
        run = list(run)
    return best if len(best) > 1 else []


def _amount_end(answer: str, item: Item) -> int:
    """Where a herb with its amount ends."""
    at = _skip(answer, item.end)
    stated = _GRAMS.match(answer, at)
    if stated:
        return stated.end()
    return at + len(item.stated) if item.stated and answer.startswith(item.stated, at) else item.end


def pair(asked: Asked, dice: random.Random) -> Iterator[Planted]:
    """A herb added that one of the prescription's is incompatible with (eighteen antagonisms, nineteen fears).

    Pairs that a classical formula joins on purpose are left alone.
    """
    listed = _enumerated(asked.answer)
    if not listed:
        return
    tables = table("incompatibilities")
    names = {item.herb.name for item in listed}
    for rule in tables["rules"]:
        for one, other in ((rule["a"], rule["b"]), (rule["b"], rule["a"])):
            if (
                rule["code"] not in ("incompat18", "fear19")
                or rule.get("exceptions")
                or not names & set(tables["families"][one])
            ):
                continue
            herb = dice.choice(tables["families"][other])
            planted = _added(asked.answer, listed, herb)
            proved = _proof(asked, planted, (rule["code"],)) if planted else None
            if proved:
                yield proved


def _added(answer: str, listed: list[Item], herb: str) -> Planted | None:
    """The herb behind the last one of the list, written as the others are."""
    last, end = listed[-1], _amount_end(answer, listed[-1])
    mark = answer[_amount_end(answer, listed[-2]) : last.start]
    row = rows().get(herb, {})
    grams = row.get("max_g")
    if herb in answer or not mark:
        return None
    stated = _GRAMS.match(answer, _skip(answer, last.end))
    if stated and not isinstance(grams, int | float):
        return None
    amount = f"{grams}{answer[stated.end(1) : stated.end()]}" if stated else ""
    return Planted("pair", "", f"{mark}{herb}{amount}", end, end, "", "")


def herb(asked: Asked, dice: random.Random) -> Iterator[Planted]:
    """A herb replaced by one of the opposite nature, of the same length where there is one."""
    natures = table("herbs")["attributes"]
    cold, warm = (set(table("gen_prefs")[name]) for name in ("cold", "warm"))
    for item in _enumerated(asked.answer):
        own = set(natures.get(item.herb.name, [""])[0])
        side, other = (cold, warm) if own and own <= cold else (warm, cold)
        if not own or not own <= side or item.herb.name not in item.text:
            continue
        fit = [
            name
            for name, (nature, _) in natures.items()
            if set(nature) and set(nature) <= other and name not in asked.answer and len(name) == len(item.text)
        ]
        if fit:
            after = dice.choice(sorted(fit))
            why = f"{item.herb.name}性{natures[item.herb.name][0]}，{after}性{natures[after][0]}，性相反，功用不同。"
            planted = Planted("herb", item.text, after, item.start, item.end, why, "herbs: attributes")
            if not any(_found(planted.in_answer(asked.answer), code) for code in ("incompat18", "fear19")):
                yield planted
