"""How much words sound like an emergency, where no rule knows the emergency by name.

A logistic regression (tools/train_red_flags.py) over which characters and pairs of characters, or words and pairs of
words, stand in the words, as for short texts in Wang and Manning, "Baselines and Bigrams" (ACL 2012), section 2.3;
and over which concepts of the rules, alone and in pairs, are asserted. It only ever adds a warning.
"""

import math
import re
from collections.abc import Container, Iterable, Iterator
from functools import cache
from itertools import combinations, pairwise

from tcmkit.safety.words import Mention, Words
from tcmkit.tables import table

_STOPS = re.compile(r"[，,。.！!？?；;:、～…]+|(?<![a-z])\s+|\s+(?![a-z])")
_TOKEN = re.compile(r"[a-z']+|\S")
_STEM = 5
"""Letters of a word that count: vomit, vomiting and vomited are one."""
_LONGEST = 80
"""Characters judged at once: as much as the utterances of training hold."""
_CLAUSE = re.compile(r"[，,。！!？?；;、\n]+")
_PLAIN = 60
"""Characters of the longest plain complaint."""
_CONCEPT = 0.3
"""What a concept weighs beside all grams together."""


def tokens(text: str) -> list[str]:
    """Characters, beginnings of words, and commas between clauses and at either end.

    >>> tokens("胸口闷! vomiting blood")
    ['，', '胸', '口', '闷', '，', '，', 'vomit', 'blood', '，']
    """
    normal = f"，{_STOPS.sub('，', text).strip('，')}，"
    return [token[:_STEM] for token in _TOKEN.findall(normal)]


def grams(text: str) -> set[str]:
    """The tokens and pairs of tokens.

    >>> sorted(grams("痛"))
    ['痛', '痛，', '，', '，痛']
    """
    found = tokens(text)
    return set(found) | {_pair(*both) for both in pairwise(found)}


def _pair(first: str, second: str) -> str:
    return f"{first} {second}" if len(first) + len(second) > 2 else first + second


def concepts(names: Iterable[str]) -> set[str]:
    """The features of asserted concepts: each, and each two.

    >>> sorted(concepts(["fever", "seize"]))
    ['#fever', '#fever&seize', '#seize']
    """
    ordered = sorted(names)
    return {f"#{name}" for name in ordered} | {f"#{one}&{other}" for one, other in combinations(ordered, 2)}


def values(text: str, names: Iterable[str], known: Container[str]) -> dict[str, float]:
    """The known features of words with their values: grams share a length of one, concepts weigh the same each."""
    chosen = [gram for gram in grams(text) if gram in known]
    share = 1 / math.sqrt(max(1, len(chosen)))
    return dict.fromkeys(chosen, share) | {name: _CONCEPT for name in concepts(names) if name in known}


def score(text: str, names: Iterable[str]) -> float:
    """The log odds, above 0 for more likely an emergency than not, of words and the concepts asserted in them."""
    weights: dict[str, float] = table("red_flag_weights")["weights"]
    bias: float = table("red_flag_weights")["bias"]
    return bias + sum(weights[name] * value for name, value in values(text, names, weights).items())


def _pieces(clauses: list[Mention]) -> Iterator[list[Mention]]:
    """Clauses, as many at once as fit; a clause that is too long counts only as far as it fits."""
    piece: list[Mention] = []
    for clause in clauses:
        short = Mention(clause.start, min(clause.end, clause.start + _LONGEST))
        if piece and sum(end - start for start, end in piece) + short.end - short.start > _LONGEST:
            yield piece
            piece = []
        piece.append(short)
    if piece:
        yield piece


def ordinary(words: Words) -> bool:
    """Whether nothing is said but plain complaints, how long they last, and what is not there (肚子疼两天，没发烧).

    Of so few words the model cannot tell: 肚子疼 stands in emergencies more often than in the rest it learned from.
    A pain beside nausea or no appetite, or of the head beside the neck, is not plain.
    """
    said = words.text.strip(" 。.！!")
    clauses = [clause.strip() for clause in _CLAUSE.split(said)]
    cue = words.lexicon.cue("ordinary")
    plain = all(len(clause) <= _PLAIN and cue.fullmatch(clause) for clause in clauses)
    return plain and not words.lexicon.cue("ordinary_not").match(words.text)


def urgent(words: Words, clauses: list[Mention]) -> list[Mention]:
    """The first piece of the clauses whose score is above the threshold; empty when there is none."""
    asserted = words.asserted
    for piece in _pieces(clauses):
        text = "，".join(words.text[start:end] for start, end in piece)
        within = [
            name
            for name, mentions in asserted.items()
            if any(start <= mention.start < end for mention in mentions for start, end in piece)
        ]
        if score(text, within) > _threshold():
            return piece
    return []


@cache
def _threshold() -> float:
    return float(table("red_flag_weights")["threshold"])
