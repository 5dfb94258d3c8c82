"""Chinese as tokens, for the metrics that count them."""

import re
from collections.abc import Callable
from functools import cache

from tcmkit.errors import MissingExtra
from tcmkit.herbs import rows
from tcmkit.language import both
from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon

Tokenize = Callable[[str], list[str]]
KINDS = ("zh", "char", "terms")
_RARE = re.compile("([\u9fbc-\u9fff\U00020000-\U0003ffff])")
"""Characters of Chinese that sacrebleu's tokenizer leaves joined to their neighbours."""


def tokenizer(kind: str) -> Tokenize:
    """The tokenizer of a name in KINDS.

    zh: each Chinese character a token, the rest by the rules of mteval (sacrebleu's own `zh`). char: each character but
    white space. terms: names of herbs, formulas, syndromes and diseases a token each, the rest as in zh.
    Raises MissingExtra without sacrebleu.
    """
    if kind == "char":
        return _characters
    zh = _zh()
    return zh if kind == "zh" else lambda text: _with_terms(text, zh)


def _characters(text: str) -> list[str]:
    return [char for char in text if not char.isspace()]


@cache
def _zh() -> Tokenize:
    try:
        from sacrebleu.tokenizers.tokenizer_zh import TokenizerZh
    except ImportError:
        raise missing() from None
    split = TokenizerZh().__call__
    return lambda text: str(split(_RARE.sub(r" \1 ", text))).split()


def missing() -> MissingExtra:
    """The packages of the metrics are not installed."""
    return MissingExtra(both("tcm eval text", "tcm eval text"), "eval")


@cache
def _terms() -> Lexicon[str]:
    names = {*table("herbs")["names"], *rows(), *table("disease_names")["names"]}
    names.update(formula["name"] for formula in table("formulas")["formulas"])
    for syndrome in table("syndromes")["syndromes"]:
        names.update((syndrome["name"], *syndrome["aliases"], *syndrome["formulas"]))
    return Lexicon({name: name for name in names if len(name) > 1 and not any(char.isspace() for char in name)})


def _with_terms(text: str, others: Tokenize) -> list[str]:
    tokens: list[str] = []
    at = 0
    for start, end, _name in _terms().spans(text):
        tokens += [*others(text[at:start]), text[start:end]]
        at = end
    return tokens + others(text[at:])
