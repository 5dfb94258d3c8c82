"""Red flags in the words of patients and parents: what needs a doctor now, not a prescription.

Concepts (chest pain, cold sweat) are looked for inside clauses; a flag fires when every group of one of its rules
has an asserted concept nearby. Denied, past, imagined, taught and figurative ones are not asserted.
"""

import re
from bisect import bisect_left
from typing import Any

from tcmkit.safety import alarm
from tcmkit.safety.say import Rest, Voice
from tcmkit.safety.types import RANK, SafetyFinding, WordSpan
from tcmkit.safety.words import CHINESE, ENGLISH, Mention, Words
from tcmkit.tables import table

_NEARBY = {"red_flags": 70, "red_flags_en": 180}
"""Characters from the first to the last concept of a rule: two or three sentences of talk."""
_HAN = re.compile(r"[\u3400-\u9fff]")
_ENGLISH = re.compile(r"[A-Za-z][a-z']*(?:[ ,.;!?'’-]+[A-Za-z0-9][a-z']*)+")
"""Two words or more."""


def _nearest(mentions: list[Mention], to: Mention) -> Mention:
    """The mention that starts nearest, of mentions in order."""
    at = bisect_left(mentions, (to.start,))
    return min(mentions[max(0, at - 1) : at + 1], key=lambda other: abs(other.start - to.start))


def _fulfilled(words: Words, rule: list[list[str]]) -> list[Mention]:
    """The mentions that fulfil a rule, one for each group, all near each other; empty when it is not fulfilled."""
    asserted = words.asserted
    groups = []
    for group in rule:
        found: list[Mention] = []
        for concept in asserted.keys() & group:
            found += asserted[concept]
        if not found:
            return []
        groups.append(sorted(found))
    for first in groups[0]:
        chosen = [first, *(_nearest(group, first) for group in groups[1:])]
        if max(mention.end for mention in chosen) - min(mention.start for mention in chosen) <= _NEARBY[words.language]:
            return chosen
    return []


def _spans(text: str, mentions: list[Mention]) -> tuple[WordSpan, ...]:
    """Quotations in order; those that overlap are one."""
    merged: list[Mention] = []
    for mention in sorted(mentions):
        if merged and mention.start <= merged[-1].end:
            merged[-1] = Mention(merged[-1].start, max(merged[-1].end, mention.end))
        else:
            merged.append(mention)
    return tuple({"text": text[m.start : m.end], "start": m.start, "end": m.end} for m in merged)


def _finding(flag: dict[str, Any], spans: tuple[WordSpan, ...], voice: Voice) -> SafetyFinding:
    rest = Rest(flag["severity"], "text", tuple(flag["source"]), flag["id"], spans)
    return voice.finding("red_flag", [], rest, name=voice.pick(flag), advice=voice.pick(flag, "advice"))


def _flagged(read: Words, words: str, voice: Voice) -> list[SafetyFinding]:
    """One finding for each flag whose rule is fulfilled in one language; or one for words that still sound urgent.

    A flag of the table may be `otherwise`, only where no flag before it was found, or `unless` one that says it better.
    """
    findings: list[SafetyFinding] = []
    for flag in table("red_flags")["flags"]:
        if (flag.get("otherwise") and findings) or any(one["rule"] == flag.get("unless") for one in findings):
            continue
        rules = (rule for rule, first in read.rules(flag["id"]) if not first.isdisjoint(read.asserted))
        mentions = next(filter(None, (_fulfilled(read, rule) for rule in rules)), None)
        if mentions:
            findings.append(_finding(flag, _spans(words, mentions), voice))
    if findings or alarm.ordinary(read) or not alarm.urgent(read, read.clauses):
        return findings
    if heard := alarm.urgent(read, read.told()):
        findings.append(_finding(table("red_flags")["unspecified"], _spans(words, heard), voice))
    return findings


def _readings(words: str) -> list[Words]:
    """The words in each language that they are written in."""
    readings = [Words(words, CHINESE)] if _HAN.search(words) else []
    return [*readings, Words(words, ENGLISH)] if _ENGLISH.search(words) else readings


def check(words: str, voice: Voice) -> list[SafetyFinding]:
    """One finding for each red flag that the words assert, emergencies first.

    Words in neither Chinese nor English, or in which nothing about a body was understood, give `not_checked`, never
    silence.
    """
    readings = _readings(words)
    if not readings:
        why = voice.note("no_language")
        return [voice.finding("not_checked", [], Rest(field="text", rule="no_language"), why=why)]
    found: dict[str, SafetyFinding] = {}
    for read in readings:
        for finding in _flagged(read, words, voice):
            found.setdefault(finding["rule"], finding)
    if not found and not any(read.lexicon.cue("bodily").search(read.text) for read in readings):
        why = voice.note("not_about_health")
        return [voice.finding("not_checked", [], Rest(field="text", rule="not_about_health"), why=why)]
    return sorted(found.values(), key=lambda finding: -RANK[finding["severity"]])
