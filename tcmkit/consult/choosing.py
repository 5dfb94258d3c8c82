"""Which of the formulas found are for this patient: by sex, by the diseases told of, and by pregnancy."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from tcmkit.classify import signs
from tcmkit.language import both
from tcmkit.records import Record
from tcmkit.retrieve import key_of
from tcmkit.safety import RANK, Patient, codes
from tcmkit.tables import table

FEW_SIGNS = 2
"""So many recognised signs are something of substance even where no syndrome can be named."""
LIKELY = 0.4
"""From here on a syndrome is leaned to, and one sign may do for it."""
POOL = 3
"""So many times the formulas wanted are looked at."""
_SEXES = ("female", "male")


def is_enough(predicted: Record) -> bool:
    """Whether enough was told for a principle and formulas: signs were recognised, or one that leans to a syndrome."""
    if not predicted:
        return False
    why = predicted.get("why") or {}
    return _leans(predicted) or len([*why.get("for", ()), *why.get("against", ())]) >= FEW_SIGNS


def _leans(predicted: Record) -> bool:
    return not predicted.get("abstained") and float(predicted.get("score") or 0.0) >= LIKELY


def standard_words(predicted: Record) -> dict[str, str]:
    """Textbook words, each with the patient's own, for the signs that were recognised in everyday words."""
    words = _words()
    why = predicted.get("why") or {}
    found: dict[str, str] = {}
    for one in (*why.get("for", ()), *why.get("against", ())):
        known = words.get(one["sign"], ())
        if not any(word in one["text"] for word in known):
            found |= dict.fromkeys(known[:2], one["text"])
    return found


def query_of(case: Record, predicted: Record) -> Record:
    """What formulas are looked for by: the findings, and the textbook words for what was said in everyday ones."""
    suspected = None if predicted.get("abstained") else predicted.get("candidates")
    text, added = case["text"], []
    for word in standard_words(predicted):
        text += "，"
        added.append({"text": word, "start": len(text), "end": len(text) + len(word), "polarity": "present"})
        text += word
    findings = {**case["tqs"], "pain": [*case["tqs"].get("pain", ()), *added]} if added else case["tqs"]
    return {"text": text, "tqs": findings, "candidates": suspected}


def chosen(hits: list[Record], case: Record, predicted: Record, known: Patient, most: int) -> list[Record]:
    """The best hits for this patient, those of another sex left out and those of another disease behind."""
    other = {"male": "female", "female": "male"}.get(known.sex or "")
    own = [_of_sex(hit, other) for hit in hits if other not in only_for(hit["formula"])]
    told = "，".join(one["text"] for found in case["tqs"].values() for one in found)
    behind = [hit for hit in own if _is_behind(hit, told)]
    ordered = [hit for hit in own if hit not in behind] + behind
    if known.pregnant or (known.sex == "female" and known.may_be_pregnant):
        ordered.sort(key=lambda hit: _level(hit["formula"]) == "forbidden")
    said = standard_words(predicted)
    return [_renamed({**hit, "rank": rank}, said) for rank, hit in enumerate(ordered[:most], 1)]


def with_pregnancy(hit: Record, known: Patient) -> Record:
    """The hit with what its own notes say of pregnancy, for one who is or may be pregnant."""
    level = _level(hit["formula"])
    if not level or not (known.pregnant or (known.sex == "female" and known.may_be_pregnant)):
        return hit
    name, note = hit["formula"]["name"], str(hit["formula"]["notes"])
    severity = "block" if known.pregnant and level == "forbidden" else "warn"
    said = codes()["pregnancy"]
    finding = {
        "code": said["code"],
        "severity": severity,
        "field": "prescription",
        "herbs": [],
        "message": both(said["message_en"], said["message_zh"]).format(name=name, note=note),
        "source": both(f"table of formulas, notes on {name}", f"方剂表，{name}按语"),
    }
    safety = hit["safety"]
    status = max(safety["status"], severity, key=RANK.__getitem__)
    return {**hit, "safety": {"status": status, "findings": [finding, *safety["findings"]]}}


