"""Red flags in the words of patients and parents: what needs a doctor now, not a prescription.

Concepts (chest pain, cold sweat) are looked for inside clauses; a flag fires when every group of one of its rules
has an asserted concept nearby. Denied, past, imagined, taught and figurative ones are not asserted.
"""

import re
from bisect import bisect_left, bisect_right
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from tcmkit.herbs import alternatives, fold
from tcmkit.safety import alarm
from tcmkit.safety.say import Rest, Voice
from tcmkit.safety.types import RANK, SafetyFinding, WordSpan
from tcmkit.tables import table

_NEARBY = 70
"""Characters from the first to the last concept of a rule: two or three sentences of talk."""
_REACH = 200
"""How far a cue reaches in a sentence that does not end."""
_GAP = r"[^，,。！!？?；;\n]"
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_SENTENCE_END = re.compile(r"[。！!？?；;\n]")
_CLAUSE_END = re.compile(r"[，,。！!？?；;\n]")
_SPACE = re.compile(r"(?<=[\u3400-\u9fff0-9])[ \t](?=[\u3400-\u9fff])")
"""Where people write no comma."""
_PLACEHOLDER = re.compile(r"{([a-z]\w*)}")
_LASTING = frozenset(("suicide", "drug_stop"))
"""What another clause's "it is over" does not take back."""

_NEGATIVE = frozenset("没不无未")
"""A sign that is itself a lack (没放屁) is not taken back by one more lack before it (没拉屎也)."""
_DENIALS = ("不是", "并非", "否认", "排除")

_PAINLESS = frozenset(("cancer",))
"""Where 不疼 is part of the sign."""


class Mention(NamedTuple):
    """A concept where it stands."""

    start: int
    end: int


def _pattern(source: str) -> str:
    """A pattern of the table: ~ is a short gap inside the clause, {word} one of its words.

    >>> _pattern("胸~痛") == "胸" + _GAP + "{0,6}?痛"
    True
    """
    for word, meaning in table("red_flags")["words"].items():
        source = source.replace(f"{{{word}}}", meaning)
    if "{" in source and (inner := _PLACEHOLDER.search(source)):
        return _pattern(source.replace(inner[0], table("red_flags")["words"][inner[1]]))
    return source.replace("~~", f"{_GAP}{{0,14}}?").replace("~", f"{_GAP}{{0,6}}?")


@cache
def _concepts() -> dict[str, re.Pattern[str]]:
    concepts = table("red_flags")["concepts"]
    return {name: re.compile(_pattern("|".join(patterns))) for name, patterns in concepts.items()}


@cache
def _cue(name: str) -> re.Pattern[str]:
    return re.compile(_pattern(table("red_flags")["context"][name]))


@cache
def _negated() -> re.Pattern[str]:
    """A negator that reaches to the end of what stands before a concept."""
    words = table("red_flags")["context"]
    reach = f"(?:{words['between_listed']}|{words['between']})"
    return re.compile(f"(?!{words['not_negator']})(?:{words['negator']}){reach}$")


@cache
def _exempt() -> dict[str, re.Pattern[str]]:
    """For a concept, what in the sentence explains it."""
    rows = table("red_flags")["context"]["exempt"]
    return {name: re.compile(_pattern(pattern)) for names, pattern in rows.items() for name in names.split()}


@cache
def _dialect() -> re.Pattern[str]:
    return re.compile(alternatives(list(table("red_flags")["dialect"])))


def plain(text: str) -> str:
    """Simplified characters and the standard words for dialect ones, of the same length.

    >>> plain("阿爺抖唔到氣")
    '阿爷喘不了气'
    """
    words = table("red_flags")["dialect"]
    return _dialect().sub(lambda match: words[match[0]], _SPACE.sub(",", fold(text)))


