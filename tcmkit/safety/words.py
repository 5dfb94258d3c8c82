"""What a patient's words assert: concepts of a table (chest pain, cold sweat) that are neither denied nor past,
imagined, taught or figures of speech.

One table holds one language: `red_flags` is Chinese, `red_flags_en` English.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable
from functools import cache, cached_property
from itertools import pairwise
from typing import Any, NamedTuple

from tcmkit.herbs import alternatives, fold
from tcmkit.tables import table

_REACH = 200
"""How far a cue reaches in a sentence that does not end."""
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


Rule = tuple[list[list[str]], frozenset[str]]


class Lexicon:
    """The concepts and cues of one language.

    A `~` in a pattern is a short gap inside the clause, `~~` a longer one, `{word}` one of the table's words.
    """

    def __init__(self, name: str, gaps: tuple[int, int], between: str, ends: tuple[str, str]) -> None:
        self.name = name
        self._gaps = gaps
        self._between = between
        self.clause_end, self.sentence_end = (re.compile(end) for end in ends)
        self._concepts: dict[str, re.Pattern[str]] = {}
        self._cues: dict[str, re.Pattern[str]] = {}

    @property
    def table(self) -> dict[str, Any]:
        """The table of the language."""
        return table(self.name)

    @cached_property
    def rules(self) -> dict[str, list[Rule]]:
        """By flag its rules: groups of concepts of which one each must be asserted, and the first group once more."""
        own = self.table.get("rules") or {flag["id"]: flag["rules"] for flag in self.table["flags"]}
        return {flag: [(rule, frozenset(rule[0])) for rule in rules] for flag, rules in own.items()}

    def source(self, pattern: str) -> str:
        """A pattern of the table as a regular expression.

        >>> CHINESE.source("胸~痛")
        '胸[^，,。！!？?；;\\\\n]{0,6}?痛'
        """
        words = self.table["words"]
        while inner := _PLACEHOLDER.search(pattern):
            pattern = pattern[: inner.start()] + words[inner[1]] + pattern[inner.end() :]
        short, long = (f"{self._between}{{0,{most}}}?" for most in self._gaps)
        return pattern.replace("~~", long).replace("~", short)

    def concept(self, name: str) -> re.Pattern[str]:
        """A concept, compiled when first asked for."""
        if name not in self._concepts:
            self._concepts[name] = re.compile(self.source("|".join(self.table["concepts"][name])))
        return self._concepts[name]

    def cue(self, name: str) -> re.Pattern[str]:
        """A cue of the context."""
        if name not in self._cues:
            self._cues[name] = re.compile(self.source(self.table["context"][name]))
        return self._cues[name]

    @cached_property
    def negated(self) -> re.Pattern[str]:
        """A negator that reaches to the end of what stands before a concept."""
        words = self.table["context"]
        reach = f"(?:{words['between_listed']}|{words['between']})"
        return re.compile(f"(?!{words['not_negator']})(?:{words['negator']}){reach}$")

    @cached_property
    def exempt(self) -> dict[str, re.Pattern[str]]:
        """For a concept, what in the sentence explains it."""
        rows = self.table["context"]["exempt"]
        return {name: re.compile(self.source(pattern)) for names, pattern in rows.items() for name in names.split()}

    @cached_property
    def _needs(self) -> tuple[dict[str, list[tuple[str, frozenset[str]]]], list[str]]:
        """By a character, the concepts that need it with the other characters they need; and those without need."""
        needs: dict[str, list[str]] = table("red_flag_weights")["needs"].get(self.name, {})
        by_character: dict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)
        for name, ways in needs.items():
            for way in ways:
                by_character[way[0]].append((name, frozenset(way[1:])))
        return by_character, [name for name in self.table["concepts"] if name not in needs]

    def possible(self, text: str) -> set[str]:
        """The concepts that text has the characters for: a superset of those that match."""
        by_character, always = self._needs
        characters = set(text)
        found = set(always)
        for character in characters:
            for name, others in by_character.get(character, ()):
                if others <= characters:
                    found.add(name)
        return found


CHINESE = Lexicon(
    "red_flags", (6, 14), r"[^，,。！!？?；;\n]", (r"[，,。！!？?；;\n]", r"[。！!？?；;\n]")
)  # fmt: skip
ENGLISH = Lexicon(
    "red_flags_en",
    (18, 45),
    r"(?:[^,.!?;:\n]|\.(?=\d))",
    (r"[,!?;:\n]|\.(?!\d)| but | however | though ", r"[!?;\n]|\.(?!\d)"),
)


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


def plain_english(text: str) -> str:
    """Small letters and straight apostrophes, of the same length.

    >>> plain_english("I can’t BREATHE")
    "i can't breathe"
    """
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text.replace("’", "'"))


_PLAIN: dict[str, Callable[[str], str]] = {"red_flags": plain, "red_flags_en": plain_english}


class Words:
    """One patient's words in one language, and what in them is asserted."""

    def __init__(self, text: str, lexicon: Lexicon = CHINESE) -> None:
        self.lexicon = lexicon
        self.text = _PLAIN[lexicon.name](text)
        self.figures = [match.span() for match in self._cue("figurative").finditer(self.text)]
        self.sentence_ends = [match.start() for match in lexicon.sentence_end.finditer(self.text)]
        self.clause_ends = [match.start() for match in lexicon.clause_end.finditer(self.text)]
        elsewhere = self._cue("elsewhere").search(self.text)
        self.elsewhere = elsewhere.span() if elsewhere else (0, 0)
        self.language = lexicon.name
        self._cues: dict[str, bool] = {}

    def _cue(self, name: str) -> re.Pattern[str]:
        return self.lexicon.cue(name)

    def _has(self, name: str) -> bool:
        """Whether a cue stands anywhere in the words: most stand nowhere, and need not be looked for again."""
        if name not in self._cues:
            self._cues[name] = self._cue(name).search(self.text) is not None
        return self._cues[name]

    @cached_property
    def clauses(self) -> list[Mention]:
        """The clauses without what ends them."""
        edges = [-1, *self.clause_ends, len(self.text)]
        return [Mention(start + 1, end) for start, end in pairwise(edges) if end > start + 1]

    def told(self) -> list[Mention]:
        """The clauses that are neither over nor imagined, taught, joked or figures of speech."""
        return [clause for clause in self.clauses if self._told(clause.start, Mention(clause.end, clause.end))]

    def _told(self, start: int, end: Mention) -> bool:
        if any(first < end.start and start < last for first, last in self.figures):
            return False
        sentence = self._around(self.sentence_ends, end)
        joking = self._has("joking") and self._cue("joking").search(self.text, *sentence)
        return not (joking or self._imagined(end, sentence) or self._over("", end, sentence))

    @cached_property
    def asserted(self) -> dict[str, list[Mention]]:
        """The asserted concepts, each with where it is asserted."""
        found: dict[str, list[Mention]] = {}
        for concept in sorted(self.lexicon.possible(self.text)):
            mentions = [Mention(*match.span()) for match in self.lexicon.concept(concept).finditer(self.text)]
            mentions = [mention for mention in mentions if mention.end > mention.start]
            if mentions and (asserted := [one for one in mentions if self._asserted(concept, one)]):
                found[concept] = asserted
        return found

    def rules(self, flag: str) -> list[Rule]:
        """The rules of a flag in the language of the words."""
        return self.lexicon.rules.get(flag, [])

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
        if concept not in _LASTING and self._has("joking") and self._cue("joking").search(self.text, *sentence):
            return False
        exempt = self.lexicon.exempt.get(concept)
        if exempt and exempt.search(self.text, *sentence):
            return False
        return not (
            self._denied(concept, span) or self._imagined(span, sentence) or self._over(concept, span, sentence)
        )

    def _denied(self, concept: str, span: Mention) -> bool:
        """没有胸痛, 胸口不疼, 胸痛没有."""
        reach = self.clause_ends if self.lexicon is CHINESE else self.sentence_ends
        start, _ = self._around(reach, span)
        negator = self.lexicon.negated.search(self.text[start : span.start])
        if negator and (self.text[span.start] not in _NEGATIVE or negator[0].startswith(_DENIALS)):
            return True
        inside = self._cue("inside").search(self.text, span.start + 1, span.end)
        if inside and not (concept in _PAINLESS and inside[0].endswith(("疼", "痛"))):
            return True
        return self._cue("denied_after").match(self.text, span.end) is not None

    def _imagined(self, span: Mention, sentence: tuple[int, int]) -> bool:
        """If it came, what it would be, what the book says, what befell others; 今天 brings it back to the ground."""
        if self.elsewhere[0] <= span.start < self.elsewhere[1]:
            return True
        before, after = self.text[sentence[0] : span.start], self.text[span.end : sentence[1]]
        for cue in ("hypothetical", "educational"):
            found = self._has(cue) and self._cue(cue).search(before)
            if found and not self._cue("today").search(before, found.end()):
                return True
            if self._has(f"{cue}_after") and self._cue(f"{cue}_after").search(after):
                return True
        return False

    def _over(self, concept: str, span: Mention, sentence: tuple[int, int]) -> bool:
        """Once, and not now: 三年前, 小时候, 已经好了."""
        before = self.text[sentence[0] : span.end]
        past = self._past(sentence[0], span)
        if past and not self._cue("ongoing").search(before, past[0] - sentence[0]):
            return not self._again(span.end)
        if concept in _LASTING:
            return False
        if self._cue("today").search(before) or self._cue("sudden").search(before):
            return False
        after = bisect_right(self.sentence_ends, sentence[1])
        following = self.sentence_ends[after] if after < len(self.sentence_ends) else len(self.text)
        resolved = self._cue("resolved").search(self.text[span.end : min(following, span.end + 40)])
        return resolved is not None and not self._again(span.end + resolved.end())

    def _past(self, sentence: int, span: Mention) -> list[int]:
        """Where the past marks end that reach what is said.

        One that begins what is told reaches on (三年前突然胸痛，大汗); a remark in what is told now does not reach past
        its clause (胸痛，以前放过支架，含药不缓解).
        """
        if not self._has("past"):
            return []
        reach = []
        for match in self._cue("past").finditer(self.text, sentence, span.end):
            start, end = self._around(self.clause_ends, Mention(*match.span()))
            if span.start < end or not self._cue("complaint").search(self.text, sentence, max(sentence, start)):
                reach.append(match.end())
        return reach

    def _again(self, start: int) -> bool:
        return self._cue("again").search(self.text, start, start + _REACH) is not None