def before_formulas(told: str, known: Patient) -> list[Record]:
    """Findings that come before any formula: late menses with pain in the lower belly want a test for pregnancy."""
    row = table("formula_choice")["pregnancy_first"]
    if not known.may_be_pregnant or not all(re.search(row[sign], told) for sign in ("late", "pain")):
        return []
    said = codes()["pregnancy_first"]
    return [
        {
            "code": said["code"],
            "severity": said["severity"],
            "field": "text",
            "herbs": [],
            "message": both(said["message_en"], said["message_zh"]),
            "source": both(row["source_en"], row["source_zh"]),
        }
    ]


def _level(formula: Record) -> str:
    """`forbidden`, `caution` or nothing: what the notes of a formula say of pregnancy."""
    notes, patterns = str(formula.get("notes") or ""), table("formula_choice")["pregnancy"]
    return next((level for level in ("forbidden", "caution") if re.search(patterns[level], notes)), "")


def only_for(formula: Record) -> frozenset[str]:
    """The sex that alone has what a formula is for, if there is one.

    >>> sorted(only_for({"name": "无名方", "indications": "月经后期量少、腰膝酸痛"}))
    ['female']
    """
    uses = _uses().get(key_of(formula["name"]), ())
    said = str(formula.get("indications") or "")
    return frozenset(
        sex
        for sex in _SEXES
        if re.search(table("formula_choice")[sex]["words"], said) and all(use in _diseases(sex) for use in uses)
    )


def _is_behind(hit: Record, told: str) -> bool:
    """Whether a formula is for something else: a disease of one sex of which nobody tells, or nothing but a use.

    Of what its own indications name, tongue and pulse aside, nothing was told: only a textbook's row for some other
    disease has the findings.
    """
    formula, words = hit["formula"], table("formula_choice")
    own = re.split(r"[舌苔脉]", str(formula.get("indications") or ""))[0]
    shared = any(one["formula"] in own for one in hit["why"].get("findings", ()))
    of_sex = any(not re.search(words[sex]["words"], told) for sex in only_for(formula))
    return of_sex or bool(own and not shared)


def _of_sex(hit: Record, other: str | None) -> Record:
    """The hit without what it is for in the other sex."""
    why = dict(hit["why"])
    diseases = _diseases(other) if other else frozenset()
    if (why.get("use") or {}).get("disease") in diseases:
        del why["use"]
    if "syndromes" in why:
        why["syndromes"] = [
            {key: value for key, value in one.items() if key != "disease" or value not in diseases}
            for one in why["syndromes"]
        ]
    return {**hit, "why": why}


def _renamed(hit: Record, said: Mapping[str, str]) -> Record:
    """The hit with the patient's own words for what was looked for in textbook words."""
    findings: list[Any] = [
        {**one, "query": said.get(one["query"], one["query"])} for one in hit["why"].get("findings", ())
    ]
    return {**hit, "why": {**hit["why"], "findings": findings}}


@cache
def _words() -> dict[str, list[str]]:
    return {row["id"]: row["words"].split() for row in signs()}


@cache
def _uses() -> dict[str, tuple[str, ...]]:
    """By formula the diseases that textbooks use it for."""
    found: dict[str, list[str]] = {}
    for disease, _, _, names, _ in table("formula_knowledge")["uses"]:
        for name in names.split():
            found.setdefault(key_of(name), []).append(disease)
    return {name: tuple(diseases) for name, diseases in found.items()}


@cache
def _diseases(sex: str) -> frozenset[str]:
    row = table("formula_choice")[sex]
    own = {use[0] for use in table("formula_knowledge")["uses"] if use[4] == row.get("textbook")}
    return frozenset(own.union(row.get("diseases", "").split()))