class _Words:
    """One patient's words, and what in them is asserted."""

    def __init__(self, text: str) -> None:
        self.text = plain(text)
        self.figures = [match.span() for match in _cue("figurative").finditer(self.text)]
        self.sentence_ends = [match.start() for match in _SENTENCE_END.finditer(self.text)]
        self.clause_ends = [match.start() for match in _CLAUSE_END.finditer(self.text)]
        self.found: dict[str, list[Mention]] = {}
        self._concepts = _concepts()

    def told(self) -> str:
        """The clauses that are neither over nor imagined, taught, joked or figures of speech."""
        edges = [-1, *self.clause_ends, len(self.text)]
        clauses = [(start + 1, Mention(end, end)) for start, end in pairwise(edges) if end > start + 1]
        return "，".join(self.text[start : end.start] for start, end in clauses if self._told(start, end))

    def _told(self, start: int, end: Mention) -> bool:
        if any(first < end.start and start < last for first, last in self.figures):
            return False
        sentence = self._around(self.sentence_ends, end)
        joking = _cue("joking").search(self.text, *sentence)
        return not (joking or self._imagined(end, sentence) or self._over("", end, sentence))

    def mentions(self, concept: str) -> list[Mention]:
        """Where a concept is asserted."""
        found = self.found.get(concept)
        if found is None:
            matches = self._concepts[concept].finditer(self.text)
            spans = [Mention(*match.span()) for match in matches if match.end() > match.start()]
            found = self.found[concept] = [span for span in spans if self._asserted(concept, span)]
        return found

    def _around(self, ends: list[int], span: Mention) -> tuple[int, int]:
        """The clause or sentence that holds a span."""
        before, after = bisect_left(ends, span.start), bisect_left(ends, span.end)
        start = ends[before - 1] + 1 if before else 0
        end = ends[after] if after < len(ends) else len(self.text)
        return max(start, span.start - _REACH), min(end, span.end + _REACH)

    def _asserted(self, concept: str, span: Mention) -> bool:
        if any(start < span.end and span.start < end for start, end in self.figures):
            return False
        sentence = self._around(self.sentence_ends, span)
        if concept not in _LASTING and _cue("joking").search(self.text, *sentence):
            return False
        exempt = _exempt().get(concept)
        if exempt and exempt.search(self.text, *sentence):
            return False
        return not (
            self._denied(concept, span) or self._imagined(span, sentence) or self._over(concept, span, sentence)
        )

    def _denied(self, concept: str, span: Mention) -> bool:
        """没有胸痛, 胸口不疼, 胸痛没有."""
        start, _ = self._around(self.clause_ends, span)
        negator = _negated().search(self.text[start : span.start])
        if negator and (self.text[span.start] not in _NEGATIVE or negator[0].startswith(_DENIALS)):
            return True
        inside = _cue("inside").search(self.text, span.start + 1, span.end)
        if inside and not (concept in _PAINLESS and inside[0].endswith(("疼", "痛"))):
            return True
        return _cue("denied_after").match(self.text, span.end) is not None

    def _imagined(self, span: Mention, sentence: tuple[int, int]) -> bool:
        """If it came, what it would be, what the book says; 今天 and 刚才 bring it back to the ground."""
        before, after = self.text[sentence[0] : span.start], self.text[span.end : sentence[1]]
        for cue in ("hypothetical", "educational"):
            found = _cue(cue).search(before)
            if found and not _cue("today").search(before, found.end()):
                return True
            if _cue(f"{cue}_after").search(after):
                return True
        return False

    def _over(self, concept: str, span: Mention, sentence: tuple[int, int]) -> bool:
        """Once, and not now: 三年前, 小时候, 已经好了."""
        before = self.text[sentence[0] : span.end]
        past = [match.end() for match in _cue("past").finditer(before) if match.start() <= span.end - sentence[0]]
        if past and not _cue("ongoing").search(before, past[0]):
            return not self._again(span.end)
        if concept in _LASTING or _cue("today").search(before) or _cue("sudden").search(before):
            return False
        after = bisect_right(self.sentence_ends, sentence[1])
        following = self.sentence_ends[after] if after < len(self.sentence_ends) else len(self.text)
        resolved = _cue("resolved").search(self.text[span.end : min(following, span.end + 40)])
        return resolved is not None and not self._again(span.end + resolved.end())

    def _again(self, start: int) -> bool:
        return _cue("again").search(self.text, start, start + _REACH) is not None


def _nearest(mentions: list[Mention], to: Mention) -> Mention:
    """The mention that starts nearest, of mentions in order."""
    at = bisect_left(mentions, (to.start,))
    return min(mentions[max(0, at - 1) : at + 1], key=lambda other: abs(other.start - to.start))


def _fulfilled(words: _Words, rule: list[list[str]]) -> list[Mention]:
    """The mentions that fulfil a rule, one for each group, all near each other; empty when it is not fulfilled."""
    groups = []
    for group in rule:
        found: list[Mention] = []
        for concept in group:
            found += words.mentions(concept)
        if not found:
            return []
        groups.append(sorted(found))
    for first in groups[0]:
        chosen = [first, *(_nearest(group, first) for group in groups[1:])]
        if max(mention.end for mention in chosen) - min(mention.start for mention in chosen) <= _NEARBY:
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


def check(words: str, voice: Voice) -> list[SafetyFinding]:
    """One finding for each red flag that the words assert, emergencies first.

    Words without any Chinese, or in which nothing about a body was understood, give `not_checked`, never silence.
    """
    if not _CHINESE.search(words):
        why = voice.note("not_chinese")
        return [voice.finding("not_checked", [], Rest(field="text", rule="not_chinese"), why=why)]
    read = _Words(words)
    findings: list[SafetyFinding] = []
    for flag in table("red_flags")["flags"]:
        if flag.get("otherwise") and findings:
            continue
        mentions = next(filter(None, (_fulfilled(read, rule) for rule in flag["rules"])), None)
        if mentions:
            findings.append(_finding(flag, _spans(words, mentions), voice))
    if not findings and alarm.sounds_urgent(read.text) and alarm.sounds_urgent(read.told()):
        whole: WordSpan = {"text": words, "start": 0, "end": len(words)}
        findings.append(_finding(table("red_flags")["unspecified"], (whole,), voice))
    if not findings and not _cue("bodily").search(read.text):
        why = voice.note("not_about_health")
        return [voice.finding("not_checked", [], Rest(field="text", rule="not_about_health"), why=why)]
    return sorted(findings, key=lambda finding: -RANK[finding["severity"]])
