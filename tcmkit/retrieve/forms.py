"""Findings in one form: what queries and formulas are matched by.

Different wordings of a finding (便溏, 大便稀溏, 溏泄) become one token, wider concepts another (大便溏 and 泄泻 share
one), tongue, coat and pulse a token for each quality, and a site with a quality one for the pair.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon

_CLAUSE = re.compile(r"[^，。；、,;.：:\s（）()！？!?]+")
_TONGUE = re.compile(r"舌[^，。；、,;苔脉]*")
_COAT = re.compile(r"[少无剥薄厚白黄腻滑燥]{0,3}苔[^，。；;脉舌]*")
_PULSE = re.compile(r"脉[象来]?(?!络|痹|管|怒)([^。；;苔舌]*)")
_HAN = re.compile(r"[\u3400-\u9fff]+")


class Form(NamedTuple):
    """A token and the words of the text it stands for."""

    token: str
    text: str


@cache
def _words() -> Lexicon[tuple[str, ...]]:
    """Each wording with the tokens of its findings and their wider concepts."""
    forms = table("finding_forms")
    wider: dict[str, list[str]] = {}
    for kind, names in forms["kinds"].items():
        for name in names.split():
            wider.setdefault(name, []).append(kind)
    tokens: dict[str, list[str]] = {}
    for name, wordings in forms["findings"].items():
        for wording in {name, *wordings.split()}:
            tokens.setdefault(wording, []).extend([name, *wider.get(name, [])])
    for row in table("ten_questions")["dimensions"]:
        if row["id"] not in ("tongue", "pulse", "history", "cause"):
            for wording in row["lexicon"]:
                tokens.setdefault(wording, [wording])
    for name in table("disease_names")["names"]:
        tokens.setdefault(name, []).append(f"d:{name}")
    return Lexicon({wording: tuple(dict.fromkeys(names)) for wording, names in tokens.items()}, quick_to_build=True)


@cache
def _parts(section: str, prefix: str) -> Lexicon[tuple[str, ...]]:
    rows: dict[str, str] = table("finding_forms")[section]
    tokens: dict[str, tuple[str, ...]] = {}
    for name, words in rows.items():
        for word in words.split():
            tokens[word] = (*tokens.get(word, ()), prefix + name)
    return Lexicon(tokens, quick_to_build=True)


@cache
def _pulses() -> tuple[re.Pattern[str], dict[str, str], dict[str, list[str]]]:
    forms = table("finding_forms")
    same = forms["pulse_synonyms"]
    words = sorted([*forms["pulse_words"].split(), *same], key=len, reverse=True)
    wider: dict[str, list[str]] = {}
    for kind, names in forms["pulse_kinds"].items():
        for name in names.split():
            wider.setdefault(name, []).append(f"kp:{kind}")
    return re.compile("|".join(words)), same, wider


def forms_in(text: str) -> list[Form]:
    """The tokens of a text, each once, with the first words that gave it.

    >>> [form.token for form in forms_in("大便稀溏，舌红少苔，脉弦细") if ":" not in form.token]
    ['便溏']
    """
    found: dict[str, str] = {}
    for start, end, tokens in _words().spans(text):
        for token in tokens:
            found.setdefault(token, text[start:end])
    for token, words in (*_of_tongue(text), *_of_pulse(text), *_of_sites(text)):
        found.setdefault(token, words)
    return [Form(token, words) for token, words in found.items()]


def _of_tongue(text: str) -> Iterator[tuple[str, str]]:
    if "舌" not in text and "苔" not in text:
        return
    for pattern, section, prefix in ((_TONGUE, "tongue", "t:"), (_COAT, "coat", "c:")):
        for match in pattern.finditer(text):
            for _, _, tokens in _parts(section, prefix).spans(match[0]):
                yield from ((token, match[0]) for token in tokens)


def _of_pulse(text: str) -> Iterator[tuple[str, str]]:
    pattern, same, wider = _pulses()
    for match in _PULSE.finditer(text):
        said = match[1].partition("，")[0][:16]
        for word in pattern.findall(said):
            name = same.get(word, word)
            yield f"p:{name}", "脉" + said
            for kind in wider.get(name, ()):
                yield kind, "脉" + said


def _of_sites(text: str) -> Iterator[tuple[str, str]]:
    for match in _CLAUSE.finditer(text):
        clause = match[0]
        if len(clause) > 14 or clause[0] in "舌苔脉":
            continue
        for site in _named(clause, "sites"):
            for quality in _named(clause, "qualities"):
                yield f"s:{site}+{quality}", clause


def _named(clause: str, section: str) -> dict[str, None]:
    """The sites or qualities that a clause names."""
    return {name: None for found in _parts(section, "").find_all(clause) for name in found.value}


def bigrams(text: str) -> list[str]:
    """Pairs of neighbouring Chinese characters, in order, repeats kept."""
    return [run[i : i + 2] for run in _HAN.findall(text) for i in range(len(run) - 1)]


def tokens_of(text: str) -> list[str]:
    """The tokens of a passage: its findings in one form, and its pairs of characters."""
    return [*(form.token for form in forms_in(text)), *(f"#{two}" for two in bigrams(text))]
